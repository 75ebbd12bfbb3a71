"""Products in bfloat16, where they must be better than bfloat16."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from graves_jax.layers import products

WIDTHS = 3, 130, 5


def random_case():
  """Parts of whole numbers, which bfloat16 has, and weights."""
  keys = jax.random.split(jax.random.key(0), len(WIDTHS) + 1)
  parts = [
    jax.random.randint(key, (7, width), -4, 5).astype(jnp.float32)
    for key, width in zip(keys[1:], WIDTHS, strict=True)
  ]
  return parts, jax.random.normal(keys[0], (sum(WIDTHS), 11))


@pytest.mark.parametrize("jit", [jax.jit, lambda function: function])
@pytest.mark.parametrize("silent", [0, 1, 2])
def test_weights_of_narrow_parts_have_more_bits(jit, silent):
  parts, weights = random_case()
  parts = [x * (k == silent) for k, x in enumerate(parts)]
  project = lambda w: products.project(parts, w, "bfloat16")  # noqa: E731
  expected = np.concatenate(parts, -1).astype(float) @ np.asarray(weights)
  error = (
    np.abs(jit(project)(weights) - expected).max() / np.abs(expected).max()
  )
  is_wide = WIDTHS[silent] > 100
  assert (2**-12 < error < 2**-8) if is_wide else error < 2**-15


def test_the_gradient_is_that_of_the_product():
  parts, weights = random_case()

  def loss(weights, precision):
    return jnp.sum(jnp.sin(products.project(parts, weights, precision)))

  rounded = jax.grad(loss)(weights, "bfloat16")
  exact = jax.grad(loss)(weights, "float32")
  assert jnp.linalg.norm(rounded - exact) < 0.05 * jnp.linalg.norm(exact)


def test_float32_is_left_alone():
  parts, weights = random_case()
  assert products.with_rounding_errors(weights, WIDTHS, "float32") is weights
  assert products.with_repeats(parts, "float32") == tuple(parts)


def test_parts_of_several_types_join_as_numbers():
  parts = [jnp.full((2, 2), 1.5, jnp.bfloat16), jnp.full((2, 1), 0.25)]
  for precision in ("float32", "bfloat16"):
    joined = products.join(parts, precision)
    np.testing.assert_array_equal(joined.astype(float), [[1.5, 1.5, 0.25]] * 2)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("widths", [(70, 6), (6, 70), (5, 5)])
def test_a_weight_gradient_is_a_sum_of_outer_products(precision, widths):
  rng = np.random.default_rng(0)
  a, z = (rng.integers(-4, 5, (3, 8, width)) for width in widths)
  gradient = functools.partial(products.weight_gradient, precision=precision)
  got = jax.jit(gradient)(
    jnp.asarray(a, jnp.float32), jnp.asarray(z, jnp.float32)
  )
  np.testing.assert_array_equal(got, np.einsum("tbk,tbn->kn", a, z))
