"""The output layer, which sees every hidden layer (Eq. 3)."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from graves_jax.clipping import clip_derivative
from graves_jax.products import Precision, product


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
  outputs, first = params.bias, 0
  for h in hidden:  # never joined: that would copy every layer's output
    rows = params.weights[first : first + h.shape[-1]]
    outputs += product(h, rows, precision)
    first += h.shape[-1]
  return clip_derivative(outputs, clip)
