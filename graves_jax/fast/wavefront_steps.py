"""The scan of `wavefront.py` over arrays of all layers, with its backward pass.

A layer that is not at one of the times 1 to T keeps its state and is told no
derivative. Layer 1 reads the text, where there is one; the window that it has
made reaches layer 2 one step later, as it reaches itself, and layer 3 two steps
later.

Axes: T time, L layers, S = T + L - 1 steps, B batch, H hidden, G = 4H, D what
all layers see, U characters, K windows, A alphabet, R windows that some layer
still needs.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from graves_jax.fast.kept_gates import keep_gates, kept_gates
from graves_jax.fast.stacked_products import layers_gradient, layers_product
from graves_jax.fast.wavefront_stack import (
  Options,
  Reading,
  State,
  Weights,
  below_and_own,
  join_inputs,
  join_weights,
  split_fed_back,
  transposed_weights,
)
from graves_jax.layers.lstm import (
  Gates,
  LSTMState,
  gated_step,
  gated_step_backward,
)
from graves_jax.layers.products import (
  from_words,
  join,
  product,
  rounded,
  to_words,
  weight_gradient,
)
from graves_jax.layers.window import WindowParams
from graves_jax.layers.window_lstm import (
  Text,
  advance_window,
  advance_window_backward,
  window_outputs,
)


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

  outputs, cells: after the step, [L, B, H].
  gates: as `keep_gates` keeps them, [L, B, G].
  read: of layer 1's window, if there is one.
  """

  outputs: Array
  cells: Array
  gates: Array
  read: "_Read | None"


class _Read(NamedTuple):
  """The window [B, A] and its positions [B, K] after a step, and the outputs
  for it [B, 3K]."""

  window: Array
  kappa: Array
  raw: Array


class _Residuals(NamedTuple):
  weights: Weights
  start: State
  seen: Array | None
  net: Array | None
  mask: Array | None
  text: Text | None
  saved: _Saved


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
    lstm, read = _where(is_at_work, cells, state.lstm), None
    reading = state.reading
    if reading is not None:
      raw = window_outputs(weights.window, lstm.output[0])
      new = advance_window(raw, reading.kappa, text, reading.windows.shape[-1])
      old = reading.windows[0], reading.kappa
      window, kappa = _where(is_at_work[0], new, old)
      windows = jnp.concatenate([window[None], reading.windows[:-1]])
      reading, read = Reading(windows, kappa), _Read(window, kappa, raw)
    words = keep_gates(gates, options.keep_rate, options.precision)
    return State(lstm, reading), _Saved(lstm.output, lstm.cell, words, read)

  xs = jnp.arange(_count(options, weights)), seen, net, mask
  end, saved = lax.scan(step, start, xs)
  residuals = _Residuals(weights, start, seen, net, mask, text, saved)
  return (end, saved.outputs), residuals


def _backward(options, residuals, derivatives):
  weights, start, seen, net, mask, text, saved = residuals
  d_end, d_outputs = derivatives
  precision = options.precision
  alphabet_size = start.alphabet_size
  elements = weights.inputs.shape[1] - alphabet_size
  to_fed_back = transposed_weights(weights, elements, precision)
  cells = _earlier(start.lstm.cell, saved.cells)

  def step(d_state, xs):
    s, d_output, cell, gates, kept, read = xs
    is_at_work = _at_work(s, d_state, options)
    d_lstm = LSTMState(d_state.lstm.cell, d_state.lstm.output + d_output)
    d_reading, d_raw = d_state.reading, None
    if d_reading is not None:
      d_reading, d_raw = _read_back(d_reading, is_at_work[0], read, text)
      d_read = product(d_raw, weights.window.weights.T, "float32")[None]
      d_lstm = d_lstm._replace(output=_add_first(d_lstm.output, d_read))
    d_net, d_lstm = _cells_back(
      *(options, weights.peephole, is_at_work, d_lstm, cell, gates, kept)
    )
    d_fed_back = layers_product(d_net, to_fed_back, precision)
    d_window, d_below, d_own = split_fed_back(
      d_fed_back, alphabet_size, cell.shape[-1]
    )
    d_output = d_lstm.output + d_own + _one_layer_down(d_below)
    if d_reading is not None:
      d_windows = d_reading.windows + _by_age(d_window)
      d_reading = Reading(d_windows, d_reading.kappa)
    d_state = State(LSTMState(d_lstm.cell, d_output), d_reading)
    return d_state, (to_words(d_net), d_raw)

  read = None
  if saved.read is not None:
    kappas = _earlier(start.reading.kappa, saved.read.kappa)
    read = saved.read.raw, kappas
  xs = jnp.arange(len(cells)), d_outputs, cells, saved.gates, mask, read
  d_start, (d_net, d_raw) = lax.scan(step, d_end, xs, reverse=True)
  d_net = from_words(d_net)
  window = None if d_raw is None else _window_gradient(saved, d_raw)
  gradient = _gradient(options, start, seen, saved, cells, d_net, window)
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
  return join(d_gates, options.precision), d_before


def _read_back(d_reading, is_at_work, read, text):
  """Derivatives of the windows and positions before a step of layer 1, and of
  its outputs for the window."""
  d_newest, d_kappa = d_reading.windows[:1], d_reading.kappa
  d_made = jnp.where(is_at_work, d_newest[0], 0)
  nothing = jnp.zeros_like(d_newest)
  d_windows = jnp.concatenate([d_reading.windows[1:], nothing])
  d_windows = _add_first(d_windows, d_newest - d_made)
  raw, kappa = read
  d_raw, d_earlier = advance_window_backward(
    *(raw, kappa, text, d_made, jnp.where(is_at_work, d_kappa, 0))
  )
  d_kappa = jnp.where(is_at_work, d_earlier, d_kappa)
  return Reading(d_windows, d_kappa), d_raw


def _window_gradient(saved, d_raw) -> WindowParams:
  first = saved.outputs[:, 0]
  weights = weight_gradient(first, d_raw, "float32")
  return WindowParams(weights, d_raw.sum((0, 1)))


def _gradient(options, start, seen, saved, cells, d_net, window) -> Weights:
  """Of all weights, by the derivatives of all net inputs, [S, L, B, G]."""
  dtype, hidden = cells.dtype, cells.shape[-1]
  previous = _earlier(start.lstm.output, saved.outputs)
  parts = [] if seen is None else [seen]
  if saved.read is not None:
    parts.append(_windows_seen(start, saved))
  inputs = join([*parts, *below_and_own(previous)], options.precision)
  by_inputs = layers_gradient(inputs, d_net, options.precision).astype(dtype)
  d_net = d_net.astype(dtype)
  d_i, d_f, _, d_o = jnp.split(d_net, 4, axis=-1)
  peephole = d_i * cells, d_f * cells, d_o * saved.cells
  return Weights(
    inputs=by_inputs[:, : -2 * hidden],
    outputs=by_inputs[:, -2 * hidden :],
    peephole=jnp.stack([x.sum((0, 2)) for x in peephole])[:, :, None],
    bias=d_net.sum((0, 2))[:, None],
    window=window,
  )


def _windows_seen(start, saved):
  """What every layer saw of the window at every step, [S, L, B, A]."""
  layers = start.lstm.cell.shape[0]
  first, made = start.reading.windows[:1], saved.read.window

  def aged(age):
    before = jnp.repeat(first, age, axis=0)
    return jnp.concatenate([before, made])[: len(made)]

  return jnp.stack([aged(max(n, 1)) for n in range(layers)], axis=1)


def _count(options, weights):
  """S."""
  return options.steps + len(weights.outputs) - 1


def _at_work(s: Array, state: State, options: Options) -> Array:
  """Which layers are at one of the times 1 to T at step s, [L, 1, 1]."""
  layers = state.lstm.cell.shape[0]
  times = s - jnp.arange(layers)[:, None, None]
  return (times >= 0) & (times < options.steps)


def _where(condition, new, old):
  return jax.tree.map(lambda x, y: jnp.where(condition, x, y), new, old)


def _earlier(first, x):
  """x [S, ...] one step earlier; `first` precedes it all."""
  return jnp.concatenate([first[None], x[:-1]])


def _add_first(x, added):
  """Adds [1, ...] to the first of x [N, ...]."""
  return jnp.concatenate([x[:1] + added, x[1:]])


def _one_layer_down(d_below):
  """Derivatives of the layer below each, as that layer's own, [L, B, H]."""
  return jnp.concatenate([d_below[1:], jnp.zeros_like(d_below[:1])])


def _by_age(d_window):
  """Derivatives of the windows that layers saw, [L, B, A], by the windows' age,
  [R, B, A]: layers 1 and 2 see the newest one."""
  return jnp.concatenate([d_window[:1] + d_window[1:2], d_window[2:]])
