"""Dropout by masks that are drawn beforehand, one random key a row.

Axes: T time, B batch, H hidden.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

_CHOICES = 1 << 16  # numbers, all equally probable, that a unit draws one of


def draw_mask(keys: Array, steps: int, width: int, keep_rate: float) -> Array:
  """Draws where units are kept, booleans [T, B, H], by the keys [B] of rows.

  Every unit of every step is drawn by itself. JAX's own generator makes only
  two numbers for every step of a row, because it takes a hundred operations
  for each: they start a short hash of the units' numbers, of which every unit
  uses 16 bits. So much suffices for dropout: `keep_rate` is met to 2^-17.

  Args:
    keys: JAX random keys.
    steps: T.
    width: H.
    keep_rate: the probability of True.
  """

  def row(key):
    return jax.random.bits(key, (steps, 2))

  first, second = jnp.split(jax.vmap(row, out_axes=1)(keys), 2, axis=-1)
  pairs = jnp.arange((width + 1) // 2, dtype=jnp.uint32)
  words = _scramble(_scramble(pairs ^ first) + second)  # [T, B, H / 2]
  numbers = lax.bitcast_convert_type(words, jnp.uint16)
  numbers = numbers.reshape(steps, len(keys), -1)[..., :width]
  return numbers.astype(jnp.int32) < round(keep_rate * _CHOICES)


def dropped(x: Array, mask: Array | None, keep_rate: float) -> Array:
  """Sets x to 0 but where `mask`, and scales the rest to keep the mean; mask
  None: all of x, as it is.

  Raises:
    ValueError: if the mask has another shape, or the rate is no share.
  """
  if mask is None:
    return x
  if mask.shape != x.shape:
    raise ValueError(
      f"the mask has the shape {mask.shape}, but must have {x.shape}, that of "
      "what it drops."
    )
  if not isinstance(keep_rate, jax.core.Tracer) and not 0 < keep_rate <= 1:
    raise ValueError(f"keep_rate (={keep_rate}) must be above 0, at most 1.")
  return jnp.where(mask, x / keep_rate, 0)


def layer_keys(keys: Array, number: int) -> Array:
  """A key of its own for every row and number, from those of the rows [B]."""
  return jax.vmap(jax.random.fold_in, in_axes=(0, None))(keys, number)


def recurrent_dropout(
  keys: Array | None, steps: int, width: int, share: float
) -> dict[str, Any]:
  """Draws the options of an LSTM layer's `unroll` that drop candidates.

  Args:
    keys: the layer's JAX random keys of the rows, [B]; None: drops nothing.
    steps: T.
    width: H.
    share: of the candidates that are dropped.
  """
  if keys is None or not share:
    return {}
  keep_rate = 1 - share
  mask = draw_mask(keys, steps, width, keep_rate)
  return {"mask": mask, "keep_rate": keep_rate}


def require_share(name: str, share: float) -> None:
  """Raises a ValueError unless such a share can be dropped."""
  if not 0 <= share < 1:
    raise ValueError(f"{name} (={share}) must be in [0, 1).")


def _scramble(x: Array) -> Array:
  """Permutes the 32-bit numbers so that every bit depends on every other one
  (C. Wellons' hash "lowbias32")."""
  x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
  x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
  return x ^ (x >> 16)
