"""The moving average of the weights: its law, checkpoints, resumes."""

import dataclasses

import jax
import numpy as np
import pytest
from experiments import CONFIG, Silent, make_experiment

from graves_jax.checkpoints.export import export_weights
from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.checkpoints.state import TrainState, with_average
from graves_jax.training.evaluate import evaluate
from graves_jax.training.loop import train

DECAY = 0.7
PLAIN = dataclasses.replace(
  CONFIG, data=dataclasses.replace(CONFIG.data, buckets=1)
)
AVERAGED = dataclasses.replace(
  PLAIN, training=dataclasses.replace(PLAIN.training, average=DECAY)
)


def assert_same(one, other, **tolerance):
  for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
    np.testing.assert_allclose(a, b, **tolerance or {"rtol": 0, "atol": 0})


def run(folder, updates=None, devices=1):
  """The state after so many updates, with those after each, and a listener."""
  experiment = make_experiment(AVERAGED, devices=devices)
  weights, listener = [], Silent()

  def train_step(*arguments):
    state, metrics = experiment.train_step(*arguments)
    weights.append(jax.device_get(state.params))
    return state, metrics

  counted = dataclasses.replace(experiment, train_step=train_step)
  state = train(
    counted, folder, listener, should_stop=lambda: len(weights) == updates
  )
  return jax.device_get(state), weights, listener


@pytest.fixture(scope="module")
def averaged(tmp_path_factory):
  folder = tmp_path_factory.mktemp("averaged")
  return folder, *run(folder)


def test_the_average_is_that_of_all_updates_without_the_start(averaged):
  _, state, weights, _ = averaged
  factors = DECAY ** np.arange(len(weights) - 1, -1, -1.0)
  expected = jax.tree.map(
    lambda *after: np.tensordot(factors / factors.sum(), np.stack(after), 1),
    *weights,
  )
  assert_same(state.average, expected, atol=1e-6)
  assert np.abs(state.average["params"]["output"].bias).max() > 1e-4


def test_training_itself_knows_nothing_of_it(averaged, tmp_path):
  _, state, _, _ = averaged
  plain = train(make_experiment(PLAIN), tmp_path, Silent())
  assert_same(state.params, jax.device_get(plain).params, atol=1e-6)


def test_validation_scores_the_average(averaged):
  _, state, _, listener = averaged
  experiment = make_experiment(PLAIN)
  sums = evaluate(
    experiment.sum_losses,
    state.average,
    experiment.validation_carry(),
    experiment.task.validation_batches,
  )
  _, scores = listener.validations[-1]
  wanted = experiment.task.scores(sums).nats_per_sequence
  assert scores.nats_per_sequence == wanted


def test_a_checkpoint_gives_the_average_and_so_does_its_export(
  averaged, tmp_path
):
  folder, state, _, _ = averaged
  newest = folder / "checkpoints" / "8"
  assert_same(restore_checkpoint(newest).params, state.average)
  export_weights(newest, tmp_path / "out")
  assert_same(restore_checkpoint(tmp_path / "out").params, state.average)
  assert not (tmp_path / "out" / "average").exists()


def test_a_resume_is_exact(averaged, tmp_path):
  _, expected, _, _ = averaged
  run(tmp_path, updates=3)
  assert_same(run(tmp_path)[0], expected)


def test_two_devices_keep_the_same_average(averaged, tmp_path):
  _, expected, _, _ = averaged
  state, _, _ = run(tmp_path, devices=2)
  assert_same(state.average, expected.average, rtol=1e-3, atol=1e-4)


def test_a_workdir_without_an_average_is_refused(averaged):
  folder, *_ = averaged
  with pytest.raises(ValueError, match=r"training\.average = 0\.7"):
    train(make_experiment(PLAIN), folder, Silent())


@pytest.mark.parametrize("decay", [0.0, 0.999999, 0.99999999])
def test_the_start_has_no_part_in_it_whatever_the_decay(decay):
  weights = [np.float32(5.0), np.float32(1.0), np.float32(3.0)]
  state = TrainState(np.int32(0), weights[0], (), average=weights[0])
  for step, after in enumerate(weights[1:], start=1):
    state = with_average(state.replace(step=step, params=after), decay)
  expected = (decay * 1.0 + 3.0) / (decay + 1)
  np.testing.assert_allclose(state.average, expected, rtol=1e-6)


def test_a_decay_of_one_is_refused():
  with pytest.raises(ValueError, match=r"average \(=1\.0\) must be below 1"):
    dataclasses.replace(CONFIG.training, average=1.0)
