"""Matrix products in the precision that the config names."""

from typing import Literal

import jax.numpy as jnp
from jax import Array, lax

Precision = Literal["float32", "bfloat16"]


def product(a: Array, weights: Array, precision: Precision) -> Array:
  """a [..., K] times weights [K, N], summed in a's own type: [..., N]."""
  return _contract(a, weights, a.ndim - 1, precision)


def weight_gradient(a: Array, z: Array, precision: Precision) -> Array:
  """Sum over all leading axes of the outer products of a [..., K], z [..., N].

  The transpose is formed before the product, never by contracting the leading
  axis in place: XLA's fast CPU kernels contract the last axis only.
  """
  columns = jnp.moveaxis(a, -1, 0).reshape(a.shape[-1], -1)
  return _contract(columns, z.reshape(-1, z.shape[-1]), 1, precision)


def _contract(a: Array, b: Array, axis: int, precision: Precision) -> Array:
  result = a.dtype
  if precision == "bfloat16":
    a, b = a.astype(jnp.bfloat16), b.astype(jnp.bfloat16)
  return lax.dot_general(
    a,
    b,
    (((axis,), (0,)), ((), ())),
    # GPUs and TPUs would otherwise round float32 to fewer bits.
    precision=lax.Precision.HIGHEST if precision == "float32" else None,
    preferred_element_type=result,
  )
