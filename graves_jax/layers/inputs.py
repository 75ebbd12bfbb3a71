"""Projects what enters a layer from below, vectors and classes, to net
inputs."""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from graves_jax.layers.products import Precision, project


def net_input(
  params,
  inputs: Sequence[Array],
  precision: Precision = "float32",
  classes: Array | None = None,
) -> Array:
  """Projects a layer's inputs to its net inputs [..., G], with its bias.

  Args:
    params: of the layer: inputs [A + D, G] and bias [G] are read.
    inputs: vectors [..., d_k] with sum of d_k = D.
    precision: of the product.
    classes: those of `look_up`. With them, there may be no vectors.

  Raises:
    ValueError: if the weights have too few rows, or too many.
  """
  weights, net = look_up(params.inputs, inputs, classes)
  if inputs:
    projected = project(inputs, weights, precision)
    net = projected if net is None else projected + net
  return net + params.bias


def look_up(
  weights: Array, inputs: Sequence[Array], classes: Array | None
) -> tuple[Array, Array | None]:
  """Looks up what classes add to a layer's net inputs.

  Equals a product with one-hot vectors, of which none is built; the
  derivative of the weights is scattered into the same rows.

  Args:
    weights: of all inputs, [A + D, G]: A rows for classes, and below them D
      for the vectors.
    inputs: vectors [..., d_k] with sum of d_k = D.
    classes: integers [...], 0 to A - 1; any other, such as -1, is the null
      vector. None: A = 0.

  Returns:
    The weights of the vectors, [D, G], and the net inputs [..., G], or None.

  Raises:
    ValueError: if the weights have too few rows, or too many.
  """
  count = classes_count(weights, inputs, classes)
  if classes is None:
    return weights, None
  rows, others = jnp.split(weights, [count])
  net = rows.at[classes].get(
    mode="fill", fill_value=0, wrap_negative_indices=False
  )
  return others, net


def classes_count(
  weights: Array, inputs: Sequence[Array], classes: Array | None
) -> int:
  """A, of what `look_up` is given.

  Raises:
    ValueError: if the weights have too few rows, or too many.
  """
  width = sum(x.shape[-1] for x in inputs)
  count = len(weights) - width
  if (count != 0) if classes is None else (count < 1):
    more = "no classes" if classes is None else "one or more for classes"
    raise ValueError(
      f"a layer's input weights have {len(weights):,} rows; its inputs take "
      f"{width:,}, and there must be {more} besides."
    )
  return count
