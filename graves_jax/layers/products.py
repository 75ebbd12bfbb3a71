"""Matrix products in the precision that the config names."""

from collections.abc import Sequence
from typing import Literal

import jax.numpy as jnp
from jax import Array, lax

Precision = Literal["float32", "bfloat16"]

# From so many columns on a layer's input is another layer's output.
_WIDE = 128


def product(a: Array, weights: Array, precision: Precision) -> Array:
  """a [..., K] times weights [K, N]: [..., N], no narrower than float32."""
  return _contract(a, weights, (a.ndim - 1,), (0,), precision)


def project(
  parts: Sequence[Array], weights: Array, precision: Precision
) -> Array:
  """Parts [..., d_k], side by side, times weights [sum of d_k, N], with
  those of narrow parts as `with_rounding_errors` has them."""
  widths = [x.shape[-1] for x in parts]
  weights = with_rounding_errors(weights, widths, precision)
  joined = jnp.concatenate(with_repeats(parts, precision), axis=-1)
  return product(joined, weights, precision)


def with_repeats(
  parts: Sequence[Array], precision: Precision
) -> tuple[Array, ...]:
  """Parts [..., d_k] to multiply with the weights of `with_rounding_errors`."""
  if precision == "float32":
    return tuple(parts)
  return (*parts, *(x for x in parts if x.shape[-1] < _WIDE))


def with_rounding_errors(
  weights: Array, widths: Sequence[int], precision: Precision
) -> Array:
  """Adds rows of what rounding takes from the weights of narrow parts.

  Data and the window are narrow and their numbers large: rounded weights of
  theirs are most of what bfloat16 would cost, and to have them in twice as
  many bits costs little.

  Args:
    weights: [sum of widths, N].
    widths: of the parts that they are for.
    precision: of their product.
  """
  if precision == "float32":
    return weights
  ends = [sum(widths[: k + 1]) for k in range(len(widths))]
  narrow = [
    weights[end - width : end]
    for end, width in zip(ends, widths, strict=True)
    if width < _WIDE
  ]
  # Not by a change of type and back, which XLA takes for nothing.
  remainders = [
    lax.stop_gradient(x - lax.reduce_precision(x, 8, 7)) for x in narrow
  ]
  return jnp.concatenate([weights, *remainders])


def weight_gradient(a: Array, z: Array, precision: Precision) -> Array:
  """Sum over all leading axes of the outer products of a [..., K], z [..., N].

  XLA's CPU backend copies the left side transposed, so the narrower one stands
  there. In bfloat16 the copy is made here: its fast kernel contracts the last
  axis only.
  """
  if z.shape[-1] < a.shape[-1]:
    # Without the barrier XLA turns the product back, and in bfloat16 then has
    # no code for it.
    return lax.optimization_barrier(weight_gradient(z, a, precision)).T
  if precision == "bfloat16":
    a = jnp.moveaxis(a, -1, 0).reshape(a.shape[-1], -1)
    return _contract(a, z.reshape(-1, z.shape[-1]), (1,), (0,), precision)
  leading = tuple(range(a.ndim - 1))
  return _contract(a, z, leading, leading, precision)


def join(parts: Sequence[Array], precision: Precision) -> Array:
  """Parts [..., d_k] side by side, already rounded as products round them."""
  if precision == "float32":
    return jnp.concatenate(parts, axis=-1)
  words = [to_words(rounded(x, precision)) for x in parts]
  return from_words(jnp.concatenate(words, axis=-1))


def to_words(x: Array) -> Array:
  """bfloat16 as the 16-bit words that it is made of; others as they are.

  For arrays that are joined or kept by a scan: XLA's CPU backend moves words,
  but bfloat16 by way of float32.
  """
  if x.dtype == jnp.bfloat16:
    return lax.bitcast_convert_type(x, jnp.uint16)
  return x


def from_words(x: Array) -> Array:
  """The inverse of `to_words`."""
  if x.dtype == jnp.uint16:
    return lax.bitcast_convert_type(x, jnp.bfloat16)
  return x


def rounded(x: Array, precision: Precision) -> Array:
  """x as products of this precision take it.

  Raises:
    ValueError: if there is no such precision.
  """
  if precision == "float32":
    return x
  if precision == "bfloat16":
    return x.astype(jnp.bfloat16)
  raise ValueError(
    f"precision (={precision!r}) must be 'float32' or 'bfloat16'."
  )


def _contract(
  a: Array,
  b: Array,
  axes_a: tuple[int, ...],
  axes_b: tuple[int, ...],
  precision: Precision,
) -> Array:
  result = jnp.promote_types(jnp.promote_types(a.dtype, b.dtype), jnp.float32)
  return lax.dot_general(
    rounded(a, precision),
    rounded(b, precision),
    ((axes_a, axes_b), ((), ())),
    # GPUs and TPUs would otherwise round float32 to fewer bits.
    precision=lax.Precision.HIGHEST if precision == "float32" else None,
    preferred_element_type=result,
  )
