"""Matrix products of all layers of a stack at once.

Axes: S steps, L layers, B batch, K and N numbers.
"""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from graves_jax.layers.products import Precision

# A card multiplies rows faster if their width is a multiple of this.
_ALIGNED = 8


def layers_product(a: Array, weights: Array, precision: Precision) -> Array:
  """a [..., L, B, K] times weights [L, K, N]: [..., L, B, N], no narrower than
  float32. Both come rounded as `precision` has it."""
  options = _options(a, weights, precision)
  return jnp.einsum("...lbk,lkn->...lbn", a, weights, **options)


def layers_gradient(a: Array, z: Array, precision: Precision) -> Array:
  """Sum over steps and rows of the outer products of a [S, L, B, K] and
  z [S, L, B, N]: [L, K, N]."""
  return jnp.einsum("slbk,slbn->lkn", a, z, **_options(a, z, precision))


def aligned(parts: Sequence[Array], axis: int = -1) -> tuple[Array, ...]:
  """The parts, and a block of zeros, so that all of them together are a
  multiple of 8 wide along an axis."""
  shape = list(parts[0].shape)
  shape[axis] = -sum(x.shape[axis] for x in parts) % _ALIGNED
  return *parts, jnp.zeros(shape, parts[0].dtype)


def _options(a, b, precision) -> dict[str, Any]:
  dtype = jnp.promote_types(jnp.promote_types(a.dtype, b.dtype), jnp.float32)
  exactly = lax.Precision.HIGHEST if precision == "float32" else None
  return {"precision": exactly, "preferred_element_type": dtype}
