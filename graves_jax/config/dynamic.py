"""Settings of dynamic evaluation."""

import dataclasses
import typing
from typing import Literal

from graves_jax.config.ranges import Ranged, require_below_1, require_defaults


@dataclasses.dataclass(frozen=True, kw_only=True)
class DynamicConfig(Ranged):
  """How weights go on learning while text is scored (Section 3.1). The gradient
  is that of a segment's nats, summed over time, a mean over streams."""

  rule: Literal["sgd", "rms"] = "sgd"
  """sgd: gradient descent with momentum. rms: gradients are divided by their
  root mean square over training text, and weights are drawn back to the
  trained ones (Krause et al., 2018)."""
  learning_rate: float | None = None
  """Nothing: where --tune starts; 1e-3 (sgd), 1e-4 (rms)."""
  momentum: float = 0.0
  """Of sgd."""
  decay: float = 1e-3
  """Of rms: how far a weight is drawn back, as a share of its distance; weights
  whose gradients are larger than average by as much more, at most wholly."""
  epsilon: float = 0.1
  """Of rms: added to a weight's root mean square, as a share of the mean one
  (our choice of unit)."""
  length: int = 50
  """Symbols a segment."""
  rms_segments: int = 200
  """Of rms: segments of each stream of training text to take it over."""

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
