"""Calls of the compiled recurrence of LSTM layers, Eqs. (7)-(11).

Axes: T time, N chunks of C steps, B batch, H hidden, X inputs from below, A
classes, D what is fed back: a layer's own outputs, and behind them the window
for the synthesis network's first one, G gates: four of every unit, and of some
that fill up the last sixteen.
Everything is float32; only products round to bfloat16, where that is asked, and
keep gates in 16 bits then.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from graves_jax.layers.products import Precision, from_words, join, to_words

_LANES = 16  # columns of a panel: what the processor multiplies at once


class StepsForward(NamedTuple):
  """Results of T steps.

  outputs: [T, B, H].
  gates: [T, B, G], for the way back.
  first_cells: before each chunk, [N, B, H].
  cell: after the last step, [B, H].
  """

  outputs: Array
  gates: Array
  first_cells: Array
  cell: Array


class LayerBackward(NamedTuple):
  """Derivatives with respect to what `forward` was given.

  input_weights: of classes and inputs, [A + X, 4H].
  recurrent: [H, 4H].
  sums: of the peepholes (3) and biases (4), [7, H].
  output, cell: before the first step, [B, H].
  inputs: [T, B, X].
  """

  input_weights: Array
  recurrent: Array
  sums: Array
  output: Array
  cell: Array
  inputs: Array


class StepBackward(NamedTuple):
  """Derivatives through one step.

  net: of the net inputs, [B, 4H]; bfloat16 where products are.
  sums: of the peepholes (3) and biases (4), [7, H].
  fed_back: [B, D].
  cell: of the cell before the step, [B, H].
  """

  net: Array
  sums: Array
  fed_back: Array
  cell: Array


def pack_gates(weights: Array, precision: Precision) -> Array:
  """Weights [K, 4H] as `forward` reads them."""
  depth, width = weights.shape
  return _pack(weights, precision, depth, 4, width // 4, 0, transposed=False)


def pack_transposed(
  weights: Array, precision: Precision, first: int = 0
) -> Array:
  """Weights [K, 4H] as the backward functions read them, from row `first`."""
  depth, width = weights.shape[0] - first, weights.shape[1]
  return _pack(weights, precision, width, 1, depth, first, transposed=True)


def pack_inputs(parts: Sequence[Array], precision: Precision) -> Array:
  """Parts [T, B, d_k] side by side, as `forward` reads them."""
  joined = to_words(join(parts, precision))
  odd = joined.shape[-1] % 2 if precision == "bfloat16" else 0
  return jnp.pad(joined, ((0, 0), (0, 0), (0, odd)))


def _pack(weights, precision, depth, groups, width, first, transposed):
  """Panels of 16 columns each; lstm.cc says what they look like."""
  together = 2 if precision == "bfloat16" else 1
  panels, rows = groups * -(-width // _LANES), -(-depth // together) + 1
  packed = jax.ShapeDtypeStruct(
    (panels, rows, _LANES, together), word_type(precision)
  )
  call = _call("pack", precision, packed)
  return call(weights, first=np.int64(first), transposed=transposed)


def forward(
  recurrent: Array,
  projection: Array,
  bias: Array,
  peephole: Array,
  fed_back: Array,
  cell: Array,
  inputs: Array,
  net: Array,
  classes: Array | None,
  mask: Array | None,
  *,
  keep_rate: float,
  net_rows: int,
  chunk: int,
  saves_gates: bool,
  devices: int,
) -> StepsForward:
  """Runs some steps.

  Args:
    recurrent, projection: weights of what is fed back and of the inputs, by
      `pack_gates`.
    bias: [4H].
    peephole: [3, H].
    fed_back: into the first step, [B, D]; D = H if there are more.
    cell: before the first step, [B, H].
    inputs: from below, by `pack_inputs`.
    net: what else reaches the net inputs, its first `net_rows` rows, each
      [4H]: those that classes choose, or without classes all T B in turn.
    classes: integers [T, B], or None; those that are no number of a row choose
      none.
    mask: recurrent dropout: where tanh(...) of Eq. (9) is kept, booleans
      [T, B, H], or None.
    keep_rate: share of it that the mask keeps, and scaled by 1 / keep_rate.
    net_rows: 0 if nothing else does.
    chunk: C.
    saves_gates: whether gates are wanted; they are empty otherwise.
    devices: among how many devices the process's threads are shared out.
  """
  steps, batch, hidden = inputs.shape[0], *cell.shape
  precision = _precision_of(recurrent)
  width = 4 * -(-hidden // _LANES) * _LANES
  saved = (steps if saves_gates else 0, batch, width)
  call = _call(
    "forward",
    precision,
    (
      _floats(steps, batch, hidden),
      jax.ShapeDtypeStruct(saved, word_type(precision)),
      _floats(-(-steps // chunk), batch, hidden),
      _floats(batch, hidden),
    ),
  )
  results = call(
    *(recurrent, projection, bias, peephole, fed_back, cell, inputs, net),
    *(_or_none(classes), _or_no_mask(mask)),
    keep_rate=np.float32(keep_rate),
    net_rows=np.int64(net_rows),
    chunk=np.int64(chunk),
    devices=np.int64(devices),
  )
  return StepsForward(*results)


def backward(
  steps: StepsForward,
  inputs: Array,
  classes: Array | None,
  mask: Array | None,
  fed_back: Array,
  recurrent: Array,
  projection: Array,
  peephole: Array,
  d_outputs: Array,
  d_hidden: Array,
  d_cell: Array,
  *,
  clip: float,
  keep_rate: float,
  input_width: int,
  classes_count: int,
  chunk: int,
  devices: int,
) -> LayerBackward:
  """Runs back through all steps of a layer, and forms its gradient.

  Args:
    steps: what `forward` gave, gates included.
    inputs, classes, mask, fed_back, keep_rate, chunk, devices: what it was
      given; D = H.
    recurrent, projection: weights of what is fed back and of the inputs, by
      `pack_transposed`.
    peephole: [3, H].
    d_outputs: derivatives of the loss with respect to the outputs, [T, B, H].
    d_hidden: with respect to the last output, by what comes later, [B, H].
    d_cell: with respect to the last cell, [B, H].
    clip: limit on the derivatives of the net inputs.
    input_width: X.
    classes_count: A.
  """
  length, batch, hidden = steps.outputs.shape
  call = _call(
    "backward",
    _precision_of(recurrent),
    (
      _floats(classes_count + input_width, 4 * hidden),
      _floats(hidden, 4 * hidden),
      _floats(7, hidden),
      _floats(batch, hidden),
      _floats(batch, hidden),
      _floats(length, batch, input_width),
    ),
  )
  results = call(
    *(steps.gates, steps.outputs, inputs, _or_none(classes)),
    *(_or_no_mask(mask), fed_back),
    *(steps.first_cells, recurrent, projection, peephole),
    *(d_outputs, d_hidden, d_cell),
    clip=np.float32(clip),
    keep_rate=np.float32(keep_rate),
    chunk=np.int64(chunk),
    devices=np.int64(devices),
  )
  return LayerBackward(*results)


def step_backward(
  gates: Array,
  mask: Array | None,
  cell: Array,
  recurrent: Array,
  peephole: Array,
  d_output: Array,
  d_hidden: Array,
  d_cell: Array,
  *,
  clip: float,
  keep_rate: float,
  fed_back_width: int,
  devices: int,
) -> StepBackward:
  """Runs back through one step.

  Args:
    gates: of the step, [B, G].
    mask, keep_rate, devices: those of `forward`, the mask [B, H].
    cell: before it, [B, H].
    recurrent: weights of what was fed back, by `pack_transposed`.
    peephole: [3, H].
    d_output, d_hidden: derivatives of the loss with respect to the output, as
      a sum of two, [B, H].
    d_cell: with respect to the new cell, [B, H].
    clip: limit on the derivatives of the net inputs.
    fed_back_width: D.
  """
  batch, hidden = cell.shape
  precision = _precision_of(recurrent)
  call = _call(
    "step_backward",
    precision,
    (
      jax.ShapeDtypeStruct((batch, 4 * hidden), word_type(precision)),
      _floats(7, hidden),
      _floats(batch, fed_back_width),
      _floats(batch, hidden),
    ),
  )
  net, *others = call(
    *(gates, _or_no_mask(mask), cell, recurrent, peephole),
    *(d_output, d_hidden, d_cell),
    clip=np.float32(clip),
    keep_rate=np.float32(keep_rate),
    devices=np.int64(devices),
  )
  return StepBackward(from_words(net), *others)


def unpack_gates(
  gates: Array, hidden: int
) -> tuple[Array, Array, Array, Array]:
  """Unpacks the activations i, f, c, o [..., H] from gates [..., G].

  Of c, dropout left what is not 0, not scaled.

  Args:
    gates: from `forward`.
    hidden: H.
  """
  # Sixteen units after another, all gates of each; so gates.h keeps them.
  apart = gates.reshape(*gates.shape[:-1], -1, 4, _LANES)

  def of_all_units(gate):
    gate = gate.reshape(*gates.shape[:-1], -1)
    return gate[..., :hidden]

  i, f, c, o = (of_all_units(apart[..., k, :]) for k in range(4))
  if gates.dtype != jnp.uint16:
    return i, f, c, o
  c = lax.bitcast_convert_type(c, jnp.int16)
  i, f, o = (x.astype(jnp.float32) / 65535 for x in (i, f, o))
  return i, f, c.astype(jnp.float32) / 32767, o


def word_type(precision: Precision) -> jnp.dtype:
  """Of the words in which kernels exchange what products round, and gates."""
  return jnp.dtype("uint16" if precision == "bfloat16" else "float32")


def _call(name, precision, results):
  name = f"graves_jax_{name}_{precision}"
  return jax.ffi.ffi_call(name, results, vmap_method="sequential")


def _floats(*shape):
  return jax.ShapeDtypeStruct(shape, jnp.float32)


def _or_none(classes):
  if classes is None:
    return jnp.zeros((0, 0), jnp.int32)
  return classes.astype(jnp.int32)


def _or_no_mask(mask):
  return jnp.zeros((0, 0), bool) if mask is None else mask.astype(bool)


def _precision_of(packed: Array) -> Precision:
  return "bfloat16" if packed.dtype == jnp.uint16 else "float32"
