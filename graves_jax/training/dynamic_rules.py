"""By which rules weights learn in dynamic evaluation."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array

from graves_jax.config import DynamicConfig

_FIRST_LEARNING_RATE = {"sgd": 1e-3, "rms": 1e-4}


class SgdState(NamedTuple):
  """Gradient descent: its numbers, and the decaying sum of gradients."""

  learning_rate: Array | np.float32
  momentum: Array | np.float32
  velocity: Any


class RmsState(NamedTuple):
  """The rule of Krause et al.: its learning rate, and trees like the weights.

  trained: the weights as they were trained.
  scale: what gradients are multiplied by.
  pull: the share of its distance that a weight is drawn back by.
  """

  learning_rate: Array | np.float32
  trained: Any
  scale: Any
  pull: Any


def sgd_update(
  gradient: Any, state: SgdState, params: Any
) -> tuple[Any, SgdState]:
  """The change of the weights by gradient descent, and the next state."""
  del params
  velocity = jax.tree.map(
    lambda v, g: state.momentum * v + g, state.velocity, gradient
  )
  change = jax.tree.map(lambda v: -state.learning_rate * v, velocity)
  return change, state._replace(velocity=velocity)


def rms_state(config: DynamicConfig, trained: Any, rms: Any) -> RmsState:
  """The start of `rms_update`, from root mean squares of training gradients.

  Weights w, trained to w_0, change at each segment of gradient g by

  -learning_rate g / (rms + epsilon mean(rms))
      + min(decay rms / mean(rms), 1) (w_0 - w)

  (Krause et al., Dynamic Evaluation of Neural Sequence Models, 2018; the unit
  of epsilon is ours.)
  """
  leaves = jax.tree.leaves(rms)
  mean = sum(r.sum() for r in leaves) / sum(r.size for r in leaves)
  return RmsState(
    np.float32(learning_rate(config)),
    trained,
    scale=jax.tree.map(lambda r: 1 / (r + config.epsilon * mean), rms),
    pull=jax.tree.map(lambda r: np.minimum(config.decay * r / mean, 1), rms),
  )


def rms_update(
  gradient: Any, state: RmsState, params: Any
) -> tuple[Any, RmsState]:
  """The change of the weights as in `rms_state`, and the next state."""

  def change(g, trained, scale, pull, w):
    return pull * (trained - w) - state.learning_rate * g * scale

  return jax.tree.map(
    change, gradient, state.trained, state.scale, state.pull, params
  ), state


def learning_rate(config: DynamicConfig) -> float:
  """The config's, or what its rule begins with."""
  if config.learning_rate is None:
    return _FIRST_LEARNING_RATE[config.rule]
  return config.learning_rate
