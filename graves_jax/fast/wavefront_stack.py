"""A stack of LSTM layers as arrays of all of them, and what enters a step.

Axes: L layers, B batch, H hidden, G = 4H, D what all layers see, K numbers that
enter a step, A alphabet.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from graves_jax.fast.stacked_products import aligned
from graves_jax.layers.lstm import LSTMState
from graves_jax.layers.products import (
  Precision,
  join,
  rounded,
  with_repeats,
  with_rounding_errors,
)
from graves_jax.layers.window import WindowParams


class Options(NamedTuple):
  """Numbers that compiled code has built in.

  steps: T.
  clip: limit on the derivatives of the net inputs.
  precision: of the products.
  keep_rate: share that recurrent dropout keeps.
  """

  steps: int
  clip: float
  precision: Precision
  keep_rate: float


class Weights(NamedTuple):
  """Of all layers.

  inputs: of what they see, elements first, then the window, [L, D, G].
  outputs: of the layer below and of their own last output, [L, 2H, G].
  peephole: [3, L, 1, H].
  bias: [L, 1, G].
  window: of layer 1's window, if there is one.
  """

  inputs: Array
  outputs: Array
  peephole: Array
  bias: Array
  window: WindowParams | None


class Reading(NamedTuple):
  """Windows that some layer still needs, the newest first, each [B, A], and its
  positions [B, K]."""

  windows: tuple[Array, ...]
  kappa: Array


class State(NamedTuple):
  """Between two steps.

  lstm: each array [L, B, H].
  reading: if there is a window.
  """

  lstm: LSTMState
  reading: Reading | None

  @property
  def alphabet_size(self) -> int:
    """A; 0 without a window."""
    return 0 if self.reading is None else self.reading.windows[0].shape[-1]


def join_weights(weights: Weights, start: State, precision: Precision) -> Array:
  """Joins the weights of elements, window, layer below and own output, rounded
  as products are and filled up: [L, K, G]."""
  window = start.alphabet_size
  widths = weights.inputs.shape[1] - window, window
  inputs = jax.vmap(lambda w: with_rounding_errors(w, widths, precision))(
    weights.inputs
  )
  parts = aligned([inputs, weights.outputs], axis=1)
  return rounded(jnp.concatenate(parts, axis=1), precision)


def transposed_weights(
  weights: Weights, elements: int, precision: Precision
) -> Array:
  """Joins the weights of window, layer below and own output, transposed,
  rounded as products are and filled up: [L, G, K]."""
  fed_back = weights.inputs[:, elements:], weights.outputs
  parts = aligned([jnp.swapaxes(x, 1, 2) for x in fed_back])
  return rounded(jnp.concatenate(parts, axis=-1), precision)


def split_fed_back(
  d_fed_back: Array, alphabet_size: int, hidden: int
) -> list[Array]:
  """Splits derivatives of window, layer below and own output, and drops what
  they were filled up with."""
  cuts = alphabet_size, alphabet_size + hidden, alphabet_size + 2 * hidden
  return jnp.split(d_fed_back, cuts, axis=-1)[:3]


def join_inputs(
  element: Array | None, state: State, precision: Precision
) -> Array:
  """Joins elements, window, layer below and own output, [L, B, K]: what
  `join_weights` joins weights for."""
  seen = [] if element is None else [element]
  if state.reading is not None:
    newest, *others = state.reading.windows  # for layers 1 and 2: the newest
    seen.append(jnp.stack([newest, newest, *others]))
  fed_back = below_and_own(state.lstm.output)
  parts = *with_repeats(seen, precision), *fed_back
  return join(aligned(parts), precision)


def below_and_own(outputs: Array) -> tuple[Array, Array]:
  """What each layer sees of the one below, and its own output, both of the last
  step, [..., L, B, H]."""
  first, others = outputs[..., :1, :, :], outputs[..., :-1, :, :]
  below = jnp.concatenate([jnp.zeros_like(first), others], axis=-3)
  return below, outputs
