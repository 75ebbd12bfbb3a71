"""Masks: how many units they keep, and what they keep of the mean."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from graves_jax.layers.dropout import draw_mask, dropped

KEYS = jax.random.split(jax.random.key(0), 40)


def test_the_share_that_is_kept():
  mask = draw_mask(KEYS, 50, 30, 0.7)
  assert mask.shape == (50, 40, 30)
  assert mask.dtype == bool
  error = 5 * np.sqrt(0.7 * 0.3 / mask.size)  # five standard errors
  assert abs(mask.mean() - 0.7) < error


def test_a_row_is_drawn_by_its_own_key():
  mask = draw_mask(KEYS, 5, 30, 0.7)
  np.testing.assert_array_equal(draw_mask(KEYS[7:9], 5, 30, 0.7), mask[:, 7:9])
  rows = np.asarray(mask).transpose(1, 0, 2).reshape(40, -1)
  assert len(np.unique(rows, axis=0)) == 40


def test_dropping_scales_what_is_kept_and_keeps_the_mean():
  x = jnp.arange(1.0, 31.0)
  mask = draw_mask(KEYS, 500, 30, 0.7)
  rest = dropped(jnp.broadcast_to(x, mask.shape), mask, 0.7)
  np.testing.assert_allclose(rest, mask * x / 0.7, rtol=1e-6)
  error = 5 * x * np.sqrt(0.3 / 0.7 / (500 * 40))
  np.testing.assert_array_less(abs(rest.mean((0, 1)) - x), error)


def test_units_and_steps_are_drawn_apart():
  """Also the two units that share a word, and those of neighboring words."""
  units = draw_mask(KEYS[:1], 4000, 66, 0.5)[:, 0].astype(float)
  steps = np.concatenate([units[1:], units[:-1]], axis=1)
  correlation = np.corrcoef(steps.T) - np.eye(2 * 66)
  assert np.max(np.abs(correlation)) < 5.5 / np.sqrt(4000)


@pytest.mark.parametrize("keep_rate", [1 / 512, 0.949, 1.0])
def test_a_rare_or_odd_share(keep_rate):
  mask = draw_mask(KEYS, 500, 101, keep_rate)
  error = 5 * np.sqrt(keep_rate * (1 - keep_rate) / mask.size)
  assert abs(mask.mean() - keep_rate) <= error


def test_no_mask_drops_nothing():
  x = jnp.arange(3.0)
  assert dropped(x, None, 0.7) is x
