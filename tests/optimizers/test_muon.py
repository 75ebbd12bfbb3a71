"""Muon against a float64 NumPy transcription, and on several devices."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import reference

from graves_jax.devices.parallel import AXIS, over_devices
from graves_jax.layers.lstm import LSTMParams
from graves_jax.layers.tanh import RNNParams
from graves_jax.noise.adaptive_weight_noise import AdaptiveParams
from graves_jax.optimizers.muon import (
  SMALLEST,
  STEPS,
  orthogonal,
  scale_by_muon,
)

HIDDEN = 6


def random_params(seed, first_inputs=5):
  """Two LSTM layers and an output, float32."""
  random = np.random.default_rng(seed)

  def normal(*shape):
    return random.normal(size=shape).astype(np.float32)

  def layer(inputs):
    return LSTMParams(
      inputs=normal(inputs, 4 * HIDDEN),
      recurrent=normal(HIDDEN, 4 * HIDDEN),
      peephole=normal(3, HIDDEN),
      bias=normal(4 * HIDDEN),
    )

  return {
    "params": {
      "layer_1": layer(first_inputs),
      "layer_2": layer(first_inputs + HIDDEN),
      "output": {"weights": normal(2 * HIDDEN, 3)},
    }
  }


def updates_of(optimizer, gradients):
  state, made = optimizer.init(gradients[0]), []
  update = jax.jit(optimizer.update)
  for gradient in gradients:
    scaled, state = update(gradient, state)
    made.append(scaled)
  return made


GRADIENTS = [random_params(seed) for seed in range(3)]


def leaves_by_name(tree):
  return {
    jax.tree_util.keystr(path): np.asarray(leaf)
    for path, leaf in jax.tree.leaves_with_path(tree)
  }


def test_updates_equal_the_transcription():
  made = updates_of(scale_by_muon(0.9, 0.8, 0.7, 1e-6), GRADIENTS)
  given = [leaves_by_name(gradient) for gradient in GRADIENTS]
  for name in given[0]:
    series = [gradients[name].astype(np.float64) for gradients in given]
    is_matrix = "recurrent" in name or "layer_2'].inputs" in name
    expected = (
      reference.muon(series, momentum=0.9, gates=4)
      if is_matrix
      else reference.adam(series, first=0.8, second=0.7, eps=1e-6)
    )
    for update, wanted in zip(made, expected, strict=True):
      actual = leaves_by_name(update)[name]
      assert reference.relative_error(actual, wanted) < 1e-4, name


@pytest.mark.parametrize("shape", [(8, 8), (12, 5), (5, 12)])
def test_singular_values_come_close_to_one(shape):
  matrix = np.random.default_rng(0).normal(size=shape).astype(np.float32)
  values = np.linalg.svd(orthogonal(jnp.asarray(matrix)), compute_uv=False)
  assert values.min() > 0.6 and values.max() < 1.4


def test_each_step_is_the_best_for_the_values_that_it_meets():
  """Chebyshev: the polynomial that stays closest to 1 is as far from it, on
  alternate sides, in one place more than it has numbers."""
  low, high = SMALLEST, 1.0
  for p, q, r in STEPS:
    turns = np.sqrt(np.sort(np.roots([5 * r, 3 * q, p])))
    x = np.array([low, *turns, high])
    assert np.all(np.diff(x) > 0)
    away = (p * x + q * x**3 + r * x**5 - 1) * [-1, 1, -1, 1]
    np.testing.assert_allclose(away, away[1], atol=1e-3)  # of four decimals
    low, high = 1 - away[1], 1.02 * (1 + away[1])
  assert low > 0.65


def test_all_values_that_are_not_tiny_come_close_to_one():
  """Half of them the smallest that the steps are made for."""
  random = np.random.default_rng(0)
  left, right = (np.linalg.qr(random.normal(size=(40, 40)))[0] for _ in "ab")
  values = np.geomspace(SMALLEST, 0.5, 40)
  values[::2] = SMALLEST
  values[-1] = np.sqrt(1 - (values[:-1] ** 2).sum())
  matrix = jnp.asarray((left * values) @ right, jnp.float32)
  made = np.linalg.svd(orthogonal(matrix), compute_uv=False)
  assert made.min() > 0.65 and made.max() < 1.35


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_matrix_of_rank_one_comes_out_with_a_norm_near_one(precision):
  """Its one singular value is as large as any can be."""
  ones = jnp.ones((300, 200))
  np.testing.assert_allclose(
    orthogonal(ones, precision) * np.sqrt(300 * 200), ones, atol=0.4
  )


def test_directions_are_kept():
  """A positive multiple of a matrix gives the same, and so does a turn."""
  random = np.random.default_rng(0)
  matrix = random.normal(size=(7, 7)).astype(np.float32)
  turn = np.linalg.qr(random.normal(size=(7, 7)))[0].astype(np.float32)
  made = orthogonal(jnp.asarray(matrix))
  np.testing.assert_allclose(orthogonal(1e3 * matrix), made, atol=1e-5)
  np.testing.assert_allclose(orthogonal(turn @ matrix), turn @ made, atol=1e-4)


def test_bfloat16_products_are_close():
  matrix = np.random.default_rng(0).normal(size=(64, 48)).astype(np.float32)
  exact, rounded = (
    orthogonal(jnp.asarray(matrix), precision)
    for precision in ("float32", "bfloat16")
  )
  assert 0 < reference.relative_error(rounded, exact) < 0.05


def test_an_optax_matrix_by_the_same_rule():
  matrix = jnp.asarray(
    np.random.default_rng(1).normal(size=(9, 6)).astype(np.float32)
  )
  theirs = optax.contrib.scale_by_muon(
    ns_coeffs=STEPS,
    ns_steps=len(STEPS),
    beta=0.0,
    nesterov=False,
    eps=0.01 * float(jnp.linalg.norm(matrix)),
  )
  expected, _ = theirs.update(matrix, theirs.init(matrix))
  np.testing.assert_allclose(orthogonal(matrix), expected, atol=1e-5)


@pytest.mark.parametrize("parallel", ["shard_map", "pmap"])
def test_devices_share_matrices_out_and_agree(parallel):
  """Eight and four matrices over two devices, and over one."""

  def made(devices):
    optimizer = scale_by_muon(axis=AXIS)
    mapped = over_devices(jax.devices()[:devices], parallel)

    def body(gradient, rows):
      return optimizer.update(gradient, optimizer.init(gradient))[0], rows

    rows = mapped.shard((np.zeros((2, 1), np.float32),))
    return mapped.map(body)(mapped.replicate(GRADIENTS[0]), rows)[0]

  one, two = (leaves_by_name(jax.device_get(made(n))) for n in (1, 2))
  for name, expected in one.items():
    np.testing.assert_allclose(two[name], expected, atol=1e-5)


def test_matrices_that_do_not_divide_among_devices():
  def tree(seed):  # one matrix of this shape
    random = np.random.default_rng(seed)
    recurrent = random.normal(size=(5, 5)).astype(np.float32)
    return {"layer_1": RNNParams(recurrent, recurrent, np.zeros(5, "f"))}

  mapped = over_devices(jax.devices()[:2])
  optimizer, alone = scale_by_muon(axis=AXIS), scale_by_muon()

  def body(gradient, rows):
    return optimizer.update(gradient, optimizer.init(gradient))[0], rows

  rows = mapped.shard((np.zeros((2, 1), np.float32),))
  shared, _ = mapped.map(body)(mapped.replicate(tree(0)), rows)
  expected, _ = alone.update(tree(0), alone.init(tree(0)))
  np.testing.assert_allclose(
    shared["layer_1"].recurrent, expected["layer_1"].recurrent, atol=1e-5
  )


def test_deviations_of_adaptive_noise_go_by_adam():
  gradient = AdaptiveParams(random_params(0), random_params(1))
  (update,) = updates_of(scale_by_muon(), [gradient])
  adam = optax.scale_by_adam(0.9, 0.99, 1e-8)
  expected, _ = adam.update(gradient.stddev, adam.init(gradient.stddev))
  for one, other in zip(
    jax.tree.leaves(update.stddev), jax.tree.leaves(expected), strict=True
  ):
    np.testing.assert_allclose(one, other, rtol=1e-5)
  means = update.mean["params"]["layer_2"].recurrent
  values = np.linalg.svd(means[:, :HIDDEN], compute_uv=False)
  assert values.min() > 0.1 * values.max()  # a gradient's own are far apart
