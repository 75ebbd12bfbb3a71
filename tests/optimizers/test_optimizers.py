"""Graves' RMSProp against the NumPy transcription and Optax."""

import typing

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import reference

from graves_jax.config import (
  SGD,
  Adam,
  Cosine,
  OptimizerConfig,
  RMSProp,
  Trapezoid,
)
from graves_jax.noise.adaptive_weight_noise import AdaptiveParams
from graves_jax.optimizers.build import build_optimizer
from graves_jax.optimizers.graves_rmsprop import graves_rmsprop
from graves_jax.optimizers.schedules import learning_rate_schedule


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
      graves_rmsprop(),
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
      for optimizer in (graves_rmsprop(), theirs)
    )
  assert reference.relative_error(actual, expected) < 1e-9


def test_a_constant_derivative_stays_finite_in_float32():
  # Optax's own is NaN after some 250 updates: n - g^2 rounds below -eps.
  start = np.zeros(1, np.float32)
  derivatives = np.full((1000, 1), 10.0, np.float32)
  weights = weights_after_each_update(graves_rmsprop(), start, derivatives)
  assert np.all(np.isfinite(weights))


def test_a_cosine_schedule_warms_up_and_ends_at_its_share():
  config = Cosine(warmup_steps=10, final_share=0.1)
  rate = learning_rate_schedule(config, 2.0, 100)
  np.testing.assert_allclose(rate(0), 0)
  np.testing.assert_allclose(rate(5), 1.0)
  np.testing.assert_allclose(rate(10), 2.0)
  np.testing.assert_allclose(rate(55), 1.1, rtol=1e-5)  # half-way down
  np.testing.assert_allclose(rate(100), 0.2, rtol=1e-5)


def test_a_run_whose_warm_up_is_cut_is_never_level():
  schedule = Trapezoid(warmup_steps=150)
  assert schedule.descent_begins(100) == 0  # so that it keeps its length
  assert schedule.descent_begins(1000) == 750


def test_a_trapezoid_is_level_between_warm_up_and_descent():
  config = Trapezoid(warmup_steps=10, descent_share=0.2, final_share=0.1)
  rate = learning_rate_schedule(config, 2.0, 100)
  steps = [0, 5, 10, 50, 80, 90, 100]
  expected = [0, 1.0, 2.0, 2.0, 2.0, 1.1, 0.2]
  np.testing.assert_allclose([rate(k) for k in steps], expected, rtol=1e-5)


@pytest.mark.parametrize("schedule", [Cosine, Trapezoid])
@pytest.mark.parametrize("steps", [1, 2, 10])
def test_a_run_shorter_than_its_warm_up_has_a_schedule(steps, schedule):
  rate = learning_rate_schedule(schedule(warmup_steps=10), 1.0, steps)
  rates = [rate(k) for k in range(steps + 1)]
  assert np.isfinite(rates).all()


def test_gradients_are_scaled_down_to_the_greatest_norm():
  config = Adam(learning_rate=1.0, epsilon=1.0, max_gradient_norm=1e-3)
  optimizer = build_optimizer(config, 1)
  params = {"w": jnp.zeros(2)}
  updates, _ = optimizer.update(
    {"w": jnp.array([30.0, 40.0])}, optimizer.init(params), params
  )
  # Adam's first step is g / (|g| + 1), with g of norm 1e-3.
  np.testing.assert_allclose(updates["w"], [-6e-4, -8e-4], rtol=1e-2)


def two_updates(config, gradients):
  """The updates of one weight by build_optimizer's optimizer."""
  optimizer = build_optimizer(config, 10)
  state, updates = optimizer.init(jnp.zeros(())), []
  for gradient in gradients:
    update, state = optimizer.update(jnp.float32(gradient), state)
    updates.append(float(update))
  return updates


def test_sgd_accumulates_steps_as_the_paper_does():
  config = SGD(learning_rate=0.1, momentum=0.9)
  np.testing.assert_allclose(
    two_updates(config, (2.0, -1.0)), [-0.2, 0.9 * -0.2 + 0.1], rtol=1e-6
  )


def test_rmsprop_divides_by_the_root_of_the_average_square():
  config = RMSProp(learning_rate=0.1, decay=0.5, epsilon=0.0)
  np.testing.assert_allclose(
    two_updates(config, (2.0, 4.0)),
    [-0.1 * 2 / 2**0.5, -0.1 * 4 / (0.5 * 2 + 0.5 * 16) ** 0.5],
    rtol=1e-4,
  )


def test_means_are_clipped_and_deviations_are_not():
  config = SGD(learning_rate=1.0, momentum=0.0, max_gradient_norm=1.0)
  optimizer = build_optimizer(config, steps=1)
  gradient = AdaptiveParams(
    {"w": np.full(4, 2.0, "f4")}, {"w": np.full(4, 300.0, "f4")}
  )
  updates, _ = optimizer.update(gradient, optimizer.init(gradient))
  np.testing.assert_allclose(updates.mean["w"], -0.5)
  np.testing.assert_allclose(updates.stddev["w"], -300.0)


@pytest.mark.parametrize("kind", typing.get_args(OptimizerConfig))
def test_every_optimizer_goes_downhill(kind):
  config = kind(learning_rate=0.01)
  first, *_ = two_updates(config, (2.0, 2.0))
  assert first < 0
