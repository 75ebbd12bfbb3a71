"""Training and scoring a reader as a person does, good input and bad."""

import dataclasses
import json
import re

import jax
import pytest
from experiments import (
  READABLE,
  READING_CONFIG,
  TO_READ,
  Silent,
  make_experiment,
)
from paths import ROOT

from graves_jax.data.sources.stroke_file import write_stroke_file
from graves_jax.pretrained import HANDWRITING
from graves_jax.tasks.reading import reading_task
from graves_jax.training.experiment import build_experiment
from graves_jax.training.loop import train

CONFIG = """
import sys
sys.path.insert(0, {tests!r})
from experiments import READING_CONFIG
def get_config():
  return READING_CONFIG
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
  """A config, and a stroke file."""
  folder = tmp_path_factory.mktemp("files")
  config, strokes = folder / "tiny.py", folder / "strokes.jsonl"
  config.write_text(CONFIG.format(tests=str(ROOT / "tests")))
  write_stroke_file(strokes, {"train": READABLE, "validation": TO_READ})
  return config, strokes


@pytest.fixture(scope="module")
def reader(files, tmp_path_factory):
  """The folder of a run."""
  folder, (_, strokes) = tmp_path_factory.mktemp("reader"), files
  data = dataclasses.replace(READING_CONFIG.data, path=str(strokes))
  config = dataclasses.replace(READING_CONFIG, data=data)
  task = reading_task(config, READABLE, TO_READ)
  train(build_experiment(task, jax.devices()[:1]), folder, Silent())
  return folder


def test_train_tells_the_character_error(run_command, files, tmp_path):
  config, strokes = files
  status, output, errors = run_command(
    *("train", config, "--data.path", strokes, "--workdir", tmp_path),
    *("--training.steps", 2, "--devices", 1),
  )
  assert (status, errors) == (0, "")
  assert "reading: 12 cells" in output
  assert "character error" in output
  assert (tmp_path / "samples" / "step_000002.txt").exists()


def test_evaluate_tells_both_errors_and_ends_with_json(run_command, reader):
  arguments = ("--checkpoint", reader, "--devices", 1)
  status, output, errors = run_command("evaluate", *arguments, "--beam", 4)
  assert (status, errors) == (0, "")
  assert "character error" in output and "word error" in output
  figures = json.loads(output.splitlines()[-1])
  assert figures["split"] == "validation" and figures["beam"] == 4
  assert figures["sequences"] == len(TO_READ)
  assert figures["words"] == sum(len(line.text.split()) for line in TO_READ)
  assert figures["characters"] == sum(len(line.text) for line in TO_READ)
  for name in ("character_error", "word_error", "greedy_character_error"):
    assert figures[name] >= 0
  assert figures["nats_per_sequence"] > 0 and figures["step"] == 8
  _, output, _ = run_command(
    "evaluate", *arguments, "--split", "train", "--batch-size", 3
  )
  figures = json.loads(output.splitlines()[-1])
  assert (figures["split"], figures["beam"]) == ("train", 16)
  assert figures["sequences"] == len(READABLE)


@pytest.mark.parametrize(
  ("option", "message"),
  [
    (("--dynamic",), "--dynamic: .*holds a reader"),
    (("--sequences", "stream"), "--sequences: .*holds a reader"),
    (("--sigma-floor", "0.1"), "--sigma-floor: .*holds a reader"),
    (("--beam", "0"), r"beam \(=0\) must be 1"),
    (("--split", "testset_v"), "split .*train or validation"),
    (("--batch-size", "0"), "batch_size"),
  ],
)
def test_options_that_a_reader_cannot_use_are_one_line(
  run_command, reader, option, message
):
  arguments = ("--checkpoint", reader, "--devices", 1)
  assert_refused(run_command("evaluate", *arguments, *option), message)


def test_a_reader_writes_nothing(run_command, reader, tmp_path):
  out = tmp_path / "page.svg"
  refused = run_command("sample", "abc", "--checkpoint", reader, "--out", out)
  assert_refused(refused, "holds a reader of handwriting, which writes nothing")
  assert not out.exists()


def test_a_writer_has_no_beam(run_command):
  refused = run_command("evaluate", "--checkpoint", HANDWRITING, "--beam", 4)
  assert_refused(refused, "--beam: .*holds a network that writes")


def test_runs_of_writers_and_readers_are_not_mixed(
  run_command, files, reader, tmp_path
):
  config, strokes = files
  train(make_experiment(steps=1), tmp_path / "writer", Silent())
  command = ("train", config, "--data.path", strokes, "--workdir")
  refused = run_command(*command, tmp_path / "writer")
  assert_refused(refused, "holds a run on handwriting, not reading")
  refused = run_command(
    *command, tmp_path / "new", "--init-from", tmp_path / "writer"
  )
  assert_refused(refused, "of a network of handwriting, not reading")


def assert_refused(result, message):
  status, _, errors = result
  assert (status, errors.count("\n")) == (2, 1)
  assert re.search(message, errors)
