"""What training carries from one update to the next."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax import struct
from jax import Array

from graves_jax.noise.adaptive_weight_noise import AdaptiveParams, positive


class TrainState(struct.PyTreeNode):
  """Everything that an update reads and writes.

  Randomness and the order of the batches are functions of the seed and the
  step, so nothing else is needed to resume exactly.

  step: updates made so far, int32.
  params: the network's weights; with adaptive weight noise, their means.
  optimizer: the optimizer's state.
  stddev: with adaptive weight noise the weights' standard deviations, a tree
    like `params`; else None.
  carry: what the loss carries from one batch to the next: for text the
    network's state, arrays [B, ...]; for handwriting nothing, ().
  average: a moving average of `params`, a tree like it, where one is kept;
    else None.
  """

  step: Array | np.ndarray
  params: Any
  optimizer: optax.OptState
  stddev: Any = None
  carry: Any = ()
  average: Any = None

  @property
  def scored(self) -> Any:
    """The weights that are validated and write samples."""
    return self.params if self.average is None else self.average

  @property
  def trained(self) -> Any:
    """What the optimizer changes: weights, or means and deviations."""
    if self.stddev is None:
      return self.params
    return AdaptiveParams(self.params, self.stddev)

  def with_trained(self, trained: Any) -> "TrainState":
    """This state with others in place of `trained`; deviations positive."""
    if self.stddev is None:
      return self.replace(params=trained)
    trained = positive(trained)
    return self.replace(params=trained.mean, stddev=trained.stddev)


def init_state(
  params: Any,
  optimizer: optax.GradientTransformation,
  *,
  stddev: Any = None,
  carry: Any = (),
  averages: bool = False,
) -> TrainState:
  """The state before the first update; `averages`: with an average."""
  step = jnp.zeros((), jnp.int32)
  average = jax.tree.map(jnp.copy, params) if averages else None
  state = TrainState(step, params, (), stddev, carry, average)
  return state.replace(optimizer=optimizer.init(state.trained))


def with_average(state: TrainState, decay: float) -> TrainState:
  """Moves the average after an update, so that it has no bias.

  After t updates of the weights w it is sum_k decay^(t-k) w_k, divided by the
  sum of these factors: the start of the run has no part in it.

  Args:
    state: after the update, its step counted.
    decay: of the average.
  """
  # Where the decay is near 1, 1 - decay^t has no digits left in float32.
  steps = jnp.asarray(state.step, jnp.float32)
  first = -jnp.expm1(steps * math.log(decay)) if decay else 1.0
  share = (1 - decay) / first
  average = jax.tree.map(
    lambda old, new: (1 - share) * old + share * new,
    state.average,
    state.params,
  )
  return state.replace(average=average)


def initial_params(network: nn.Module, seed: int, *inputs: Any) -> Any:
  """Parameters of a network from a seed, for inputs of these shapes."""
  return _drawn(network, jax.random.key(seed), *inputs)


@functools.partial(jax.jit, static_argnums=0)
def _drawn(network: nn.Module, key: Array, *inputs: Any) -> Any:
  return network.init(key, *inputs)
