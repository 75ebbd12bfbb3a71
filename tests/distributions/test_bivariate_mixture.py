"""The mixture density against the NumPy transcription, and its samples."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from graves_jax.distributions import bivariate_mixture as mixture

MIXTURES = 3
FLOOR = 0.02
DRAWS = 100_000

# Where the raw outputs of M = 3 stand.
E = 0
PI, MU, SIGMA = slice(1, 4), slice(4, 10), slice(10, 16)
RHO = slice(16, 19)


@pytest.fixture
def x64():
  with jax.enable_x64(True):
    yield


def random_case(size=12, seed=0):
  """Raw outputs [size, 19] and points [size, 3], some at floor and limit."""
  rng = np.random.default_rng(seed)
  raw = rng.normal(size=(size, 6 * MIXTURES + 1))
  raw[0, SIGMA.start] = -6.0  # below log FLOOR
  raw[1, RHO.start] = 7.0
  return raw, reference.random_points(rng, size)


@pytest.mark.parametrize(
  ("dtype", "tolerance"), [("float64", 1e-6), ("float32", 1e-4)]
)
def test_log_density_and_derivatives(x64, dtype, tolerance):
  raw, points = random_case()

  def nats(raw, points):
    return -mixture.log_prob(raw, points, sigma_floor=FLOOR)

  run = jax.jit(jax.vmap(jax.value_and_grad(nats)))
  values, gradients = run(jnp.asarray(raw, dtype), jnp.asarray(points, dtype))
  assert values.dtype == gradients.dtype == dtype
  for n in range(len(raw)):
    expected, _ = reference.mixture_log_prob(raw[n], points[n], FLOOR)
    assert reference.relative_error(values[n], -expected) < tolerance
    # Eqs. (27)-(37)
    expected = reference.mixture_derivatives(raw[n], points[n], FLOOR)
    assert reference.relative_error(gradients[n], expected) < tolerance


def test_log_density_takes_any_leading_dimensions(x64):
  raw, points = random_case()
  log_prob = jax.jit(functools.partial(mixture.log_prob, sigma_floor=FLOOR))
  flat = log_prob(raw, points)
  shaped = log_prob(raw.reshape(3, 4, -1), points.reshape(3, 4, 3))
  np.testing.assert_allclose(shaped.reshape(12), flat, rtol=1e-12)


@pytest.mark.parametrize("floored", [False, True])
def test_density_integrates_to_one(x64, floored):
  raw = np.random.default_rng(3).normal(size=6 * MIXTURES + 1)
  width, center = 14.0, 0.0
  raw[SIGMA] = np.clip(raw[SIGMA], -1.2, 0.8)
  if floored:  # the whole density at a point, but for the floor
    raw[SIGMA], raw[MU], width, center = -50.0, 0.3, 0.2, 0.3
  axis = center + np.linspace(-width, width, 701)
  cell = (axis[1] - axis[0]) ** 2
  first, second = np.meshgrid(axis, axis)
  total = 0.0
  for end_of_stroke in (0.0, 1.0):
    points = np.stack(
      [first, second, np.full_like(first, end_of_stroke)], axis=-1
    )
    log_prob = jax.jit(mixture.log_prob)(raw, points, sigma_floor=FLOOR)
    total += cell * np.exp(log_prob).sum()
  np.testing.assert_allclose(total, 1.0, rtol=1e-6)


def test_end_of_stroke_sign():
  # Eq. (18) is 1 / (1 + exp(e)): a large raw output keeps the pen down.
  raw = np.zeros(7, np.float32)
  raw[0] = 8.0
  points = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]], np.float32)
  down, up = jax.jit(mixture.log_prob)(np.stack([raw, raw]), points)
  np.testing.assert_allclose(down - up, 8.0, rtol=1e-5)
  assert _parameters(raw).end_of_stroke < 0.001


@pytest.mark.parametrize("end_of_stroke", [0.0, 1.0])
@pytest.mark.parametrize(
  "point", [(0.0, 0.0), (3e4, -3e4), (1e-20, 5.0), (-1e6, 1e6)]
)
def test_extreme_outputs_give_finite_numbers(point, end_of_stroke):
  extremes = [np.zeros(19, np.float32)]
  for where, values in [
    (E, (-100.0, 100.0)),
    (PI, ([100.0, -100.0, 0.0], [-100.0, -100.0, 100.0])),
    (MU, (-1e4, 1e4)),
    (SIGMA, (-50.0, 50.0, [-50.0, 50.0, -50.0, 50.0, -50.0, 50.0])),
    (RHO, (-50.0, 50.0, [50.0, -50.0, 0.0])),
  ]:
    for value in values:
      for base in extremes[:1] + extremes[-1:]:  # alone, and with the last
        raw = base.copy()
        raw[where] = value
        extremes.append(raw)
  raw = np.stack(extremes)
  points = np.broadcast_to(
    np.array([*point, end_of_stroke], np.float32), (len(raw), 3)
  )
  values, gradients = _value_and_gradient(raw, points)
  assert np.all(np.isfinite(values))
  assert np.all(np.isfinite(gradients))
  y = _parameters(raw)
  assert all(np.all(np.isfinite(x)) for x in y)
  assert np.all(y.stddevs > 0)
  assert np.all(np.abs(y.correlations) < 1)


_value_and_gradient = jax.jit(
  jax.vmap(jax.value_and_grad(lambda raw, x: -mixture.log_prob(raw, x)))
)
_parameters = jax.jit(mixture.parameters)


@pytest.mark.parametrize("bias", [0.0, 0.5, 3.0])
def test_parameters_equal_the_equations(x64, bias):
  raw, _ = random_case()
  run = functools.partial(mixture.parameters, sigma_floor=FLOOR, bias=bias)
  actual = jax.jit(run)(raw)
  for n in range(len(raw)):
    expected = reference.mixture_parameters(raw[n], FLOOR, bias)
    for one, other in zip(actual, expected, strict=True):
      assert reference.relative_error(one[n], other) < 1e-6


def test_bias_may_differ_from_line_to_line(x64):
  raw, _ = random_case(size=3)
  biases = np.array([0.0, 1.0, 5.0])
  run = functools.partial(mixture.parameters, sigma_floor=FLOOR)
  together = jax.jit(run)(raw, bias=biases)
  for n, bias in enumerate(biases):
    expected = reference.mixture_parameters(raw[n], FLOOR, bias)
    for one, other in zip(together, expected, strict=True):
      assert reference.relative_error(one[n], other) < 1e-6


def test_mean_equals_the_equations(x64):
  raw, _ = random_case(size=3)
  actual = jax.jit(mixture.mean)(raw)
  for n in range(3):
    e, pi, mu, _, _ = reference.mixture_parameters(raw[n], FLOOR)
    expected = np.array([*(pi @ mu), e])
    assert reference.relative_error(actual[n], expected) < 1e-6


_sample = jax.jit(
  lambda key, raw, bias: mixture.sample(
    key, jnp.broadcast_to(raw, (DRAWS, raw.size)), sigma_floor=FLOOR, bias=bias
  )
)


@pytest.mark.parametrize("bias", [0.0, 1.5])
def test_samples_have_the_moments_of_the_density(bias):
  raw = np.random.default_rng(5).normal(size=19)
  raw[RHO.start] = 1.5
  e, pi, mu, sigma, rho = reference.mixture_parameters(raw, FLOOR, bias)
  mean = pi @ mu
  covariance = np.zeros([2, 2])
  for j in range(MIXTURES):
    shared = rho[j] * sigma[j, 0] * sigma[j, 1]
    within = [[sigma[j, 0] ** 2, shared], [shared, sigma[j, 1] ** 2]]
    between = np.outer(mu[j] - mean, mu[j] - mean)
    covariance += pi[j] * (within + between)

  draws = np.array(_sample(jax.random.key(0), raw, bias), np.float64)
  assert set(draws[:, 2]) == {0.0, 1.0}
  # Five standard errors of each estimate.
  np.testing.assert_array_less(
    abs(draws[:, 2].mean() - e), 5 * np.sqrt(e * (1 - e) / DRAWS)
  )
  offsets = draws[:, :2]
  np.testing.assert_array_less(
    abs(offsets.mean(0) - mean), 5 * np.sqrt(np.diag(covariance) / DRAWS)
  )
  products = np.einsum("ni,nj->nij", offsets - mean, offsets - mean)
  np.testing.assert_array_less(
    abs(products.mean(0) - covariance), 5 * products.std(0) / np.sqrt(DRAWS)
  )


def test_samples_choose_components_by_weight_and_keep_their_shape():
  raw = np.zeros(19)
  raw[PI] = np.log([0.2, 0.5, 0.3])
  raw[MU] = [-100, 0, 100, 10, 20, 30]
  raw[SIGMA] = np.log([0.5, 1.0, 2.0, 1.0, 3.0, 0.1])
  raw[RHO] = np.arctanh([0.9, -0.5, 0.0])
  draws = np.array(_sample(jax.random.key(1), raw, 0.0), np.float64)
  _, pi, mu, sigma, rho = reference.mixture_parameters(raw, FLOOR)
  for j, nearest in enumerate([-100, 0, 100]):
    mine = draws[np.abs(draws[:, 0] - nearest) < 50, :2]
    error = 5 * np.sqrt(pi[j] * (1 - pi[j]) / DRAWS)
    assert abs(len(mine) / DRAWS - pi[j]) < error
    np.testing.assert_array_less(
      abs(mine.mean(0) - mu[j]), 5 * sigma[j] / np.sqrt(len(mine))
    )
    np.testing.assert_allclose(mine.std(0), sigma[j], rtol=0.03)
    np.testing.assert_allclose(np.corrcoef(mine.T)[0, 1], rho[j], atol=0.03)


def test_an_endless_bias_emits_the_heaviest_mean():
  raw = np.random.default_rng(6).normal(size=19)
  raw[PI] = [0.3, 0.5, 0.1]
  draws = np.array(_sample(jax.random.key(2), raw, 1000.0))
  heaviest = raw[[MU.start + 1, MU.start + 4]]
  np.testing.assert_allclose(
    draws[:, :2], np.broadcast_to(heaviest, (DRAWS, 2)), rtol=1e-6
  )
  # Section 5.4 biases the mixture alone: the pen still lifts by chance.
  assert 0 < draws[:, 2].mean() < 1


def test_samples_depend_on_the_key_alone():
  raw = np.random.default_rng(7).normal(size=19)
  one = np.array(_sample(jax.random.key(3), raw, 0.0))
  np.testing.assert_array_equal(one, _sample(jax.random.key(3), raw, 0.0))
  assert np.any(one != _sample(jax.random.key(4), raw, 0.0))


def test_width():
  assert mixture.width(20) == 121
