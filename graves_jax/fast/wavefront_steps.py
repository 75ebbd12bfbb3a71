"""The scan of `wavefront.py` over arrays of all layers, with its backward pass.

A layer that is not at one of the times 1 to T keeps its state and is told no
derivative. Layer 1 reads the text, where there is one.

What a step makes stands behind barriers: a graphics card would otherwise make
some of it again for each use, and read all that it is made of as often.

Axes: T time, L layers, S steps (T + L - 1 and some idle ones), B batch,
H hidden, G = 4H, A alphabet.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from graves_jax.fast.kept_gates import keep_gates, kept_gates
from graves_jax.fast.stacked_products import (
  aligned,
  layers_gradient,
  layers_product,
)
from graves_jax.fast.wavefront_stack import (
  Options,
  State,
  Weights,
  below_and_own,
  join_inputs,
  join_weights,
  split_fed_back,
  transposed_weights,
)
from graves_jax.fast.wavefront_window import (
  Read,
  add_by_age,
  read_back,
  read_on,
  windows_seen,
)
from graves_jax.layers.lstm import (
  Gates,
  LSTMState,
  gated_step,
  gated_step_backward,
)
from graves_jax.layers.products import from_words, join, rounded, to_words
from graves_jax.layers.window_lstm import Text, window_gradient

# So many steps are compiled as one turn of the loop, whose own work and whose
# writing down of what the way back needs are then launched once for them all.
_STEPS_IN_A_TURN = 4


def count_steps(times: int, layers: int) -> int:
  """S: T + L - 1, and idle ones up to a whole number of the loop's turns."""
  return -(-(times + layers - 1) // _STEPS_IN_A_TURN) * _STEPS_IN_A_TURN


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def unroll_steps(
  options: Options,
  weights: Weights,
  start: State,
  seen: Array | None,
  net: Array | None,
  mask: Array | None,
  text: Text | None,
) -> tuple[State, Array]:
  """Makes all steps.

  Args:
    options: numbers that compiled code has built in.
    weights: of all layers.
    start: before the first step.
    seen: elements, [S, L, B, elements], or None.
    net: what else is added to the net inputs, [S, L, B, G], or None.
    mask: where dropout keeps c, [S, L, B, H], or None.
    text: what the window reads, if there is one.

  Returns:
    The last state, and every layer's outputs [S, L, B, H].
  """
  return _forward(options, weights, start, seen, net, mask, text)[0]


class _Saved(NamedTuple):
  """Of every step, for its backward pass: each [S, ...].

  cells, outputs: before the step and after it, [L, B, H].
  gates: as `keep_gates` rounds them, joined, [L, B, G].
  read: of layer 1's window, if there is one.
  """

  cells: Array
  outputs: Array
  gates: Array
  read: Read | None


class _Residuals(NamedTuple):
  weights: Weights
  start: State
  seen: Array | None
  net: Array | None
  mask: Array | None
  text: Text | None
  saved: _Saved
  last_cell: Array


def _forward(options, weights, start, seen, net, mask, text):
  joined = join_weights(weights, start, options.precision)

  def step(state, xs):
    s, element, added, kept = xs
    is_at_work = _at_work(s, state, options)
    inputs = join_inputs(element, state, options.precision)
    total = weights.bias + layers_product(inputs, joined, options.precision)
    total = total if added is None else total + added
    cells, gates = gated_step(
      weights.peephole, state.lstm.cell, total, kept, options.keep_rate
    )
    gates = keep_gates(gates, options.keep_rate, options.precision)
    lstm = _where(is_at_work, cells, state.lstm)
    lstm, gates = lax.optimization_barrier((lstm, gates))
    reading, read = state.reading, None
    if reading is not None:
      reading, read = read_on(
        weights.window, lstm.output[0], reading, is_at_work[0], text
      )
    joined_gates = jnp.concatenate(gates, axis=-1)
    made = _Saved(state.lstm.cell, lstm.output, joined_gates, read)
    return State(lstm, reading), made

  steps = jnp.arange(count_steps(options.steps, len(weights.outputs)))
  xs = steps, seen, net, mask
  end, saved = lax.scan(step, start, xs, unroll=_STEPS_IN_A_TURN)
  given = weights, start, seen, net, mask, text
  return (end, saved.outputs), _Residuals(*given, saved, end.lstm.cell)


def _backward(options, residuals, derivatives):
  weights, start, seen, net, mask, text, saved, _ = residuals
  d_end, d_outputs = derivatives
  precision = options.precision
  alphabet_size = start.alphabet_size
  elements = weights.inputs.shape[1] - alphabet_size
  to_fed_back = transposed_weights(weights, elements, precision)

  def step(d_state, xs):
    s, d_output, cell, gates, kept, read = xs
    is_at_work = _at_work(s, d_state, options)
    d_lstm = LSTMState(d_state.lstm.cell, d_state.lstm.output + d_output)
    d_reading, d_raw = d_state.reading, None
    if d_reading is not None:
      d_reading, d_raw, d_first = read_back(
        weights.window, d_reading, read, is_at_work[0], text
      )
      d_lstm = d_lstm._replace(output=_add_first(d_lstm.output, d_first))
    d_net, d_lstm = _cells_back(
      *(options, weights.peephole, is_at_work, d_lstm, cell, gates, kept)
    )
    d_fed_back = layers_product(d_net, to_fed_back, precision)
    d_window, d_below, d_own = split_fed_back(
      d_fed_back, alphabet_size, cell.shape[-1]
    )
    d_output = d_lstm.output + d_own + _one_layer_down(d_below)
    if d_reading is not None:
      d_reading = add_by_age(d_reading, d_window)
    d_state = State(LSTMState(d_lstm.cell, d_output), d_reading)
    return d_state, (to_words(d_net), d_raw)

  steps = jnp.arange(len(d_outputs))
  xs = steps, d_outputs, saved.cells, saved.gates, mask, saved.read
  d_start, (d_net, d_raw) = lax.scan(
    step, d_end, xs, reverse=True, unroll=_STEPS_IN_A_TURN
  )
  d_net = from_words(d_net)
  gradient = _gradient(options, residuals, d_net, d_raw)
  d_seen = d_added = None
  if seen is not None:
    to_elements = jnp.swapaxes(weights.inputs[:, :elements], 1, 2)
    d_seen = layers_product(d_net, rounded(to_elements, precision), precision)
    d_seen = d_seen.astype(seen.dtype)
  if net is not None:
    d_added = d_net.astype(net.dtype)
  return gradient, d_start, d_seen, d_added, None, None


unroll_steps.defvjp(_forward, _backward)


def _cells_back(options, peephole, is_at_work, d_lstm, cell, gates, kept):
  """Derivatives of the net inputs, [L, B, G], and of the state before a step,
  but for what comes back through the net inputs."""
  gates = kept_gates(gates, options.keep_rate, cell.dtype)
  d_gates, d_cell, _ = gated_step_backward(
    *(peephole, options.clip, d_lstm, cell, gates, kept, options.keep_rate)
  )
  zeros = jnp.zeros_like(cell)
  d_gates = _where(is_at_work, d_gates, Gates(*(zeros,) * 4))
  d_before = _where(is_at_work, LSTMState(d_cell, zeros), d_lstm)
  d_gates = Gates(*(rounded(x, options.precision) for x in d_gates))
  d_gates, d_before = lax.optimization_barrier((d_gates, d_before))
  return join(d_gates, options.precision), d_before


def _gradient(options, residuals, d_net, d_raw) -> Weights:
  """Of all weights, by the derivatives of all net inputs, [S, L, B, G], and of
  the outputs for the window, if there is one."""
  start, saved, window = residuals.start, residuals.saved, None
  parts = [] if residuals.seen is None else [residuals.seen]
  if d_raw is not None:
    window = window_gradient(saved.outputs[:, 0], d_raw)
    first, made = start.reading.windows[0], saved.read.window
    parts.append(windows_seen(first, made, d_net.shape[1]))
  width = sum(x.shape[-1] for x in parts)
  first = start.lstm.output[None]
  previous = jnp.concatenate([first, saved.outputs[:-1]])
  fed_back = below_and_own(previous)
  inputs = join(aligned((*parts, *fed_back)), options.precision)
  by_inputs = layers_gradient(inputs, d_net, options.precision)
  by_inputs = by_inputs.astype(previous.dtype)
  d_net = d_net.astype(previous.dtype)
  return Weights(
    inputs=by_inputs[:, :width],
    outputs=by_inputs[:, width : width + 2 * previous.shape[-1]],
    peephole=_peephole_gradient(d_net, saved.cells, residuals.last_cell),
    bias=d_net.sum((0, 2))[:, None],
    window=window,
  )


def _peephole_gradient(d_net, cells, last_cell):
  """By cells before each step, [S, L, B, H], and after the last one; gates i
  and f see the cell before a step, o the one after it."""
  d_i, d_f, _, d_o = jnp.split(d_net, 4, axis=-1)
  by_i, by_f = ((d * cells).sum((0, 2)) for d in (d_i, d_f))
  by_o = (d_o[:-1] * cells[1:]).sum((0, 2)) + (d_o[-1] * last_cell).sum(1)
  return jnp.stack([by_i, by_f, by_o])[:, :, None]


def _at_work(s: Array, state: State, options: Options) -> Array:
  """Which layers are at one of the times 1 to T at step s, [L, 1, 1]."""
  layers = state.lstm.cell.shape[0]
  times = s - jnp.arange(layers)[:, None, None]
  return (times >= 0) & (times < options.steps)


def _where(condition, new, old):
  return jax.tree.map(lambda x, y: jnp.where(condition, x, y), new, old)


def _add_first(x, added):
  """Adds [B, H] to the first layer of x [L, B, H]."""
  others = jnp.zeros_like(x[1:])  # XLA keeps this in one operation
  return x + jnp.concatenate([added[None], others])


def _one_layer_down(d_below):
  """Derivatives of the layer below each, as that layer's own, [L, B, H]."""
  return jnp.concatenate([d_below[1:], jnp.zeros_like(d_below[:1])])
