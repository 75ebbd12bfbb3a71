"""An LSTM layer unrolled by compiled kernels.

Axes: T time, B batch, H hidden, A classes, D what else enters a layer.
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array

from graves_jax.fast.chunks import CHUNK
from graves_jax.fast.kernels import lstm as kernels
from graves_jax.fast.lstm_scan import split_widths
from graves_jax.layers.inputs import classes_count
from graves_jax.layers.lstm import LSTMParams, LSTMState
from graves_jax.layers.products import (
  Precision,
  with_repeats,
  with_rounding_errors,
)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2, 3))
def unroll(
  clip: float,
  precision: Precision,
  keep_rate: float,
  devices: int,
  params: LSTMParams,
  state: LSTMState,
  inputs: Sequence[Array],
  classes: Array | None,
  mask: Array | None,
) -> tuple[LSTMState, Array]:
  """Unrolls a layer as `lstm.unroll` does; all numbers are float32."""
  options = clip, precision, keep_rate, devices
  given = params, state, inputs, classes, mask
  return _forward(*options, *given, saves_gates=False)[0]


def _forward(
  clip,
  precision,
  keep_rate,
  devices,
  params,
  start,
  inputs,
  classes,
  mask,
  saves_gates=True,
):
  del clip  # acts on derivatives only
  count = classes_count(params.inputs, inputs, classes)
  widths = [x.shape[-1] for x in inputs]
  weights = with_rounding_errors(params.inputs[count:], widths, precision)
  joined = _joined(precision, inputs, classes)
  steps = kernels.forward(
    kernels.pack_gates(params.recurrent, precision),
    kernels.pack_gates(weights, precision),
    *(params.bias, params.peephole),
    *(start.output, start.cell, joined, params.inputs, classes, mask),
    keep_rate=keep_rate,
    net_rows=count,
    chunk=CHUNK,
    saves_gates=saves_gates,
    devices=devices,
  )
  results = LSTMState(steps.cell, steps.outputs[-1]), steps.outputs
  # Of inputs, only widths are read.
  return results, (params, start, inputs, joined, classes, mask, steps)


def _backward(clip, precision, keep_rate, devices, residuals, derivatives):
  params, start, inputs, joined, classes, mask, steps = residuals
  d_final, d_outputs = derivatives
  count = classes_count(params.inputs, inputs, classes)
  results = kernels.backward(
    *(steps, joined, classes, mask, start.output),
    kernels.pack_transposed(params.recurrent, precision),
    kernels.pack_transposed(params.inputs, precision, count),
    *(params.peephole, d_outputs, d_final.output, d_final.cell),
    clip=clip,
    keep_rate=keep_rate,
    input_width=len(params.inputs) - count,
    classes_count=count,
    chunk=CHUNK,
    devices=devices,
  )
  gradient = LSTMParams(
    results.input_weights,
    results.recurrent,
    results.sums[:3],
    results.sums[3:].reshape(-1),
  )
  d_start = LSTMState(results.cell, results.output)
  d_inputs = split_widths(results.inputs, inputs) if inputs else ()
  return gradient, d_start, d_inputs, None, None


def _joined(precision, inputs, classes):
  if inputs:
    return kernels.pack_inputs(with_repeats(inputs, precision), precision)
  return jnp.zeros((*classes.shape, 0), kernels.word_type(precision))


unroll.defvjp(_forward, _backward)
