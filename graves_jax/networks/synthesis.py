"""The synthesis network: prediction conditioned on text (Section 5)."""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import DTypeLike

from graves_jax.fast import wavefront
from graves_jax.fast.implementation import Implementation, require_resolved
from graves_jax.fast.lstm import step, unroll
from graves_jax.fast.window_lstm import unroll_window_layer
from graves_jax.layers.dropout import (
  layer_keys,
  recurrent_dropout,
  require_share,
)
from graves_jax.layers.lstm import LSTMState, init_lstm, zero_state
from graves_jax.layers.output import init_output, output_layer
from graves_jax.layers.products import Precision
from graves_jax.layers.window import init_window
from graves_jax.layers.window_lstm import (
  Text,
  WindowLayerParams,
  WindowLayerState,
  window_layer_step,
)
from graves_jax.networks.hidden_layer import require_layers


class SynthesisState(NamedTuple):
  """State of the network between two elements.

  first: of layer 1 and its window.
  layers: of layers 2 to N, each array [B, H].
  """

  first: WindowLayerState
  layers: tuple[LSTMState, ...]


class SynthesisNetwork(nn.Module):
  """Predicts the next pen element given the text to write, Eqs. (46)-(53).

  Layer 1 sees the element and the last window; the others see the element,
  the new window and the layer below. Verbs as in `PredictionNetwork`.

  >>> network = SynthesisNetwork(
  ...   inputs=3, outputs=121, alphabet_size=57, hidden=(4, 4)
  ... )
  >>> points = jnp.zeros((5, 2, 3))  # [T, B, 3]
  >>> text = Text(jnp.ones((2, 7), int), jnp.ones((2, 7)))  # [B, U]
  >>> params = network.init(jax.random.key(0), points, text)
  >>> network.apply(params, points, text).shape
  (5, 2, 121)

  Attributes:
    inputs: width of an element: 3.
    outputs: width of y-hat.
    alphabet_size: A.
    windows: K.
    hidden: cells in each layer.
    lstm_clip: limit on the derivatives of the layers' net inputs.
    output_clip: limit on the derivatives of y-hat.
    precision: of the matrix products.
    weight_range: weights start uniform within +- this.
    forget_bias: where the forget gates' biases start.
    window_bias: where the biases of alpha, beta and kappa start.
    recurrent_dropout: share of every layer's candidates, tanh(...) of Eq. (9),
      that `unroll`, given keys, drops at every step (Semeniuta et al., 2016);
      the cell itself is whole.
    implementation: of the layers: "reference", "scan", "wavefront" (all in one
      scan; layer by layer where there is one, or widths differ), or the kernels
      that `library.load` returned, as in `PredictionNetwork`.

  Raises:
    ValueError: if that share is not in [0, 1), or the implementation is not
      one of these.
  """

  inputs: int
  outputs: int
  alphabet_size: int
  windows: int = 10
  hidden: tuple[int, ...] = (400, 400, 400)
  lstm_clip: float = 10.0
  output_clip: float = 100.0
  precision: Precision = "float32"
  weight_range: float = 0.1
  forget_bias: float = 1.0
  window_bias: tuple[float, float, float] = (0.0, -0.5, -3.0)
  recurrent_dropout: float = 0.0
  implementation: Implementation = "scan"

  def setup(self) -> None:
    require_resolved(self.implementation)
    require_share("recurrent_dropout", self.recurrent_dropout)
    require_layers(self.hidden)
    below = (0, *self.hidden)
    self.layers = [
      self.param(
        f"layer_{n + 1}",
        init_lstm,
        self.inputs + self.alphabet_size + below[n],
        width,
        self.weight_range,
        self.forget_bias,
      )
      for n, width in enumerate(self.hidden)
    ]
    self.window = self.param(
      "window",
      init_window,
      self.hidden[0],
      self.windows,
      self.weight_range,
      self.window_bias,
    )
    self.output = self.param(
      "output", init_output, sum(self.hidden), self.outputs, self.weight_range
    )

  def __call__(
    self, elements: Array, text: Text, dropout_keys: Array | None = None
  ) -> Array:
    """y-hat [T, B, outputs] of elements [T, B, inputs], from a zero state."""
    self._require_elements(elements, ("T", "B"))
    dtype = jnp.result_type(elements, self.output.bias, jnp.float32)
    state = self.initial_state(elements.shape[1], dtype)
    return self.unroll(state, elements, text, dropout_keys)[1]

  def initial_state(
    self, batch_size: int, dtype: DTypeLike = jnp.float32
  ) -> SynthesisState:
    """Zeros: nothing written, the window before the first character."""
    lstm_states = [
      zero_state(width, batch_size, dtype=dtype) for width in self.hidden
    ]
    first = WindowLayerState(
      lstm_states[0],
      jnp.zeros((batch_size, self.alphabet_size), dtype),
      jnp.zeros((batch_size, self.windows), dtype),
    )
    return SynthesisState(first, tuple(lstm_states[1:]))

  def step(
    self, state: SynthesisState, element: Array, text: Text
  ) -> tuple[SynthesisState, tuple[Array, Array]]:
    """Advances by one element.

    Args:
      state: from `initial_state` or the last step.
      element: x_t, [B, inputs].
      text: the characters to write.

    Returns:
      The next state, and y-hat [B, outputs] with phi [B, U + 1]: the window
      over the text, and past its end for the stop rule (Section 5.3).
    """
    self._require_elements(element, ("B",))
    advance = functools.partial(step, implementation=self.implementation)
    first, phi = window_layer_step(
      WindowLayerParams(self.layers[0], self.window),
      state.first,
      element,
      text,
      precision=self.precision,
      advance=advance,
    )
    advance = functools.partial(advance, precision=self.precision)
    seen = (element, first.window)
    none: tuple[dict[str, Any], ...] = ({},) * len(state.layers)
    output = first.lstm.output
    states, y = self._upper_layers(advance, state.layers, seen, output, none)
    return SynthesisState(first, states), (y, phi)

  def unroll(
    self,
    state: SynthesisState,
    elements: Array,
    text: Text,
    dropout_keys: Array | None = None,
  ) -> tuple[SynthesisState, Array]:
    """Advances by T elements [T, B, inputs].

    Args:
      state: where to start.
      elements: x_1 to x_T.
      text: the characters to write.
      dropout_keys: a JAX random key for each row, [B]; None: nothing is
        dropped.

    Returns:
      The last state and y-hat [T, B, outputs].
    """
    self._require_elements(elements, ("T", "B"))
    options: dict[str, Any] = {
      "clip": self.lstm_clip,
      "precision": self.precision,
    }
    dropout = self._recurrent_dropout(len(elements), dropout_keys)
    if wavefront.fits(self.implementation, self.hidden):
      states, outputs = wavefront.unroll_with_window(
        *(self.layers, self.window, *state, elements, text),
        **options,
        dropout=dropout,
      )
      return SynthesisState(*states), self._output(outputs)
    options["implementation"] = self.implementation
    first, (output, windows) = unroll_window_layer(
      WindowLayerParams(self.layers[0], self.window),
      state.first,
      elements,
      text,
      **options,
      **dropout[0],
    )
    advance = functools.partial(unroll, **options)
    seen = (elements, windows)
    states, y = self._upper_layers(
      advance, state.layers, seen, output, dropout[1:]
    )
    return SynthesisState(first, states), y

  def _require_elements(self, elements, axes):
    if elements.shape[-1] != self.inputs or elements.ndim != len(axes) + 1:
      shape = ", ".join((*axes, str(self.inputs)))
      raise ValueError(
        f"elements have the shape {elements.shape}, but must have [{shape}]."
      )

  def _recurrent_dropout(self, steps, keys):
    """Options of every layer's `unroll`."""
    layers = len(self.hidden)
    return [
      recurrent_dropout(
        None if keys is None else layer_keys(keys, layers + n),
        *(steps, width, self.recurrent_dropout),
      )
      for n, width in enumerate(self.hidden)
    ]

  def _upper_layers(
    self, advance, states, seen: Sequence[Array], output, dropout
  ):
    outputs, new_states = [output], []
    for params, state, options in zip(
      self.layers[1:], states, dropout, strict=True
    ):
      below = *seen, output  # Eq. (53)
      state, output = advance(params, state, below, **options)
      new_states.append(state)
      outputs.append(output)
    return tuple(new_states), self._output(outputs)

  def _output(self, outputs):
    return output_layer(
      self.output, outputs, clip=self.output_clip, precision=self.precision
    )


def count_weights(params: Any) -> int:
  """Number of weights in a parameter tree, biases and peepholes included."""
  return sum(x.size for x in jax.tree.leaves(params))
