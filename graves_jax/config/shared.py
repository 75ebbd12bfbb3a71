"""Settings that handwriting and text have in common."""

import dataclasses
from typing import Literal

from graves_jax.config.ranges import (
  Ranged,
  require_below_1,
  require_defaults,
)

# The map of an update over devices; both give the same weights.
Parallel = Literal["shard_map", "pmap"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoiseConfig(Ranged):
  """Gaussian noise on every weight while training (Sections 3.1 and 4.2); the
  network is validated, and its samples written, without it."""

  kind: Literal["none", "fixed", "adaptive"] = "none"
  """fixed: weight noise. adaptive: adaptive weight noise, whose standard
  deviations are learned. Both are meant for a trained network (--init-from)."""
  stddev: float = 0.075
  """Of the noise, or where the adaptive noise's begin; a run that starts from
  another one of adaptive noise (--init-from) begins with that one's. The
  paper's; a network that was trained briefly may bear far less."""
  per: Literal["batch", "sequence"] = "batch"
  """One draw for a batch, the same on all devices; or one for each sequence of
  it, the paper's, at the cost of a copy of the weights for each."""
  gradient: Literal["squared", "reparameterized"] = "squared"
  """Of the data's loss with respect to an adaptive standard deviation:
  squared gradients (rnnlib), or what passes through the draw."""
  complexity_share: float = 1.0
  """The share of the weights' complexity that adaptive noise adds to the loss.
  The paper's is 1; below it standard deviations stay smaller."""

  _LEAST = {"stddev": 0}

  def __post_init__(self):
    super().__post_init__()
    if self.kind == "adaptive" and not self.stddev:
      raise ValueError("noise.stddev must be above 0 for adaptive noise.")
    if not 0 < self.complexity_share <= 1:
      raise ValueError(
        f"noise.complexity_share (={self.complexity_share}) must be above 0, "
        "and at most 1."
      )
    of_adaptive = "gradient", "complexity_share"
    unread = {"none": ("stddev", "per", *of_adaptive), "fixed": of_adaptive}
    require_defaults(self, unread.get(self.kind, ()), f"kind = {self.kind}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunConfig(Ranged):
  """Length and cadence of a run."""

  steps: int = 10_000
  """Updates in all."""
  seed: int = 0
  record_every: int = 1
  """Updates between two rows in metrics.jsonl."""
  evaluate_every: int = 200
  checkpoint_every: int = 100
  sample_every: int = 200
  """Updates between two samples; of a young run they are written sooner, after
  0, 50, 100, 200, 400 and so on, until these are reached."""
  average: float | None = None
  """Decay of a moving average of the weights, such as 0.999: validation,
  samples and exported weights are the average's, training goes on from the
  weights themselves (not in the paper). Nothing: no average is kept."""
  patience: int | None = None
  """Ends the run after so many validations in a row without a better score."""
  max_skipped: int = 10
  """Ends the run after so many updates in a row whose loss or gradient is not
  finite; such an update is skipped, the weights stay (our choice)."""
  best_by: Literal["validation", "description_length"] = "validation"
  """The score of the best checkpoint: the validation loss or, for adaptive
  weight noise, the bits that weights and training data take together."""

  _LEAST = {
    "steps": 1,
    "seed": 0,
    "average": 0,
    "patience": 1,
    "max_skipped": 1,
    "record_every": 1,
    "evaluate_every": 1,
    "checkpoint_every": 1,
    "sample_every": 1,
  }
  _MOST = {"seed": 2**32 - 1}

  def __post_init__(self):
    super().__post_init__()
    if self.average is not None:
      require_below_1(self, "average")


class WholeConfig:
  """Checks what concerns several parts of a config, its fields."""

  noise: NoiseConfig
  training: RunConfig

  def __post_init__(self):
    by_length = self.training.best_by == "description_length"
    if by_length and self.noise.kind != "adaptive":
      raise ValueError(
        "training.best_by (=description_length) needs the complexity of the "
        f"weights, and with noise.kind (={self.noise.kind}) there is none; use "
        "noise.kind = adaptive."
      )
