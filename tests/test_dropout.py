"""Masks: how many units they keep, and what they keep of the mean."""

import jax
import jax.numpy as jnp
import numpy as np

from graves_jax.dropout import draw_kept, dropped

KEYS = jax.random.split(jax.random.key(0), 40)


def test_the_share_that_is_kept():
  kept = draw_kept(KEYS, 50, 30, 0.7)
  assert kept.shape == (50, 40, 30)
  assert kept.dtype == bool
  error = 5 * np.sqrt(0.7 * 0.3 / kept.size)  # five standard errors
  assert abs(kept.mean() - 0.7) < error


def test_a_row_is_drawn_by_its_own_key():
  kept = draw_kept(KEYS, 5, 30, 0.7)
  np.testing.assert_array_equal(draw_kept(KEYS[7:9], 5, 30, 0.7), kept[:, 7:9])
  rows = np.asarray(kept).transpose(1, 0, 2).reshape(40, -1)
  assert len(np.unique(rows, axis=0)) == 40


def test_dropping_scales_what_is_kept_and_keeps_the_mean():
  x = jnp.arange(1.0, 31.0)
  kept = draw_kept(KEYS, 500, 30, 0.7)
  rest = dropped(jnp.broadcast_to(x, kept.shape), kept, 0.7)
  np.testing.assert_allclose(rest, kept * x / 0.7, rtol=1e-6)
  error = 5 * x * np.sqrt(0.3 / 0.7 / (500 * 40))
  np.testing.assert_array_less(abs(rest.mean((0, 1)) - x), error)


def test_no_mask_drops_nothing():
  x = jnp.arange(3.0)
  assert dropped(x, None, 0.7) is x
