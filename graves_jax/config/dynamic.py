"""Settings of dynamic evaluation."""

import dataclasses
import typing
from typing import Literal

from graves_jax.config.ranges import Ranged, require_below_1, require_defaults


@dataclasses.dataclass(frozen=True, kw_only=True)
class DynamicConfig(Ranged):
  """How weights go on learning while text or handwriting is scored (Section
  3.1). After each segment they change by the gradient of its nats, which are
  summed over the segment and averaged over streams. A segment is a part of the
  text, or a line of handwriting."""

  rule: Literal["sgd", "rms"] = "sgd"
  """sgd: gradient descent with momentum. rms: gradients are divided by their
  root mean square over training data, and weights are drawn back to the
  trained ones (Krause et al., 2018)."""
  learning_rate: float | None = None
  """By default 1e-4 for rms, and for sgd 1e-3, or of handwriting 1e-5; --tune
  starts there, too."""
  momentum: float = 0.0
  """For sgd only."""
  decay: float = 1e-3
  """For rms only. After each segment, a weight whose gradients are of average
  size moves back by this share of its distance from the trained weight; one
  with gradients twice as large by twice the share, and so on, up to 1."""
  epsilon: float = 0.1
  """For rms only. Added to each root mean square before it divides; a multiple
  of their mean over all weights (our choice of unit)."""
  length: int = 50
  """Symbols of a segment, of each stream. Of text that is read sentence by
  sentence, each sentence is a segment instead."""
  rms_segments: int = 200
  """For rms only. How many segments of training text, from its start, or how
  many training lines, evenly chosen, the root mean squares are taken over."""

  UNREAD: typing.ClassVar[dict[str, tuple[str, ...]]] = {
    "sgd": ("decay", "epsilon", "rms_segments"),
    "rms": ("momentum",),
  }
  """By rule, the numbers that it does not read."""

  _LEAST = {
    "learning_rate": 0,
    "momentum": 0,
    "decay": 0,
    "epsilon": 1e-9,
    "length": 1,
    "rms_segments": 1,
  }

  def __post_init__(self):
    super().__post_init__()
    require_below_1(self, "momentum")
    require_defaults(self, self.UNREAD[self.rule], f"rule = {self.rule}")
