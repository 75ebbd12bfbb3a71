"""The output layer, which sees every hidden layer (Eq. 3)."""

import functools
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from graves_jax.layers.inputs import as_wide
from graves_jax.layers.products import Precision, product, weight_gradient


class OutputParams(NamedTuple):
  """W_hny of all layers, one under another [sum of H, outputs], and b_y."""

  weights: Array
  bias: Array


def init_output(
  key: Array, hidden: int, outputs: int, weight_range: float
) -> OutputParams:
  """Weights uniform in [-weight_range, weight_range] [rnnlib], bias zero."""
  weights = jax.random.uniform(
    key, (hidden, outputs), minval=-weight_range, maxval=weight_range
  )
  return OutputParams(weights, jnp.zeros(outputs))


def output_layer(
  params: OutputParams,
  hidden: Sequence[Array],
  *,
  clip: float = jnp.inf,
  precision: Precision = "float32",
) -> Array:
  """y-hat = b_y + sum over n of W_hny h^n, Eq. (3).

  Args:
    params: weights and bias.
    hidden: the layers' outputs, each [..., H_n].
    clip: limit on the derivatives of y-hat (Section 4.1: 100).
    precision: of the product.

  Returns:
    [..., outputs].
  """
  return _output_layer(clip, precision, as_wide(params), tuple(hidden))


# The layers' outputs are never joined: that would copy all of them.
@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _output_layer(clip, precision, params, hidden):
  del clip  # acts on derivatives only
  outputs = params.bias
  for h, rows in zip(hidden, _rows(params.weights, hidden), strict=True):
    outputs += product(h, rows, precision)
  return outputs


def _forward(clip, precision, params, hidden):
  return _output_layer(clip, precision, params, hidden), (params, hidden)


def _backward(clip, precision, residuals, d_outputs):
  params, hidden = residuals
  d_outputs = jnp.clip(d_outputs, -clip, clip)
  d_hidden = tuple(
    product(d_outputs, rows.T, precision)
    for rows in _rows(params.weights, hidden)
  )
  d_weights = [weight_gradient(h, d_outputs, precision) for h in hidden]
  d_bias = d_outputs.reshape(-1, d_outputs.shape[-1]).sum(0)
  return OutputParams(jnp.concatenate(d_weights), d_bias), d_hidden


_output_layer.defvjp(_forward, _backward)


def _rows(weights: Array, hidden: Sequence[Array]) -> list[Array]:
  """The rows of `weights` that belong to each layer."""
  ends = list(itertools.accumulate(h.shape[-1] for h in hidden))
  return jnp.split(weights, ends[:-1])
