"""Stages of a run whose lines are cut short, and then whole."""

import dataclasses

import jax
import numpy as np
import pytest
from experiments import CONFIG, TRAIN, Silent, make_experiment

from graves_jax.config import DataConfig
from graves_jax.training.loop import train

# Three updates of the first 12 points, eight lines at a time; then one of 20,
# two lines at a time. Whole lines are four at a time.
SCHEDULE = ((3, 12, 8), (1, 20, 2))
DATA = dataclasses.replace(CONFIG.data, crop_schedule=SCHEDULE)
STAGED = dataclasses.replace(CONFIG, data=DATA)


@pytest.fixture(scope="module")
def batches():
  return make_experiment(STAGED).task.train_batches


def test_every_stage_has_its_lengths_and_then_lines_are_whole(batches):
  shapes = [batches.batch(step).points.shape[:2] for step in range(4)]
  assert shapes == [(8, 20)] * 3 + [(2, 20)]  # padded to multiples of 20
  assert {batches.batch(step).lengths.max() for step in range(3)} == {12}
  assert batches.batch(3).lengths.max() == 20
  whole = make_experiment().task.train_batches
  for step in range(6):
    for one, other in zip(
      batches.batch(4 + step), whole.batch(step), strict=True
    ):
      np.testing.assert_array_equal(one, other)


def test_cut_lines_keep_all_their_text(batches):
  texts = {line.name: len(line.text) for line in TRAIN}
  for step in range(4):
    names = batches.row_names(step)
    lengths = batches.batch(step).text_lengths[: len(names)]
    assert [texts[name] for name in names] == list(lengths)


def test_shares_of_two_processes_are_the_whole(batches):
  assert batches.batch_size == 2
  halves = [batches.share(slice(0, 1)), batches.share(slice(1, 2))]
  for step in (0, 3, 4, 9):
    for whole, *parts in zip(
      batches.batch(step), *(h.batch(step) for h in halves), strict=True
    ):
      np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_passes_are_counted_over_all_stages(batches):
  # 19 lines: 3 batches of eight rows an epoch, or 10 of two, or 5 of four.
  assert batches.epochs(3) == pytest.approx(1.0)
  assert batches.epochs(4) == pytest.approx(1.1)
  assert batches.epochs(4 + 5) == pytest.approx(2.1)


def test_a_resume_inside_a_stage_and_after_it_is_exact(tmp_path):
  def run(folder, updates=None):
    made = []
    experiment = make_experiment(STAGED)

    def train_step(*arguments):
      made.append(True)
      return experiment.train_step(*arguments)

    counted = dataclasses.replace(experiment, train_step=train_step)
    options = {"should_stop": lambda: len(made) == updates}
    return jax.device_get(train(counted, folder, Silent(), **options))

  expected = run(tmp_path / "whole")
  for updates in (2, 3, None):
    state = run(tmp_path / "pieces", updates)
  for one, other in zip(
    jax.tree.leaves(state), jax.tree.leaves(expected), strict=True
  ):
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("stage", [(0, 12, 8), (3, 1, 8), (3, 12, 0)])
def test_stages_out_of_range_are_named(stage):
  shown = " ".join(map(str, stage))
  with pytest.raises(ValueError, match=rf"crop_schedule \(={shown}\)"):
    DataConfig(batch_size=4, crop_schedule=(stage,))


def test_stages_that_do_not_split_over_the_devices_are_named():
  data = dataclasses.replace(DATA, crop_schedule=((3, 12, 7),))
  config = dataclasses.replace(CONFIG, data=data)
  with pytest.raises(ValueError, match=r"crop_schedule \(=1\) must be"):
    make_experiment(config, devices=2)
