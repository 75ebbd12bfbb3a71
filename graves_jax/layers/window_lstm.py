"""The synthesis network's first layer: LSTM and soft window in one recurrence.

The window's output w_t feeds back into the cell at t + 1 (Eq. 52), so the two
cannot be unrolled apart. Axes: T time, B batch, U characters, K windows,
A alphabet.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from graves_jax.layers import lstm
from graves_jax.layers.inputs import as_wide
from graves_jax.layers.lstm import LSTMParams, LSTMState
from graves_jax.layers.products import Precision, product, weight_gradient
from graves_jax.layers.window import (
  WindowParams,
  soft_window,
  window_parameters,
  window_weights,
)


class WindowLayerParams(NamedTuple):
  """Weights of the layer; its inputs are (x_t, w_{t-1})."""

  lstm: LSTMParams
  window: WindowParams


class WindowLayerState(NamedTuple):
  """The cell's state, the last window w [B, A], its positions kappa [B, K]."""

  lstm: LSTMState
  window: Array
  kappa: Array


class Text(NamedTuple):
  """Characters to write, c of Eq. (46).

  >>> text = Text(jnp.array([[3, 1, 2]]), jnp.ones((1, 3)))
  >>> text.mask.shape
  (1, 3)

  characters: classes 0..A-1, [B, U] integers.
  mask: 1 for characters of the text, 0 for padding, [B, U] floats.
  """

  characters: Array
  mask: Array


def window_layer_step(
  params: WindowLayerParams,
  state: WindowLayerState,
  element: Array,
  text: Text,
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  mask: Array | None = None,
  keep_rate: float = 1.0,
  advance: Callable[..., tuple[LSTMState, Array]] = lstm.step,
) -> tuple[WindowLayerState, Array]:
  """Advances the layer by one time step, Eqs. (46)-(52).

  Args:
    params: weights.
    state: where the last step ended.
    element: x_t, [B, inputs].
    text: the characters to write.
    clip: limit on the derivatives of the net inputs.
    precision: of the matrix products.
    mask, keep_rate: recurrent dropout, as in `lstm_step`.
    advance: what advances the cells; all that do are called as `lstm.step` is.

  Returns:
    The next state and phi [B, U + 1], phi(t, U+1) of the stop rule included;
    not masked.
  """
  options: dict[str, Any] = {
    "clip": clip,
    "precision": precision,
    "keep_rate": keep_rate,
  }
  params, state = as_wide(params), as_wide(state)
  inputs = element, state.window
  cells, output = advance(params.lstm, state.lstm, inputs, mask=mask, **options)
  raw = window_outputs(params.window, output)
  alpha, beta, kappa = window_parameters(raw, state.kappa)
  phi = window_weights(alpha, beta, kappa, text.characters.shape[-1] + 1)
  window = soft_window(phi[..., :-1], *text, state.window.shape[-1])
  return WindowLayerState(cells, window, kappa), phi


def unroll_window_layer_reference(
  params: WindowLayerParams,
  state: WindowLayerState,
  elements: Array,
  text: Text,
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  mask: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[WindowLayerState, tuple[Array, Array]]:
  """Unrolls the layer by a plain scan that JAX differentiates.

  The definition that `unroll_window_layer` is tested against.
  """

  options: dict[str, Any] = {
    "clip": clip,
    "precision": precision,
    "keep_rate": keep_rate,
  }

  def step(state, xs):
    element, mask = xs
    state, _ = window_layer_step(
      params, state, element, text, mask=mask, **options
    )
    return state, (state.lstm.output, state.window)

  params, state = as_wide(params), as_wide(state)
  return lax.scan(step, state, (elements, mask))


def window_outputs(params: WindowParams, output: Array) -> Array:
  """The linear layer of Eq. (48), always in float32.

  Its products are small, and errors of kappa add up over all time steps.
  """
  return product(output, params.weights, "float32") + params.bias


def advance_window(
  raw: Array, kappa: Array, text: Text, alphabet_size: int
) -> tuple[Array, Array]:
  """The window w_t [B, A] and its positions kappa_t [B, K], from the layer's
  outputs for it, raw [B, 3K], and kappa_{t-1}, Eqs. (46)-(51)."""
  alpha, beta, kappa = window_parameters(raw, kappa)
  phi = window_weights(alpha, beta, kappa, text.characters.shape[-1])
  return soft_window(phi, *text, alphabet_size), kappa


def advance_window_backward(
  raw: Array, kappa: Array, text: Text, d_window: Array, d_kappa: Array
) -> tuple[Array, Array]:
  """Derivatives of raw [B, 3K] and of kappa_{t-1} [B, K], by those of what
  `advance_window` makes of them, w_t [B, A] and kappa_t [B, K]."""
  _, pull_back = jax.vjp(
    lambda raw, kappa: advance_window(raw, kappa, text, d_window.shape[-1]),
    *(raw, kappa),
  )
  return pull_back((d_window, d_kappa))


def window_gradient(outputs: Array, d_raw: Array) -> WindowParams:
  """Gradient of the weights of Eq. (48), by the layer's outputs [T, B, H] and
  derivatives of raw [T, B, 3K]."""
  weights = weight_gradient(outputs, d_raw, "float32")
  return WindowParams(weights, d_raw.sum((0, 1)))
