"""The synthesis network's first layer by any implementation.

Axes: T time, N chunks of C steps, B batch, U characters, K windows, A alphabet.
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from graves_jax.fast import chunks
from graves_jax.fast.implementation import Implementation
from graves_jax.fast.lstm_scan import layer_gradient
from graves_jax.fast.step import recurrence
from graves_jax.layers.clipping import require_number
from graves_jax.layers.inputs import as_wide
from graves_jax.layers.lstm import LSTMState
from graves_jax.layers.products import (
  Precision,
  from_words,
  join,
  product,
  project,
  to_words,
)
from graves_jax.layers.window_lstm import (
  Text,
  WindowLayerParams,
  WindowLayerState,
  advance_window,
  advance_window_backward,
  unroll_window_layer_reference,
  window_gradient,
  window_outputs,
)


def unroll_window_layer(
  params: WindowLayerParams,
  state: WindowLayerState,
  elements: Array,
  text: Text,
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  mask: Array | None = None,
  keep_rate: float = 1.0,
  implementation: Implementation = "scan",
) -> tuple[WindowLayerState, tuple[Array, Array]]:
  """Unrolls the layer over time, with an explicit backward pass.

  Args:
    params: weights.
    state: where to start.
    elements: [T, B, inputs].
    text: the characters to write.
    clip: limit on the derivatives of the net inputs (Section 2.1).
    precision: of the matrix products.
    mask, keep_rate, implementation: those of `lstm.unroll`.

  Returns:
    The last state, and outputs h^1 [T, B, H] and windows w [T, B, A].

  Raises:
    ValueError: if `clip` is traced, or below 0.
  """
  if implementation == "reference":
    return unroll_window_layer_reference(
      *(params, state, elements, text),
      clip=clip,
      precision=precision,
      mask=mask,
      keep_rate=keep_rate,
    )
  require_number(clip)
  if mask is None:
    keep_rate = 1.0
  params, state = as_wide(params), as_wide(state)

  def unroll_chunks(chunk, state, inputs):
    options = _Options(implementation, clip, precision, keep_rate, chunk)
    return _unroll_chunks(options, params, state, *inputs, text)

  return chunks.run(unroll_chunks, state, (elements, mask))


@dataclasses.dataclass(frozen=True)
class _Options:
  implementation: Implementation
  clip: float
  precision: Precision
  keep_rate: float
  chunk: int


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _unroll_chunks(options, params, state, elements, mask, text):
  return _forward(options, params, state, elements, mask, text)[0]


class _Saved(NamedTuple):
  """Of every step, for its backward pass: each [N, C, B, ...]."""

  output: Array
  window: Array
  kappa: Array
  raw: Array
  gates: Any


class _Residuals(NamedTuple):
  params: WindowLayerParams
  text: Text
  start: WindowLayerState
  elements: Array  # [N, C, B, inputs]
  mask: Array | None  # [N, C, B, H]
  saved: _Saved
  first_cells: Array  # [N, B, H]: the cell before each chunk


def _forward(options, params, start, elements, mask, text):
  lstm, window = params
  width = elements.shape[-1]
  from_element = lstm.inputs[:width]
  cell_steps = _recurrence(options, lstm, width, start)

  def step(state, xs):
    fed_back = state.lstm.output, state.window
    cell_state, gates = cell_steps.forward(fed_back, state.lstm.cell, *xs)
    raw = window_outputs(window, cell_state.output)
    state = WindowLayerState(
      cell_state,
      *advance_window(raw, state.kappa, text, state.window.shape[-1]),
    )
    saved = _Saved(cell_state.output, state.window, state.kappa, raw, gates)
    return state, saved

  def block(state, xs):
    elements, mask = xs
    net = project((elements,), from_element, options.precision)
    end, saved = lax.scan(step, state, (net, mask))
    return end, (saved, state.lstm.cell)

  elements, mask = jax.tree.map(
    lambda x: chunks.split(x, options.chunk), (elements, mask)
  )
  state, (saved, first_cells) = lax.scan(block, start, (elements, mask))
  outputs = chunks.join(saved.output), chunks.join(saved.window)
  residuals = _Residuals(
    params, text, start, elements, mask, saved, first_cells
  )
  return (state, outputs), residuals


def _backward(options, residuals, derivatives):
  params, text, start, elements, mask, saved, first_cells = residuals
  d_final, (d_outputs, d_windows) = derivatives
  d_outputs = chunks.split(d_outputs, options.chunk)
  d_windows = chunks.split(d_windows, options.chunk)
  width, precision = elements.shape[-1], options.precision
  lstm, window = params
  cell_steps = _recurrence(options, lstm, width, start)
  to_element = lstm.inputs[:width].T
  to_output = window.weights.T

  def step(carry, xs):
    d_state, sums = carry
    d_output, d_window, cell, raw, previous_kappa, *given = xs
    d_raw, d_kappa = advance_window_backward(
      raw, previous_kappa, text, d_state.window + d_window, d_state.kappa
    )
    d_output = d_output + product(d_raw, to_output, "float32")
    d_net, d_fed_back, d_cell, added = cell_steps.backward(
      d_output, d_state.lstm, cell, *given
    )
    d_hidden, d_window = jnp.split(d_fed_back, [d_cell.shape[-1]], axis=-1)
    d_state = WindowLayerState(LSTMState(d_cell, d_hidden), d_window, d_kappa)
    sums = jax.tree.map(jnp.add, sums, added)
    return (d_state, sums), (to_words(d_net), d_raw)

  def block(carry, k):
    d_state, total = carry
    here = chunks.pick(saved, k)
    first_cell = chunks.pick(first_cells, k)
    xs = (
      *chunks.pick((d_outputs, d_windows), k),
      cell_steps.cells(first_cell, here.gates),
      here.raw,
      chunks.shift(saved.kappa, start.kappa, k),
      here.gates,
      chunks.pick(mask, k),
    )
    no_sums = cell_steps.no_sums(first_cell)
    (d_state, sums), (d_net, d_raw) = lax.scan(
      step, (d_state, no_sums), xs, reverse=True
    )
    d_net = from_words(d_net)
    below = (
      chunks.pick(elements, k),
      chunks.shift(saved.window, start.window, k),
      chunks.shift(saved.output, start.lstm.output, k),
    )
    added = cell_steps.gradient(sums, d_net)
    lstm_gradient = layer_gradient(
      d_net, join(below, precision), added, precision
    )
    gradient = WindowLayerParams(
      lstm_gradient, window_gradient(here.output, d_raw)
    )
    total = jax.tree.map(jnp.add, total, gradient)
    return (d_state, total), product(d_net, to_element, precision)

  zeros = jax.tree.map(jnp.zeros_like, params)
  (d_start, gradient), d_elements = lax.scan(
    block, (d_final, zeros), jnp.arange(d_outputs.shape[0]), reverse=True
  )
  return gradient, d_start, chunks.join(d_elements), None, None


def _recurrence(options, lstm, width, start):
  """Makes the steps of the layer's cells, into which output and window are fed
  back; what the elements, `width` wide, add to the net inputs is computed per
  chunk, outside the loop."""
  fed_back = jnp.concatenate([lstm.recurrent, lstm.inputs[width:]])
  weights = fed_back, lstm.bias, lstm.peephole
  return recurrence(
    *weights,
    clip=options.clip,
    precision=options.precision,
    keep_rate=options.keep_rate,
    implementation=options.implementation,
    cell=start.lstm.cell,
    others=start,
  )


_unroll_chunks.defvjp(_forward, _backward)
