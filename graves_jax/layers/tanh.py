"""The standard recurrent layer, H = tanh in Eq. (1), in place of LSTM cells.

Axes: T time, B batch, H hidden, D inputs of a layer.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import DTypeLike

from graves_jax.layers.clipping import (
  clip_derivative,
  only_reverse_mode,
  require_number,
)
from graves_jax.layers.inputs import (
  as_arrays,
  net_input,
  require_net_input,
  require_rows,
  require_widths,
)
from graves_jax.layers.products import (
  Precision,
  product,
  weight_gradient,
)


class RNNParams(NamedTuple):
  """Weights of one layer, Eqs. (1)-(2).

  >>> D, H = 3, 4
  >>> RNNParams(*map(jnp.zeros, ((D, H), (H, H), (H,)))).recurrent.shape
  (4, 4)

  inputs: [D, H]; every input of the layer, one under another.
  recurrent: [H, H].
  bias: [H].
  """

  inputs: Array
  recurrent: Array
  bias: Array


class RNNState(NamedTuple):
  """Output h of one layer, [..., H]."""

  output: Array


def init_rnn(
  key: Array, inputs: int, hidden: int, weight_range: float = 0.1
) -> RNNParams:
  """Draws weights uniform in [-weight_range, weight_range]; biases are zero.

  >>> init_rnn(jax.random.key(0), inputs=3, hidden=4).inputs.shape
  (3, 4)

  Args:
    key: a JAX random key.
    inputs: D, the summed width of the layer's inputs.
    hidden: H.
    weight_range: 0.1 in rnnlib, the paper author's library.

  Raises:
    ValueError: if there are no units, or fewer than no inputs.
  """
  require_widths(inputs, hidden)

  def uniform(key, *shape):
    return jax.random.uniform(
      key, shape, minval=-weight_range, maxval=weight_range
    )

  keys = jax.random.split(key)
  return RNNParams(
    inputs=uniform(keys[0], inputs, hidden),
    recurrent=uniform(keys[1], hidden, hidden),
    bias=jnp.zeros(hidden),
  )


def zero_state(
  hidden: int, *batch: int, dtype: DTypeLike = jnp.float32
) -> RNNState:
  """Makes the state before the first step, [*batch, H]."""
  return RNNState(jnp.zeros((*batch, hidden), dtype))


def rnn_step(
  params: RNNParams,
  state: RNNState,
  inputs: Array,
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
) -> tuple[RNNState, Array]:
  """Advances a layer by one time step, h_t of Eq. (1).

  >>> params = init_rnn(jax.random.key(0), inputs=3, hidden=4)
  >>> net = net_input(params, jnp.ones((2, 3)))
  >>> state, output = rnn_step(params, zero_state(4, 2), net)
  >>> output.shape
  (2, 4)

  Args:
    params: weights; `params.inputs` and `params.bias` are not read here.
    state: the last output, [..., H].
    inputs: net input from below, already projected and biased, [..., H].
    clip: limit on the derivatives of the net inputs (Section 2.1).
    precision: of the recurrent product.

  Returns:
    The next state, and the output h [..., H] again.

  Raises:
    ValueError: if the state or the net input has another width.
  """
  params, state = as_arrays(params, state)
  require_net_input(inputs, len(params.recurrent))
  net = inputs + product(state.output, params.recurrent, precision)
  output = jnp.tanh(clip_derivative(net, clip))
  return RNNState(output), output


def step(
  params: RNNParams,
  state: RNNState,
  inputs: Array | Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  classes: Array | None = None,
) -> tuple[RNNState, Array]:
  """Advances a layer by one time step from inputs [..., d_k] and classes
  [...], as `unroll` does."""
  net = net_input(params, inputs, precision, classes)
  return rnn_step(params, state, net, clip=clip, precision=precision)


def unroll_reference(
  params: RNNParams,
  state: RNNState,
  inputs: Array | Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  classes: Array | None = None,
) -> tuple[RNNState, Array]:
  """Unrolls a layer by a plain scan that JAX differentiates.

  The definition that `unroll` is tested against; same arguments and results.
  """

  def step(state, net):
    return rnn_step(params, state, net, clip=clip, precision=precision)

  params, state = as_arrays(params, state)
  net = net_input(params, inputs, precision, classes)
  require_rows(state, net.shape[1:-1])
  with only_reverse_mode("clip"):
    return lax.scan(step, state, net)


def unroll(
  params: RNNParams,
  state: RNNState,
  inputs: Array | Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
  classes: Array | None = None,
) -> tuple[RNNState, Array]:
  """Unrolls a layer over time, with an explicit backward pass.

  Args:
    params: the layer's weights.
    state: where to start, [B, H].
    inputs: the layer's inputs, each [T, B, d_k] with sum of d_k = D, less
      the classes; one may come bare.
    clip: limit on the derivatives of the net inputs at every step, a number.
    precision: of the matrix products.
    classes: more inputs, as one-hot vectors that are not built: integers
      [T, B] that choose among the first rows of `params.inputs`, as many as
      `inputs` leave; of any other, such as -1, the vector is null. With them,
      there may be no other inputs.

  Returns:
    The state after the last step, and every output [T, B, H].

  Raises:
    ValueError: if there is no time step, a shape does not fit the layer, or
      `clip` is traced.
    TypeError: where JAX asks for forward-mode derivatives.
  """
  require_number(clip)
  params, state = as_arrays(params, state)
  net = net_input(params, inputs, precision, classes)
  if not net.shape[0]:
    raise ValueError("the inputs have no time step; give one or more.")
  require_rows(state, net.shape[1:-1])
  with only_reverse_mode("unroll"):
    outputs = _recur(clip, precision, params.recurrent, state.output, net)
  return RNNState(outputs[-1]), outputs


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _recur(clip, precision, recurrent, first, net):
  """Outputs [T, B, H] from net inputs [T, B, H] and the output before."""
  return _forward(clip, precision, recurrent, first, net)[0]


def _forward(clip, precision, recurrent, first, net):
  del clip  # acts on derivatives only

  def step(output, net):
    output = jnp.tanh(net + product(output, recurrent, precision))
    return output, output

  outputs = lax.scan(step, first, net)[1]
  return outputs, (recurrent, first, outputs)


def _backward(clip, precision, residuals, d_outputs):
  recurrent, first, outputs = residuals
  transposed = recurrent.T

  def step(d_later, xs):
    d_output, output = xs
    d_net = (d_later + d_output) * (1 - output * output)
    d_net = jnp.clip(d_net, -clip, clip)
    return product(d_net, transposed, precision), d_net

  d_first, d_net = lax.scan(
    step, jnp.zeros_like(first), (d_outputs, outputs), reverse=True
  )
  previous = jnp.concatenate([first[None], outputs[:-1]])
  return weight_gradient(previous, d_net, precision), d_first, d_net


_recur.defvjp(_forward, _backward)
