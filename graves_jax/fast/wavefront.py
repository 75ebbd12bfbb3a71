"""A stack of LSTM layers unrolled in one scan, the layers at offset times.

When layer 1 is at time t, layer n is at t - n + 1: all that it needs from below
was made one step before. T + L - 1 steps of all layers at once take the place
of L times T steps one after the other, which a graphics card waits for.

Axes: T time, L layers, S steps (T + L - 1 and some idle ones), B batch,
H hidden, D elements, K windows, A alphabet.
"""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array

from graves_jax.fast.implementation import Implementation
from graves_jax.fast.wavefront_stack import Options, Reading, State, Weights
from graves_jax.fast.wavefront_steps import count_steps, unroll_steps
from graves_jax.layers.clipping import only_reverse_mode, require_number
from graves_jax.layers.inputs import as_arrays, as_wide, look_up, require_rows
from graves_jax.layers.lstm import LSTMParams, LSTMState
from graves_jax.layers.products import Precision
from graves_jax.layers.window import WindowParams
from graves_jax.layers.window_lstm import Text, WindowLayerState

Dropout = Sequence[dict[str, Any]]


def fits(implementation: Implementation, hidden: Sequence[int]) -> bool:
  """Tells whether to unroll layers of these widths so: it is chosen, and there
  are several, all as wide."""
  is_stack = len(hidden) > 1 and len(set(hidden)) == 1
  return implementation == "wavefront" and is_stack


def unroll(
  params: Sequence[LSTMParams],
  states: Sequence[LSTMState],
  elements: Array | None,
  classes: Array | None = None,
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  dropout: Dropout = (),
) -> tuple[tuple[LSTMState, ...], tuple[Array, ...]]:
  """Unrolls two or more equally wide layers, each of which sees the elements
  and the layer below, Eqs. (1)-(2).

  Args:
    params: of every layer. Rows of `inputs` are for the classes, for the
      elements, then for the layer below, which the first one has not.
    states: where to start, each array [B, H].
    elements: [T, B, D], or None.
    classes: in place of elements, or besides them, as one-hot vectors: integers
      [T, B], as in `lstm.unroll`; or None.
    clip: limit on the derivatives of the net inputs, a number.
    precision: of the products.
    dropout: of every layer, what `dropout.recurrent_dropout` draws for it, the
      same share of all; or nothing.

  Returns:
    The states after the last step, and every layer's outputs, each [T, B, H].

  Raises:
    ValueError: if there is no time step, a shape does not fit a layer, or
      `clip` is traced.
    TypeError: where JAX asks for forward-mode derivatives.
  """
  given = elements if classes is None else classes
  if given is None:
    raise ValueError("there is no input; give elements [T, B, D], or classes.")
  steps, rows = given.shape[0], given.shape[1]
  options, masks = _options(steps, clip, precision, dropout)
  vectors = () if elements is None else (elements,)
  params, states, nets = _checked(params, states, rows, vectors, classes)
  count = len(params)
  with only_reverse_mode("unroll"):
    end, outputs = unroll_steps(
      options,
      _stacked(params, sum(x.shape[-1] for x in vectors), None),
      State(_stacked_states(states), None),
      None if elements is None else _offset([elements] * count),
      None if classes is None else _offset(nets),
      masks,
      None,
    )
  return _each(end.lstm, count), _straight(outputs, steps)


def unroll_with_window(
  params: Sequence[LSTMParams],
  window: WindowParams,
  first: WindowLayerState,
  others: Sequence[LSTMState],
  elements: Array,
  text: Text,
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  dropout: Dropout = (),
) -> tuple[tuple[WindowLayerState, tuple[LSTMState, ...]], tuple[Array, ...]]:
  """Unrolls the layers of the synthesis network, Eqs. (46)-(53): two or more,
  equally wide.

  Args:
    params: of every layer. Rows of `inputs` are for the elements, for the
      window, then for the layer below, which the first one has not.
    window: weights of Eq. (48).
    first: where layer 1 and its window start.
    others: where the others start, each array [B, H].
    elements: [T, B, D].
    text: the characters to write.
    clip, precision, dropout: those of `unroll`.

  Returns:
    The state of layer 1 and those of the others after the last step, and every
    layer's outputs, each [T, B, H].

  Raises:
    ValueError: if there is no time step, a shape does not fit a layer, or
      `clip` is traced.
    TypeError: where JAX asks for forward-mode derivatives.
  """
  steps, rows = elements.shape[0], elements.shape[1]
  options, masks = _options(steps, clip, precision, dropout)
  window, first = as_wide(window), as_wide(first)
  vectors = elements, first.window
  states = first.lstm, *others
  params, states, _ = _checked(params, states, rows, vectors, None)
  count = len(params)
  windows = (first.window,) * (count - 1)  # that layers still need
  with only_reverse_mode("unroll_with_window"):
    end, outputs = unroll_steps(
      options,
      _stacked(params, sum(x.shape[-1] for x in vectors), window),
      State(_stacked_states(states), Reading(windows, first.kappa)),
      _offset([elements] * count),
      None,
      masks,
      text,
    )
  lower, *upper = _each(end.lstm, count)
  assert end.reading is not None
  last = WindowLayerState(lower, end.reading.windows[0], end.reading.kappa)
  return (last, tuple(upper)), _straight(outputs, steps)


def _options(steps, clip, precision, dropout):
  require_number(clip)
  if not steps:
    raise ValueError("the inputs have no time step; give one or more.")
  masks = [drawn["mask"] for drawn in dropout if drawn]
  keep_rate = dropout[0]["keep_rate"] if masks else 1.0
  options = Options(steps, clip, precision, keep_rate)
  return options, _offset(masks) if masks else None


def _checked(params, states, rows, vectors, classes):
  """The layers as arrays and without rows for classes, their states, and what
  classes add to their net inputs.

  Raises:
    ValueError: if a state has other rows, or a layer does not fit what it sees.
  """
  layers, starts, nets = [], [], []
  for n, pair in enumerate(zip(params, states, strict=True)):
    layer, state = as_arrays(*pair)
    require_rows(state, (rows,))
    below = (layer.peephole,) if n else ()  # as wide as the layer below
    weights, net = look_up(layer.inputs, (*vectors, *below), classes)
    layers.append(layer._replace(inputs=weights))
    starts.append(state)
    nets.append(net)
  return layers, starts, nets


def _stacked(params, width, window) -> Weights:
  """Weights of all layers, which see `width` numbers besides the layer
  below."""
  below = [layer.inputs[width:] for layer in params]
  below[0] = jnp.zeros_like(params[0].recurrent)
  fed_back = [
    jnp.concatenate([lower, layer.recurrent])
    for lower, layer in zip(below, params, strict=True)
  ]
  return Weights(
    inputs=jnp.stack([layer.inputs[:width] for layer in params]),
    outputs=jnp.stack(fed_back),
    peephole=jnp.stack([p.peephole for p in params], axis=1)[:, :, None],
    bias=jnp.stack([layer.bias for layer in params])[:, None],
    window=window,
  )


def _stacked_states(states):
  return LSTMState(*(jnp.stack(x) for x in zip(*states, strict=True)))


def _each(state, count):
  return tuple(LSTMState(*(x[n] for x in state)) for n in range(count))


def _offset(xs: Sequence[Array]) -> Array:
  """Arrays [T, ...] of every layer to [S, L, ...], layer n late by n - 1."""
  steps = len(xs[0])
  spare = count_steps(steps, len(xs)) - steps

  def zeros(x, count):
    return jnp.zeros((count, *x.shape[1:]), x.dtype)

  each = [
    jnp.concatenate([zeros(x, n), x, zeros(x, spare - n)])
    for n, x in enumerate(xs)
  ]
  return jnp.stack(each, axis=1)


def _straight(outputs: Array, steps: int) -> tuple[Array, ...]:
  """The inverse of `_offset`."""
  return tuple(outputs[n : n + steps, n] for n in range(outputs.shape[1]))
