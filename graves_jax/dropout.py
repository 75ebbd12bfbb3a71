"""Dropout by masks that are drawn beforehand, one random key a row.

Axes: T time, B batch, H hidden.
"""

import jax
import jax.numpy as jnp
from jax import Array


def draw_kept(keys: Array, steps: int, width: int, keep_rate: float) -> Array:
  """Where units are kept, booleans [T, B, H], by the keys [B] of their rows.

  Every unit of every step is drawn by itself.
  """

  def row(key):
    return jax.random.bernoulli(key, keep_rate, (steps, width))

  return jax.vmap(row, out_axes=1)(keys)


def dropped(x: Array, kept: Array | None, keep_rate: float) -> Array:
  """x where `kept`, scaled to keep the mean, else 0; kept None: all of x."""
  return x if kept is None else jnp.where(kept, x / keep_rate, 0)
