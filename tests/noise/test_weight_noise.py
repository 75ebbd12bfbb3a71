"""Laws of weight noise (Section 3.1), on toys and on a text network."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from graves_jax.config import TextNetworkConfig
from graves_jax.data.streams import TextBatch
from graves_jax.layers.lstm import LSTMParams
from graves_jax.losses.sums import Keys
from graves_jax.losses.text import text_loss
from graves_jax.networks.build import build_network
from graves_jax.noise.weight_noise import add_weight_noise, with_weight_noise
from graves_jax.training.step import update_keys

ROWS, STEPS, CLASSES = 4, 3, 5
NETWORK = build_network(TextNetworkConfig(hidden=(3,), dropout=0.3), CLASSES)
both_pers = pytest.mark.parametrize("per", ["batch", "sequence"])


class Sums(NamedTuple):
  nats: jax.Array
  elements: jax.Array
  sequences: jax.Array


def carries_weights(params, carry, batch, keys):
  """A loss whose carry tells which weights and keys each row was given."""
  del carry
  rows = batch.shape[0]
  seen = jnp.broadcast_to(params, (rows, *params.shape))
  told = jax.random.key_data(keys.rows), jax.random.key_data(keys.batch)
  told = told[0], jnp.broadcast_to(told[1], (rows, *told[1].shape))
  nats = (params * batch[:, None]).sum()
  count = jnp.asarray(rows, params.dtype)
  return Sums(nats, count, count), (seen, *told)


def make_keys(seed=0, rows=ROWS):
  batch, row = jax.random.split(jax.random.key(seed))
  return Keys(batch, jax.random.split(row, rows))


@functools.cache
def text_example():
  rng = np.random.default_rng(0)
  symbols = rng.integers(0, CLASSES, (ROWS, STEPS + 1)).astype(np.int32)
  symbols[2, 2:] = -1  # a stream that ends
  batch = TextBatch(
    symbols[:, :-1], symbols[:, 1:], np.array([True, False, False, True])
  )
  params = NETWORK.init(jax.random.key(1), jnp.zeros((2, 1), jnp.int32))
  carry = jax.tree.map(
    lambda x: jnp.asarray(rng.normal(size=x.shape), x.dtype),
    NETWORK.initial_state(ROWS),
  )
  return params, carry, batch


@functools.partial(jax.jit, static_argnums=0)
def value_and_gradient(loss_fn, *arguments):
  def nats(*arguments):
    sums, carry = loss_fn(*arguments)
    return sums.nats, (sums, carry)

  return jax.grad(nats, has_aux=True)(*arguments)


def some(tree, rows):
  return jax.tree.map(lambda x: x[rows], tree)


def assert_close(one, other):
  for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_noise_reaches_every_weight_and_has_its_standard_deviation():
  zeros = LSTMParams(
    inputs=jnp.zeros((20, 80)),
    recurrent=jnp.zeros((20, 80)),
    peephole=jnp.zeros((3, 20)),
    bias=jnp.zeros(80),
  )
  noisy = add_weight_noise(jax.random.key(0), {"a": zeros, "b": zeros}, 0.075)
  noise = np.concatenate([np.ravel(x) for x in jax.tree.leaves(noisy)])
  assert (noise != 0).all()
  assert len(np.unique(noise)) > 0.99 * len(noise)  # no array repeats another
  n = len(noise)  # sum of squares is chi-square, of mean n, variance 2 n
  assert abs(((noise / 0.075) ** 2).sum() - n) < 4 * np.sqrt(2 * n)
  assert abs(noise.mean()) < 4 * 0.075 / np.sqrt(n)
  for leaf in jax.tree.leaves(noisy):
    assert abs((leaf / 0.075).std() - 1) < 4 / np.sqrt(2 * leaf.size)


def test_the_noise_is_a_function_of_the_key_and_has_the_weights_type():
  params = {"a": jnp.ones((3, 2)), "b": jnp.ones(4, jnp.bfloat16)}
  one, same, other = (
    add_weight_noise(jax.random.key(k), params, 0.1) for k in (0, 0, 1)
  )
  jax.tree.map(np.testing.assert_array_equal, one, same)
  assert not np.any(one["a"] == other["a"])
  assert one["b"].dtype == jnp.bfloat16


@both_pers
def test_without_keys_there_is_no_noise(per):
  loss_fn = text_loss(NETWORK)
  noisy = with_weight_noise(loss_fn, 0.5, per)
  expected = value_and_gradient(loss_fn, *text_example(), None)
  actual = value_and_gradient(noisy, *text_example(), None)
  jax.tree.map(np.testing.assert_array_equal, actual, expected)


def test_no_noise_of_a_batch_leaves_the_dropout_as_it_was():
  loss_fn, keys = text_loss(NETWORK), make_keys()
  silent = with_weight_noise(loss_fn, 0.0)
  assert_close(
    value_and_gradient(silent, *text_example(), keys),
    value_and_gradient(loss_fn, *text_example(), keys),
  )


def test_a_batch_shares_one_draw_and_sequences_do_not():
  params, batch = jnp.zeros(6), jnp.ones(ROWS)
  keys = make_keys()
  _, (seen, rows, _) = with_weight_noise(carries_weights, 0.1)(
    params, (), batch, keys
  )
  assert (seen == seen[0]).all()
  np.testing.assert_array_equal(rows, jax.random.key_data(keys.rows))
  _, (seen, rows, shared) = with_weight_noise(carries_weights, 0.1, "sequence")(
    params, (), batch, keys
  )
  assert len(np.unique(seen)) == seen.size
  assert len(np.unique(rows, axis=0)) == ROWS
  assert (shared == shared[0]).all()


@both_pers
def test_the_loss_gets_keys_that_the_noise_did_not_use(per):
  """Noise inside noise is drawn anew: variances add up, deviations do not."""
  once = with_weight_noise(carries_weights, 1.0, per)
  twice = with_weight_noise(once, 1.0, per)
  _, (seen, *_) = twice(jnp.zeros(5000), (), jnp.ones(2), make_keys(rows=2))
  assert abs(np.var(seen[0]) - 2) < 0.2


@both_pers
def test_the_gradient_is_that_at_the_noisy_weights(per):
  def loss_fn(params, carry, batch, keys):
    del carry, keys
    nats = (batch[:, None] * jnp.cos(params)).sum()
    seen = jnp.broadcast_to(params, (len(batch), *params.shape))
    return Sums(nats, nats, nats), seen

  batch = jnp.arange(1.0, 1 + ROWS)
  noisy = with_weight_noise(loss_fn, 0.3, per)
  gradient, (_, seen) = value_and_gradient(
    noisy, jnp.ones(7), (), batch, make_keys()
  )
  expected = -(np.sin(seen) * batch[:, None]).sum(0)
  np.testing.assert_allclose(gradient, expected, rtol=1e-5)


@both_pers
def test_halves_of_the_rows_add_up_to_the_batch(per):
  """As on two devices: the batch's key is the same, row keys are shared out."""
  noisy = with_weight_noise(text_loss(NETWORK), 0.2, per)
  params, carry, batch = text_example()
  keys = make_keys()
  gradient, (sums, after) = value_and_gradient(
    noisy, params, carry, batch, keys
  )
  parts = [
    value_and_gradient(
      noisy,
      params,
      *some((carry, batch), rows),
      Keys(keys.batch, keys.rows[rows]),
    )
    for rows in (slice(0, 2), slice(2, 4))
  ]
  (one, (one_sums, one_after)), (other, (other_sums, other_after)) = parts
  assert_close(jax.tree.map(jnp.add, one, other), gradient)
  assert_close(jax.tree.map(jnp.add, one_sums, other_sums), sums)
  assert_close(
    jax.tree.map(lambda *x: jnp.concatenate(x), one_after, other_after), after
  )


def test_a_draw_a_sequence_equals_a_loop_over_rows():
  noisy = with_weight_noise(text_loss(NETWORK), 0.2, "sequence")
  params, carry, batch = text_example()
  keys = make_keys()
  actual, (sums, after) = value_and_gradient(noisy, params, carry, batch, keys)
  total = jax.tree.map(jnp.zeros_like, (actual, sums))
  for row in range(ROWS):
    rows = slice(row, row + 1)
    gradient, (row_sums, row_after) = value_and_gradient(
      noisy,
      params,
      *some((carry, batch), rows),
      Keys(keys.batch, keys.rows[rows]),
    )
    total = jax.tree.map(jnp.add, total, (gradient, row_sums))
    assert_close(row_after, some(after, rows))
  assert_close((actual, sums), total)
  assert sums.sequences == ROWS
  assert not np.allclose(sums.nats, text_nats(params, carry, batch), rtol=1e-3)


def text_nats(params, carry, batch):
  return text_loss(NETWORK)(params, carry, batch, None)[0].nats


def test_keys_are_functions_of_seed_step_and_row_alone():
  def keys_on(devices, step=3, seed=0):
    made = jax.vmap(
      lambda _: update_keys(seed, step, ROWS // devices), axis_name="data"
    )(jnp.arange(devices))
    data = jax.tree.map(jax.random.key_data, made)
    return data.batch, data.rows.reshape(ROWS, -1)

  batch, rows = keys_on(1)
  batches, same_rows = keys_on(2)
  np.testing.assert_array_equal(rows, same_rows)
  np.testing.assert_array_equal(batches, [batch[0], batch[0]])
  every = np.concatenate([batch, rows])
  assert len(np.unique(every, axis=0)) == 1 + ROWS
  for other in (keys_on(1, step=4), keys_on(1, seed=1)):
    assert not np.any(np.all(np.concatenate(other) == every, axis=1))


def test_bad_arguments_are_refused():
  with pytest.raises(ValueError, match=r"stddev \(=-1\)"):
    with_weight_noise(carries_weights, -1)
  with pytest.raises(ValueError, match="'batch' or 'sequence'"):
    with_weight_noise(carries_weights, 0.1, "row")
