"""Laws of dynamic evaluation, beside a plain loop over segments."""

import dataclasses

import jax
import numpy as np
import pytest
from test_text_training import CONFIG, make_corpus

from graves_jax.config import DynamicConfig
from graves_jax.data.streams import StreamBatches
from graves_jax.devices.parallel import over_devices
from graves_jax.losses.text import text_loss
from graves_jax.networks.build import build_network
from graves_jax.tasks.text import initial_text_carry
from graves_jax.training.dynamic import DivergedError, DynamicEvaluation
from graves_jax.training.dynamic_tuning import tune
from graves_jax.training.evaluate import evaluate
from graves_jax.training.experiment import loss_summer

CORPUS = make_corpus()
NETWORK = build_network(
  dataclasses.replace(CONFIG.network, dropout=0.0, lstm_clip=100.0),
  CORPUS.codec.size,
)
PARAMS = jax.device_get(
  NETWORK.init(jax.random.key(0), np.zeros((2, 1), np.int32))
)
SGD = DynamicConfig(rule="sgd", learning_rate=0.05, momentum=0.5, length=7)
RMS = DynamicConfig(rule="rms", learning_rate=0.003, decay=0.05, length=7)


def batches_of(classes, streams=1, length=7):
  return StreamBatches(classes, batch_size=streams, length=length)


def evaluate_dynamically(
  config, *, streams=1, devices=1, network=NETWORK, times=1
):
  mapped = over_devices(jax.devices()[:devices])
  dynamic = DynamicEvaluation(text_loss(network), PARAMS, mapped)

  def carry():
    return mapped.shard(initial_text_carry(network, streams))

  rms = None
  if config.rule == "rms":
    train = batches_of(CORPUS.train, streams).in_order()
    rms = dynamic.gradient_rms(train, carry())
  batches = batches_of(CORPUS.validation, streams)
  for _ in range(times):
    sums = dynamic(config, batches, carry(), rms=rms)
  return sums


def evaluate_statically(streams=1):
  mapped = over_devices(jax.devices()[:1])
  return evaluate(
    loss_summer(text_loss(NETWORK), mapped),
    mapped.replicate(PARAMS),
    mapped.shard(initial_text_carry(NETWORK, streams)),
    batches_of(CORPUS.validation, streams),
  )


def segments(classes, length):
  """(inputs, targets) in turn, as a reader of Section 3.1 has them."""
  before = np.concatenate([[-1], classes[:-1]])
  for start in range(0, len(classes), length):
    yield before[start : start + length], classes[start : start + length]


@jax.jit
def nats_gradient(params, state, inputs, targets):
  def nats(params):
    after, raw = NETWORK.apply(params, state, inputs[:, None], method="unroll")
    log_probs = jax.nn.log_softmax(raw[:, 0])
    return -log_probs[np.arange(len(targets)), targets].sum(), after

  (loss, after), gradient = jax.value_and_grad(nats, has_aux=True)(params)
  return loss, gradient, after


def start_state():
  return jax.tree.map(np.asarray, initial_text_carry(NETWORK, 1))


def training_rms():
  state, squares, count = start_state(), None, 0
  for inputs, targets in segments(CORPUS.train, 7):
    _, gradient, state = nats_gradient(PARAMS, state, inputs, targets)
    square = jax.tree.map(lambda g: np.asarray(g, np.float64) ** 2, gradient)
    squares = (
      square if squares is None else jax.tree.map(np.add, squares, square)
    )
    count += 1
  return jax.tree.map(lambda s: np.sqrt(s / count), squares)


def plain_loop(config):
  """Nats of the validation text: score a segment, then learn from it."""
  weights = jax.tree.map(lambda w: np.asarray(w, np.float64), PARAMS)
  velocity = jax.tree.map(np.zeros_like, weights)
  state, total = start_state(), 0.0
  if config.rule == "rms":
    rms = training_rms()
    mean = np.mean(np.concatenate([r.ravel() for r in jax.tree.leaves(rms)]))
  for inputs, targets in segments(CORPUS.validation, config.length):
    rounded = jax.tree.map(lambda w: w.astype(np.float32), weights)
    loss, gradient, state = nats_gradient(rounded, state, inputs, targets)
    total += float(loss)
    gradient = jax.tree.map(np.asarray, gradient)
    if config.rule == "sgd":
      velocity = jax.tree.map(
        lambda v, g: config.momentum * v + g, velocity, gradient
      )
      weights = jax.tree.map(
        lambda w, v: w - config.learning_rate * v, weights, velocity
      )
    else:
      weights = jax.tree.map(
        lambda w, w_0, g, r: (
          w
          - config.learning_rate * g / (r + config.epsilon * mean)
          + min_one(config.decay * r / mean) * (w_0 - w)
        ),
        weights,
        PARAMS,
        gradient,
        rms,
      )
  return total


def min_one(x):
  return np.where(x > 1, 1.0, x)


@pytest.mark.parametrize("config", [SGD, RMS], ids=["sgd", "rms"])
def test_it_equals_a_plain_loop_that_scores_before_it_learns(config):
  sums = evaluate_dynamically(config)
  np.testing.assert_allclose(sums.nats, plain_loop(config), rtol=1e-4)
  assert sums.elements == len(CORPUS.validation)


@pytest.mark.parametrize("config", [SGD, RMS], ids=["sgd", "rms"])
@pytest.mark.parametrize("streams", [1, 4])
def test_without_a_learning_rate_it_is_static(config, streams):
  config = dataclasses.replace(config, learning_rate=0.0)
  sums = evaluate_dynamically(config, streams=streams)
  static = evaluate_statically(streams)
  np.testing.assert_allclose(sums, static, rtol=1e-6)


@pytest.mark.parametrize("config", [SGD, RMS], ids=["sgd", "rms"])
def test_it_lowers_the_loss_of_a_text_that_repeats_itself(config):
  assert evaluate_dynamically(config).nats < evaluate_statically().nats


def test_one_device_equals_two():
  one = evaluate_dynamically(RMS, streams=4)
  two = evaluate_dynamically(RMS, streams=4, devices=2)
  np.testing.assert_allclose(two, one, rtol=1e-4)


def test_the_trained_weights_are_the_start_of_every_pass():
  once = evaluate_dynamically(RMS)
  np.testing.assert_array_equal(evaluate_dynamically(RMS, times=2), once)


def test_nothing_is_dropped_out():
  network = NETWORK.clone(dropout=0.5)
  np.testing.assert_array_equal(
    evaluate_dynamically(SGD, network=network), evaluate_dynamically(SGD)
  )


def test_weights_that_go_astray_are_named():
  config = dataclasses.replace(SGD, learning_rate=1e38)
  with pytest.raises(ValueError, match=r"learning_rate = 1e\+38 went astray"):
    evaluate_dynamically(config)


def test_tuning_finds_the_least_score_and_passes_over_failures():
  tried = []

  def score(config):
    tried.append(config)
    if config.learning_rate > 5e-4:
      return float("nan")
    rate = np.log2(config.learning_rate / 4e-4)
    return rate**2 + (np.log2(config.decay / 4e-3) + rate) ** 2

  best = tune(score, DynamicConfig(rule="rms"))
  np.testing.assert_allclose(best.learning_rate, 4e-4)
  np.testing.assert_allclose(best.decay, 4e-3)
  assert len(tried) == len(set(tried)) < 25


def test_tuning_can_begin_where_scores_are_not_finite():
  def score(config):
    rate = config.learning_rate
    return float("inf") if rate > 1e-3 else abs(np.log2(rate / 5e-4))

  best = tune(score, DynamicConfig(rule="sgd", learning_rate=8e-3))
  np.testing.assert_allclose(best.learning_rate, 5e-4)


def test_tuning_ends_where_ever_smaller_numbers_help_ever_less():
  tried = []

  def score(config):
    tried.append(config)
    return -1000 + abs(np.log2(config.learning_rate / 1e-4)) + config.decay

  best = tune(score, DynamicConfig(rule="rms", decay=1.0))
  assert 0.05 < best.decay < 0.3 and len(tried) < 12


def test_tuning_that_never_gives_a_finite_score_is_said():
  with pytest.raises(ValueError, match="no learning rate"):
    tune(lambda config: float("inf"), DynamicConfig(rule="sgd"))


def test_tuning_tries_momenta_with_steps_of_the_same_length():
  def score(config):
    step = config.learning_rate / (1 - config.momentum)
    return abs(np.log2(step / 4e-3)) + abs(config.momentum - 0.9)

  best = tune(score, DynamicConfig(rule="sgd"))
  assert best.momentum == 0.9
  np.testing.assert_allclose(best.learning_rate, 4e-4)


def test_a_pass_ends_at_the_first_segment_that_is_not_finite():
  config = dataclasses.replace(SGD, learning_rate=1e38)
  mapped = over_devices(jax.devices()[:1])
  dynamic = DynamicEvaluation(text_loss(NETWORK), PARAMS, mapped)
  read = []

  class Counted(StreamBatches):
    def in_order(self):
      for batch in super().in_order():
        read.append(batch)
        yield batch

  batches = Counted(CORPUS.validation, batch_size=1, length=7)
  carry = mapped.shard(initial_text_carry(NETWORK, 1))
  with pytest.raises(DivergedError):
    dynamic(config, batches, carry)
  assert len(read) < len(CORPUS.validation) // 7
