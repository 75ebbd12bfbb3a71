"""One step of LSTM cells from their net inputs, Eqs. (7)-(11), and back.

Axes: C steps of a chunk, B batch, H hidden.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from graves_jax.layers.dropout import dropped
from graves_jax.layers.lstm import LSTMState


class Gates(NamedTuple):
  """Activations of a step that its backward pass needs, each [..., H].

  c is what dropout leaves of it.
  """

  i: Array
  f: Array
  c: Array
  o: Array


def gated_step(
  peephole: Array,
  cell: Array,
  net: Array,
  mask: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[LSTMState, Gates]:
  """Eqs. (7)-(11) from net inputs [B, 4H]: new state and gates."""
  i, f, c, o = jnp.split(net, 4, axis=-1)
  i = sigmoid(i + peephole[0] * cell)
  f = sigmoid(f + peephole[1] * cell)
  c = dropped(jnp.tanh(c), mask, keep_rate)
  cell = f * cell + i * c
  o = sigmoid(o + peephole[2] * cell)
  return LSTMState(cell, o * jnp.tanh(cell)), Gates(i, f, c, o)


def gated_step_backward(
  peephole: Array,
  clip: float,
  d_state: LSTMState,
  previous_cell: Array,
  gates: Gates,
  mask: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[Gates, Array, Array]:
  """Derivatives of one step with respect to its net inputs and last cell.

  Args:
    peephole: [3, H].
    clip: limit on the derivatives of the net inputs.
    d_state: derivative of the loss with respect to the step's new state.
    previous_cell: the cell before the step.
    gates: the step's activations.
    mask: where c is not dropped, [B, H].
    keep_rate: share of c that is kept.

  Returns:
    Clipped derivatives of the four net inputs, that of the cell before the
    step, and the cell after it.
  """
  i, f, c, o = gates
  cell = next_cell(previous_cell, gates)
  tanh_cell = jnp.tanh(cell)
  d_o = d_state.output * tanh_cell * o * (1 - o)
  d_o = jnp.clip(d_o, -clip, clip)
  d_cell = d_state.cell + d_o * peephole[2]
  d_cell += d_state.output * o * (1 - tanh_cell * tanh_cell)
  d_i = jnp.clip(d_cell * c * i * (1 - i), -clip, clip)
  d_f = jnp.clip(d_cell * previous_cell * f * (1 - f), -clip, clip)
  d_c = dropped(d_cell * i, mask, keep_rate)
  if mask is not None:
    c = c * keep_rate  # the tanh itself, where it was kept
  d_c = jnp.clip(d_c * (1 - c * c), -clip, clip)
  d_previous = d_cell * f + d_i * peephole[0] + d_f * peephole[1]
  return Gates(d_i, d_f, d_c, d_o), d_previous, cell


def next_cell(cell: Array, gates: Gates) -> Array:
  """Eq. (9): the cell after a step."""
  return gates.f * cell + gates.i * gates.c


def remake_cells(first: Array, gates: Gates) -> Array:
  """Cells by Eq. (9), which costs less than keeping them all.

  Args:
    first: the cell before the first step, [B, H].
    gates: of all steps, each [C, B, H].

  Returns:
    The cells before each step, [C, B, H].
  """

  def step(cell, gates):
    return next_cell(cell, gates), cell

  return lax.scan(step, first, gates)[1]


def sigmoid(x: Array) -> Array:
  """The logistic function through tanh, which XLA vectorizes on CPU."""
  return 0.5 * jnp.tanh(0.5 * x) + 0.5
