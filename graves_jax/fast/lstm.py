"""An LSTM layer by any implementation, one step or unrolled.

Axes: T time, B batch, H hidden, D inputs of a layer.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from graves_jax.fast import lstm_kernels, lstm_scan
from graves_jax.fast.implementation import (
  FEWEST_ROWS_OF_ONE_STEP,
  Implementation,
  kernels_fit,
)
from graves_jax.layers import lstm
from graves_jax.layers.clipping import only_reverse_mode, require_number
from graves_jax.layers.inputs import (
  as_arrays,
  as_inputs,
  look_up,
  require_rows,
)
from graves_jax.layers.lstm import LSTMParams, LSTMState
from graves_jax.layers.products import Precision


def step(
  params: LSTMParams,
  state: LSTMState,
  inputs: Array | Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  classes: Array | None = None,
  mask: Array | None = None,
  keep_rate: float = 1.0,
  implementation: Implementation = "scan",
) -> tuple[LSTMState, Array]:
  """Advances a layer by one time step from its inputs, as `unroll` does.

  Args:
    params, clip, precision, keep_rate, implementation: those of `unroll`.
    state: each array [B, H].
    inputs: each [B, d_k]; one may come bare.
    classes: integers [B], or None.
    mask: of recurrent dropout, booleans [B, H], or None.

  Returns:
    The next state, and the output h [B, H] again.
  """
  options: dict[str, Any] = {
    "clip": clip,
    "precision": precision,
    "keep_rate": keep_rate,
  }
  others: dict[str, Any] = {"classes": classes, "mask": mask}
  is_large = len(state.cell) >= FEWEST_ROWS_OF_ONE_STEP
  if is_large and kernels_fit(implementation, state.cell, precision):
    options["implementation"] = implementation
    given = as_inputs(inputs), others
    inputs, others = jax.tree.map(lambda x: x[None], given)
    state, outputs = unroll(params, state, inputs, **others, **options)
    return state, outputs[0]
  return lstm.step(params, state, inputs, **others, **options)


def unroll(
  params: LSTMParams,
  state: LSTMState,
  inputs: Array | Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  classes: Array | None = None,
  mask: Array | None = None,
  keep_rate: float = 1.0,
  implementation: Implementation = "scan",
) -> tuple[LSTMState, Array]:
  """Unrolls a layer over time, with an explicit backward pass.

  Back-propagation through time is full; the derivative of the loss with
  respect to the net inputs is clipped at every step (Section 2.1).

  >>> from graves_jax import init_lstm, zero_state
  >>> params = init_lstm(jax.random.key(0), inputs=3, hidden=4)
  >>> state, outputs = unroll(params, zero_state(4, 2), jnp.ones((5, 2, 3)))
  >>> outputs.shape
  (5, 2, 4)

  Args:
    params: the layer's weights.
    state: where to start, each array [B, H].
    inputs: the layer's inputs, each [T, B, d_k] with sum of d_k = D, less
      the classes; one may come bare.
    clip: limit on the derivatives of the net inputs, a number: 10 for
      handwriting, 1 for text.
    precision: of the matrix products; weights, states and sums are as they
      come, or float32 where they come narrower.
    classes: more inputs, as one-hot vectors that are not built: integers
      [T, B] that choose among the first rows of `params.inputs`, as many as
      `inputs` leave; of any other, such as -1, the vector is null. With them,
      there may be no other inputs.
    mask: recurrent dropout (Semeniuta et al., 2016): where tanh(...) of Eq. (9)
      is kept, booleans [T, B, H]; elsewhere it is 0.
    keep_rate: share of it that is kept, and scaled by 1 / keep_rate.
    implementation: "reference", "scan", "wavefront" (of one layer, the scan),
      or the kernels, which give way to the scan where they do not fit: see
      `kernels_fit`.

  Returns:
    The state after the last step, and every output [T, B, H].

  Raises:
    ValueError: if there is no time step, a shape does not fit the layer, or
      `clip` is traced or below 0.
    TypeError: where JAX asks for forward-mode derivatives.
  """
  params, state = as_arrays(params, state)
  inputs = as_inputs(inputs)
  if inputs:
    steps, *rows = inputs[0].shape[:-1]
  elif classes is not None:
    steps, *rows = classes.shape
  else:
    raise ValueError("there is no input; give an array [T, B, d], or classes.")
  if not steps:
    raise ValueError("the inputs have no time step; give one or more.")
  require_rows(state, tuple(rows))
  given = params, state, inputs
  options: dict[str, Any] = {
    "clip": clip,
    "precision": precision,
    "keep_rate": keep_rate,
  }
  if implementation == "reference":
    return lstm.unroll_reference(*given, **options, classes=classes, mask=mask)
  require_number(clip)
  with only_reverse_mode("unroll"):
    if kernels_fit(implementation, state.cell, precision, given):
      fixed = clip, precision, keep_rate, implementation.devices
      return lstm_kernels.unroll(*fixed, *given, classes, mask)
    weights, net = look_up(params.inputs, inputs, classes)
    params = params._replace(inputs=weights)
    return lstm_scan.unroll(params, state, inputs, net, mask=mask, **options)
