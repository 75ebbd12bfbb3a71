"""Reading as a task: it is learned, resumed, and spread over devices."""

import dataclasses

import jax
import numpy as np
import pytest
from experiments import (
  READABLE,
  READING_CONFIG,
  TO_READ,
  Silent,
  make_reading_experiment,
)
from test_handwriting_training import assert_same, run

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.config import ReadingDataConfig
from graves_jax.data.strokes import Line
from graves_jax.recognition.errors import count_errors
from graves_jax.recognition.reader import HandwritingReader
from graves_jax.tasks.reading import has_path, reading_task
from graves_jax.training.loop import train

UPDATES = 160


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
  """A run that learned to read: its folder and its listener."""
  folder, listener = tmp_path_factory.mktemp("learned"), Silent()
  experiment = make_reading_experiment(
    steps=UPDATES, evaluate_every=20, checkpoint_every=20
  )
  previews = experiment.task.sample_writer(folder)
  train(experiment, folder, listener, write_samples=previews)
  return folder, listener


def test_it_learns_to_read(learned):
  _, listener = learned
  scores = [scores for _, scores in listener.validations]
  assert scores[0].nats_per_sequence > 2 * scores[-1].nats_per_sequence
  assert scores[-1].character_error < 0.1 < scores[0].character_error
  assert scores[-1].sequences == len(TO_READ)
  assert scores[-1].characters == sum(len(line.text) for line in TO_READ)


def test_the_best_checkpoint_is_that_of_the_least_character_error(learned):
  folder, listener = learned
  errors = {step: x.character_error for step, x in listener.validations}
  metadata = restore_checkpoint(folder).metadata
  assert (metadata.kind, metadata.score_name) == ("reading", "character_error")
  assert metadata.scores["character_error"] == min(errors.values())


def test_the_reader_of_the_checkpoint_reads_as_it_was_scored(learned):
  restored = restore_checkpoint(learned[0])
  reader = HandwritingReader.from_checkpoint(restored)
  read = reader.read(TO_READ, beam=None)
  counts = count_errors(read, [line.text for line in TO_READ])
  expected = restored.metadata.scores["character_error"]
  assert counts.character_error == pytest.approx(expected)


def test_readings_are_written_below_what_the_lines_say(learned):
  samples = learned[0] / "samples"
  lines = (samples / f"step_{UPDATES:06d}.txt").read_text().splitlines()
  texts = {f"{line.name}: {line.text}" for line in TO_READ}
  assert set(lines[::2]) == texts and len(lines) == 2 * len(TO_READ)
  assert all(line.startswith("  ") for line in lines[1::2])
  assert (samples / "step_000000.txt").exists()


def test_resumed_equals_uninterrupted_bit_for_bit(tmp_path):
  expected, _ = run(make_reading_experiment(), tmp_path / "whole")
  stopped, _ = run(make_reading_experiment(), tmp_path / "cut", updates=3)
  assert stopped.step == 3
  resumed, _ = run(make_reading_experiment(), tmp_path / "cut")
  assert_same(resumed, expected)


def test_two_devices_learn_as_one_does(tmp_path):
  if len(jax.devices()) < 2:
    pytest.skip("there is one device")
  one, _ = run(make_reading_experiment(), tmp_path / "one")
  two, _ = run(make_reading_experiment(2), tmp_path / "two")
  assert_same(one.params, two.params, rtol=1e-3, atol=1e-4)


def test_lines_that_have_no_path_are_not_trained_on():
  points = np.tile(READABLE[0].points[:1], (5, 1))  # three steps
  texts = {"abc": True, "abca": False, "ab": True, "aab": False, "aa": True}
  lines = [Line(points, text, text) for text in texts]
  assert [has_path(line, 2) for line in lines] == list(texts.values())
  task = reading_task(READING_CONFIG, [*READABLE, *lines], lines)
  assert task.train_batches.lines == len(READABLE) + 3
  assert task.validation_batches.lines == 5


def test_limits_leave_lines_out_of_training_alone():
  longest = max(len(line.points) for line in READABLE)
  data = dataclasses.replace(READING_CONFIG.data, max_points=longest - 1)
  config = dataclasses.replace(READING_CONFIG, data=data)
  task = reading_task(config, READABLE, READABLE)
  assert task.train_batches.lines < task.validation_batches.lines
  short = ReadingDataConfig(max_points=1)
  with pytest.raises(ValueError, match="no lines"):
    reading_task(dataclasses.replace(config, data=short), READABLE, TO_READ)
