"""What training carries from one update to the next."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct
from jax import Array


@struct.dataclass
class TrainState:
  """Everything that an update reads and writes.

  Randomness and the order of the batches are functions of the seed and the
  step, so nothing else is needed to resume exactly.

  step: updates made so far, int32.
  params: the network's weights.
  optimizer: the optimizer's state.
  carry: what the loss carries from one batch to the next: for text the
    network's state, arrays [B, ...]; for handwriting nothing, ().
  """

  step: Array
  params: Any
  optimizer: optax.OptState
  carry: Any = ()


def init_state(
  params: Any, optimizer: optax.GradientTransformation, carry: Any = ()
) -> TrainState:
  """The state before the first update."""
  step = jnp.zeros((), jnp.int32)
  return TrainState(step, params, optimizer.init(params), carry)


def initial_params(network, seed: int, *inputs) -> Any:
  """Parameters of a network from a seed, for inputs of these shapes."""
  return jax.jit(network.init)(jax.random.key(seed), *inputs)
