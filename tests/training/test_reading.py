"""What reading gains: lines scored with their own texts and with others'."""

import dataclasses
import functools

import numpy as np
import pytest
from experiments import CONFIG, VALIDATION, Silent, make_experiment, make_lines

from graves_jax.tasks.handwriting import reading_test
from graves_jax.training.evaluate import evaluate, nats_gained_by_reading
from graves_jax.training.loop import train


def test_lines_of_all_lengths_get_each_others_texts():
  lines = make_lines(300, 3)
  own, other = reading_test(lines, lambda chosen: chosen)
  assert len(own) == 128
  lengths = [len(line.points) for line in own]
  assert lengths == sorted(lengths)
  assert lengths[0] == min(len(line.points) for line in lines)
  assert lengths[-1] == max(len(line.points) for line in lines)
  for one, another in zip(own, other, strict=True):
    np.testing.assert_array_equal(one.points, another.points)
  texts = [line.text for line in own]
  assert [line.text for line in other] == texts[1:] + texts[:1]


def test_lines_of_one_text_cannot_tell():
  lines = [line._replace(text="ab") for line in VALIDATION]
  assert reading_test(lines, lambda chosen: chosen) is None


def test_the_gain_is_the_difference_in_nats_a_line(tmp_path):
  experiment = make_experiment()
  listener = Silent()
  state = train(experiment, tmp_path, listener)
  score = functools.partial(
    evaluate,
    experiment.sum_losses,
    state.params,
    experiment.validation_carry(),
  )
  test = experiment.task.reading_test
  own = score(experiment.task.validation_batches)  # seven lines: all of them
  other = score(test.other)
  expected = (other.nats - own.nats) / len(VALIDATION)
  gained = nats_gained_by_reading(score, test)
  assert gained == pytest.approx(expected, abs=1e-3)
  assert gained != 0
  _, scores = listener.validations[-1]
  assert scores.nats_gained_by_reading == gained


def test_a_network_that_does_not_read_has_no_such_figure(tmp_path):
  network = dataclasses.replace(CONFIG.network, kind="prediction", hidden=(8,))
  config = dataclasses.replace(CONFIG, network=network)
  listener = Silent()
  train(make_experiment(config, steps=1), tmp_path, listener)
  assert listener.validations[-1][1].nats_gained_by_reading is None
