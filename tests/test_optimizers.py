"""Graves' RMSProp against the NumPy transcription and Optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import reference

from graves_jax import optimizers


def weights_after_each_update(optimizer, start, derivatives):
  """The weights [steps, ...] that an optimizer passes through."""

  def update(carry, gradient):
    weights, state = carry
    updates, state = optimizer.update(gradient, state, weights)
    weights = optax.apply_updates(weights, updates)
    return (weights, state), weights

  carry = (start, optimizer.init(start))
  return jax.jit(lambda: jax.lax.scan(update, carry, derivatives)[1])()


def derivatives_of_many_sizes(steps):
  rng = np.random.default_rng(0)
  sizes = np.array([1e-3, 0.1, 10.0, 1000.0])
  return rng.normal(size=(steps, 4)) * sizes + 0.5 * sizes


@pytest.mark.parametrize(
  ("dtype", "tolerance"), [("float64", 1e-6), ("float32", 1e-4)]
)
def test_graves_rmsprop_equals_the_equations(dtype, tolerance):
  start, derivatives = np.arange(4.0), derivatives_of_many_sizes(300)
  expected = np.stack(reference.rmsprop(start, derivatives))
  with jax.enable_x64(True):
    actual = weights_after_each_update(
      optimizers.graves_rmsprop(),
      jnp.asarray(start, dtype),
      jnp.asarray(derivatives, dtype),
    )
  assert actual.dtype == dtype
  assert reference.relative_error(actual, expected) < tolerance


def test_graves_rmsprop_equals_optax_in_float64():
  start, derivatives = np.arange(4.0), derivatives_of_many_sizes(300)
  theirs = optax.rmsprop(
    1e-4, decay=0.95, eps=1e-4, centered=True, momentum=0.9
  )
  with jax.enable_x64(True):
    actual, expected = (
      weights_after_each_update(optimizer, start, derivatives)
      for optimizer in (optimizers.graves_rmsprop(), theirs)
    )
  assert reference.relative_error(actual, expected) < 1e-9


def test_a_constant_derivative_stays_finite_in_float32():
  # Optax's own is NaN after some 250 updates: n - g^2 rounds below -eps.
  start = np.zeros(1, np.float32)
  derivatives = np.full((1000, 1), 10.0, np.float32)
  weights = weights_after_each_update(
    optimizers.graves_rmsprop(), start, derivatives
  )
  assert np.all(np.isfinite(weights))
