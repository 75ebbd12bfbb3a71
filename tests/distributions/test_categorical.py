"""The softmax against the NumPy transcription, and its samples."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from graves_jax.distributions import categorical

CLASSES, DRAWS = 6, 60_000
RAW = np.random.default_rng(0).normal(size=CLASSES).astype(np.float32)


@pytest.fixture
def x64():
  with jax.enable_x64(True):
    yield


def random_case(size=20):
  """Raw outputs [size, K], some of them large, and classes, some not scored."""
  rng = np.random.default_rng(1)
  raw = rng.normal(size=(size, CLASSES)) * rng.choice([1, 40], (size, 1))
  return raw, rng.integers(-1, CLASSES, size)


@pytest.mark.parametrize(
  ("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)]
)
def test_log_prob_and_derivatives_equal_the_equations(x64, dtype, tolerance):
  raw, classes = random_case()

  def nats(raw):
    log_prob = categorical.log_prob(raw, classes)
    return -log_prob.sum(), log_prob

  gradients, log_prob = jax.jit(jax.grad(nats, has_aux=True))(
    jnp.asarray(raw, dtype)
  )
  assert log_prob.dtype == gradients.dtype == dtype
  assert {-1, 0, CLASSES - 1} <= set(classes)
  for n, target in enumerate(classes):
    if target < 0:
      assert log_prob[n] == 0
      np.testing.assert_array_equal(gradients[n], 0)
      continue
    expected = np.log(reference.softmax(raw[n])[target])
    assert reference.relative_error(log_prob[n], expected) < tolerance
    expected = reference.softmax_derivatives(raw[n], target)  # Eq. (14)
    np.testing.assert_allclose(gradients[n], expected, atol=tolerance)


def test_derivatives_scale_with_those_from_above(x64):
  raw, classes = random_case()
  weights = np.random.default_rng(2).normal(size=len(raw))

  def weighted(raw):
    return -(weights * categorical.log_prob(raw, classes)).sum()

  gradients = jax.jit(jax.grad(weighted))(raw)
  for n, target in enumerate(classes):
    expected = weights[n] * reference.softmax_derivatives(raw[n], target)
    np.testing.assert_allclose(
      gradients[n], expected if target >= 0 else 0 * expected, atol=1e-12
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_padding_is_nothing_whatever_the_outputs(bad):
  raw = np.stack([RAW, np.full_like(RAW, bad)])
  classes = np.array([2, -1])
  values, pull_back = jax.vjp(
    jax.jit(lambda raw: categorical.log_prob(raw, classes)), raw
  )
  (gradients,) = pull_back(jnp.ones(2))
  assert values[1] == 0
  np.testing.assert_array_equal(gradients[1], 0)
  assert np.all(np.isfinite(gradients[0]))


def test_large_outputs_give_finite_numbers():
  raw = np.array([[1e4, -1e4, 0, 3e38]], np.float32)
  for target in range(4):
    classes = np.array([target])
    value, gradient = jax.value_and_grad(
      lambda raw, classes: categorical.log_prob(raw, classes).sum()
    )(raw, classes)
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))


def test_a_class_out_of_range_is_not_passed_over():
  assert np.isnan(categorical.log_prob(RAW, np.array(CLASSES)))


def test_probabilities_sum_to_one():
  raw, _ = random_case()
  y = categorical.parameters(jnp.asarray(raw, jnp.float32))
  np.testing.assert_allclose(y.sum(-1), 1, rtol=1e-6)
  for n in range(len(raw)):
    np.testing.assert_allclose(y[n], reference.softmax(raw[n]), atol=1e-6)


def test_probabilities_are_those_that_log_prob_scores():
  every = np.arange(CLASSES)
  log_prob = categorical.log_prob(
    jnp.broadcast_to(RAW, (CLASSES, CLASSES)), every
  )
  np.testing.assert_allclose(
    np.exp(log_prob), categorical.parameters(RAW), rtol=1e-6
  )


def test_error_is_the_most_probable_class_being_another():
  raw = jnp.array([[0.0, 2.0, 1.0]] * 4)
  found = categorical.error(raw, jnp.array([1, 0, 2, -1]))
  np.testing.assert_array_equal(found, [False, True, True, False])


@functools.partial(jax.jit, static_argnames="top_k")
def draw(seed, raw, temperature, top_k=None):
  """Draws [DRAWS, ...] of raw outputs."""
  return categorical.sample(
    jax.random.key(seed),
    jnp.broadcast_to(raw, (DRAWS, *raw.shape)),
    temperature=temperature,
    top_k=top_k,
  )


def chi_square(draws, probabilities):
  """Pearson's statistic of draws from the given probabilities."""
  counts = np.bincount(draws, minlength=len(probabilities))
  expected = DRAWS * probabilities
  return np.sum((counts - expected) ** 2 / expected)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_samples_have_the_frequencies_of_the_density(temperature):
  draws = draw(0, RAW, temperature)
  expected = reference.softmax(RAW.astype(np.float64) / temperature)
  assert chi_square(draws, expected) < 20.5  # 0.1 % of 5 degrees of freedom


def test_chi_square_tells_another_temperature():
  assert chi_square(draw(0, RAW, 1.0), reference.softmax(RAW / 1.2)) > 50


def test_top_k_draws_among_the_most_probable_only():
  draws = np.asarray(draw(1, RAW, 1.0, top_k=3))
  likely = np.sort(np.argsort(RAW)[-3:])
  assert set(draws) == set(likely)
  kept = reference.softmax(RAW[likely].astype(np.float64))
  found = np.searchsorted(likely, draws)
  assert chi_square(found, kept) < 13.8  # 0.1 % of 2 degrees of freedom


def test_top_k_draws_no_more_classes_where_several_are_equal():
  assert len(set(np.asarray(draw(2, np.zeros(5), 1.0, top_k=2)))) == 2


def test_top_k_of_all_classes_changes_nothing():
  np.testing.assert_array_equal(
    draw(3, RAW, 1.0, top_k=CLASSES + 1), draw(3, RAW, 1.0)
  )


@pytest.mark.parametrize("temperature", [0.0, 1e-45, 1e-38, 1e-10])
@pytest.mark.parametrize("top_k", [None, 2])
def test_the_coldest_samples_are_the_most_probable(temperature, top_k):
  raw = np.array([3e4, 2.0, 3e4 + 1, -3e38], np.float32)
  assert set(np.asarray(draw(4, raw, temperature, top_k=top_k))) == {2}


def test_greedy_takes_the_first_of_equals():
  assert set(np.asarray(draw(5, np.zeros(4), 0.0))) == {0}


def test_temperature_may_differ_from_line_to_line():
  raw = np.stack([RAW, RAW])
  draws = np.asarray(draw(6, raw, np.array([0.0, 1.0])))
  assert set(draws[:, 0]) == {np.argmax(RAW)}
  assert chi_square(draws[:, 1], reference.softmax(RAW)) < 20.5


def test_samples_depend_on_the_key_alone():
  one = draw(7, RAW, 1.0)
  np.testing.assert_array_equal(one, draw(7, RAW, 1.0))
  assert np.any(one != draw(8, RAW, 1.0))


@pytest.mark.parametrize("temperature", [-0.1, float("nan"), np.float32(-1)])
def test_a_temperature_below_zero_is_refused(temperature):
  with pytest.raises(ValueError, match="temperature"):
    categorical.sample(jax.random.key(0), RAW, temperature=temperature)


@pytest.mark.parametrize("top_k", [0, -3])
def test_a_top_k_below_one_is_refused(top_k):
  with pytest.raises(ValueError, match="top_k"):
    categorical.sample(jax.random.key(0), RAW, top_k=top_k)


def test_the_gradient_is_the_only_array_of_the_size_of_the_outputs():
  # Neither a one-hot array, not even of booleans, nor probabilities.
  raw = jax.ShapeDtypeStruct((64, 5000), jnp.float32)
  classes = jax.ShapeDtypeStruct((64,), jnp.int32)
  compiled = (
    jax.jit(jax.value_and_grad(lambda x, c: categorical.log_prob(x, c).sum()))
    .lower(raw, classes)
    .compile()
  )
  assert compiled.memory_analysis().temp_size_in_bytes < 64 * 5000
