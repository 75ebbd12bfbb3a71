"""Weights and state of an LSTM layer.

Axes: D inputs of a layer, H hidden. Gates stand in the order input, forget,
cell, output.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array


class LSTMParams(NamedTuple):
  """Weights of one layer, Eqs. (7)-(10).

  inputs: [D, 4H], W_x*; every input of the layer, one under another.
  recurrent: [H, 4H], W_h*.
  peephole: [3, H], the diagonals W_ci, W_cf, W_co.
  bias: [4H].
  """

  inputs: Array
  recurrent: Array
  peephole: Array
  bias: Array


class LSTMState(NamedTuple):
  """Cell c and output h of one layer, each [..., H]."""

  cell: Array
  output: Array


def init_lstm(
  key: Array,
  inputs: int,
  hidden: int,
  weight_range: float = 0.1,
  forget_bias: float = 0.0,
) -> LSTMParams:
  """Weights uniform in [-weight_range, weight_range], biases zero [rnnlib].

  Args:
    key: a JAX random key.
    inputs: D, the summed width of the layer's inputs.
    hidden: H.
    weight_range: the paper's author uses 0.1.
    forget_bias: added to the forget gate's bias.
  """

  def uniform(key, *shape):
    return jax.random.uniform(
      key, shape, minval=-weight_range, maxval=weight_range
    )

  keys = jax.random.split(key, 3)
  return LSTMParams(
    inputs=uniform(keys[0], inputs, 4 * hidden),
    recurrent=uniform(keys[1], hidden, 4 * hidden),
    peephole=uniform(keys[2], 3, hidden),
    bias=jnp.zeros(4 * hidden).at[hidden : 2 * hidden].set(forget_bias),
  )


def zero_state(hidden: int, *batch: int, dtype=jnp.float32) -> LSTMState:
  """The state before the first step, each array [*batch, H]."""
  return LSTMState(
    jnp.zeros((*batch, hidden), dtype), jnp.zeros((*batch, hidden), dtype)
  )
