"""The soft window against the NumPy transcription."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from graves_jax.layers import window

BATCH, WINDOWS, ALPHABET = 3, 2, 5
LENGTHS = (6, 4, 1)  # characters of each text

every_platform = pytest.mark.parametrize("platform", ["cpu", "default"])


@pytest.fixture(autouse=True)
def x64():
  with jax.enable_x64(True):
    yield


def random_case(seed=0):
  rng = np.random.default_rng(seed)
  raw = 0.5 * rng.normal(size=(BATCH, 3 * WINDOWS))
  kappa = 3 * rng.random(size=(BATCH, WINDOWS))
  characters = rng.integers(ALPHABET, size=(BATCH, max(LENGTHS)))
  mask = np.arange(max(LENGTHS)) < np.array(LENGTHS)[:, None]
  return raw, kappa, characters, mask.astype(float)


def advance(raw, kappa, characters, mask):
  alpha, beta, kappa = window.window_parameters(raw, kappa)
  phi = window.window_weights(alpha, beta, kappa, characters.shape[-1])
  return window.soft_window(phi, characters, mask, ALPHABET), kappa, phi


def on_platform(monkeypatch, platform):
  """Takes a platform's own branch everywhere, whichever one this is."""
  monkeypatch.setattr(
    jax.lax,
    "platform_dependent",
    lambda *args, **branches: branches[platform](*args),
  )


@every_platform
@pytest.mark.parametrize(
  ("dtype", "tolerance"), [("float64", 1e-6), ("float32", 1e-4)]
)
def test_window_and_gradients_equal_the_equations(
  monkeypatch, platform, dtype, tolerance
):
  on_platform(monkeypatch, platform)
  raw, kappa, characters, mask = random_case()
  rng = np.random.default_rng(1)
  on_window = rng.normal(size=(BATCH, ALPHABET))
  on_kappa = rng.normal(size=(BATCH, WINDOWS))

  def cast(x):
    return jnp.asarray(x, dtype)

  @jax.jit
  def results_and_gradients(raw, kappa, on_window, on_kappa):
    def results(raw, kappa):
      w, kappa, phi = advance(raw, kappa, characters, cast(mask))
      return (w, kappa), phi

    found, pull_back, phi = jax.vjp(results, raw, kappa, has_aux=True)
    return *found, phi, *pull_back((on_window, on_kappa))

  found = results_and_gradients(*map(cast, (raw, kappa, on_window, on_kappa)))
  for b, length in enumerate(LENGTHS):
    text = characters[b, :length]
    *expected, saved = reference.window_step(raw[b], kappa[b], text, ALPHABET)
    expected += reference.window_step_backward(saved, on_window[b], on_kappa[b])
    actual = [np.array(x[b]) for x in found]
    actual[2] = actual[2][:length]  # phi of the text; the rest is padding
    for one, other in zip(actual, expected, strict=True):
      assert reference.relative_error(one, other) < tolerance


def test_weights_past_the_text_serve_the_stop_rule():
  rng = np.random.default_rng(2)
  alpha, beta = rng.random(size=(2, 40, WINDOWS)) + 0.5
  kappa = 9 * rng.random(size=(40, WINDOWS))
  phi = np.array(window.window_weights(alpha, beta, kappa, 6))
  finished = np.all(phi[:, -1:] > phi[:, :-1], axis=-1)
  expected = [
    reference.is_finished(alpha[n], beta[n], kappa[n], 5) for n in range(40)
  ]
  assert 0 < sum(expected) < 40
  np.testing.assert_array_equal(finished, expected)


def test_padding_of_the_text_changes_no_bit():
  raw, kappa, characters, mask = random_case()
  other = np.where(mask == 1, characters, (characters + 1) % ALPHABET)

  def total(raw, kappa, characters):
    w, kappa, _ = advance(raw, kappa, characters, mask)
    return jnp.sum(jnp.sin(w)) + jnp.sum(kappa), w

  run = jax.jit(jax.grad(total, (0, 1), has_aux=True))
  for one, two in zip(
    jax.tree.leaves(run(raw, kappa, characters)),
    jax.tree.leaves(run(raw, kappa, other)),
    strict=True,
  ):
    np.testing.assert_array_equal(one, two)


def test_window_of_a_sharp_peak_reads_one_character():
  raw = np.array([[0.0, 5.0, np.log(2.0)]])  # alpha 1, beta e^5, kappa + 2
  text, mask = np.array([[4, 1, 3]]), np.ones((1, 3))
  w, kappa, _ = jax.jit(advance)(raw, np.ones((1, 1)), text, mask)
  np.testing.assert_allclose(kappa, [[3.0]])
  np.testing.assert_allclose(w, [[0, 0, 0, 1, 0]], atol=1e-12)


@every_platform
def test_repeated_characters_add_up(monkeypatch, platform):
  on_platform(monkeypatch, platform)
  phi = jnp.array([[0.25, 0.5, 1.0]])
  w = window.soft_window(phi, jnp.array([[2, 0, 2]]), jnp.ones((1, 3)), 4)
  np.testing.assert_array_equal(w, [[0.5, 0, 1.25, 0]])


def test_initial_weights():
  params = window.init_window(
    jax.random.key(0), 50, 4, weight_range=0.2, bias=(1.0, 2.0, 3.0)
  )
  weights = np.asarray(params.weights)
  assert weights.shape == (50, 12)
  assert 0.19 < np.max(np.abs(weights)) <= 0.2
  np.testing.assert_array_equal(params.bias, [1] * 4 + [2] * 4 + [3] * 4)


def test_extreme_raw_outputs_stay_finite_and_so_do_their_derivatives():
  raw = np.array([[60.0, 90.0, -90.0, 500.0, 90.0, 1e30]])

  def total(raw):
    alpha, beta, kappa = window.window_parameters(raw, np.zeros((1, 2)))
    phi = window.window_weights(alpha, beta, kappa, 5)
    return phi.sum() + kappa.sum()

  value, derivative = jax.value_and_grad(total)(jnp.asarray(raw))
  assert np.isfinite(value)
  assert np.isfinite(derivative).all()
