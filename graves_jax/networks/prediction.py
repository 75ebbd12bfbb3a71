"""The prediction network: recurrent layers with skip connections (§2)."""

import functools
from typing import Any

import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import DTypeLike

from graves_jax.config import Cell
from graves_jax.fast import wavefront
from graves_jax.fast.implementation import Implementation, require_resolved
from graves_jax.layers.dropout import (
  draw_mask,
  dropped,
  layer_keys,
  recurrent_dropout,
  require_share,
)
from graves_jax.layers.output import init_output, output_layer
from graves_jax.layers.products import Precision
from graves_jax.networks.hidden_layer import hidden_layer, require_layers

State = tuple[Any, ...]  # a NamedTuple for each layer, its arrays [B, H]


class PredictionNetwork(nn.Module):
  """Predicts the next element of a sequence, Eqs. (1)-(4).

  Every layer sees the input, and the output sees every layer. Four verbs, the
  last three through `network.apply(params, ..., method="step")`: `init`,
  `initial_state`, `step` (one element, to sample), `unroll` (whole sequences,
  to train).

  An element is a float vector, [..., inputs], or a class, an integer [...]
  that stands for a one-hot vector of that width; -1 for the null vector.

  >>> import jax
  >>> network = PredictionNetwork(inputs=3, outputs=121, hidden=(4, 4))
  >>> points = jnp.zeros((5, 2, 3))  # [T, B, 3]
  >>> params = network.init(jax.random.key(0), points)
  >>> network.apply(params, points).shape
  (5, 2, 121)
  >>> state = network.apply(params, 2, method="initial_state")
  >>> state, y = network.apply(params, state, points[0], method="step")
  >>> y.shape
  (2, 121)

  Attributes:
    inputs: width of an input element: 3 for pen elements, K for classes.
    hidden: units in each layer.
    outputs: width of y-hat.
    lstm_clip: limit on the derivatives of the layers' net inputs.
    output_clip: limit on the derivatives of y-hat.
    precision: of the matrix products.
    weight_range: weights start uniform within +- this.
    forget_bias: where the forget gates' biases start.
    cell: the hidden function H.
    dropout: share of every layer's outputs that `unroll`, given keys, drops
      on their way up; what goes on in time is whole (Karpathy).
    recurrent_dropout: share of every LSTM layer's candidates, tanh(...) of Eq.
      (9), that `unroll`, given keys, drops at every step (Semeniuta et al.,
      2016); the cell itself is whole.
    implementation: of the layers: "reference", "scan", "wavefront" (all in one
      scan; layer by layer where there is one, widths differ, cells are not
      LSTM, or `dropout` is used), or the kernels that `library.load` returned.
      It is how the network is computed, and no part of what is computed.

  Raises:
    ValueError: if an attribute, or the form of the elements, is not one of
      these.
  """

  inputs: int
  outputs: int
  hidden: tuple[int, ...] = (400, 400, 400)
  lstm_clip: float = 10.0
  output_clip: float = 100.0
  precision: Precision = "float32"
  weight_range: float = 0.1
  forget_bias: float = 1.0
  cell: Cell = "lstm"
  dropout: float = 0.0
  recurrent_dropout: float = 0.0
  implementation: Implementation = "scan"

  def setup(self) -> None:
    require_resolved(self.implementation)
    require_shares(self.dropout, self.recurrent_dropout, self.cell)
    require_layers(self.hidden)
    below = (0, *self.hidden)
    self.layers = [
      self.param(
        f"layer_{n + 1}",
        hidden_layer(self.cell).init,
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

  def __call__(
    self, elements: Array, dropout_keys: Array | None = None
  ) -> Array:
    """y-hat [T, B, outputs] of elements [T, B, ...], from a zero state."""
    state = self.initial_state(elements.shape[1], self.output.bias.dtype)
    return self.unroll(state, elements, dropout_keys)[1]

  def initial_state(
    self, batch_size: int, dtype: DTypeLike = jnp.float32
  ) -> State:
    """Zeros, one state a layer, each array [B, H]."""
    zero_state = hidden_layer(self.cell).zero_state
    return tuple(
      zero_state(width, batch_size, dtype=dtype) for width in self.hidden
    )

  def step(self, state: State, element: Array) -> tuple[State, Array]:
    """One element [B, ...] on: the next state and y-hat [B, outputs]."""
    advance = functools.partial(
      hidden_layer(self.cell).step,
      precision=self.precision,
      implementation=self.implementation,
    )
    require_elements(element, ("B",), self.inputs)
    return self._stack(advance, state, element)

  def unroll(
    self, state: State, elements: Array, dropout_keys: Array | None = None
  ) -> tuple[State, Array]:
    """Advances by T elements [T, B, ...].

    Args:
      state: where to start.
      elements: float vectors or classes.
      dropout_keys: a JAX random key for each row, [B]; None: nothing is
        dropped.

    Returns:
      The last state and y-hat [T, B, outputs].
    """
    advance = functools.partial(
      hidden_layer(self.cell).unroll,
      clip=self.lstm_clip,
      precision=self.precision,
      implementation=self.implementation,
    )
    require_elements(elements, ("T", "B"), self.inputs)
    drops_between = dropout_keys is not None and self.dropout
    is_stack = self.cell == "lstm" and not drops_between
    if is_stack and wavefront.fits(self.implementation, self.hidden):
      return self._unroll_as_one(state, elements, dropout_keys)
    return self._stack(advance, state, elements, dropout_keys)

  def _unroll_as_one(self, state, elements, dropout_keys):
    given = (None, elements) if is_class(elements) else (elements, None)
    state, outputs = wavefront.unroll(
      *(self.layers, state, *given),
      clip=self.lstm_clip,
      precision=self.precision,
      dropout=[
        self._recurrent_dropout(n, elements.shape[0], dropout_keys)
        for n in range(len(self.layers))
      ],
    )
    return state, output_layer(
      self.output, outputs, clip=self.output_clip, precision=self.precision
    )

  def _stack(self, advance, state, elements, dropout_keys=None):
    states: list[Any] = []
    outputs: list[Array] = []
    for n, (params, layer_state) in enumerate(
      zip(self.layers, state, strict=True)
    ):
      # Eq. (2): the input skips to all layers.
      below, classes = tuple(outputs[-1:]), elements
      if not is_class(elements):
        below, classes = (elements, *below), None
      dropout = self._recurrent_dropout(n, elements.shape[0], dropout_keys)
      layer_state, output = advance(
        params, layer_state, below, classes=classes, **dropout
      )
      if dropout_keys is not None and self.dropout:
        output = drop(layer_keys(dropout_keys, n), output, self.dropout)
      states.append(layer_state)
      outputs.append(output)
    result = output_layer(
      self.output, outputs, clip=self.output_clip, precision=self.precision
    )
    return tuple(states), result

  def _recurrent_dropout(self, n, steps, keys):
    if keys is not None:
      keys = layer_keys(keys, len(self.hidden) + n)
    return recurrent_dropout(
      keys, steps, self.hidden[n], self.recurrent_dropout
    )


def is_class(elements: Array) -> bool:
  """Whether elements are classes, and not float vectors."""
  return jnp.issubdtype(elements.dtype, jnp.integer)


def require_elements(
  elements: Array, axes: tuple[str, ...], width: int
) -> None:
  """Raises a ValueError unless elements have the axes that classes have, or,
  as float vectors, one more of the given width."""
  last = () if is_class(elements) else (width,)
  if elements.shape[len(axes) :] != last or elements.ndim < len(axes):
    floats, integers = ", ".join((*axes, str(width))), ", ".join(axes)
    raise ValueError(
      f"elements (={elements.dtype}{list(elements.shape)}) must be floats "
      f"[{floats}] or integers [{integers}]."
    )


def require_shares(
  dropout: float, recurrent_dropout: float, cell: Cell
) -> None:
  """Raises a ValueError unless the cell can drop these shares."""
  require_share("dropout", dropout)
  require_share("recurrent_dropout", recurrent_dropout)
  if recurrent_dropout and cell != "lstm":
    raise ValueError(
      f"recurrent_dropout (={recurrent_dropout}) drops what LSTM cells add to "
      f"their state, which cell (={cell!r}) has not; use cell='lstm' or 0."
    )


def drop(keys: Array, x: Array, share: float) -> Array:
  """Sets a random share of x [T, B, H] to zero, by the keys [B] of its rows,
  and scales the rest to keep the mean."""
  steps, _, width = x.shape
  return dropped(x, draw_mask(keys, steps, width, 1 - share), 1 - share)


def shift_right(elements: Array) -> Array:
  """The network's inputs for targets [T, ...]: a null vector, then x_1 on."""
  return jnp.concatenate([jnp.zeros_like(elements[:1]), elements[:-1]])
