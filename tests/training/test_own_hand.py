"""Tuning to a few lines of one hand: their network's codec, and other lines."""

import dataclasses

import jax
import pytest
from experiments import CONFIG, TRAIN, VALIDATION, make_experiment

from graves_jax.checkpoints.metadata import require_same_weights
from graves_jax.config import DataConfig
from graves_jax.tasks.handwriting import handwriting_task
from graves_jax.training.experiment import build_experiment

WHOLE = make_experiment().task.metadata
OWN = [line for line in TRAIN if "b" not in line.text][:3]


def own(**data):
  data = dataclasses.replace(CONFIG.data, keep_codec=True, **data)
  return dataclasses.replace(CONFIG, data=data)


def test_few_lines_keep_the_codec_of_the_weights_that_they_tune():
  task = handwriting_task(own(), OWN, VALIDATION[:2], codec=WHOLE.codec)
  assert task.metadata.codec == WHOLE.codec
  known = set(WHOLE.codec.alphabet.characters)
  assert set("".join(line.text for line in OWN)) < known  # "b" is missing
  require_same_weights(WHOLE, task.metadata)
  assert build_experiment(task, jax.devices()[:1]).task.train_batches.lines == 3


def test_other_lines_are_mixed_in_the_same_ones_for_a_seed():
  config = own(mixed_path="other.jsonl", mixed_lines=5)
  tasks = [
    handwriting_task(
      config, OWN, VALIDATION[:2], codec=WHOLE.codec, mixed=TRAIN
    )
    for _ in range(2)
  ]
  assert [task.train_batches.lines for task in tasks] == [8, 8]
  one, other = (task.train_batches.batch(0) for task in tasks)
  assert (one.points == other.points).all()


def test_a_codec_to_keep_needs_weights_to_start_from():
  with pytest.raises(ValueError, match="name those with --init-from"):
    handwriting_task(own(), OWN, VALIDATION[:2])
  with pytest.raises(ValueError, match=r"is for data\.keep_codec"):
    DataConfig(mixed_path="other.jsonl")
