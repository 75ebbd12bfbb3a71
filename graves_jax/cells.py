"""LSTM cells with peepholes (Section 2.1), one step and unrolled over time.

Axes: T time, B batch, H hidden, D inputs of a layer. Gates stand in the order
input, forget, cell, output.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from graves_jax import chunks
from graves_jax.clipping import clip_derivative
from graves_jax.dropout import dropped
from graves_jax.products import Precision, join, product, weight_gradient
from graves_jax.recurrence import (
  LSTMState,
  NetGradient,
  fits_kernels,
  recurrence,
  sigmoid,
)

# Of a batch, for kernels to make a single step faster than XLA does.
_FEWEST_ROWS = 16


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


def lstm_step(
  params: LSTMParams,
  state: LSTMState,
  inputs: Array,
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  kept: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[LSTMState, Array]:
  """Advances peephole LSTM cells by one time step, Eqs. (7)-(11).

  Args:
    params: weights; `params.inputs` and `params.bias` are not read here.
    state: cell and output activations, each [..., H].
    inputs: net input from below, already projected and biased, [..., 4H].
    clip: limit on the derivatives of the net inputs (Section 2.1).
    precision: of the recurrent product.
    kept: recurrent dropout (Semeniuta et al., 2016): where tanh(...) of Eq. (9)
      is kept, booleans [..., H]; elsewhere it is 0.
    keep_rate: share of it that is kept, and scaled by 1 / keep_rate.

  Returns:
    The next state, and the output h [..., H] again.
  """
  net = inputs + product(state.output, params.recurrent, precision)
  i, f, c, o = jnp.split(net, 4, axis=-1)
  w_ci, w_cf, w_co = params.peephole
  i = sigmoid(clip_derivative(i + w_ci * state.cell, clip))  # Eq. (7)
  f = sigmoid(clip_derivative(f + w_cf * state.cell, clip))  # Eq. (8)
  c = dropped(jnp.tanh(clip_derivative(c, clip)), kept, keep_rate)
  cell = f * state.cell + i * c  # Eq. (9)
  o = sigmoid(clip_derivative(o + w_co * cell, clip))  # Eq. (10): the new cell
  output = o * jnp.tanh(cell)  # Eq. (11)
  return LSTMState(cell, output), output


def net_input(
  params: LSTMParams,
  inputs: Sequence[Array],
  precision: Precision = "float32",
  net: Array | None = None,
) -> Array:
  """Projects a layer's inputs [..., d_k], sum of d_k = D, to [..., 4H].

  What else reaches the net inputs, `net` [..., 4H], is added; with it, there
  may be no other input.
  """
  if not inputs:
    return net + params.bias
  joined = jnp.concatenate(inputs, axis=-1)
  projected = product(joined, params.inputs, precision) + params.bias
  return projected if net is None else projected + net


def step(
  params: LSTMParams,
  state: LSTMState,
  inputs: Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  net: Array | None = None,
) -> tuple[LSTMState, Array]:
  """Advances a layer by one time step from its inputs, as `unroll` does.

  Args:
    params, clip, precision: those of `unroll`.
    state: each array [B, H].
    inputs: each [B, d_k] with sum of d_k = D.
    net: added to the net inputs, [B, 4H].

  Returns:
    The next state, and the output h [B, H] again.
  """
  options = {"clip": clip, "precision": precision}
  is_large = len(state.cell) >= _FEWEST_ROWS
  if is_large and fits_kernels(state.cell, precision):
    inputs, net = jax.tree.map(lambda x: x[None], (tuple(inputs), net))
    state, outputs = unroll(params, state, inputs, net=net, **options)
    return state, outputs[0]
  net = net_input(params, inputs, precision, net)
  return lstm_step(params, state, net, **options)


def unroll_reference(
  params: LSTMParams,
  state: LSTMState,
  inputs: Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  net: Array | None = None,
  kept: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[LSTMState, Array]:
  """Unrolls a layer by a plain scan that JAX differentiates.

  The definition that `unroll` is tested against; same arguments and results.
  """

  options = {"clip": clip, "precision": precision, "keep_rate": keep_rate}

  def step(state, xs):
    net, kept = xs
    return lstm_step(params, state, net, kept=kept, **options)

  net = net_input(params, inputs, precision, net)
  return lax.scan(step, state, (net, kept))


def unroll(
  params: LSTMParams,
  state: LSTMState,
  inputs: Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  net: Array | None = None,
  kept: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[LSTMState, Array]:
  """Unrolls a layer over time, with a backward pass written by hand.

  Back-propagation through time is full; the derivative of the loss with
  respect to the net inputs is clipped at every step (Section 2.1).

  Args:
    params: the layer's weights.
    state: where to start, each array [B, H].
    inputs: the layer's inputs, each [T, B, d_k] with sum of d_k = D.
    clip: limit on the derivatives of the net inputs: 10 for handwriting, 1
      for text.
    precision: of the matrix products; states and sums stay as they come.
    net: added to the net inputs, [T, B, 4H], where something besides `inputs`
      reaches them; its derivatives are the clipped ones. With it, there may
      be no inputs: then D = 0.
    kept: recurrent dropout (Semeniuta et al., 2016): where tanh(...) of Eq. (9)
      is kept, booleans [T, B, H]; elsewhere it is 0.
    keep_rate: share of it that is kept, and scaled by 1 / keep_rate.

  Returns:
    The state after the last step, and every output [T, B, H].
  """

  def unroll_chunks(chunk, state, given):
    options = clip, precision, keep_rate, chunk
    return _unroll_chunks(*options, params, state, *given)

  return chunks.run(unroll_chunks, state, (tuple(inputs), net, kept))


def layer_gradient(
  d_net: Array, below: Array, added: NetGradient, precision: Precision
) -> LSTMParams:
  """Gradient of a layer's weights over one chunk.

  The input and recurrent weights share one product.

  Args:
    d_net: derivatives of the net inputs, [C, B, 4H].
    below: the layer's inputs and its previous output, joined: [C, B, D + H].
    added: over the chunk.
    precision: of the product.
  """
  weights = weight_gradient(below, d_net, precision)
  hidden = d_net.shape[-1] // 4
  return LSTMParams(weights[:-hidden], weights[-hidden:], *added)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2, 3))
def _unroll_chunks(
  clip, precision, keep_rate, chunk, params, state, inputs, net, kept
):
  options = clip, precision, keep_rate, chunk
  given = params, state, inputs, net, kept
  return _unroll_forward(*options, *given, keeps_gates=False)[0]


def _unroll_forward(
  clip,
  precision,
  keep_rate,
  chunk,
  params,
  start,
  inputs,
  net,
  kept,
  keeps_gates=True,
):
  options = clip, precision, keep_rate, params, kept
  steps = _steps(*options, start.cell, (start, inputs, net))
  state, outputs, gates, first_cells = steps.forward(
    chunk, (start.output,), start.cell, inputs, net, kept, keeps_gates
  )
  if not keeps_gates:
    return (state, outputs), None
  of_chunks = jax.tree.map(
    lambda x: chunks.split(x, chunk), (inputs, net, kept, outputs, gates)
  )
  residuals = params, start, *of_chunks, first_cells
  return (state, outputs), residuals


def _unroll_backward(clip, precision, keep_rate, chunk, residuals, derivatives):
  params, start, *of_chunks, first_cells = residuals
  # Of net, only whether there is one is read.
  inputs, net, kept, outputs, gates = of_chunks
  d_final, d_outputs = derivatives
  d_outputs = chunks.split(d_outputs, chunk)
  options = clip, precision, keep_rate, params, kept
  steps = _steps(*options, start.cell, (start, inputs, net))

  def block(carry, k):
    d_state, total = carry
    d_net, d_output, d_cell, d_inputs, sums = steps.backward(
      k, first_cells, gates, d_outputs, d_state, kept
    )
    previous_output = chunks.shift(outputs, start.output, k)
    below = join((*chunks.pick(inputs, k), previous_output), precision)
    added = steps.gradient(sums, d_net)
    gradient = layer_gradient(d_net, below, added, precision)
    total = jax.tree.map(jnp.add, total, gradient)
    d_inputs = split_widths(d_inputs, inputs) if inputs else ()
    d_given = None if net is None else d_net.astype(net.dtype)
    return (LSTMState(d_cell, d_output), total), (d_inputs, d_given)

  zeros = jax.tree.map(jnp.zeros_like, params)
  (d_start, gradient), d_given = lax.scan(
    block, (d_final, zeros), jnp.arange(d_outputs.shape[0]), reverse=True
  )
  return gradient, d_start, *jax.tree.map(chunks.join, d_given), None


def _steps(clip, precision, keep_rate, params, kept, cell, others):
  return recurrence(
    params.recurrent,
    params.inputs,
    params.bias,
    params.peephole,
    clip=clip,
    precision=precision,
    keep_rate=None if kept is None else keep_rate,
    cell=cell,
    others=others,
  )


def split_widths(joined: Array, like: Sequence[Array]) -> tuple[Array, ...]:
  """Splits the last axis into the widths of the arrays `like`."""
  cuts = [sum(x.shape[-1] for x in like[: k + 1]) for k in range(len(like) - 1)]
  return tuple(jnp.split(joined, cuts, axis=-1))


_unroll_chunks.defvjp(_unroll_forward, _unroll_backward)
