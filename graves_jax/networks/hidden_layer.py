"""The hidden function H of Eqs. (1)-(2): LSTM cells, or tanh."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jax import Array

from graves_jax.config import Cell
from graves_jax.fast import lstm
from graves_jax.fast.implementation import Implementation
from graves_jax.layers import tanh
from graves_jax.layers.lstm import init_lstm, zero_state


def require_layers(hidden: tuple[int, ...]) -> None:
  """Raises a ValueError unless there is a layer of so many units each."""
  if not hidden or min(hidden) < 1:
    raise ValueError(
      f"hidden (={hidden}) must be the units of each layer: one number or "
      "more, each above 0."
    )


@dataclasses.dataclass(frozen=True)
class HiddenLayer:
  """What a network needs of a hidden layer; G is 4H for LSTM, H for tanh.

  init: (key, inputs, hidden, weight_range, forget_bias) to the weights, a
    NamedTuple with the fields inputs [D, G], recurrent and bias.
  zero_state: (hidden, *batch, dtype) to the state before the first step, a
    NamedTuple with the field output [*batch, H].
  step: (params, state, inputs, clip, precision, classes, implementation) to
    (state, output): one time step from inputs [B, d_k] and classes [B], as
    `unroll` does.
  unroll: (params, state, inputs, clip, precision, classes, implementation) to
    (state, outputs); that of LSTM also takes recurrent dropout, (mask,
    keep_rate). An implementation that the layer does not have gives way to
    one that it has.
  """

  init: Callable[..., Any]
  zero_state: Callable[..., Any]
  step: Callable[..., tuple[Any, Array]]
  unroll: Callable[..., tuple[Any, Array]]


def _init_rnn(key, inputs, hidden, weight_range, forget_bias):
  del forget_bias  # there is no gate
  return tanh.init_rnn(key, inputs, hidden, weight_range)


def _step_rnn(
  *arguments, implementation: Implementation = "scan", **options
) -> tuple[tanh.RNNState, Array]:
  del implementation  # there is one
  return tanh.step(*arguments, **options)


def _unroll_rnn(
  *arguments, implementation: Implementation = "scan", **options
) -> tuple[tanh.RNNState, Array]:
  if implementation == "reference":
    return tanh.unroll_reference(*arguments, **options)
  return tanh.unroll(*arguments, **options)


LSTM = HiddenLayer(
  init=init_lstm,
  zero_state=zero_state,
  step=lstm.step,
  unroll=lstm.unroll,
)
RNN = HiddenLayer(
  init=_init_rnn,
  zero_state=tanh.zero_state,
  step=_step_rnn,
  unroll=_unroll_rnn,
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
