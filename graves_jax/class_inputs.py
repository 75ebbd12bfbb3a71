"""Inputs of a layer that are classes: rows of its weights."""

from collections.abc import Sequence

from jax import Array


def look_up(
  weights: Array, inputs: Sequence[Array], classes: Array | None
) -> tuple[Array, Array | None]:
  """What classes add to a layer's net inputs.

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
  """
  if classes is None:
    return weights, None
  count = classes_count(weights, inputs)
  net = (
    weights[:count]
    .at[classes]
    .get(mode="fill", fill_value=0, wrap_negative_indices=False)
  )
  return weights[count:], net


def classes_count(weights: Array, inputs: Sequence[Array]) -> int:
  """A, of weights [A + D, G] and vectors [..., d_k] with sum of d_k = D."""
  return len(weights) - sum(x.shape[-1] for x in inputs)
