"""graves-jax sample with a text network, as a person uses it."""

import subprocess
import sys

import jax
import pytest
from experiments import Silent
from paths import ROOT

from graves_jax.config import (
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)
from graves_jax.data.codec import TextCodec
from graves_jax.data.corpus import Corpus
from graves_jax.pretrained import HANDWRITING
from graves_jax.tasks.text import text_task
from graves_jax.training.experiment import build_experiment
from graves_jax.training.loop import train

TEXT = "a\nb\nab\nba\n" * 40


def make_run(folder, units, text_file, text=TEXT, glob=None):
  """A run of one update on a text, whose lines are in a file, or in those of a
  folder that fit a pattern."""
  codec = TextCodec.of(text, units)
  classes = codec.encode(text)
  corpus = Corpus(
    codec=codec,
    train=classes[: len(classes) // 2],
    validation=classes[len(classes) // 2 :],
    convention=units,
  )
  config = TextConfig(
    network=TextNetworkConfig(hidden=(8,)),
    data=TextDataConfig(
      path=str(text_file),
      glob=glob,
      prepared_dir=str(folder / "prepared"),
      units=units,
      batch_size=2,
      length=10,
    ),
    training=TextTrainingConfig(steps=1, evaluation_batch_size=2),
  )
  experiment = build_experiment(text_task(config, corpus), jax.devices()[:1])
  train(experiment, folder, Silent())
  return folder


@pytest.fixture(scope="module")
def text_file(tmp_path_factory):
  path = tmp_path_factory.mktemp("text") / "text.txt"
  path.write_text(TEXT)
  return path


@pytest.fixture(scope="module")
def run(tmp_path_factory, text_file):
  return make_run(tmp_path_factory.mktemp("run"), "characters", text_file)


def test_so_many_symbols_come_and_nothing_else(run_command, run):
  status, output, errors = run_command(
    "sample", "--checkpoint", run, "--length", 70
  )
  assert (status, errors) == (0, "")
  assert len(output) == 70
  assert set(output) <= set("ab\n")


def test_a_thousand_are_usual(run_command, run):
  assert len(run_command("sample", "--checkpoint", run)[1]) == 1000


def test_the_text_goes_on_from_the_prime(run_command, run):
  arguments = ("--checkpoint", run, "--length", 40, "--prime", "ab")
  status, output, errors = run_command("sample", *arguments)
  assert (status, errors) == (0, "")
  assert output.startswith("ab") and len(output) == 42


@pytest.mark.parametrize("units", ["bytes", "words"])
def test_other_units(run_command, tmp_path, text_file, units):
  run = make_run(tmp_path, units, text_file)
  arguments = ("--checkpoint", run, "--length", 50, "--prime", "ab")
  status, output, errors = run_command("sample", *arguments)
  assert (status, errors) == (0, "")
  assert output.startswith("ab")
  codec = TextCodec.of(TEXT, units)
  assert len(codec.encode(output)) == len(codec.encode("ab")) + 50


def test_the_prime_comes_from_standard_input(
  run_command, run, tmp_path, monkeypatch
):
  path = tmp_path / "prime.txt"
  path.write_text("ba\n")
  with path.open() as standard_input:
    monkeypatch.setattr(sys, "stdin", standard_input)
    arguments = ("--checkpoint", run, "--length", 40, "--prime", "-")
    status, output, _ = run_command("sample", *arguments)
  assert status == 0
  assert output.startswith("ba\n") and len(output) == 43


def test_what_the_prime_loses_is_said(run_command, run):
  arguments = ("--checkpoint", run, "--length", 5, "--prime", "éaßé")
  status, output, errors = run_command("sample", *arguments)
  assert status == 0
  assert output.startswith("a") and len(output) == 6
  assert "the vocabulary does not have them: 'é', 'ß'\n" in errors


def test_the_prime_is_made_plain_where_the_vocabulary_is(run_command, run):
  arguments = ("--checkpoint", run, "--length", 5, "--prime", "\ufeffa\u0301b")
  status, output, errors = run_command("sample", *arguments)
  assert (status, errors) == (0, "in the prime replaced 'á' by 'a'\n")
  assert output.startswith("ab") and len(output) == 7
  status, _, errors = run_command("sample", *arguments, "--strict")
  assert status == 2 and "lacks: 'á'; leave" in errors
  status, _, errors = run_command("sample", *arguments[:-1], "a\udce9b")
  assert status == 2
  assert "--prime is not UTF-8: byte 0xE9 at offset 1, line 1" in errors


@pytest.mark.parametrize(
  ("content", "message"),
  [
    ("ba\n".encode("utf-16"), ""),
    ("ba\n".encode("utf-16-be"), "standard input seems to be UTF-16"),
    (b"ba\n\xff", "standard input is not UTF-8: byte 0xFF at offset 3, line 2"),
  ],
)
def test_a_prime_from_standard_input_is_decoded(
  run_command, run, tmp_path, monkeypatch, content, message
):
  (tmp_path / "prime.txt").write_bytes(content)
  with (tmp_path / "prime.txt").open() as standard_input:
    monkeypatch.setattr(sys, "stdin", standard_input)
    arguments = ("--checkpoint", run, "--length", 4, "--prime", "-")
    status, output, errors = run_command("sample", *arguments)
  assert message in errors
  assert (status, errors.count("\n")) == ((2, 1) if message else (0, 0))
  assert output[:3] == ("" if message else "ba\n")


def test_what_a_terminal_cannot_show_is_said_once(environment, tmp_path):
  run = make_run(
    tmp_path, "characters", tmp_path / "x", TEXT + "\U0001f431" * 9
  )
  command = [sys.executable, "sample.py", "--checkpoint", run, "--prime"]
  done = subprocess.run(
    [*command, "a\U0001f431", "--length", "50"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    env=environment | {"PYTHONIOENCODING": "ascii"},
  )
  assert done.returncode == 0
  assert done.stdout.startswith("a?")
  assert done.stderr == (
    "shown as ? because the output is in ascii: '\\U0001f431'; set "
    "PYTHONIOENCODING=utf-8 to get them, or write to a file with --out.\n"
  )


def test_the_settings_decide(run_command, run):
  def sample(*arguments):
    return run_command(
      "sample", "--checkpoint", run, "--length", 60, *arguments
    )

  assert sample("--seed", 3)[1] == sample("--seed", 3)[1]
  assert sample("--seed", 3)[1] != sample("--seed", 4)[1]
  greedy = sample("--temperature", 0)[1]
  assert sample("--temperature", 0, "--seed", 4)[1] == greedy
  assert sample("--top-k", 1)[1] == greedy


def test_copies_stand_one_under_another(run_command, run):
  arguments = ("--checkpoint", run, "--length", 30, "--prime", "a")
  _, alone, _ = run_command("sample", *arguments)
  _, output, _ = run_command("sample", *arguments, "--copies", 3)
  assert output.startswith(alone + "\n\na")
  assert len(output) == 3 * 31 + 2 * 2


def test_a_file_has_the_same_text(run_command, run, tmp_path):
  out = tmp_path / "new" / "sample.txt"
  arguments = ("--checkpoint", run, "--length", 100, "--out", out)
  _, output, _ = run_command("sample", *arguments)
  assert out.read_text() == output


def test_only_new_lines_are_shown(run_command, run):
  arguments = ("--checkpoint", run, "--length", 400, "--novel", "--copies", 2)
  status, output, errors = run_command("sample", *arguments)
  assert status == 0
  lines = output.splitlines()
  assert len(set(lines)) == len(lines) > 5
  assert not set(lines) & {"", *TEXT.splitlines()}
  assert f"{len(lines)} of {len(lines) + 4} different lines are not" in errors


def test_a_training_text_that_was_moved_is_named(run_command, run, tmp_path):
  arguments = ("--checkpoint", run, "--length", 400, "--novel")
  _, output, _ = run_command("sample", *arguments)
  moved = tmp_path / "moved.txt"
  moved.write_text(output)  # all that would be new is known
  status, again, errors = run_command(
    "sample", *arguments, "--training-text", moved
  )
  assert status == 0
  assert not set(again.splitlines()) & set(output.splitlines())
  assert "not in the training text" in errors


def test_a_folder_of_training_text_that_was_moved_is_named(
  run_command, run, tmp_path
):
  moved = tmp_path / "moved"
  moved.mkdir()
  (moved / "a.txt").write_text("a\nb\n")
  (moved / "b.txt").write_text("ab\nba\n")
  arguments = ("--length", 400, "--novel", "--training-text", moved)
  of_files = make_run(
    tmp_path / "run", "characters", tmp_path / "x", glob="*.txt"
  )
  status, output, errors = run_command(
    "sample", "--checkpoint", of_files, *arguments
  )
  assert status == 0 and "not in the training text" in errors
  assert output and not set(output.splitlines()) & {"a", "b", "ab", "ba"}
  status, _, errors = run_command("sample", "--checkpoint", run, *arguments)
  assert status == 2 and f"--training-text (={moved}) is a folder" in errors


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["--length", "0"], "length (=0)"),
    (["--temperature", "-1"], "temperature (=-1.0)"),
    (["--temperature", "nan"], "temperature (=nan)"),
    (["--top-k", "0"], "top_k (=0)"),
    (["--top-k", "4"], "from 1 to 3"),
    (["--copies", "0"], "copies (=0)"),
    (["--seed", "99999999999"], "seed (=99999999999)"),
    (["--prime", "xyz"], "none of the prime's characters"),
    (["--length", "1", "--novel"], "no whole line"),
    (
      ["--novel", "--training-text", "x"],
      "--training-text (=x) does not exist",
    ),
    (["--training-text", "x"], "needs --novel"),
    (["--out", "page.png"], ".txt"),
    (["--out", "/proc/sample.txt"], "/proc/sample.txt"),
    (["abc"], "--prime"),
    (["--bias", "1.0"], "--bias: "),
    (["--bias=0.5"], "holds a text network"),
    (["--style_data", "somewhere"], "--style-data: "),
    (["--window", "w.png"], "--window: "),
    (["--tempratur", "1"], "--temperature"),
  ],
)
def test_bad_input_is_answered_in_a_line(
  run_command, run, tmp_path, monkeypatch, arguments, message
):
  monkeypatch.chdir(tmp_path)
  status, output, errors = run_command(
    "sample", "--checkpoint", run, *arguments
  )
  assert (status, output) == (2, "")
  assert message in errors
  assert "Traceback" not in errors
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
  ("arguments", "option"),
  [
    (["abc", "--temperature", "1.0"], "--temperature"),
    (["--top-k=3", "abc"], "--top-k"),
    (["abc", "--prime=--bias=3"], "--prime"),
    (["--novel"], "--novel"),
  ],
)
def test_handwriting_has_no_options_of_text(
  run_command, tmp_path, monkeypatch, arguments, option
):
  monkeypatch.chdir(tmp_path)
  status, _, errors = run_command("sample", *arguments)
  assert status == 2
  assert f"{option}: {HANDWRITING} holds a handwriting network" in errors
  assert not list(tmp_path.iterdir())


def test_an_old_file_stays_when_nothing_is_written(run_command, run, tmp_path):
  out = tmp_path / "sample.txt"
  out.write_text("old")
  arguments = ("--checkpoint", run, "--out", out, "--prime", "xyz")
  assert run_command("sample", *arguments)[0] == 2
  assert out.read_text() == "old"
