"""Calls of the compiled recurrence of LSTM layers, Eqs. (7)-(11).

Axes: T time, N chunks of C steps, B batch, H hidden, X inputs from below, D
what is fed back: a layer's own outputs, and behind them the window for the
synthesis network's first one.
Everything is float32; only products round to bfloat16, where that is asked.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from graves_jax.kernels import library
from graves_jax.products import Precision, from_words, join, to_words

_LANES = 16  # columns of a panel: what the processor multiplies at once


class StepsForward(NamedTuple):
  """Results of some steps: outputs and gates each [T, B, H].

  first_cells: before each chunk, [N, B, H].
  cell: after the last step, [B, H].
  """

  outputs: Array
  i: Array
  f: Array
  c: Array
  o: Array
  first_cells: Array
  cell: Array


class StepsBackward(NamedTuple):
  """Derivatives that the steps of a chunk give.

  net: of the net inputs, [C, B, 4H]; bfloat16 where products are.
  fed_back: of what was fed back into the first step, [B, D].
  cell: of the cell before it, [B, H].
  inputs: of the inputs, [C, B, X].
  sums: of the peepholes (3) and biases (4), [7, H].
  """

  net: Array
  fed_back: Array
  cell: Array
  inputs: Array
  sums: Array


def pack_gates(weights: Array, precision: Precision) -> Array:
  """Weights [K, 4H] as `forward` reads them, for all steps to come."""
  depth, width = weights.shape
  return _pack(weights, precision, depth, 4, width // 4, transposed=False)


def pack_transposed(weights: Array, precision: Precision) -> Array:
  """Weights [K, 4H] as `backward` reads them."""
  depth, width = weights.shape
  return _pack(weights, precision, width, 1, depth, transposed=True)


def pack_inputs(parts: Sequence[Array], precision: Precision) -> Array:
  """Parts [T, B, d_k] side by side, as `forward` reads them."""
  joined = to_words(join(parts, precision))
  odd = joined.shape[-1] % 2 if precision == "bfloat16" else 0
  return jnp.pad(joined, ((0, 0), (0, 0), (0, odd)))


def _pack(weights, precision, depth, groups, width, transposed):
  """Panels of 16 columns each; lstm.cc says what they look like."""
  together = 2 if precision == "bfloat16" else 1
  panels, rows = groups * -(-width // _LANES), -(-depth // together) + 1
  dtype = jnp.uint16 if precision == "bfloat16" else jnp.float32
  packed = jax.ShapeDtypeStruct((panels, rows, _LANES, together), dtype)
  call = jax.ffi.ffi_call(
    f"graves_jax_pack_{precision}", packed, vmap_method="sequential"
  )
  return call(weights, transposed=transposed)


def forward(
  recurrent: Array,
  projection: Array,
  bias: Array,
  peephole: Array,
  fed_back: Array,
  cell: Array,
  inputs: Array,
  net: Array | None,
  chunk: int,
  keeps_gates: bool,
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
    net: what else reaches the net inputs, [T, B, 4H].
    chunk: C, which divides T.
    keeps_gates: whether gates are wanted; they are empty otherwise.
  """
  steps = inputs.shape[0]
  every, gates, firsts, last = (
    jax.ShapeDtypeStruct((*shape, *cell.shape), jnp.float32)
    for shape in ((steps,), (steps * keeps_gates,), (steps // chunk,), ())
  )
  call = jax.ffi.ffi_call(
    f"graves_jax_forward_{_precision_of(recurrent)}",
    (every, *(gates,) * 4, firsts, last),
    vmap_method="sequential",
  )
  results = call(
    *(recurrent, projection, bias, peephole, fed_back, cell, inputs),
    jnp.zeros((0, 0, 0), jnp.float32) if net is None else net,
    chunk=np.int64(chunk),
    devices=np.int64(library.devices()),
  )
  return StepsForward(*results)


def backward(
  recurrent: Array,
  projection: Array,
  peephole: Array,
  clip: float,
  k: Array,
  first_cells: Array,
  gates: tuple[Array, Array, Array, Array],
  d_outputs: Array,
  d_hidden: Array,
  d_cell: Array,
  fed_back_width: int,
  inputs_width: int,
) -> StepsBackward:
  """Runs back through the steps of one chunk.

  Args:
    recurrent, projection: weights of what is fed back and of the inputs, by
      `pack_transposed`.
    peephole: [3, H].
    clip: limit on the derivatives of the net inputs.
    k: which chunk it is.
    first_cells: before each chunk, [N, B, H].
    gates: activations of every step, each [N, C, B, H].
    d_outputs: derivatives of the loss with respect to the outputs,
      [N, C, B, H].
    d_hidden: with respect to the last output, by the steps after it, [B, H].
    d_cell: with respect to the last cell, [B, H].
    fed_back_width: D.
    inputs_width: X.
  """
  _, steps, batch, hidden = d_outputs.shape
  shapes = (
    (batch, fed_back_width),
    (batch, hidden),
    (steps, batch, inputs_width),
    (7, hidden),
  )
  call = jax.ffi.ffi_call(
    f"graves_jax_backward_{_precision_of(recurrent)}",
    (
      jax.ShapeDtypeStruct((steps, batch, 4 * hidden), recurrent.dtype),
      *(jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes),
    ),
    vmap_method="sequential",
  )
  net, *others = call(
    *(jnp.asarray(k, jnp.int32), d_outputs, *gates),
    *(recurrent, projection, peephole, first_cells, d_hidden, d_cell),
    clip=np.float32(clip),
    devices=np.int64(library.devices()),
  )
  return StepsBackward(from_words(net), *others)


def _precision_of(packed: Array) -> Precision:
  return "bfloat16" if packed.dtype == jnp.uint16 else "float32"
