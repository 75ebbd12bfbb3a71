"""Losses at weights drawn at random: once a batch, or once a sequence."""

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import Array

from graves_jax.losses.sums import Keys, LossFn

Per = Literal["batch", "sequence"]


def with_draws(
  loss_fn: LossFn, draw: Callable[[Array, Any], Any], per: Per
) -> LossFn:
  """The loss at weights that `draw` makes of a key and the parameters.

  "batch": one draw, from the batch's key, for all rows on all devices.
  "sequence": a draw for each row, from its own key, as in Section 3.1 (each
  row is a batch of one, with its own carry). It vectorizes over weights: B rows
  hold B copies of them and of their gradient, and share no matrix product.

  Returns:
    A loss that needs keys; those it passes on are independent of the draw's.

  Raises:
    ValueError: if `per` is none of these.
  """
  if per not in ("batch", "sequence"):
    raise ValueError(f"per (={per!r}) must be 'batch' or 'sequence'.")

  def with_one_draw(params, carry, batch, keys):
    draw_key, batch_key = jax.random.split(keys.batch)
    weights = draw(draw_key, params)
    return loss_fn(weights, carry, batch, Keys(batch_key, keys.rows))

  def with_a_draw_a_row(params, carry, batch, keys):
    def row_loss(carry, batch, key):
      draw_key, row_key = jax.random.split(key)
      carry, batch, rows = jax.tree.map(
        lambda x: jnp.asarray(x)[None], (carry, batch, row_key)
      )
      weights = draw(draw_key, params)
      sums, carry = loss_fn(weights, carry, batch, Keys(keys.batch, rows))
      return sums, jax.tree.map(lambda x: x[0], carry)

    sums, carry = jax.vmap(row_loss)(carry, batch, keys.rows)
    return jax.tree.map(lambda x: x.sum(0), sums), carry

  return with_one_draw if per == "batch" else with_a_draw_a_row


def standard_normal(key: Array, like: Any) -> Any:
  """Independent draws from N(0, 1), a tree like `like`."""
  leaves, structure = jax.tree.flatten(like)
  keys = jax.random.split(key, max(len(leaves), 1))
  drawn = [
    jax.random.normal(k, x.shape, x.dtype)
    for k, x in zip(keys, leaves, strict=False)
  ]
  return jax.tree.unflatten(structure, drawn)
