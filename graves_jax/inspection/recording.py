"""Records every unit and every gate of a network while it reads.

Axes: T time, B batch, H hidden.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array, lax

from graves_jax.layers.inputs import net_input
from graves_jax.layers.lstm import LSTMState, gated_step
from graves_jax.layers.products import product
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.prediction import is_class
from graves_jax.networks.synthesis import SynthesisState


class GateRecord(NamedTuple):
  """The gates i, f and o of Eqs. (7), (8) and (10), each [T, B, H]."""

  input: Array
  forget: Array
  output: Array


class LayerRecord(NamedTuple):
  """What one layer did.

  activations: tanh of the cells c of Eq. (9), as Karpathy draws them, or the
    outputs of a tanh layer; [T, B, H], from -1 to 1.
  gates: of LSTM cells; None where there are none.
  """

  activations: Array
  gates: GateRecord | None


class Record(NamedTuple):
  """What a network did at each of T elements.

  layers: of each layer, from below.
  outputs: y-hat after each element, [T, B, outputs].
  """

  layers: tuple[LayerRecord, ...]
  outputs: Array


@functools.partial(jax.jit, static_argnums=0)
def record(
  network: nn.Module,
  params: Any,
  state: Any,
  elements: Array,
  text: Text | None = None,
) -> tuple[Any, Record]:
  """Reads elements one by one, and keeps all that happens.

  Memory grows with T: long texts are read in pieces, each from the state that
  the last one ended in.

  Args:
    network: a `PredictionNetwork` or a `SynthesisNetwork`.
    params: its weights.
    state: where to start.
    elements: float vectors [T, B, d] or classes [T, B].
    text: the characters to write, for a synthesis network.

  Returns:
    The state after the last element, and the record.
  """
  given = () if text is None else (text,)

  def step(state, element):
    stepped: Any = network.apply(params, state, element, *given, method="step")
    return stepped[0], stepped

  end, (states, outputs) = lax.scan(step, state, elements)
  if text is not None:
    outputs, _ = outputs  # and the window
  before = jax.tree.map(
    lambda first, rest: jnp.concatenate([first[None], rest[:-1]]), state, states
  )
  layers = _layers(network, params["params"], before, states, elements)
  return end, Record(layers, outputs)


def _layers(network, weights, before, after, elements):
  """The layers' records, from their states before and after each step."""
  is_synthesis = isinstance(after, SynthesisState)
  seen: tuple[Array, ...] = (elements,)
  classes = None
  if is_synthesis:
    windows = before.first.window, after.first.window
    before, after = (
      (states.first.lstm, *states.layers) for states in (before, after)
    )
  elif is_class(elements):
    seen, classes = (), elements
  layers = []
  for n, (old, new) in enumerate(zip(before, after, strict=True)):
    inputs = seen
    if is_synthesis:  # Eqs. (52) and (53)
      inputs += (windows[min(n, 1)],)
    if n:
      inputs += (after[n - 1].output,)
    if isinstance(new, LSTMState):
      params = weights[f"layer_{n + 1}"]
      gates = _gates(params, old, inputs, classes, network.precision)
      layers.append(LayerRecord(jnp.tanh(new.cell), gates))
    else:
      layers.append(LayerRecord(new.output, None))
  return tuple(layers)


def _gates(params, before, inputs, classes, precision) -> GateRecord:
  """The gates of all steps, from the cells before each of them."""
  net = net_input(params, inputs, precision, classes)
  net += product(before.output, params.recurrent, precision)
  i, f, _, o = gated_step(params.peephole, before.cell, net)[1]
  return GateRecord(i, f, o)
