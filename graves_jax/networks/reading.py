"""The reading network: bidirectional LSTM layers over pen elements.

Axes: T time, N steps of joined elements, B batch, H hidden, A classes.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from graves_jax.fast import lstm
from graves_jax.fast.implementation import Implementation, require_resolved
from graves_jax.layers.dropout import (
  layer_keys,
  recurrent_dropout,
  require_share,
)
from graves_jax.layers.lstm import LSTMParams, init_lstm, zero_state
from graves_jax.layers.output import init_output, output_layer
from graves_jax.layers.products import Precision
from graves_jax.networks.hidden_layer import require_layers
from graves_jax.networks.prediction import drop, require_elements


class BidirectionalParams(NamedTuple):
  """Weights of one layer in both directions of time."""

  forward: LSTMParams
  backward: LSTMParams


class ReadingNetwork(nn.Module):
  """Reads lines: classes of each step from the whole line, both ways.

  Bidirectional layers of the paper's cells, Eqs. (7)-(11), as in Graves and
  Schmidhuber (2005): each layer sees both directions of the one below it, the
  output both directions of the last one. What follows a line's end is padding,
  which changes nothing: the backward direction starts at the line's last step.

  >>> import jax
  >>> network = ReadingNetwork(inputs=3, outputs=5, hidden=(4, 4))
  >>> points = jnp.zeros((7, 2, 3))  # [T, B, 3]
  >>> lengths = jnp.array([7, 4])
  >>> params = network.init(jax.random.key(0), points, lengths)
  >>> network.apply(params, points, lengths).shape
  (4, 2, 5)

  Attributes:
    inputs: width of a pen element.
    outputs: A, classes of characters and the blank.
    hidden: units of each layer in each direction.
    joined: neighboring elements that make one step.
    lstm_clip: limit on the derivatives of the layers' net inputs.
    precision: of the matrix products.
    weight_range: weights start uniform within +- this.
    forget_bias: where the forget gates' biases start.
    dropout: share of every layer's outputs that keys drop on their way up.
    recurrent_dropout: share of every layer's candidates, tanh(...) of Eq. (9),
      that keys drop at every step (Semeniuta et al., 2016).
    implementation: of the layers: "reference", "scan" ("wavefront" is the
      same here), or the kernels that `library.load` returned.

  Raises:
    ValueError: if an attribute, or the form of the elements, is not one of
      these.
  """

  inputs: int
  outputs: int
  hidden: tuple[int, ...] = (200, 200)
  joined: int = 2
  lstm_clip: float = 10.0
  precision: Precision = "float32"
  weight_range: float = 0.1
  forget_bias: float = 1.0
  dropout: float = 0.0
  recurrent_dropout: float = 0.0
  implementation: Implementation = "scan"

  def setup(self) -> None:
    require_resolved(self.implementation)
    require_share("dropout", self.dropout)
    require_share("recurrent_dropout", self.recurrent_dropout)
    require_layers(self.hidden)
    widths = (self.joined * self.inputs, *(2 * h for h in self.hidden))
    self.layers = [
      self.param(
        f"layer_{n + 1}",
        _init_layer,
        widths[n],
        hidden,
        self.weight_range,
        self.forget_bias,
      )
      for n, hidden in enumerate(self.hidden)
    ]
    self.output = self.param(
      "output", init_output, widths[-1], self.outputs, self.weight_range
    )

  def __call__(
    self, elements: Array, lengths: Array, dropout_keys: Array | None = None
  ) -> Array:
    """Raw scores of the classes, before the softmax, of every step.

    Args:
      elements: lines [T, B, inputs]; T is of all, padding included.
      lengths: elements of each line, [B] integers.
      dropout_keys: a JAX random key for each row, [B]; None: nothing is
        dropped.

    Returns:
      [N, B, A], N = T / joined, rounded up. Of a row, the first `steps_of`
      its length are of the line.
    """
    require_elements(elements, ("T", "B"), self.inputs)
    steps = steps_of(lengths, self.joined)
    below: tuple[Array, ...] = (join(elements, self.joined),)
    from_end: tuple[Array, ...] = (reverse_lines(below[0], steps),)
    for n, params in enumerate(self.layers):
      unroll = functools.partial(self._unroll, n, keys=dropout_keys)
      forward = unroll(params.forward, below, direction=0)
      backward = unroll(params.backward, from_end, direction=1)
      below = forward, reverse_lines(backward, steps)
      from_end = reverse_lines(forward, steps), backward
    return output_layer(self.output, below, precision=self.precision)

  def _unroll(self, n, params, inputs, *, keys, direction):
    """One direction of layer n, [N, B, H]."""
    steps, rows, _ = inputs[0].shape
    width = self.hidden[n]
    recurrent_keys = above_keys = None
    if keys is not None:
      number = 4 * n + 2 * direction
      recurrent_keys = layer_keys(keys, number)
      above_keys = layer_keys(keys, number + 1)
    _, outputs = lstm.unroll(
      params,
      zero_state(width, rows, dtype=params.bias.dtype),
      inputs,
      clip=self.lstm_clip,
      precision=self.precision,
      implementation=self.implementation,
      **recurrent_dropout(recurrent_keys, steps, width, self.recurrent_dropout),
    )
    if above_keys is not None and self.dropout:
      outputs = drop(above_keys, outputs, self.dropout)
    return outputs


def _init_layer(key, inputs, hidden, weight_range, forget_bias):
  return BidirectionalParams(
    *(
      init_lstm(key, inputs, hidden, weight_range, forget_bias)
      for key in jax.random.split(key)
    )
  )


def steps_of(lengths: Any, joined: int) -> Any:
  """How many steps so many elements make; the last one may lack some."""
  return -(-lengths // joined)


def join(elements: Array, joined: int) -> Array:
  """Neighbouring elements [T, B, D] as one, [N, B, joined * D]; zeros fill the
  last one."""
  missing = -len(elements) % joined
  elements = jnp.pad(elements, ((0, missing), (0, 0), (0, 0)))
  _, rows, width = elements.shape
  parts = elements.reshape(-1, joined, rows, width)
  return jnp.moveaxis(parts, 1, 2).reshape(-1, rows, joined * width)


@jax.custom_vjp
def reverse_lines(x: Array, steps: Array) -> Array:
  """Reverses each row of x [N, B, D] within its own number of steps [B]; what
  is beyond, padding, stays where it is.

  It is its own inverse, and so its own derivative: gathered both ways.
  """
  time: Any = jnp.arange(len(x))[:, None]
  places = jnp.where(time < steps, steps - 1 - time, time)
  return x[places, jnp.arange(x.shape[1])]


def _forward(x, steps):
  return reverse_lines(x, steps), steps


def _backward(steps, derivative):
  return reverse_lines(derivative, steps), None


reverse_lines.defvjp(_forward, _backward)
