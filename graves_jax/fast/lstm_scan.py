"""An LSTM layer unrolled by scans that XLA compiles, with an explicit
backward pass.

Axes: T time, N chunks of C steps, B batch, H hidden, D inputs of a layer.
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array, lax

from graves_jax.fast import chunks
from graves_jax.fast.step import NetGradient, by_xla
from graves_jax.layers.lstm import LSTMParams, LSTMState
from graves_jax.layers.products import (
  Precision,
  from_words,
  join,
  product,
  to_words,
  weight_gradient,
  with_repeats,
  with_rounding_errors,
)


def unroll(
  params: LSTMParams,
  state: LSTMState,
  inputs: Sequence[Array],
  net: Array | None,
  *,
  clip: float,
  precision: Precision,
  mask: Array | None,
  keep_rate: float,
) -> tuple[LSTMState, Array]:
  """Unrolls a layer as `lstm.unroll` does, with `net` [T, B, 4H] in place of
  classes."""

  def unroll_chunks(chunk, state, given):
    options = clip, precision, keep_rate, chunk
    return _unroll_chunks(*options, params, state, *given)

  return chunks.run(unroll_chunks, state, (tuple(inputs), net, mask))


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


def split_widths(joined: Array, like: Sequence[Array]) -> tuple[Array, ...]:
  """Splits the last axis into the widths of the arrays `like`."""
  cuts = [sum(x.shape[-1] for x in like[: k + 1]) for k in range(len(like) - 1)]
  return tuple(jnp.split(joined, cuts, axis=-1))


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2, 3))
def _unroll_chunks(
  clip, precision, keep_rate, chunk, params, state, inputs, net, mask
):
  options = clip, precision, keep_rate, chunk
  return _forward(*options, params, state, inputs, net, mask)[0]


def _forward(
  clip, precision, keep_rate, chunk, params, start, inputs, net, mask
):
  cells = _cells(clip, precision, keep_rate, params)
  widths = [x.shape[-1] for x in inputs]
  weights = with_rounding_errors(params.inputs, widths, precision)

  def step(state, xs):
    net, mask = xs
    state, gates = cells.forward((state.output,), state.cell, net, mask)
    return state, (state.output, gates)

  def block(state, xs):
    inputs, net, mask = xs
    if inputs:
      below = join(with_repeats(inputs, precision), precision)
      projected = product(below, weights, precision)
      net = projected if net is None else projected + net
    end, results = lax.scan(step, state, (net, mask))
    return end, (*results, state.cell)

  inputs, net, mask = jax.tree.map(
    lambda x: chunks.split(x, chunk), (inputs, net, mask)
  )
  state, (outputs, gates, first_cells) = lax.scan(
    block, start, (inputs, net, mask)
  )
  # Of net, only whether there is one is read.
  residuals = params, start, inputs, net, mask, outputs, gates, first_cells
  return (state, chunks.join(outputs)), residuals


def _backward(clip, precision, keep_rate, chunk, residuals, derivatives):
  params, start, inputs, net, mask, outputs, gates, first_cells = residuals
  d_final, d_outputs = derivatives
  d_outputs = chunks.split(d_outputs, chunk)
  cells = _cells(clip, precision, keep_rate, params)
  to_inputs = params.inputs.T

  def step(carry, xs):
    d_state, sums = carry
    d_output, *given = xs
    d_net, d_fed_back, d_cell, added = cells.backward(d_output, d_state, *given)
    sums = jax.tree.map(jnp.add, sums, added)
    return (LSTMState(d_cell, d_fed_back), sums), to_words(d_net)

  def block(carry, k):
    d_state, total = carry
    first_cell, gates_here, mask_here, d_outputs_here = chunks.pick(
      (first_cells, gates, mask, d_outputs), k
    )
    xs = (
      d_outputs_here,
      cells.cells(first_cell, gates_here),
      gates_here,
      mask_here,
    )
    (d_state, sums), d_net = lax.scan(
      step, (d_state, cells.no_sums(first_cell)), xs, reverse=True
    )
    d_net = from_words(d_net)
    previous_output = chunks.shift(outputs, start.output, k)
    below = join((*chunks.pick(inputs, k), previous_output), precision)
    added = cells.gradient(sums, d_net)
    gradient = layer_gradient(d_net, below, added, precision)
    total = jax.tree.map(jnp.add, total, gradient)
    d_below = product(d_net, to_inputs, precision)
    d_inputs = split_widths(d_below, inputs) if inputs else ()
    d_given = None if net is None else d_net.astype(net.dtype)
    return (d_state, total), (d_inputs, d_given)

  zeros = jax.tree.map(jnp.zeros_like, params)
  (d_start, gradient), d_given = lax.scan(
    block, (d_final, zeros), jnp.arange(d_outputs.shape[0]), reverse=True
  )
  return gradient, d_start, *jax.tree.map(chunks.join, d_given), None


def _cells(clip, precision, keep_rate, params):
  weights = params.recurrent, params.bias, params.peephole
  options = {"clip": clip, "precision": precision, "keep_rate": keep_rate}
  return by_xla(*weights, **options)


_unroll_chunks.defvjp(_forward, _backward)
