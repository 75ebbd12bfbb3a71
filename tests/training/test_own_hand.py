"""Tuning to a few lines of one hand: their network's codec, and other lines."""

import dataclasses
from pathlib import Path

import jax
import pytest
from experiments import CONFIG, TRAIN, VALIDATION, Silent, make_experiment
from rich.console import Console

from graves_jax.checkpoints.same import require_same, require_same_weights
from graves_jax.commands.command_line import require_local
from graves_jax.commands.train import (
  Arguments,
  check_runs,
  codec_from_first,
  load_task,
)
from graves_jax.config import DataConfig
from graves_jax.data.sources.stroke_file import write_stroke_file
from graves_jax.tasks.handwriting import handwriting_task
from graves_jax.training.experiment import build_experiment
from graves_jax.training.loop import train
from graves_jax.training.stages import identity

RUN = Path("run")

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


def test_repeats_of_rare_lines_are_no_other_data():
  one, other = (
    handwriting_task(own(**data), OWN, VALIDATION[:2], codec=WHOLE.codec)
    for data in ({}, {"rare_share": 0.9})
  )
  assert one.metadata.data == other.metadata.data


def test_other_lines_are_mixed_in_the_same_ones_for_a_seed():
  config = own(mixed_path="other.jsonl", mixed_lines=5)
  tasks = [
    handwriting_task(
      config, OWN, VALIDATION[:2], codec=WHOLE.codec, mixed=TRAIN
    )
    for _ in range(2)
  ]
  assert [task.train_batches.lines for task in tasks] == [8, 8]
  one, other = (points_of(task) for task in tasks)
  assert one == other
  assert one != points_of(
    handwriting_task(
      dataclasses.replace(
        config, training=dataclasses.replace(config.training, seed=1)
      ),
      *(OWN, VALIDATION[:2]),
      codec=WHOLE.codec,
      mixed=TRAIN,
    )
  )


def points_of(task):
  """What a task trains on, whatever the order."""
  batches = task.train_batches.in_order()
  return sorted(row.tobytes() for b in batches for row in b.points)


def test_a_run_goes_on_with_its_own_data_alone():
  def metadata(lines, validation=VALIDATION[:2]):
    task = handwriting_task(own(), lines, validation, codec=WHOLE.codec)
    return task.metadata

  saved = metadata(OWN)
  require_same(saved, metadata([line._replace(name="x") for line in OWN]), RUN)
  other = OWN[0]._replace(text="c")
  for wanted in (
    metadata(OWN[:2]),
    metadata([other, *OWN[1:]]),
    metadata(OWN, VALIDATION[:3]),
  ):
    with pytest.raises(ValueError, match="run holds a run on other data"):
      require_same(saved, wanted, RUN)
  assert WHOLE.data == ""  # the codec tells


def test_a_run_goes_on_with_the_codec_of_its_own_checkpoint(tmp_path):
  data = dataclasses.replace(own().data, path=str(tmp_path / "own.jsonl"))
  config = dataclasses.replace(own(), data=data)
  write_stroke_file(data.path, {"train": OWN, "validation": VALIDATION[:2]})
  arguments = Arguments(config=config, workdir=tmp_path)
  assert check_runs(arguments).codec is None
  task = handwriting_task(config, OWN, VALIDATION[:2], codec=WHOLE.codec)
  experiment = build_experiment(task, jax.devices()[:1])
  train(experiment, tmp_path, Silent(), should_stop=lambda: True)
  codec = codec_from_first(check_runs(arguments).codec)
  assert codec == WHOLE.codec
  assert load_task(config, Console(quiet=True), codec).metadata.codec == codec


def test_missing_lines_to_mix_in_are_called_so(tmp_path):
  data = {"path": str(tmp_path / "own.jsonl"), "mixed_path": "none.jsonl"}
  write_stroke_file(data["path"], {"train": OWN, "validation": VALIDATION[:2]})
  config = own(**data)
  with pytest.raises(FileNotFoundError, match=r"data\.mixed_path \(=none"):
    load_task(config, Console(quiet=True), WHOLE.codec)
  elsewhere = own(**{**data, "mixed_path": "gs://bucket/lines"})
  with pytest.raises(ValueError, match=r"mixed_path .*on the network"):
    require_local(config=elsewhere)


def test_where_the_mixed_lines_lie_may_change():
  def metadata(path):
    config = own(mixed_path=path, mixed_lines=5)
    return handwriting_task(
      config, OWN, VALIDATION[:2], codec=WHOLE.codec, mixed=TRAIN
    ).metadata

  here, there = metadata("here.jsonl"), metadata("there.jsonl")
  require_same(here, there, RUN)
  assert identity(here) == identity(there)


def test_own_lines_are_not_all_left_out():
  config = own(mixed_path="other.jsonl", max_points=1)
  with pytest.raises(ValueError, match=r"no line of data\.path is left"):
    handwriting_task(
      config, OWN, VALIDATION[:2], codec=WHOLE.codec, mixed=TRAIN
    )


def test_a_codec_to_keep_needs_weights_to_start_from():
  with pytest.raises(ValueError, match="name those with --init-from"):
    handwriting_task(own(), OWN, VALIDATION[:2])
  with pytest.raises(ValueError, match=r"is for data\.keep_codec"):
    DataConfig(mixed_path="other.jsonl")
