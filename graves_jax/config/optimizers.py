"""Settings of the optimizers: each has the numbers that it reads, no others."""

import dataclasses
import math
from typing import ClassVar, Literal

from graves_jax.config.ranges import Ranged, require_below_1
from graves_jax.config.tagged import member, turned_into


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schedule(Ranged):
  """The course of the learning rate over a run."""

  name: str = dataclasses.field(init=False)
  """Of the schedule: constant, cosine or trapezoid. Another one keeps the
  numbers that it also has; all others begin at its own defaults."""

  _LEAST = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Constant(Schedule):
  """A learning rate that stays, the paper's."""

  name: Literal["constant"] = dataclasses.field(default="constant", init=False)

  def descent_begins(self, steps: int) -> float:
    """Counts the updates before the learning rate falls: it never does."""
    del steps
    return math.inf


@dataclasses.dataclass(frozen=True, kw_only=True)
class WarmedUp(Schedule):
  """A learning rate that first rises from 0 and at last falls (not in the
  paper)."""

  warmup_steps: int = 0
  """Updates until the learning rate is reached."""
  final_share: float = 0.01
  """The share of the learning rate that the run ends at."""

  _LEAST = {"warmup_steps": 0, "final_share": 0}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cosine(WarmedUp):
  """A warm-up, then half a cosine (Loshchilov and Hutter, 2017)."""

  name: Literal["cosine"] = dataclasses.field(default="cosine", init=False)

  def descent_begins(self, steps: int) -> float:
    """Counts the updates before the learning rate depends on `steps`."""
    del steps
    return 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trapezoid(WarmedUp):
  """A warm-up, a level, and a straight descent at the end, before which a run
  may still be lengthened (Hägele et al., 2024)."""

  name: Literal["trapezoid"] = dataclasses.field(
    default="trapezoid", init=False
  )
  descent_share: float = 0.25
  """Of the updates, the last ones, in which the learning rate falls."""

  _LEAST = WarmedUp._LEAST | {"descent_share": 0}

  def __post_init__(self):
    super().__post_init__()
    if self.descent_share > 1:
      raise ValueError(
        f"descent_share (={self.descent_share}) must be at most 1."
      )

  def descent_begins(self, steps: int) -> int:
    """Counts the updates before the descent, in a run of `steps`; none if the
    run is so short that its warm-up is cut."""
    if self.warmup_steps >= steps:
      return 0
    return steps - round(self.descent_share * steps)


ScheduleConfig = Constant | Cosine | Trapezoid


@dataclasses.dataclass(frozen=True, kw_only=True)
class Optimizer(Ranged):
  """What all optimizers have."""

  name: str = dataclasses.field(init=False)
  """Of the optimizer: graves_rmsprop, sgd, rmsprop, adam or muon. Another one
  keeps learning_rate, schedule, max_gradient_norm and loss_per of this config;
  its other numbers begin at its own defaults."""
  learning_rate: float = 1e-4
  """Size of the updates; the default is the paper's (Eq. 44, Section 3)."""
  schedule: ScheduleConfig = Constant()
  max_gradient_norm: float | None = None
  """Global norm that the gradient is scaled down to (not in the paper)."""
  loss_per: Literal["sequence", "element"] = "sequence"
  """Divides the summed gradient: the paper's unit is the sequence; an element
  is a pen point or a symbol of text."""

  _LEAST = {"learning_rate": 0, "max_gradient_norm": 0}
  _BELOW_1: ClassVar[tuple[str, ...]] = ()

  def __post_init__(self):
    super().__post_init__()
    require_below_1(self, *self._BELOW_1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GravesRMSProp(Optimizer):
  """RMSProp as the paper has it, Eqs. (38)-(45): the gradient is divided by
  its standard deviation."""

  name: Literal["graves_rmsprop"] = dataclasses.field(
    default="graves_rmsprop", init=False
  )
  momentum: float = 0.9
  """Decay of the sum of updates, Eqs. (40) and (43)."""
  decay: float = 0.95
  """Decay of the averages of gradients and of their squares, Eqs. (38), (39)
  and (42)."""
  epsilon: float = 1e-4
  """Added to the variance, inside the root, Eqs. (40) and (45)."""

  _LEAST = Optimizer._LEAST | {"momentum": 0, "decay": 0, "epsilon": 0}
  _BELOW_1 = ("momentum", "decay")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SGD(Optimizer):
  """Gradient descent with momentum (Section 3)."""

  name: Literal["sgd"] = dataclasses.field(default="sgd", init=False)
  momentum: float = 0.9
  """Decay of the sum of updates: 0.9 for Wikipedia (Section 3.2), 0.99 for
  Penn Treebank (Section 3.1)."""

  _LEAST = Optimizer._LEAST | {"momentum": 0}
  _BELOW_1 = ("momentum",)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RMSProp(Optimizer):
  """RMSProp with the numbers of Karpathy's char-rnn."""

  name: Literal["rmsprop"] = dataclasses.field(default="rmsprop", init=False)
  learning_rate: float = 2e-3
  """Size of the updates; the default is char-rnn's."""
  decay: float = 0.95
  """Decay of the average of squared gradients."""
  epsilon: float = 1e-8
  """Added to that average, inside the root."""

  _LEAST = Optimizer._LEAST | {"decay": 0, "epsilon": 0}
  _BELOW_1 = ("decay",)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adam(Optimizer):
  """Adam with the numbers of Kingma and Ba (2015)."""

  name: Literal["adam"] = dataclasses.field(default="adam", init=False)
  learning_rate: float = 1e-3
  """Size of the updates; the default is Kingma and Ba's."""
  momentum: float = 0.9
  """Decay of the average of gradients."""
  decay: float = 0.999
  """Decay of the average of squared gradients."""
  epsilon: float = 1e-8
  """Added to the root of that average."""

  _LEAST = Optimizer._LEAST | {"momentum": 0, "decay": 0, "epsilon": 0}
  _BELOW_1 = ("momentum", "decay")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Muon(Optimizer):
  """Muon where a layer reads a layer (Jordan, 2024), Adam elsewhere; it learns
  most per update."""

  name: Literal["muon"] = dataclasses.field(default="muon", init=False)
  learning_rate: float = 1e-3
  """Size of the updates; the default is Adam's, which fits matrices whose
  updates are as large as Adam's (Liu et al., 2025)."""
  matrix_momentum: float = 0.95
  """Decay of the average of gradients that is made orthogonal, one matrix a
  gate, where a layer reads a layer, itself included (Jordan's)."""
  momentum: float = 0.9
  """Decay of the average of gradients, in Adam's part."""
  decay: float = 0.999
  """Decay of the average of squared gradients, in Adam's part."""
  epsilon: float = 1e-8
  """Added to the root of that average."""

  _LEAST = Optimizer._LEAST | {
    "matrix_momentum": 0,
    "momentum": 0,
    "decay": 0,
    "epsilon": 0,
  }
  _BELOW_1 = ("matrix_momentum", "momentum", "decay")


OptimizerConfig = GravesRMSProp | SGD | RMSProp | Adam | Muon


def choose(
  config: OptimizerConfig, name: str, schedule: str
) -> OptimizerConfig:
  """Another optimizer, with another schedule, both by name.

  It keeps what all optimizers have, and of the schedule what both have; all
  other numbers have their defaults.

  Raises:
    ValueError: if there is no such optimizer or schedule.
  """
  kind = member(ScheduleConfig, schedule, "optimizer.schedule.name")
  config = turned_into(member(OptimizerConfig, name, "optimizer.name"), config)
  return dataclasses.replace(
    config, schedule=turned_into(kind, config.schedule)
  )
