"""The prediction network: stacked LSTM layers with skip connections (§2)."""

import functools

import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from graves_jax.cells import (
  LSTMState,
  init_lstm,
  lstm_step,
  net_input,
  unroll,
  zero_state,
)
from graves_jax.networks.output_layer import init_output, output_layer
from graves_jax.products import Precision


class PredictionNetwork(nn.Module):
  """Predicts the next element of a sequence, Eqs. (1)-(4).

  Every layer sees the input, and the output sees every layer. Four verbs, the
  last three through `network.apply(params, ..., method="step")`: `init`,
  `initial_state`, `step` (one element, to sample), `unroll` (whole sequences,
  to train).

  Attributes:
    inputs: width of an input element: 3 for pen elements.
    hidden: cells in each layer.
    outputs: width of y-hat.
    lstm_clip: limit on the derivatives of the layers' net inputs.
    output_clip: limit on the derivatives of y-hat.
    precision: of the matrix products.
    weight_range: weights start uniform within +- this.
    forget_bias: where the forget gates' biases start.
  """

  inputs: int
  outputs: int
  hidden: tuple[int, ...] = (400, 400, 400)
  lstm_clip: float = 10.0
  output_clip: float = 100.0
  precision: Precision = "float32"
  weight_range: float = 0.1
  forget_bias: float = 1.0

  def setup(self):
    below = (0, *self.hidden)
    self.layers = [
      self.param(
        f"layer_{n + 1}",
        init_lstm,
        self.inputs + below[n],
        width,
        self.weight_range,
        self.forget_bias,
      )
      for n, width in enumerate(self.hidden)
    ]
    self.output = self.param(
      "output", init_output, sum(self.hidden), self.outputs, self.weight_range
    )

  def __call__(self, elements: Array) -> Array:
    """y-hat [T, B, outputs] of elements [T, B, inputs], from a zero state."""
    state = self.initial_state(elements.shape[1], elements.dtype)
    return self.unroll(state, elements)[1]

  def initial_state(
    self, batch_size: int, dtype=jnp.float32
  ) -> tuple[LSTMState, ...]:
    """Zeros, one state a layer, each array [B, H]."""
    return tuple(
      zero_state(width, batch_size, dtype=dtype) for width in self.hidden
    )

  def step(
    self, state: tuple[LSTMState, ...], element: Array
  ) -> tuple[tuple[LSTMState, ...], Array]:
    """One element [B, inputs] on: the next state and y-hat [B, outputs]."""

    def advance(params, state, inputs):
      net = net_input(params, inputs, self.precision)
      return lstm_step(params, state, net, precision=self.precision)

    return self._stack(advance, state, element)

  def unroll(
    self, state: tuple[LSTMState, ...], elements: Array
  ) -> tuple[tuple[LSTMState, ...], Array]:
    """Elements [T, B, inputs]: the last state and y-hat [T, B, outputs]."""
    advance = functools.partial(
      unroll, clip=self.lstm_clip, precision=self.precision
    )
    return self._stack(advance, state, elements)

  def _stack(self, advance, state, elements):
    states, outputs = [], []
    for params, layer_state in zip(self.layers, state, strict=True):
      inputs = (elements, *outputs[-1:])  # Eq. (2): the input skips to all
      layer_state, output = advance(params, layer_state, inputs)
      states.append(layer_state)
      outputs.append(output)
    result = output_layer(
      self.output, outputs, clip=self.output_clip, precision=self.precision
    )
    return tuple(states), result


def shift_right(elements: Array) -> Array:
  """The network's inputs for targets [T, ...]: a null vector, then x_1 on."""
  return jnp.concatenate([jnp.zeros_like(elements[:1]), elements[:-1]])
