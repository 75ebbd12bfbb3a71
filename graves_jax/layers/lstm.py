"""LSTM cells with peepholes (Section 2.1): weights, one step, and back.

Axes: T time, C steps of a chunk, B batch, D inputs of a layer, H hidden. Gates
stand in the order input, forget, cell, output.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import DTypeLike

from graves_jax.layers.clipping import clip_derivative, only_reverse_mode
from graves_jax.layers.dropout import dropped
from graves_jax.layers.inputs import (
  as_arrays,
  net_input,
  require_net_input,
  require_rows,
  require_widths,
)
from graves_jax.layers.products import Precision, product


class LSTMParams(NamedTuple):
  """Weights of one layer, Eqs. (7)-(10).

  >>> D, H = 3, 4
  >>> shapes = (D, 4 * H), (H, 4 * H), (3, H), (4 * H,)
  >>> LSTMParams(*map(jnp.zeros, shapes)).peephole.shape
  (3, 4)

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
  """State of one layer between two steps, each array [..., H].

  >>> LSTMState(cell=jnp.zeros((2, 4)), output=jnp.zeros((2, 4))).cell.shape
  (2, 4)

  cell: c of Eq. (9).
  output: h of Eq. (11).
  """

  cell: Array
  output: Array


def init_lstm(
  key: Array,
  inputs: int,
  hidden: int,
  weight_range: float = 0.1,
  forget_bias: float = 0.0,
) -> LSTMParams:
  """Draws weights uniform in [-weight_range, weight_range]; biases are zero.

  >>> init_lstm(jax.random.key(0), inputs=3, hidden=4).recurrent.shape
  (4, 16)

  Args:
    key: a JAX random key.
    inputs: D, the summed width of the layer's inputs.
    hidden: H.
    weight_range: 0.1 in rnnlib, the paper author's library.
    forget_bias: added to the forget gate's bias.

  Raises:
    ValueError: if there are no units, or fewer than no inputs.
  """
  require_widths(inputs, hidden)

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


def zero_state(
  hidden: int, *batch: int, dtype: DTypeLike = jnp.float32
) -> LSTMState:
  """Makes c_0 and h_0 of Eqs. (7)-(11), zeros, each array [*batch, H].

  >>> zero_state(400, 32).cell.shape
  (32, 400)

  Args:
    hidden: H; it comes first.
    batch: B, and other leading axes, or none.
    dtype: of the arrays; narrower than float32, layers take them as float32.
  """
  return LSTMState(
    jnp.zeros((*batch, hidden), dtype), jnp.zeros((*batch, hidden), dtype)
  )


def lstm_step(
  params: LSTMParams,
  state: LSTMState,
  inputs: Array,
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  mask: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[LSTMState, Array]:
  """Advances peephole LSTM cells by one time step, Eqs. (7)-(11).

  >>> params = init_lstm(jax.random.key(0), inputs=3, hidden=4)
  >>> net = net_input(params, jnp.ones((2, 3)))
  >>> state, output = lstm_step(params, zero_state(4, 2), net)
  >>> output.shape
  (2, 4)

  Args:
    params: weights; `params.inputs` and `params.bias` are not read here.
    state: cell and output activations, each [..., H].
    inputs: net input from below, already projected and biased, [..., 4H].
    clip: limit on the derivatives of the net inputs (Section 2.1).
    precision: of the recurrent product.
    mask: recurrent dropout (Semeniuta et al., 2016): where tanh(...) of Eq. (9)
      is kept, booleans [..., H]; elsewhere it is 0.
    keep_rate: share of it that is kept, and scaled by 1 / keep_rate.

  Returns:
    The next state, and the output h [..., H] again.

  Raises:
    ValueError: if the state or the net input has another width.
  """
  params, state = as_arrays(params, state)
  require_net_input(inputs, 4 * len(params.recurrent))
  net = inputs + product(state.output, params.recurrent, precision)
  peephole, cell = params.peephole, state.cell
  state, _ = gated_step(peephole, cell, net, mask, keep_rate, clip)
  return state, state.output


def step(
  params: LSTMParams,
  state: LSTMState,
  inputs: Array | Sequence[Array],
  *,
  classes: Array | None = None,
  precision: Precision = "float32",
  **options: Any,
) -> tuple[LSTMState, Array]:
  """Advances a layer by one time step from its inputs.

  Args:
    params: weights.
    state: each array [..., H].
    inputs: each [..., d_k]; one may come bare.
    classes: more inputs, as one-hot vectors: integers [...], or None.
    precision: of the matrix products.
    options: clip, mask and keep_rate of `lstm_step`.

  Returns:
    The next state, and the output h [..., H] again.
  """
  net = net_input(params, inputs, precision, classes)
  return lstm_step(params, state, net, precision=precision, **options)


def unroll_reference(
  params: LSTMParams,
  state: LSTMState,
  inputs: Array | Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  classes: Array | None = None,
  mask: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[LSTMState, Array]:
  """Unrolls a layer by a plain scan that JAX differentiates.

  The definition that `unroll` is tested against; same arguments and results.
  Slower, but `clip` may be traced, and without it there are forward-mode
  derivatives (jax.jvp, jax.jacfwd).

  >>> params = init_lstm(jax.random.key(0), inputs=3, hidden=4)
  >>> inputs = jnp.ones((5, 2, 3))
  >>> state, outputs = unroll_reference(params, zero_state(4, 2), inputs)
  >>> outputs.shape
  (5, 2, 4)
  """

  options: dict[str, Any] = {
    "clip": clip,
    "precision": precision,
    "keep_rate": keep_rate,
  }

  def step(state, xs):
    net, mask = xs
    return lstm_step(params, state, net, mask=mask, **options)

  params, state = as_arrays(params, state)
  net = net_input(params, inputs, precision, classes)
  require_rows(state, net.shape[1:-1])
  with only_reverse_mode("clip"):
    return lax.scan(step, state, (net, mask))


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
  clip: float = jnp.inf,
) -> tuple[LSTMState, Gates]:
  """Applies Eqs. (7)-(11) to net inputs.

  Args:
    peephole: w_ci, w_cf, w_co, [3, H].
    cell: c_{t-1}, [..., H].
    net: all that is added up before the peepholes, [..., 4H].
    mask: recurrent dropout, where c is kept, [..., H].
    keep_rate: share of c that is kept.
    clip: limit on the derivatives of the net inputs, for JAX's own backward
      pass.

  Returns:
    The new state, and the gates.
  """
  w_ci, w_cf, w_co = peephole
  i, f, c, o = jnp.split(net, 4, axis=-1)
  i = sigmoid(clip_derivative(i + w_ci * cell, clip))  # Eq. (7)
  f = sigmoid(clip_derivative(f + w_cf * cell, clip))  # Eq. (8)
  c = dropped(jnp.tanh(clip_derivative(c, clip)), mask, keep_rate)
  cell = f * cell + i * c  # Eq. (9)
  o = sigmoid(clip_derivative(o + w_co * cell, clip))  # Eq. (10): the new cell
  output = o * jnp.tanh(cell)  # Eq. (11)
  return LSTMState(cell, output), Gates(i, f, c, o)


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

  return lax.platform_dependent(
    first, gates, cpu=_remake_one_by_one, default=_remake_in_pairs
  )


def _remake_one_by_one(first, gates):
  def step(cell, gates):
    return next_cell(cell, gates), cell

  return lax.scan(step, first, gates)[1]


def _remake_in_pairs(first, gates):
  """Few large operations, for devices where each one costs a launch."""

  def after_both(earlier, later):
    return earlier[0] * later[0], earlier[1] * later[0] + later[1]

  steps = gates.f, gates.i * gates.c
  kept, added = lax.associative_scan(after_both, steps)
  return jnp.concatenate([first[None], (kept * first + added)[:-1]])


def sigmoid(x: Array) -> Array:
  """The logistic function through tanh, which XLA vectorizes on CPU."""
  return 0.5 * jnp.tanh(0.5 * x) + 0.5
