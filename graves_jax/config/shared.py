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
class OptimizerConfig(Ranged):
  """Graves' RMSProp (Eqs. 38-45) and SGD with momentum (Section 3); RMSProp as
  Karpathy has it; Adam; or Muon, which learns most per update."""

  name: Literal["graves_rmsprop", "sgd", "rmsprop", "adam", "muon"] = (
    "graves_rmsprop"
  )
  learning_rate: float = 1e-4
  momentum: float = 0.9
  """Decay of the average of updates (graves_rmsprop, sgd) or of gradients
  (adam, and muon where it goes by Adam); rmsprop does not read it."""
  decay: float = 0.95
  """Decay of the average of squared gradients; sgd does not read it."""
  epsilon: float = 1e-4
  """Added inside the root of that average (graves_rmsprop, rmsprop) or to it
  (adam, muon); sgd does not read it."""
  matrix_momentum: float = 0.95
  """Decay of the average of gradients that muon makes orthogonal: of each
  gate's matrix where a layer reads a layer, itself included."""
  schedule: Literal["constant", "cosine", "trapezoid"] = "constant"
  """cosine: a warm-up, then half a cosine. trapezoid: a warm-up, a level, and a
  straight descent at the end, before which a run may still be lengthened."""
  warmup_steps: int = 0
  """Updates until the learning rate is reached (cosine, trapezoid)."""
  descent_share: float = 0.25
  """Of the updates, the last ones, in which a trapezoid descends."""
  final_share: float = 0.01
  """The share of the learning rate that cosine and trapezoid end at."""
  max_gradient_norm: float | None = None
  """Global norm that the gradient is scaled down to (not in the paper)."""
  loss_per: Literal["sequence", "element"] = "sequence"
  """Divides the summed gradient: the paper's unit is the sequence; an element
  is a pen point or a symbol of text."""

  _LEAST = {
    "learning_rate": 0,
    "momentum": 0,
    "decay": 0,
    "epsilon": 0,
    "matrix_momentum": 0,
    "warmup_steps": 0,
    "descent_share": 0,
    "final_share": 0,
    "max_gradient_norm": 0,
  }

  def __post_init__(self):
    super().__post_init__()
    if self.name != "muon":
      require_defaults(self, ("matrix_momentum",), f"name = {self.name}")
    if self.schedule != "trapezoid":
      require_defaults(self, ("descent_share",), f"schedule = {self.schedule}")
    require_below_1(self, "matrix_momentum")
    if self.descent_share > 1:
      raise ValueError(
        f"descent_share (={self.descent_share}) must be at most 1."
      )

  def descent_begins(self, steps: int) -> int:
    """Counts a trapezoid's updates before its descent, in a run of `steps`."""
    return steps - round(self.descent_share * steps)


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

  _LEAST = {"stddev": 0}

  def __post_init__(self):
    super().__post_init__()
    if self.kind == "adaptive" and not self.stddev:
      raise ValueError("noise.stddev must be above 0 for adaptive noise.")
    unread = {"none": ("stddev", "per", "gradient"), "fixed": ("gradient",)}
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

  def __post_init__(self):
    by_length = self.training.best_by == "description_length"
    if by_length and self.noise.kind != "adaptive":
      raise ValueError(
        "training.best_by (=description_length) needs the complexity of the "
        f"weights, and with noise.kind (={self.noise.kind}) there is none; use "
        "noise.kind = adaptive."
      )
