"""The hidden function H of Eqs. (1)-(2): LSTM cells, or tanh."""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

from jax import Array

from graves_jax.fast import lstm
from graves_jax.layers import tanh
from graves_jax.layers.lstm import init_lstm, zero_state

Cell = Literal["lstm", "rnn"]


@dataclasses.dataclass(frozen=True)
class HiddenLayer:
  """What a network needs of a hidden layer; G is 4H for LSTM, H for tanh.

  init: (key, inputs, hidden, weight_range, forget_bias) to the weights, a
    NamedTuple with the fields inputs [D, G], recurrent and bias.
  zero_state: (hidden, *batch, dtype) to the state before the first step, a
    NamedTuple with the field output [*batch, H].
  step: (params, state, inputs, clip, precision, classes) to (state, output):
    one time step from inputs [B, d_k] and classes [B], as `unroll` does.
  unroll: (params, state, inputs, clip, precision, classes) to (state,
    outputs); that of LSTM also takes recurrent dropout, (mask, keep_rate).
  """

  init: Callable[..., Any]
  zero_state: Callable[..., Any]
  step: Callable[..., tuple[Any, Array]]
  unroll: Callable[..., tuple[Any, Array]]


def _init_rnn(key, inputs, hidden, weight_range, forget_bias):
  del forget_bias  # there is no gate
  return tanh.init_rnn(key, inputs, hidden, weight_range)


LSTM = HiddenLayer(
  init=init_lstm,
  zero_state=zero_state,
  step=lstm.step,
  unroll=lstm.unroll,
)
RNN = HiddenLayer(
  init=_init_rnn,
  zero_state=tanh.zero_state,
  step=tanh.step,
  unroll=tanh.unroll,
)


def hidden_layer(cell: Cell) -> HiddenLayer:
  """The hidden layer that a config names.

  Raises:
    ValueError: if there is no such cell.
  """
  match cell:
    case "lstm":
      return LSTM
    case "rnn":
      return RNN
  raise ValueError(f"cell (={cell!r}) must be 'lstm' or 'rnn'.")
