"""graves-jax train and evaluate on text, as a person uses them."""

import gzip
import json

import pytest
from experiments import Silent, make_experiment
from paths import ROOT

from graves_jax.training.loop import train

TEXT = "the cat sat on the mat and the dog sat on the cat.\n" * 30
CONFIG = """
from graves_jax.config import *

def get_config():
  return TextConfig(
    network=TextNetworkConfig(hidden=(8,)),
    data=TextDataConfig(batch_size=4, length=10),
    optimizer=Adam(learning_rate=1e-2, loss_per="element"),
    training=TextTrainingConfig(
      steps=4, evaluate_every=2, checkpoint_every=2, sample_every=2,
      sample_length=20, evaluation_batch_size=2,
    ),
  )
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
  path = tmp_path_factory.mktemp("config") / "tiny_text.py"
  path.write_text(CONFIG)
  return path


@pytest.fixture
def text(tmp_path):
  path = tmp_path / "cat.txt"
  path.write_text(TEXT)
  return path


@pytest.fixture
def run_folder(run_command, config, text, tmp_path):
  folder = tmp_path / "run"
  arguments = ("--data.path", text, "--workdir", folder)
  status, _, errors = run_command("train", config, *arguments)
  assert (status, errors) == (0, "")
  return folder


def test_a_moved_text_is_scored_by_its_split(
  run_command, run_folder, text, tmp_path
):
  moved = text.rename(tmp_path / "moved.txt")
  arguments = ("--checkpoint", run_folder, "--data.path", moved)
  for split, symbols in (("validation", 153), ("train", 1377), (None, 1530)):
    chosen = ("--split", split) if split else ()
    _, output, _ = run_command("evaluate", *arguments, *chosen)
    assert figures(output)["symbols"] == symbols
  status, _, errors = run_command("evaluate", *arguments, "--split", "nonsense")
  assert status == 2 and "nonsense" in errors


@pytest.mark.parametrize("streams", [0, -1])
def test_streams_that_cannot_be_are_refused(run_command, run_folder, streams):
  status, _, errors = run_command(
    "evaluate", "--checkpoint", run_folder, "--batch-size", streams
  )
  assert status == 2
  assert f"batch_size (={streams}) must be 1 or more" in errors


def test_words_are_scored_per_word_and_per_character(
  run_command, config, text, tmp_path
):
  arguments = ("--data.units", "words", "--workdir", tmp_path / "words")
  status, _, errors = run_command(
    "train", config, "--data.path", text, *arguments
  )
  assert (status, errors) == (0, "")
  _, output, _ = run_command("evaluate", "--checkpoint", tmp_path / "words")
  values = figures(output)
  assert values["words"] == values["symbols"] < values["characters"]
  assert values["perplexity"] == pytest.approx(
    2 ** (values["total_bits"] / values["words"])
  )
  assert values["bits_per_character"] == pytest.approx(
    values["total_bits"] / values["characters"]
  )


def test_a_text_given_to_handwriting_names_the_command_for_text(
  run_command, text, tmp_path
):
  arguments = ("--data.path", text, "--workdir", tmp_path / "run")
  for name in ("train", "evaluate"):
    status, _, errors = run_command(
      name, *arguments[: 2 if "ev" in name else 4]
    )
    assert status == 2
    assert "graves-jax train char_rnn --data.path" in errors


def figures(output):
  return json.loads(output.splitlines()[-1])


def test_a_text_file_is_learned_sampled_and_scored(
  run_command, run_folder, text
):
  samples = sorted(p.name for p in (run_folder / "samples").iterdir())
  assert samples == [f"step_000000{step}.txt" for step in (0, 2, 4)]
  assert len((run_folder / "samples" / samples[0]).read_text()) == 20
  status, output, _ = run_command("evaluate", "--checkpoint", run_folder)
  assert status == 0
  values = figures(output)
  assert values["symbols"] == round(len(TEXT) * 0.1)
  assert values["convention"] == "characters"
  assert values["total_bits"] == pytest.approx(
    values["bits_per_character"] * values["symbols"]
  )
  assert 0 <= values["error_percent"] <= 100
  assert not values["dynamic"]


def test_more_streams_score_the_same_symbols(run_command, run_folder):
  one, four = (
    figures(
      run_command("evaluate", "--checkpoint", run_folder, "--batch-size", n)[1]
    )
    for n in (1, 4)
  )
  assert one["symbols"] == four["symbols"]
  assert one["total_bits"] == pytest.approx(four["total_bits"], rel=0.2)


def test_another_text_is_scored_without_a_home(
  run_command, run_folder, tmp_path, monkeypatch
):
  other = tmp_path / "other.txt.gz"
  other.write_bytes(gzip.compress(b"the dog sat on the mat"))
  (tmp_path / "home").touch()
  monkeypatch.setenv("HOME", str(tmp_path / "home"))
  monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
  status, output, errors = run_command(
    "evaluate", "--checkpoint", run_folder, "--data.path", other
  )
  assert (status, errors) == (0, "")
  assert figures(output)["symbols"] == 22


def test_another_text_is_scored_whole(run_command, run_folder, tmp_path):
  other = tmp_path / "other.txt"
  other.write_text("the dog sat on the mat")
  arguments = ("--checkpoint", run_folder, "--data.path", other)
  status, output, _ = run_command("evaluate", *arguments)
  assert status == 0
  assert figures(output)["symbols"] == 22
  other.write_text("the Dog sat")
  status, _, errors = run_command("evaluate", *arguments)
  assert status == 2
  assert "'D'" in errors
  assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
  ("content", "message"),
  [
    (b"", "empty"),
    (b"a", "symbol"),
    (b"ab" * 10, "batch_size"),
    (b"abc\xffdef" * 100, "--data.units bytes"),
    (None, "does not exist"),
  ],
)
def test_a_text_that_cannot_be_learned_is_one_line(
  run_command,
  config,
  tmp_path,
  content,
  message,
):
  path = tmp_path / "bad.txt"
  if content is not None:
    path.write_bytes(content)
  status, _, errors = run_command(
    "train",
    *(config, "--data.path", path, "--workdir", tmp_path / "run"),
    *("--data.batch-size", 100),
  )
  assert not (tmp_path / "run").exists()
  assert status == 2
  assert message in errors
  assert len(errors.splitlines()) == 1


def test_a_vocabulary_that_explodes_is_said(run_command, config, tmp_path):
  path = tmp_path / "signs.txt"
  path.write_text("".join(map(chr, range(0x4E00, 0x4E00 + 1200))) * 2)
  status, output, _ = run_command(
    "train", config, "--data.path", path, "--workdir", tmp_path / "run"
  )
  assert status == 0
  assert "1,200" in output and "bytes" in output


@pytest.mark.parametrize(
  "flag", ["--network.mixtures", "--data.max-points", "--network.windows"]
)
def test_options_of_handwriting_are_refused_for_text(
  run_command,
  config,
  capsys,
  flag,
):
  status, output, errors = run_command("train", config, flag, 3)
  assert status == 2
  assert flag in output + errors


def test_a_run_of_handwriting_is_not_continued_with_text(
  run_command,
  config,
  text,
  tmp_path,
):
  train(make_experiment(), tmp_path / "pens", Silent())
  arguments = ("--data.path", text, "--workdir", tmp_path / "pens")
  status, _, errors = run_command("train", config, *arguments)
  assert status == 2
  assert "handwriting" in errors and "another --workdir" in errors


def test_every_text_config_names_what_a_user_passes():
  for path in (ROOT / "configs").glob("[a-z]*.py"):
    text = path.read_text()
    if "TextConfig" in text:
      assert f"train.py configs/{path.name}" in text


def test_dynamic_evaluation_states_what_it_did(run_command, run_folder):
  arguments = ("--checkpoint", run_folder, "--dynamic")
  numbers = ("--dynamics.learning-rate", "0", "--dynamics.length", "10")
  status, output, _ = run_command("evaluate", *arguments, *numbers)
  assert status == 0
  values = figures(output)
  stated = ("dynamic", "rule", "learning_rate", "length", "streams")
  assert [values[name] for name in stated] == [True, "sgd", 0.0, 10, 1]
  one_stream = ("--checkpoint", run_folder, "--batch-size", "1")
  _, output, _ = run_command("evaluate", *one_stream)
  fixed = figures(output)
  assert values["total_bits"] == pytest.approx(fixed["total_bits"])
  assert not fixed["dynamic"]


def test_tuning_chooses_on_the_validation_split_then_scores(
  run_command, run_folder, tmp_path
):
  other = tmp_path / "other.txt"
  other.write_text("the dog sat on the mat. " * 4)
  arguments = ("--checkpoint", run_folder, "--data.path", other, "--dynamic")
  numbers = ("--dynamics.rule", "rms", "--dynamics.length", "10")
  status, output, _ = run_command(
    "evaluate", *arguments, *numbers, "--tune", "--tune-symbols", "60"
  )
  assert status == 0
  values = figures(output)
  assert values["symbols"] == 96
  trials = [line for line in output.splitlines() if "bits/symbol" in line]
  bits = {
    k: float(v.split()[0]) for k, _, v in (x.partition(": ") for x in trials)
  }
  chosen = f"learning_rate {values['learning_rate']:g}, decay"
  assert len(bits) == len(trials) > 3
  # A number that gains less than a ten-thousandth is not worth another trial.
  least = min(bits.values())
  assert least == pytest.approx(
    min(x for name, x in bits.items() if chosen in name), rel=5e-4
  )


def test_dynamic_options_that_cannot_be_used_are_refused(
  run_command, run_folder
):
  def errors_of(*arguments):
    status, _, errors = run_command("evaluate", *arguments)
    assert status == 2 and len(errors.splitlines()) == 1
    return errors

  run = ("--checkpoint", run_folder)
  assert "--dynamic" in errors_of(*run, "--tune")
  for writers in (("--writers", 2), ("--tune", "--tune-writers", 2)):
    assert "a text network" in errors_of(*run, "--dynamic", *writers)
  assert "without noise" in errors_of(*run, "--draw-weights", "1")
  wild = ("--dynamic", "--dynamics.learning-rate", "1e38")
  assert "went astray" in errors_of(*run, *wild)


def test_a_stage_with_noise_starts_from_a_run(
  run_command, config, text, run_folder, tmp_path
):
  noisy = tmp_path / "noisy"
  status, output, errors = run_command(
    "train", config, "--data.path", text, "--workdir", noisy,
    "--init-from", run_folder, "--noise.kind", "adaptive",
  )  # fmt: skip
  assert (status, errors) == (0, "")
  assert "Starting from the weights of run, step 4, all" in output
  assert "Noise on the weights" in output
  assert "description length" in output
  means, drawn, again = (
    figures(run_command("evaluate", "--checkpoint", noisy, *more)[1])
    for more in ((), ("--draw-weights", "1"), ("--draw-weights", "1"))
  )
  assert drawn["total_bits"] == again["total_bits"] != means["total_bits"]
  status, output, _ = run_command(
    "sample", "--checkpoint", noisy, "--length", "5", "--draw-weights", "1"
  )
  assert status == 0
  assert len(output.rstrip("\n")) <= 5
