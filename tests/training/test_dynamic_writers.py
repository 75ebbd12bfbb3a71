"""Laws of dynamic evaluation along each writer's lines."""

import dataclasses

import jax
import numpy as np
import pytest
from experiments import CONFIG, make_lines

from graves_jax.config import DynamicConfig
from graves_jax.data.strokes import Alphabet, Normalization
from graves_jax.data.writers import by_writer, in_turn
from graves_jax.devices.parallel import over_devices
from graves_jax.distributions import bivariate_mixture
from graves_jax.layers.window_lstm import Text
from graves_jax.losses.handwriting import handwriting_loss
from graves_jax.networks.build import build_network, example_inputs
from graves_jax.training.dynamic import DivergedError, DynamicEvaluation
from graves_jax.training.dynamic_writers import added_up, evaluate_writers
from graves_jax.training.evaluate import evaluate
from graves_jax.training.experiment import loss_summer

FLOOR = 0.01
NAMES = ("b-1", "a-10", "a-9", "b-2", "c-1", "a-11")
# Two lengths, as each compiles.
LINES = [
  line._replace(
    points=line.points[: 10 if k % 2 else 18], text=line.text[:3], name=name
  )
  for k, (line, name) in enumerate(zip(make_lines(6, 3), NAMES, strict=True))
]
WRITERS = by_writer(LINES)
ALPHABET, NORMALIZATION = Alphabet("abc "), Normalization.of(LINES)
NETWORK = build_network(
  dataclasses.replace(CONFIG.network, hidden=(6,)), ALPHABET.size
)
PARAMS = jax.device_get(
  NETWORK.init(jax.random.key(0), *example_inputs(NETWORK))
)
MAPPED = over_devices(jax.devices()[:1])
LOSS = handwriting_loss(NETWORK, FLOOR)
DYNAMIC = DynamicEvaluation(LOSS, PARAMS, MAPPED)
SGD = DynamicConfig(rule="sgd", learning_rate=1e-3, momentum=0.5)
STILL = DynamicConfig(rule="sgd", learning_rate=0.0)


def learn(config, writers=WRITERS):
  hands = in_turn(writers, ALPHABET, NORMALIZATION, buckets=1)
  return evaluate_writers(DYNAMIC, config, hands)


def nats_of(sums):
  return [float(each.nats) for each in sums]


@jax.jit
def nats_gradient(params, points, characters):
  def nats(params):
    before = jax.numpy.concatenate([np.zeros((1, 3)), points[:-1]])
    text = Text(characters[None], np.ones((1, len(characters)), np.float32))
    raw = NETWORK.apply(params, before[:, None], text)
    log_prob = bivariate_mixture.log_prob(raw[:, 0], points, sigma_floor=FLOOR)
    return -log_prob.sum()

  return jax.value_and_grad(nats)(params)


def plain_loop(config, lines):
  """Nats of a writer's lines, none padded, by float64 weights."""
  weights = jax.tree.map(lambda w: np.asarray(w, np.float64), PARAMS)
  velocity = jax.tree.map(np.zeros_like, weights)
  total = 0.0
  for line in lines:
    points = NORMALIZATION.normalize(line.points)
    rounded = jax.tree.map(lambda w: w.astype(np.float32), weights)
    loss, gradient = nats_gradient(rounded, points, ALPHABET.encode(line.text))
    total += float(loss)
    velocity = jax.tree.map(
      lambda v, g: config.momentum * v + np.asarray(g), velocity, gradient
    )
    weights = jax.tree.map(
      lambda w, v: w - config.learning_rate * v, weights, velocity
    )
  return total


def test_forms_are_writers_and_their_lines_in_the_order_of_writing():
  names = [[line.name for line in lines] for lines in WRITERS]
  assert names == [["a-9", "a-10", "a-11"], ["b-1", "b-2"], ["c-1"]]
  with pytest.raises(ValueError, match="'line-x' does not tell who wrote it"):
    by_writer([LINES[0]._replace(name="line-x")])


def test_it_equals_a_plain_loop_that_scores_before_it_learns():
  expected = [plain_loop(SGD, lines) for lines in WRITERS]
  np.testing.assert_allclose(nats_of(learn(SGD)), expected, rtol=1e-4)


def test_without_a_learning_rate_it_is_static():
  hands = in_turn(WRITERS, ALPHABET, NORMALIZATION, buckets=1)
  sum_losses, params = loss_summer(LOSS, MAPPED), MAPPED.replicate(PARAMS)
  static = [evaluate(sum_losses, params, (), hand) for hand in hands]
  np.testing.assert_allclose(learn(STILL), static, rtol=1e-6)


def test_a_line_is_scored_before_anything_is_learned_from_it():
  """Bit for bit: whatever the rate, the trained weights score a first line."""
  singles = [[line] for lines in WRITERS for line in lines]
  np.testing.assert_array_equal(learn(SGD, singles), learn(STILL, singles))


def test_every_writer_is_met_by_the_trained_weights():
  one_by_one = [learn(SGD, [lines])[0] for lines in WRITERS]
  backwards = learn(SGD, WRITERS[::-1])[::-1]
  # Each alone is padded to other lengths.
  np.testing.assert_allclose(nats_of(one_by_one), nats_of(learn(SGD)), 1e-5)
  np.testing.assert_array_equal(backwards, learn(SGD))
  assert added_up(backwards).sequences == len(LINES)


def test_learning_lowers_the_nats_of_one_who_repeats_himself():
  again = [[LINES[0]] * 5]
  small = DynamicConfig(rule="sgd", learning_rate=1e-4)
  assert nats_of(learn(small, again)) < nats_of(learn(STILL, again))


def test_weights_that_go_astray_are_named():
  wild = DynamicConfig(rule="sgd", learning_rate=1e38)
  with pytest.raises(DivergedError, match=r"learning_rate = 1e\+38"):
    learn(wild)
