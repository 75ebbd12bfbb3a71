"""Settings that handwriting and text have in common."""

import dataclasses
from typing import Literal

from graves_jax.config.ranges import Ranged, require_defaults


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerConfig(Ranged):
  """Graves' RMSProp (Eqs. 38-45) and SGD with momentum (Section 3), RMSProp
  as Karpathy has it, or Adam."""

  name: Literal["graves_rmsprop", "sgd", "rmsprop", "adam"] = "graves_rmsprop"
  learning_rate: float = 1e-4
  momentum: float = 0.9
  """Decay of the update's (Graves' RMSProp, SGD) or the gradient's (Adam)
  average; RMSProp does not read it."""
  decay: float = 0.95
  """Decay of the squared gradient's average; SGD does not read it."""
  epsilon: float = 1e-4
  """Beside the squared gradient's average, or its root; SGD does not read
  it."""
  schedule: Literal["constant", "cosine"] = "constant"
  warmup_steps: int = 0
  """Of the cosine schedule: updates until the learning rate is reached."""
  final_share: float = 0.01
  """The cosine schedule ends at this share of the learning rate."""
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
    "warmup_steps": 0,
    "final_share": 0,
    "max_gradient_norm": 0,
  }


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
    "patience": 1,
    "max_skipped": 1,
    "record_every": 1,
    "evaluate_every": 1,
    "checkpoint_every": 1,
    "sample_every": 1,
  }
  _MOST = {"seed": 2**32 - 1}


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
