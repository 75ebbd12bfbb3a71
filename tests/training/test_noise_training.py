"""Laws of training with noise on the weights, in stages."""

import dataclasses
import json
import math

import jax
import numpy as np
import pytest
from experiments import CONFIG as HANDWRITING
from experiments import Silent
from experiments import make_experiment as make_handwriting
from test_text_training import assert_same, run, sums_over
from test_text_training import make_experiment as make_text

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.config import SGD, NoiseConfig
from graves_jax.training.loop import train
from graves_jax.training.noise import with_drawn_weights

FIXED = {"kind": "fixed", "stddev": 0.05}
ADAPTIVE = {"kind": "adaptive", "stddev": 0.05}


def make_experiment(**parts):
  return make_text(network={"hidden": (6,), "dropout": 0.2}, **parts)


@pytest.fixture(scope="module")
def adaptive(tmp_path_factory):
  folder = tmp_path_factory.mktemp("adaptive")
  return folder, *run(make_experiment(noise=ADAPTIVE), folder)


@pytest.mark.parametrize("noise", [FIXED, ADAPTIVE])
def test_noise_never_leaks_into_evaluation(noise):
  plain, noisy = make_experiment(), make_experiment(noise=noise)
  params = plain.initial_state().params
  assert_same(noisy.initial_state().params, params)
  assert_same(sums_over(noisy, params), sums_over(plain, params))


@pytest.mark.parametrize("kind", ["fixed", "adaptive"])
def test_noise_changes_training_and_is_fixed_by_the_seed(tmp_path, kind):
  noise = {"kind": kind, "stddev": 0.05}

  def weights(name, **parts):
    experiment = make_experiment(**parts)
    return run(experiment, tmp_path / name, updates=2)[0].params

  one, again = (weights(name, noise=noise) for name in ("one", "again"))
  assert_same(one, again)
  plain = weights("plain")
  with pytest.raises(AssertionError):
    assert_same(one, plain)


@pytest.mark.parametrize(
  "per", ["batch", pytest.param("sequence", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("kind", ["fixed", "adaptive"])
def test_one_device_equals_two_with_noise(tmp_path, kind, per):
  noise = {"kind": kind, "stddev": 0.05, "per": per}
  expected, _ = run(make_experiment(noise=noise), tmp_path / "one", updates=3)
  state, _ = run(
    make_experiment(noise=noise, devices=2), tmp_path / "two", updates=3
  )
  assert_same(state.trained, expected.trained, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("stop", [4, 5])
def test_an_adaptive_run_resumes_exactly(adaptive, tmp_path, stop):
  folder, expected, _ = adaptive
  run(make_experiment(noise=ADAPTIVE), tmp_path, updates=stop)
  resumed, _ = run(make_experiment(noise=ADAPTIVE), tmp_path)
  assert_same(resumed, expected)

  def validations(folder):
    rows = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [row for row in rows if row["kind"] == "validation"]

  assert validations(tmp_path) == validations(folder)


def test_standard_deviations_are_learned_and_kept(adaptive):
  folder, state, _ = adaptive
  restored = restore_checkpoint(folder)
  assert_same(restored.stddev, state.stddev)
  for stddev in jax.tree.leaves(state.stddev):
    assert (stddev > 0).all()
    assert (stddev != np.float32(0.05)).any()


def test_the_description_length_is_of_the_whole_training_text(adaptive):
  folder, _, listener = adaptive
  rows = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
  symbols = make_experiment().task.train_batches.elements
  nats, elements, validations = 0.0, 0, []
  for row in rows:
    if row["kind"] == "validation":
      validations.append((row, nats / elements))
    else:
      seen = round(row["elements_per_second"] * row["seconds"])
      kept = math.exp(-seen / symbols)
      nats = kept * nats + row["nats_per_element"] * seen
      elements = kept * elements + seen
  assert len(validations) == len(listener.descriptions) == 2
  for row, nats_per_element in validations:
    expected = nats_per_element * symbols / math.log(2)
    np.testing.assert_allclose(row["data_bits"], expected, rtol=1e-4)
    total = row["data_bits"] + row["complexity_bits"]
    np.testing.assert_allclose(row["description_bits"], total)


def test_the_best_checkpoint_can_be_that_of_the_least_description(tmp_path):
  """Complexity falls fast here, and takes over from the data's bits."""
  experiment = make_experiment(
    noise=ADAPTIVE,
    training={"best_by": "description_length", "evaluate_every": 2},
  )
  run(experiment, tmp_path)
  rows = map(json.loads, (tmp_path / "metrics.jsonl").read_text().splitlines())
  bits = {r["step"]: r["description_bits"] for r in rows if "data_bits" in r}
  assert len(bits) == 4
  best = restore_checkpoint(tmp_path).metadata
  assert best.step == min(bits, key=bits.get)
  assert best.score_name == "description_bits"


def test_best_by_description_length_needs_adaptive_noise():
  with pytest.raises(ValueError, match=r"best_by .*noise\.kind"):
    make_experiment(training={"best_by": "description_length"})


def start_from(folder, workdir, **parts):
  experiment, listener = make_experiment(**parts), Silent()
  initial = restore_checkpoint(folder)
  state = train(experiment, workdir, listener, initial=initial)
  return experiment.fetch(state), initial, listener


def test_stages_start_from_the_weights_before_and_know_their_ancestry(tmp_path):
  first, second, third = (tmp_path / name for name in ("a", "b", "c"))
  run(make_experiment(), first)
  _, _, listener = start_from(first, second, noise=FIXED)
  assert any("Starting from the weights of a" in m for m in listener.messages)
  start_from(second / "checkpoints" / "8", third, noise=ADAPTIVE)
  run(make_experiment(noise=ADAPTIVE, training={"steps": 10}), third)  # resumed
  metadata = restore_checkpoint(third / "checkpoints" / "10").metadata
  assert [(s.run, s.noise) for s in metadata.ancestry] == [
    ("a", "none"),
    ("b", "fixed"),
  ]
  assert metadata.ancestry[1].step == 8
  assert metadata.ancestry[1].scores["bits_per_symbol"] > 0


def test_a_stage_begins_with_the_weights_and_deviations_of_the_last(
  adaptive, tmp_path
):
  folder, state, _ = adaptive
  initial = restore_checkpoint(folder)
  again = make_experiment(noise=ADAPTIVE).initial_state(initial)
  assert_same(again.trained, state.trained)
  plain = make_experiment(noise=FIXED).initial_state(initial)
  assert_same(plain.params, state.params)
  assert plain.stddev is None
  run(make_experiment(), tmp_path, updates=1)
  initial = restore_checkpoint(tmp_path)
  begun = make_experiment(noise=ADAPTIVE).initial_state(initial)
  assert all(
    (s == np.float32(0.05)).all() for s in jax.tree.leaves(begun.stddev)
  )


@pytest.mark.parametrize(
  "network",
  [
    {"forget_bias": 3.0},
    {"weight_range": 0.5},
    {"lstm_clip": 9.0},
    {"precision": "bfloat16"},
    {"dropout": 0.1},
  ],
)
def test_how_weights_are_drawn_and_trained_may_change_between_stages(
  adaptive, network
):
  folder, state, _ = adaptive
  begun = make_text(network={"hidden": (6,)} | network).initial_state(
    restore_checkpoint(folder)
  )
  assert_same(begun.params, state.params)


def test_what_weights_compute_may_not_change_between_stages(adaptive):
  initial = restore_checkpoint(adaptive[0])
  with pytest.raises(ValueError, match=r"network\.hidden = .*, not \(3,\)"):
    make_text(network={"hidden": (3,)}).initial_state(initial)


def test_a_run_goes_on_only_from_the_run_that_it_started_from(tmp_path):
  for name in ("a", "b"):
    run(make_experiment(), tmp_path / name, updates=1)
  start_from(tmp_path / "a", tmp_path / "c", training={"steps": 1})
  with pytest.raises(ValueError, match="started from a, not from b"):
    start_from(tmp_path / "b", tmp_path / "c", training={"steps": 1})


def test_the_best_is_chosen_by_one_score_throughout_a_run(adaptive):
  folder, _, _ = adaptive
  by_length = {"best_by": "description_length"}
  with pytest.raises(ValueError, match=r"training\.best_by"):
    run(make_experiment(noise=ADAPTIVE, training=by_length), folder)


def test_a_stop_while_catching_up_loses_no_validation(tmp_path):
  run(make_experiment(), tmp_path, updates=4)  # stopped where one was due
  experiment, listener = make_experiment(), Silent()
  state = train(experiment, tmp_path, listener, should_stop=lambda: True)
  assert experiment.fetch(state).step == 4
  _, listener = run(make_experiment(), tmp_path)
  assert [step for step, _ in listener.validations] == [4, 8]


def test_other_noise_is_not_a_resume(adaptive):
  folder, _, _ = adaptive
  with pytest.raises(ValueError, match=r"noise\.kind"):
    run(make_experiment(noise=FIXED), folder)


def test_patience_ends_a_run_that_gets_no_better(tmp_path):
  options = {
    "optimizer": SGD(learning_rate=0.0),
    "training": {"patience": 2, "evaluate_every": 1, "steps": 50},
  }
  state, listener = run(make_experiment(**options), tmp_path)
  assert state.step == 3  # the first score is the best; two are no better
  assert "no better validation in 2" in listener.messages[-1]
  state, listener = run(make_experiment(**options), tmp_path)
  assert state.step == 3
  assert "no better validation in 2" in listener.messages[-1]


def test_patience_is_not_lost_in_a_resume(tmp_path):
  options = {
    "optimizer": SGD(learning_rate=0.0),
    "training": {"patience": 4, "evaluate_every": 1, "steps": 50},
  }
  run(make_experiment(**options), tmp_path, updates=3)
  state, _ = run(make_experiment(**options), tmp_path)
  assert state.step == 5  # the first score is the best; four are no better


def test_drawn_weights_are_those_of_a_seed(adaptive):
  folder, state, _ = adaptive
  restored = restore_checkpoint(folder)
  one, same, other = (
    with_drawn_weights(restored, seed).params for seed in (1, 1, 2)
  )
  assert_same(one, same)
  scaled = jax.tree.map(
    lambda w, mean, stddev: (w - mean) / stddev, one, state.params, state.stddev
  )
  z = np.concatenate([np.ravel(x) for x in jax.tree.leaves(scaled)])
  assert abs(z.mean()) < 4 / math.sqrt(len(z))
  assert abs(z.std() - 1) < 4 / math.sqrt(2 * len(z))
  with pytest.raises(AssertionError):
    assert_same(one, other)
  leaves = jax.tree.leaves(one)
  assert all(isinstance(x, np.ndarray) for x in leaves)  # as all restored ones
  with pytest.raises(ValueError, match="draw_weights"):
    with_drawn_weights(restored, 2**64)


def test_weights_of_a_run_without_noise_cannot_be_drawn(tmp_path):
  run(make_experiment(), tmp_path, updates=1)
  with pytest.raises(ValueError, match="without noise"):
    with_drawn_weights(restore_checkpoint(tmp_path), 0)


@pytest.mark.slow
def test_handwriting_trains_with_noise_too(tmp_path):
  config = dataclasses.replace(HANDWRITING, noise=NoiseConfig(**ADAPTIVE))
  listener = Silent()
  train(make_handwriting(config), tmp_path, listener)
  (_, first), (_, last) = listener.validations
  assert last.nats_per_sequence < first.nats_per_sequence
  assert restore_checkpoint(tmp_path).metadata.config.noise == config.noise


def test_sequences_are_counted_as_the_loss_counts_them():
  for experiment in (make_experiment(), make_handwriting()):
    task = experiment.task
    params = task.initial_params(0)
    carry = task.initial_carry(task.metadata.config.data.batch_size)
    sequences, loss_fn = 0, jax.jit(task.loss_fn)
    for index in range(len(task.train_batches)):
      batch = task.train_batches.batch(index)
      sums, carry = loss_fn(params, carry, batch, None)
      sequences += float(sums.sequences)
    assert task.train_batches.sequences == sequences
