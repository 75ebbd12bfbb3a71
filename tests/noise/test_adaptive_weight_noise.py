"""Adaptive weight noise against its equations and a known posterior."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import reference
import reference_noise

from graves_jax.checkpoints.state import init_state
from graves_jax.devices.parallel import AXIS, over_devices
from graves_jax.losses.sums import Keys
from graves_jax.noise.adaptive_weight_noise import (
  AdaptiveParams,
  adaptive_params,
  complexity,
  description_length,
  positive,
  prior,
  with_adaptive_weight_noise,
)
from graves_jax.training.step import train_body

WEIGHTS, ROWS, SEQUENCES, DEVIATION = 5, 4, 50, 0.7
both_pers = pytest.mark.parametrize("per", ["batch", "sequence"])
both_gradients = pytest.mark.parametrize(
  "gradient", ["squared", "reparameterized"]
)


class Sums(NamedTuple):
  nats: jax.Array
  elements: jax.Array
  sequences: jax.Array


class Rows(NamedTuple):
  x: np.ndarray  # [B, W]
  y: np.ndarray  # [B]


def linear_loss(deviation):
  """The linear model of reference_noise; it carries the weights it was given.

  Its weights are a tree: {"a": [1, 2], "b": [W - 2]}.
  """

  def loss(weights, carry, batch, keys):
    del carry, keys
    flat = jnp.concatenate([weights["a"].ravel(), weights["b"]])
    error = batch.y - batch.x @ flat
    count = jnp.asarray(len(batch.y), jnp.float32)
    nats = (error**2).sum() / (2 * deviation**2)
    seen = jnp.broadcast_to(flat, (len(batch.y), len(flat)))
    return Sums(nats, count, count), seen

  return loss


def tree(flat):
  flat = jnp.asarray(flat, jnp.float32)
  return {"a": flat[:2].reshape(1, 2), "b": flat[2:]}


def flat(weights):
  return np.concatenate([np.ravel(weights["a"]), weights["b"]])


def make_keys(seed=0, rows=ROWS):
  batch, row = jax.random.split(jax.random.key(seed))
  return Keys(batch, jax.random.split(row, rows))


def example(seed=0):
  """Posterior, and a batch, in float64."""
  rng = np.random.default_rng(seed)
  mu, sigma = rng.normal(size=WEIGHTS), rng.uniform(0.1, 0.5, WEIGHTS)
  return (
    mu,
    sigma,
    Rows(rng.normal(size=(ROWS, WEIGHTS)), rng.normal(size=ROWS)),
  )


def cast(batch):
  return Rows(*(jnp.asarray(x, jnp.float32) for x in batch))


def gradient_of(loss_fn):
  def nats(*arguments):
    sums, carry = loss_fn(*arguments)
    return sums.nats, (sums, carry)

  return jax.grad(nats, has_aux=True)


def adaptive_loss(**options):
  return with_adaptive_weight_noise(
    linear_loss(DEVIATION), SEQUENCES, **options
  )


def assert_close(one, other):
  for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_the_transcribed_gradients_are_those_of_the_whole_complexity():
  """The prior's own derivatives are zero: envelope theorem."""
  mu, sigma, _ = example()
  by_hand = reference_noise.complexity_gradients(mu, sigma)
  for array, gradient in zip((mu, sigma), by_hand, strict=True):
    for index in range(WEIGHTS):
      expected = reference.finite_difference(
        lambda: reference_noise.complexity(mu, sigma), array, (index,)
      )
      np.testing.assert_allclose(gradient[index], expected, rtol=1e-6)


def test_prior_and_complexity_equal_the_equations():
  mu, sigma, _ = example()
  params = AdaptiveParams(tree(mu), tree(sigma))
  expected = reference_noise.prior(mu, sigma)
  np.testing.assert_allclose(prior(params), expected, rtol=1e-5)
  nats = reference_noise.complexity(mu, sigma)
  np.testing.assert_allclose(complexity(params), nats, rtol=1e-5)
  gradient = jax.grad(complexity)(params)
  d_mu, d_sigma = reference_noise.complexity_gradients(mu, sigma)
  np.testing.assert_allclose(flat(gradient.mean), d_mu, rtol=1e-4)
  np.testing.assert_allclose(flat(gradient.stddev), d_sigma, rtol=1e-4)


def test_no_other_prior_has_a_lesser_complexity():
  mu, sigma, _ = example()
  mean, variance = (
    float(x) for x in prior(AdaptiveParams(tree(mu), tree(sigma)))
  )
  least = reference_noise.complexity_under(mu, sigma, mean, variance)
  for other in [(mean + 0.05, variance), (mean, 0.9 * variance)]:
    assert reference_noise.complexity_under(mu, sigma, *other) > least


def test_weights_that_equal_their_prior_cost_nothing():
  params = adaptive_params(tree(np.full(WEIGHTS, 0.3)))
  assert abs(complexity(params)) < 1e-5
  for stddev in jax.tree.leaves(params.stddev):
    np.testing.assert_array_equal(stddev, np.float32(0.075))


def test_description_length_is_in_bits():
  mu, sigma, _ = example()
  params = AdaptiveParams(tree(mu), tree(sigma))
  length = description_length(params, 1000.0)
  bits = reference_noise.complexity(mu, sigma) / np.log(2)
  expected = bits, bits / WEIGHTS, 1000 / np.log(2), bits + 1000 / np.log(2)
  np.testing.assert_allclose(length, expected, rtol=1e-5)


def test_positive_takes_the_size_of_sigma_and_leaves_mu():
  params = AdaptiveParams(
    {"w": jnp.array([-1.0, 0.0, 2.0])}, {"w": jnp.array([-0.5, 0.0, 0.25])}
  )
  mean, stddev = positive(params)
  np.testing.assert_array_equal(mean["w"], params.mean["w"])
  np.testing.assert_array_equal(stddev["w"], np.float32([0.5, 1e-6, 0.25]))
  assert np.isfinite(complexity(positive(params)))


@both_gradients
@both_pers
def test_without_keys_it_is_the_loss_at_the_mean(gradient, per):
  mu, sigma, batch = example()
  mean, batch = tree(mu), cast(batch)
  expected = gradient_of(linear_loss(DEVIATION))(mean, (), batch, None)
  actual = gradient_of(adaptive_loss(gradient=gradient, per=per))(
    AdaptiveParams(mean, tree(sigma)), (), batch, None
  )
  jax.tree.map(
    np.testing.assert_array_equal, (actual[0].mean, actual[1]), expected
  )
  assert not np.any(flat(actual[0].stddev))


@both_gradients
@both_pers
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_gradients_equal_the_equations_and_nats_are_the_datas(
  gradient, per, share
):
  mu, sigma, batch = example()
  loss_fn = adaptive_loss(gradient=gradient, per=per, complexity_share=share)
  params = AdaptiveParams(tree(mu), tree(sigma))
  actual, (sums, weights) = gradient_of(loss_fn)(
    params, (), cast(batch), make_keys()
  )
  assert len(np.unique(weights, axis=0)) == (1 if per == "batch" else ROWS)
  expected = reference_noise.gradients(
    mu,
    sigma,
    (np.float64(weights) - mu) / sigma,
    *batch,
    deviation=DEVIATION,
    training_sequences=SEQUENCES,
    rule=gradient,
    per=per,
    complexity_share=share,
  )
  assert_close([flat(actual.mean), flat(actual.stddev)], expected)
  error = batch.y - (batch.x * weights).sum(1)
  nats = (error**2).sum() / (2 * DEVIATION**2)
  np.testing.assert_allclose(sums, [nats, ROWS, ROWS], rtol=1e-5)


def test_draws_have_the_posteriors_deviations():
  mu, sigma = jnp.zeros(WEIGHTS), jnp.linspace(0.1, 0.5, WEIGHTS)
  params, rows = AdaptiveParams(tree(mu), tree(sigma)), 4000
  batch = Rows(jnp.zeros((rows, WEIGHTS)), jnp.zeros(rows))
  _, weights = adaptive_loss(per="sequence")(
    params, (), batch, make_keys(rows=rows)
  )
  square = ((np.asarray(weights) / sigma) ** 2).sum(0)  # chi-square
  assert np.all(np.abs(square - rows) < 4 * np.sqrt(2 * rows))
  correlation = np.corrcoef(weights.T) - np.eye(WEIGHTS)
  assert np.abs(correlation).max() < 4 / np.sqrt(rows)


@both_gradients
@both_pers
def test_halves_of_the_rows_on_two_devices_equal_the_batch(gradient, per):
  mu, sigma, batch = example()
  params, batch = AdaptiveParams(tree(mu), tree(sigma)), cast(batch)
  keys = make_keys()
  expected = gradient_of(adaptive_loss(gradient=gradient, per=per))(
    params, (), batch, keys
  )
  on_a_device = gradient_of(
    adaptive_loss(gradient=gradient, per=per, axis="data")
  )

  def body(batch, row_keys):
    made, (sums, carry) = on_a_device(
      params, (), batch, Keys(keys.batch, row_keys)
    )
    return jax.lax.psum((made, sums), "data"), carry

  halves = jax.tree.map(lambda x: x.reshape(2, 2, *x.shape[1:]), batch)
  (made, sums), weights = jax.vmap(body, axis_name="data")(
    halves, keys.rows.reshape(2, 2)
  )
  for device in range(2):
    assert_close(
      jax.tree.map(lambda x, n=device: x[n], (made, sums)),
      (expected[0], expected[1][0]),
    )
  assert_close(weights.reshape(ROWS, WEIGHTS), expected[1][1])


def test_squared_gradients_cross_mapped_devices():
  mu, sigma, batch = example()
  params, batch = AdaptiveParams(tree(mu), tree(sigma)), cast(batch)
  key = make_keys().batch

  def body(replicated, batch):
    params, key = replicated
    rows = jax.random.split(key, len(batch.y))
    loss_fn = adaptive_loss(axis=AXIS)
    made, _ = gradient_of(loss_fn)(params, (), batch, Keys(key, rows))
    return jax.lax.psum(made, AXIS), batch

  made = []
  for parallel, devices in [("shard_map", 1), ("shard_map", 2), ("pmap", 2)]:
    mapped = over_devices(jax.devices()[:devices], parallel)
    gradient, _ = mapped.map(body)(
      mapped.replicate((params, key)),
      mapped.shard(jax.tree.map(np.asarray, batch)),
    )
    made.append(jax.device_get(gradient))
  assert_close(made[1], made[0])
  assert_close(made[2], made[0])


@both_gradients
@both_pers
def test_updates_by_momentum_equal_the_equations(gradient, per):
  mu, sigma, _ = example()
  rate, momentum = 0.02, 0.9
  optimizer = optax.sgd(rate, momentum)
  state = init_state(tree(mu), optimizer, stddev=tree(sigma))
  velocity = np.zeros_like(mu), np.zeros_like(sigma)
  loss_fn = adaptive_loss(gradient=gradient, per=per, axis=AXIS)
  body = train_body(loss_fn, optimizer, seed=0, loss_per="sequence")
  train_step = over_devices(jax.devices()[:1]).map(body)
  for step in range(4):
    _, _, batch = example(step)
    (state, _), weights = train_step(state, ((), cast(batch)))
    weights = np.float64(weights).reshape(ROWS, WEIGHTS)
    expected = reference_noise.gradients(
      mu,
      sigma,
      (weights - mu) / sigma,
      *batch,
      deviation=DEVIATION,
      training_sequences=SEQUENCES,
      rule=gradient,
      per=per,
    )
    mu, sigma, velocity = reference_noise.momentum_update(
      mu, sigma, velocity, expected, ROWS, rate=rate, momentum=momentum
    )
  np.testing.assert_allclose(flat(state.params), mu, rtol=2e-4, atol=1e-5)
  np.testing.assert_allclose(flat(state.stddev), sigma, rtol=2e-3, atol=1e-5)


def orthogonal_data():
  """256 sequences of two features; residuals of one deviation exactly."""
  signs = [[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]
  signs = np.tile(signs, (32, 1)).astype(float)
  xs = signs[:, :2] * [1.0, 0.15]
  return Rows(xs, xs @ [1.0, -0.5] + signs[:, 2])


@pytest.mark.parametrize(
  ("gradient", "per", "rows", "rate", "steps"),
  [
    ("squared", "sequence", 64, 0.2, 4096),
    ("squared", "batch", 4, 0.05, 12_032),
    ("reparameterized", "sequence", 128, 0.05, 12_032),
    ("reparameterized", "batch", 128, 0.05, 12_032),
  ],
)
def test_it_learns_the_known_posterior(gradient, per, rows, rate, steps):
  """A linear model of two weights: sigma to 5 %, mu to a share of sigma."""
  data = orthogonal_data()
  count = len(data.y)
  mu, sigma = reference_noise.linear_posterior(*data, 1.0)
  without_prior = 1 / np.sqrt((data.x**2).sum(0))
  assert np.abs(without_prior / sigma - 1).max() > 0.06

  def loss_of(weights, carry, batch, keys):
    del keys
    nats = ((batch.y - batch.x @ weights) ** 2).sum() / 2
    sequences = jnp.asarray(len(batch.y), jnp.float32)
    return Sums(nats, sequences, sequences), carry

  compute = gradient_of(
    with_adaptive_weight_noise(loss_of, count, gradient=gradient, per=per)
  )
  optimizer = optax.sgd(optax.cosine_decay_schedule(rate, steps))

  def update(carried, inputs):
    (params, state), (batch, keys) = carried, inputs
    made, _ = compute(params, (), batch, keys)
    made = jax.tree.map(lambda g: g / rows, made)
    updates, state = optimizer.update(made, state)
    params = positive(optax.apply_updates(params, updates))
    return (params, state), params

  @jax.jit
  def learn(batches, keys):
    params = adaptive_params(jnp.zeros(2), 0.2)
    carried = params, optimizer.init(params)
    _, path = jax.lax.scan(update, carried, (batches, keys))
    return jax.tree.map(lambda x: x[steps // 2 :].mean(0), path)

  rng = np.random.default_rng(0)
  epochs = [rng.permutation(count) for _ in range(steps * rows // count)]
  chosen = np.concatenate(epochs).reshape(steps, rows)
  batches = jax.tree.map(lambda x: x[chosen], cast(data))
  batch_keys, row_keys = jax.random.split(jax.random.key(0), (2, steps))
  row_keys = jax.vmap(lambda key: jax.random.split(key, rows))(row_keys)
  learned = learn(batches, Keys(batch_keys, row_keys))
  np.testing.assert_allclose(learned.stddev, sigma, rtol=0.05)
  assert np.all(np.abs(learned.mean - mu) < 0.2 * sigma)


def test_bad_arguments_are_refused():
  with pytest.raises(ValueError, match=r"gradient \(='fisher'\)"):
    adaptive_loss(gradient="fisher")
  with pytest.raises(ValueError, match="'batch' or 'sequence'"):
    adaptive_loss(per="row")
  with pytest.raises(ValueError, match=r"training_sequences \(=0\)"):
    with_adaptive_weight_noise(linear_loss(1.0), 0)
