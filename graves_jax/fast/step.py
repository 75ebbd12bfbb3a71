"""Steps of an LSTM layer between net inputs and outputs, forward and back.

A loop over time repeats them, each waiting for the one before it. Two
implementations stand behind `recurrence`: what XLA compiles, for any device,
and compiled kernels, where they are given and fit.

Axes: C steps of a chunk, B batch, H hidden, D what is fed back into a step: the
layer's own outputs, and behind them the window where there is one.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from graves_jax.fast.implementation import Implementation, kernels_fit
from graves_jax.fast.kernels import lstm as kernels
from graves_jax.layers.lstm import (
  Gates,
  LSTMState,
  gated_step,
  gated_step_backward,
  remake_cells,
)
from graves_jax.layers.products import (
  Precision,
  join,
  product,
  with_repeats,
  with_rounding_errors,
)


class NetGradient(NamedTuple):
  """Gradient of what is added to net inputs: peepholes [3, H], bias [4H]."""

  peephole: Array
  bias: Array


class Recurrence(NamedTuple):
  """One layer's steps, as functions.

  forward: (fed_back, cell, net, mask) to (LSTMState, saved gates).
    fed_back: outputs [B, H], and the window, a tuple.
    cell: before the step, [B, H].
    net: what else reaches the net inputs, but for the bias, [B, 4H].
    mask: where dropout keeps c, [B, H], or None.
    saved gates: a tree of arrays [B, ...] for the way back.
  cells: (first, saved gates of C steps) to the cells before each, [C, B, H].
    first: the cell before the first one, [B, H].
  backward: (d_output, d_state, cell, saved gates, mask) to (d_net, d_fed_back,
    d_cell, sums).
    d_output, d_state: derivatives with respect to the step's output, and to
      its state by later steps.
    cell: before the step, [B, H].
    d_net: of the net inputs, [B, 4H], as products round them.
    d_fed_back, d_cell: before the step, [B, D] and [B, H].
    sums: a tree to be added up over steps.
  no_sums: such a tree of zeros, for cells [B, H].
  gradient: NetGradient of the added sums and all d_net.
  """

  forward: Callable[..., tuple[LSTMState, Any]]
  cells: Callable[[Array, Any], Array]
  backward: Callable[..., tuple[Array, Array, Array, Any]]
  no_sums: Callable[[Array], Any]
  gradient: Callable[[Any, Array], NetGradient]


def recurrence(
  fed_back: Array,
  bias: Array,
  peephole: Array,
  *,
  clip: float,
  precision: Precision,
  keep_rate: float,
  implementation: Implementation,
  cell: Array,
  others: Any = (),
) -> Recurrence:
  """Makes a layer's steps: by kernels where they are given and fit, else by
  XLA.

  Args:
    fed_back: weights of what is fed back, [D, 4H].
    bias: [4H].
    peephole: [3, H].
    clip: limit on the derivatives of the net inputs.
    precision: of the products.
    keep_rate: share of c that masks keep.
    implementation: that of the network, other than "reference".
    cell: of a state, [B, H].
    others: a tree of other arrays that enter the steps.
  """
  arrays = fed_back, bias, peephole
  options: dict[str, Any] = {
    "clip": clip,
    "precision": precision,
    "keep_rate": keep_rate,
  }
  if kernels_fit(implementation, cell, precision, (arrays, others)):
    return _compiled(*arrays, **options, devices=implementation.devices)
  return by_xla(*arrays, **options)


class _PeepholeSums(NamedTuple):
  """Adds up to the peepholes' gradient over steps, each [B, H]."""

  i: Array
  f: Array
  o: Array


def by_xla(
  fed_back: Array,
  bias: Array,
  peephole: Array,
  *,
  clip: float,
  precision: Precision,
  keep_rate: float,
) -> Recurrence:
  """The implementation for any device."""
  weights = _with_rounding_errors(fed_back, peephole, precision)
  transposed = fed_back.T

  def forward(inputs, cell, net, mask):
    net = net + bias  # here it costs no pass of its own
    inputs = join(_with_repeats(inputs, precision), precision)
    net = net + product(inputs, weights, precision)
    return gated_step(peephole, cell, net, mask, keep_rate)

  def backward(d_output, d_state, cell, gates, mask):
    d_state = LSTMState(d_state.cell, d_state.output + d_output)
    d_gates, d_cell, next_cell = gated_step_backward(
      peephole, clip, d_state, cell, gates, mask, keep_rate
    )
    sums = _PeepholeSums(
      d_gates.i * cell, d_gates.f * cell, d_gates.o * next_cell
    )
    d_net = join(d_gates, precision)
    return d_net, product(d_net, transposed, precision), d_cell, sums

  def no_sums(cell):
    return _PeepholeSums(*(jnp.zeros_like(cell),) * 3)

  def gradient(sums, d_net):
    over_rows = jnp.stack([terms.sum(0) for terms in sums])
    d_net = d_net.astype(bias.dtype)
    return NetGradient(over_rows, d_net.sum(tuple(range(d_net.ndim - 1))))

  return Recurrence(forward, remake_cells, backward, no_sums, gradient)


def _compiled(
  fed_back, bias, peephole, *, clip, precision, keep_rate, devices
) -> Recurrence:
  """By the compiled kernels."""
  weights = _with_rounding_errors(fed_back, peephole, precision)
  packed = kernels.pack_gates(weights, precision)
  none = kernels.pack_gates(fed_back[:0], precision)
  transposed = kernels.pack_transposed(fed_back, precision)

  def forward(inputs, cell, net, mask):
    joined = jnp.concatenate(_with_repeats(inputs, precision), axis=-1)
    no_inputs = jnp.zeros((1, len(cell), 0), packed.dtype)
    results = kernels.forward(
      *(packed, none, bias, peephole, joined, cell, no_inputs, net, None),
      None if mask is None else mask[None],
      keep_rate=keep_rate,
      net_rows=len(cell),
      chunk=1,
      saves_gates=True,
      devices=devices,
    )
    return LSTMState(results.cell, results.outputs[0]), results.gates[0]

  def cells(first, gates):
    i, f, c, o = kernels.unpack_gates(gates, first.shape[-1])
    return remake_cells(first, Gates(i, f, c / keep_rate, o))

  def backward(d_output, d_state, cell, gates, mask):
    d_given = d_output, d_state.output, d_state.cell
    results = kernels.step_backward(
      *(gates, mask, cell, transposed, peephole, *d_given),
      clip=clip,
      keep_rate=keep_rate,
      fed_back_width=len(fed_back),
      devices=devices,
    )
    return results.net, results.fed_back, results.cell, results.sums

  def no_sums(cell):
    return jnp.zeros((7, cell.shape[-1]), cell.dtype)

  def gradient(sums, d_net):
    del d_net
    return NetGradient(sums[:3], sums[3:].reshape(-1))

  return Recurrence(forward, cells, backward, no_sums, gradient)


def _with_rounding_errors(fed_back, peephole, precision):
  """Weights [D, 4H], those of the window as a layer's inputs have them."""
  recurrent, window = jnp.split(fed_back, [peephole.shape[-1]])
  window = with_rounding_errors(window, [len(window)], precision)
  return jnp.concatenate([recurrent, window])


def _with_repeats(fed_back, precision):
  """Outputs and the window, to multiply with those weights."""
  output, *window = fed_back
  return output, *with_repeats(window, precision)
