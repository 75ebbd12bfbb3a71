"""Laws of training: devices, maps, resumes."""

import dataclasses
import json
from typing import NamedTuple

import jax
import numpy as np
import pytest
from experiments import CONFIG, TRAIN, VALIDATION, Silent, make_experiment

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.config import (
  Cosine,
  GravesRMSProp,
  Muon,
  NetworkConfig,
  Trapezoid,
)
from graves_jax.config.stored import to_dict
from graves_jax.data.rare_characters import repeat_rare
from graves_jax.devices.parallel import fitting
from graves_jax.losses.handwriting import handwriting_loss
from graves_jax.tasks.handwriting import handwriting_task
from graves_jax.training import loop
from graves_jax.training.evaluate import evaluate
from graves_jax.training.experiment import build_experiment
from graves_jax.training.loop import train
from graves_jax.training.step import train_body


def run(experiment, folder, *, updates=None, listener=None, **options):
  """Trains, and stops after so many updates if told."""
  made, listener = [], listener or Silent()

  def train_step(*arguments):
    made.append(True)
    return experiment.train_step(*arguments)

  if updates is not None:
    options["should_stop"] = lambda: len(made) >= updates
  counted = dataclasses.replace(experiment, train_step=train_step)
  state = train(counted, folder, listener, **options)
  return jax.device_get(state), listener


def assert_same(one, other, **tolerance):
  for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
    if tolerance:
      np.testing.assert_allclose(a, b, **tolerance)
    else:
      np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
  folder = tmp_path_factory.mktemp("uninterrupted")
  state, listener = run(make_experiment(), folder)
  return folder, state, listener


def test_training_lowers_the_loss(uninterrupted):
  _, _, listener = uninterrupted
  (_, first), (_, last) = listener.validations
  assert last.nats_per_sequence < first.nats_per_sequence
  assert [report.step for report in listener.reports] == list(range(1, 9))


@pytest.mark.parametrize("stop", [1, 2, 5])
def test_resumed_equals_uninterrupted_bit_for_bit(
  uninterrupted, tmp_path, stop
):
  _, expected, _ = uninterrupted
  stopped, _ = run(make_experiment(), tmp_path, updates=stop)
  assert stopped.step == stop
  resumed, listener = run(make_experiment(), tmp_path)
  assert f"step {stop}" in listener.messages[0]
  assert_same(resumed, expected)


def test_rare_lines_are_repeated_in_training_alone():
  data = dataclasses.replace(CONFIG.data, rare_share=0.9)
  config = dataclasses.replace(CONFIG, data=data)
  lines = [*TRAIN, TRAIN[0]._replace(text="az", name="rare")]
  task = handwriting_task(config, lines, VALIDATION)
  repeated = repeat_rare(lines, task.metadata.codec.alphabet, 0.9)
  assert task.train_batches.lines == len(repeated) > len(lines)
  plain = handwriting_task(CONFIG, lines, VALIDATION)
  assert task.metadata.codec == plain.metadata.codec
  assert task.validation_batches.lines == len(VALIDATION)


class Device(NamedTuple):
  process_index: int
  id: int


class Impatient(Silent):
  """Wants to stop as soon as a validation has begun."""

  wants_to_stop = False

  def validating(self, done, total):
    self.wants_to_stop = True


def test_a_young_run_shows_samples_early_and_ends_the_same(
  uninterrupted, tmp_path, monkeypatch
):
  monkeypatch.setattr(loop, "_FIRST_SAMPLE", 3)
  drawn = []

  def write_samples(params, metadata):
    del params
    drawn.append(metadata.step)

  run(make_experiment(), tmp_path, updates=5, write_samples=write_samples)
  assert drawn == [0, 3]
  state, _ = run(make_experiment(), tmp_path, write_samples=write_samples)
  assert drawn == [0, 3, 6, 8]
  assert_same(state, uninterrupted[1])


def test_early_samples_double_until_the_others_come():
  early = [k for k in range(1, 2000) if loop.is_early_sample(k, 500)]
  assert early == [50, 100, 200, 400]
  assert not any(loop.is_early_sample(k, 50) for k in range(1, 2000))


def test_the_last_validation_is_finished_before_a_stop(tmp_path):
  listener = Impatient()
  stopped, _ = run(
    make_experiment(steps=3),
    tmp_path,
    listener=listener,
    should_stop=lambda: listener.wants_to_stop,
  )
  assert stopped.step == 3
  assert len(listener.validations) == 1


def test_a_stop_while_validating_saves_and_resumes_exactly(
  uninterrupted, tmp_path
):
  _, expected, _ = uninterrupted
  listener = Impatient()
  stopped, _ = run(
    make_experiment(),
    tmp_path,
    listener=listener,
    should_stop=lambda: listener.wants_to_stop,
  )
  assert stopped.step == 4
  assert not listener.validations
  resumed, _ = run(make_experiment(), tmp_path)
  assert_same(resumed, expected)


def test_a_record_holds_every_step_once_after_a_resume(uninterrupted, tmp_path):
  folder, _, _ = uninterrupted

  def rows(folder):
    text = (folder / "metrics.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    times = ("seconds", "elements_per_second")
    return [{k: v for k, v in row.items() if k not in times} for row in rows]

  run(make_experiment(), tmp_path, updates=3)
  with (tmp_path / "metrics.jsonl").open("a") as file:
    file.write('{"kind": "train", "step": 4, "nats_per_se')  # cut off
  run(make_experiment(), tmp_path)
  assert rows(tmp_path) == rows(folder)


# All batches of one shape, which is compiled once.
PLAIN = dataclasses.replace(
  CONFIG, data=dataclasses.replace(CONFIG.data, buckets=1)
)
# Limits that bite at nearly every step: dividing before clipping would show.
CLIPPED = dataclasses.replace(
  PLAIN,
  network=dataclasses.replace(PLAIN.network, lstm_clip=0.01, output_clip=0.1),
)


@pytest.fixture(scope="module")
def clipped(tmp_path_factory):
  free, state = (
    run(make_experiment(config), tmp_path_factory.mktemp("clipped"))[0]
    for config in (PLAIN, CLIPPED)
  )
  one, other = (
    state.params["params"]["layer_1"].recurrent for state in (state, free)
  )
  assert np.abs(one - other).max() > 1e-3
  return state


@pytest.mark.parametrize(
  ("devices", "parallel"), [(1, "pmap"), (2, "shard_map"), (2, "pmap")]
)
def test_devices_and_maps_agree(clipped, tmp_path, devices, parallel):
  experiment = make_experiment(CLIPPED, devices=devices, parallel=parallel)
  state, _ = run(experiment, tmp_path)
  assert_same(state.params, clipped.params, rtol=1e-3, atol=1e-4)


def test_a_cosine_run_resumes_exactly_and_only_at_its_own_length(tmp_path):
  optimizer = dataclasses.replace(
    CONFIG.optimizer,
    schedule=Cosine(warmup_steps=2),
    max_gradient_norm=1.0,
    loss_per="element",
  )
  config = dataclasses.replace(PLAIN, optimizer=optimizer)
  expected, _ = run(make_experiment(config), tmp_path / "whole")
  run(make_experiment(config), tmp_path / "halves", updates=5)
  with pytest.raises(ValueError, match="steps = 8"):
    run(make_experiment(config, steps=9), tmp_path / "halves")
  resumed, _ = run(make_experiment(config), tmp_path / "halves")
  assert_same(resumed, expected)


TRAPEZOID = dataclasses.replace(
  PLAIN,
  optimizer=dataclasses.replace(
    PLAIN.optimizer, schedule=Trapezoid(warmup_steps=2, descent_share=0.5)
  ),
)


def test_a_trapezoid_run_may_be_lengthened_before_its_descent(tmp_path):
  expected, _ = run(make_experiment(TRAPEZOID, steps=10), tmp_path / "whole")
  run(make_experiment(TRAPEZOID), tmp_path / "longer", updates=4)
  longer = make_experiment(TRAPEZOID, steps=10)
  resumed, listener = run(longer, tmp_path / "longer")
  assert_same(resumed, expected)
  assert "from 8 to 10 updates" in " ".join(listener.messages)
  rows = (tmp_path / "longer" / "metrics.jsonl").read_text().splitlines()
  length = next(row for row in map(json.loads, rows) if row["kind"] == "length")
  assert length == {"kind": "length", "step": 4, "before": 8, "steps": 10}


@pytest.mark.parametrize("updates", [5, None])
def test_a_trapezoid_run_keeps_its_length_once_it_descends(tmp_path, updates):
  run(make_experiment(TRAPEZOID), tmp_path, updates=updates)
  with pytest.raises(ValueError, match=r"steps = 8.*--init-from"):
    run(make_experiment(TRAPEZOID, steps=10), tmp_path)


@pytest.mark.parametrize(
  "optimizer",
  [
    GravesRMSProp(learning_rate=1e-3),
    Muon(learning_rate=1e-2, max_gradient_norm=1.0),
  ],
)
def test_a_run_of_another_optimizer_resumes_exactly(tmp_path, optimizer):
  config = dataclasses.replace(PLAIN, optimizer=optimizer)
  expected, _ = run(make_experiment(config), tmp_path / "whole")
  run(make_experiment(config), tmp_path / "halves", updates=3)
  resumed, _ = run(make_experiment(config), tmp_path / "halves")
  assert_same(resumed, expected)


def test_a_run_that_wrote_the_optimizer_as_one_table_resumes(
  tmp_path, monkeypatch
):
  def flat(config):
    values = to_dict(config)
    schedule = values["optimizer"].pop("schedule")
    values["optimizer"] |= {
      "epsilon": 1e-8,
      "matrix_momentum": 0.95,
      "descent_share": 0.25,
      **schedule,
      "name": config.optimizer.name,
      "schedule": schedule["name"],
    }
    return values

  expected, _ = run(make_experiment(TRAPEZOID), tmp_path / "whole")
  with monkeypatch.context() as before:
    before.setattr("graves_jax.checkpoints.metadata.to_dict", flat)
    run(make_experiment(TRAPEZOID), tmp_path / "halves", updates=3)
  resumed, _ = run(make_experiment(TRAPEZOID), tmp_path / "halves")
  assert_same(resumed, expected)


def test_a_prediction_network_trains(tmp_path):
  network = NetworkConfig(kind="prediction", hidden=(8,), mixtures=2)
  config = dataclasses.replace(PLAIN, network=network)
  _, listener = run(make_experiment(config), tmp_path)
  (_, first), (_, last) = listener.validations
  assert last.nats_per_sequence < first.nats_per_sequence


def regularized_config(kind):
  return dataclasses.replace(
    CONFIG,
    network=NetworkConfig(
      kind=kind, hidden=(8, 8), mixtures=2, windows=2, recurrent_dropout=0.3
    ),
    data=dataclasses.replace(CONFIG.data, scale_range=0.2, slant_range=0.2),
  )


@pytest.fixture(scope="module", params=["prediction", "synthesis"])
def regularized(request, tmp_path_factory):
  folder = tmp_path_factory.mktemp("regularized")
  config = regularized_config(request.param)
  return config, *run(make_experiment(config), folder), folder


@pytest.mark.slow
def test_a_regularized_run_resumes_exactly(regularized, tmp_path):
  config, expected, _, _ = regularized
  run(make_experiment(config), tmp_path, updates=3)
  resumed, _ = run(make_experiment(config), tmp_path)
  assert_same(resumed, expected)


@pytest.mark.slow
def test_a_regularized_run_is_the_same_on_two_devices(regularized, tmp_path):
  config, expected, _, _ = regularized
  state, _ = run(make_experiment(config, devices=2), tmp_path)
  assert_same(state.params, expected.params, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_a_regularized_run_is_scored_without_regularization(regularized):
  config, state, listener, folder = regularized
  network = dataclasses.replace(config.network, recurrent_dropout=0.0)
  plain = dataclasses.replace(CONFIG, network=network)
  experiment = make_experiment(plain)
  experiment.initial_state(restore_checkpoint(folder))  # is not refused
  sums = evaluate(
    experiment.sum_losses,
    state.params,
    experiment.validation_carry(),
    experiment.task.validation_batches,
  )
  expected = listener.validations[-1][1]  # and what reading gains, beside it
  scores = experiment.task.scores(sums)
  assert scores == expected._replace(nats_gained_by_reading=None)


def test_a_config_slants_the_lines_of_training_alone():
  data = dataclasses.replace(CONFIG.data, slant_range=0.3)
  upright, slanted = (
    make_experiment(dataclasses.replace(CONFIG, data=data)).task
    for data in (CONFIG.data, data)
  )
  before, after = (t.train_batches.batch(0).points for t in (upright, slanted))
  np.testing.assert_array_equal(before[..., 1:], after[..., 1:])
  assert np.any(before[..., 0] != after[..., 0])
  before, after = (
    t.validation_batches.batch(0).points for t in (upright, slanted)
  )
  np.testing.assert_array_equal(before, after)


def test_every_line_is_scored_whatever_its_length():
  data = dataclasses.replace(CONFIG.data, max_points=30, max_characters=5)
  experiment = make_experiment(dataclasses.replace(CONFIG, data=data))
  task = experiment.task
  assert 0 < task.train_batches.lines < len(TRAIN)
  sums = evaluate(
    experiment.sum_losses,
    experiment.initial_state().params,
    experiment.validation_carry(),
    task.validation_batches,
  )
  scores = task.scores(sums)
  assert scores.sequences == len(VALIDATION)
  assert scores.points == sum(len(line.points) for line in VALIDATION)


def test_the_compiled_step_reduces_across_devices_once():
  experiment = make_experiment(devices=2)
  step = experiment.mapped.map(
    train_body(
      handwriting_loss(experiment.task.network, 0.007),
      experiment.optimizer,
      seed=0,
      loss_per="sequence",
    )
  )
  batch = experiment.mapped.shard(experiment.task.train_batches.batch(0))
  rows = (), batch
  compiled = step.lower(experiment.initial_state(), rows).compile().as_text()
  assert compiled.count(" all-reduce(") == 1


@pytest.mark.parametrize(
  ("part", "field", "value"),
  [
    ("network", "hidden", (8, 9)),
    ("optimizer", "learning_rate", 1e-3),
    ("optimizer", "schedule", Cosine()),
    ("data", "batch_size", 2),
    ("training", "seed", 5),
  ],
)
def test_a_workdir_of_another_config_is_refused_and_kept(
  uninterrupted, part, field, value
):
  folder, expected, _ = uninterrupted
  changed = dataclasses.replace(getattr(CONFIG, part), **{field: value})
  config = dataclasses.replace(CONFIG, **{part: changed})
  with pytest.raises(ValueError, match="another --workdir"):
    run(make_experiment(config), folder)
  state, _ = run(make_experiment(), folder)
  assert_same(state, expected)


def test_a_workdir_of_other_data_is_refused(uninterrupted):
  folder, _, _ = uninterrupted
  task = handwriting_task(CONFIG, TRAIN[2:], VALIDATION)
  with pytest.raises(ValueError, match="other data"):
    run(build_experiment(task, jax.devices()[:1]), folder)


@pytest.mark.parametrize(
  ("batch_sizes", "expected"), [((1, 64), 1), ((32, 64), 4), ((6, 64), 2)]
)
def test_as_many_devices_are_used_as_fit(batch_sizes, expected):
  devices = [Device(process_index=0, id=k) for k in range(4)]
  assert fitting(devices, *batch_sizes) == devices[:expected]


def test_every_process_gives_as_many_devices():
  devices = [Device(process_index=k // 3, id=k) for k in range(6)]
  assert fitting(devices, 8, 16) == [devices[k] for k in (0, 1, 3, 4)]
  assert fitting(devices, 3) == [devices[0], devices[3]]


def test_batches_that_do_not_split_over_devices_are_refused():
  data = dataclasses.replace(CONFIG.data, batch_size=3)
  with pytest.raises(ValueError, match="try 4"):
    make_experiment(dataclasses.replace(CONFIG, data=data), devices=2)
