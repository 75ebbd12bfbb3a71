"""graves-jax evaluate with weights that learn along a writer's lines, and the
records that it writes."""

import json

import jax
import pytest
from experiments import TRAIN, VALIDATION, Silent, make_experiment

from graves_jax import pretrained
from graves_jax.commands import evaluate as evaluate_command
from graves_jax.commands import evaluate_writers
from graves_jax.commands.machine import cores
from graves_jax.commands.record_options import note_start, noted_device
from graves_jax.data.sources.stroke_file import write_stroke_file
from graves_jax.results.record import read_record
from graves_jax.training.loop import train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
  folder = tmp_path_factory.mktemp("trained")
  train(make_experiment(), folder, Silent())
  return folder


def write_hands(path, points=0, train=TRAIN):
  """Writes the last points, or all, of seven lines of three hands."""
  names = ("ann-1", "ann-2", "bob-1", "bob-2", "bob-3", "cat-1", "cat-2")
  lines = [
    line._replace(name=name, points=line.points[-points:])
    for line, name in zip(VALIDATION, names, strict=True)
  ]
  write_stroke_file(path, {"train": train, "validation": lines})
  return path


@pytest.fixture(scope="module")
def strokes(tmp_path_factory):
  return write_hands(tmp_path_factory.mktemp("strokes") / "hands.jsonl")


@pytest.fixture
def evaluate(run_command, trained, strokes):
  def run(*arguments):
    given = ("--checkpoint", trained, "--data.path", strokes)
    return run_command("evaluate", *given, *arguments)

  return run


def figures(output):
  return json.loads(output.splitlines()[-1])


def test_a_record_holds_the_figures_and_how_they_came_about(
  evaluate, trained, strokes, tmp_path
):
  path = tmp_path / "new" / "tiny.json"
  status, output, errors = evaluate("--record", path)
  assert (status, errors) == (0, "")
  record = read_record(path)
  assert record.figures == figures(output)
  assert (record.kind, record.step) == (
    "handwriting",
    record.training[0].updates,
  )
  assert record.config.data.path is None and record.checkpoint == trained.name
  assert record.minutes is not None and record.training[0].device is None
  score = record.training[0].validations[-1][2]
  assert record.figures["nats_per_sequence"] == pytest.approx(score, rel=1e-4)
  assert "--data.path hands.jsonl --record tiny.json" in record.command
  assert str(tmp_path.parent) not in path.read_text()
  own = {f["sigma_floor"]: f for f in record.figures["floors"]}[0.007]
  assert own["nats_per_point"] == pytest.approx(
    record.figures["nats_per_point"], rel=1e-5
  )
  assert own["nats_of_zeros_per_sequence"] == 0
  named = ("--record-runs", trained, "--trained-on", "a card")
  evaluate("--record", path, *named)
  again = read_record(path)
  assert again.training[0].device == "a card"
  assert again.figures == record.figures


def test_a_figure_that_is_not_finite_is_null_and_named(
  evaluate, tmp_path, monkeypatch
):
  found = {"nats_per_point": 1.5, "floors": [{"nats_per_point": float("nan")}]}
  monkeypatch.setattr(
    evaluate_command, "scorer_for", lambda *_: lambda *_: dict(found)
  )
  path = tmp_path / "tiny.json"
  status, output, errors = evaluate("--record", path)
  last = json.loads(output.splitlines()[-1], parse_constant=pytest.fail)
  assert last["floors"] == [{"nats_per_point": None}]
  assert last["nats_per_point"] == 1.5
  assert status == 2 and len(errors.splitlines()) == 1
  assert f"{path} is not written: figures.floors.0.nats_per_point" in errors
  assert not path.exists()


def test_weights_that_ship_take_no_record_of_the_folder_one_is_in(
  evaluate, trained, tmp_path, monkeypatch
):
  monkeypatch.setitem(pretrained.NAMES, "tiny", trained)
  monkeypatch.chdir(tmp_path)
  (tmp_path / "metrics.jsonl").write_text("of another run")
  given = ("--checkpoint", "tiny", "--record", "tiny.json")
  status, _, errors = evaluate(*given)
  assert (status, errors) == (0, "")
  (stage,) = read_record(tmp_path / "tiny.json").training
  assert stage.run == trained.name


def test_weights_learn_along_the_lines_of_those_they_were_not_tuned_on(
  evaluate, tmp_path, monkeypatch
):
  path = tmp_path / "tiny_dynamic.json"
  short = ("--data.path", write_hands(tmp_path / "short.jsonl", 10))
  numbers = ("--tune-writers", "1")
  status, output, errors = evaluate(
    "--dynamic", "--tune", *numbers, "--record", path, *short
  )
  assert (status, errors) == (0, "")
  found = figures(output)
  assert (found["sequences"], found["writers"]) == (5, 2)
  assert (found["tuning_writers"], found["tuned"]) == (1, True)
  assert found["static"]["sequences"] == 5
  assert found["nats_per_sequence"] != found["static"]["nats_per_sequence"]
  trials = [line for line in output.splitlines() if "nats per seq" in line]
  assert len(trials) > 3 and "learning_rate 1e-05" in trials[0]
  assert read_record(path).figures == found
  # Batches that do not split over the devices that are asked for.
  monkeypatch.setattr(evaluate_writers, "BATCH_SIZE", 3)
  rate = ("--devices", "2", "--dynamics.learning-rate", "0")
  still = ("--dynamic", *rate, "--writers", "2")
  found = figures(evaluate(*still, *short)[1])
  assert (found["sequences"], found["writers"], found["tuned"]) == (4, 2, False)
  assert found["nats_per_point"] == pytest.approx(
    found["static"]["nats_per_point"], rel=1e-5
  )
  wild = ("--dynamic", "--dynamics.learning-rate", "1e38", *short)
  status, _, errors = evaluate(*wild)
  assert status == 2 and "went astray" in errors
  assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["--split", "train"], "held_out.jsonl: its split train is empty"),
    (["--dynamic", "--split", "train"], "validation has 7 lines; mark"),
    (["--dynamic", "--dynamics.rule", "rms"], "reads training lines (sgd "),
  ],
)
def test_a_split_without_lines_is_a_line(
  evaluate, tmp_path, arguments, message
):
  path = write_hands(tmp_path / "held_out.jsonl", 10, train=())
  status, _, errors = evaluate("--data.path", path, *arguments)
  assert status == 2 and len(errors.splitlines()) == 1
  assert message in errors


def test_a_run_notes_what_it_runs_on_at_every_start(tmp_path):
  assert noted_device(tmp_path) is None
  for _ in range(2):
    note_start(tmp_path, jax.devices()[:1])
  core = f"{cores()} core{'s' * (cores() > 1)} of "
  assert noted_device(tmp_path).startswith(core)
  assert noted_device(tmp_path).endswith(" as 1 device") == (cores() > 1)
  with (tmp_path / "starts.jsonl").open("a") as file:
    file.write('{"on": "a card"}\n')
  assert noted_device(tmp_path).endswith(", then a card")
  for damaged in ('{"on": "a ca', "[" * 100_000):
    (tmp_path / "starts.jsonl").write_text(damaged)
    assert noted_device(tmp_path) is None


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["--record", "x.txt"], "must end in one of .json"),
    (["--record-runs", "x"], "need --record"),
    (["--trained-on", "x"], "need --record"),
    (["--record", "x.json", "--trained-on", "x"], "0 runs|--record-runs 0"),
    (["--record", "x.json", "--record-runs", "none"], "there is no none"),
    (["--record", "x.json", "--record-runs", "a", "b"], "names 2 runs"),
    (["--writers", "2"], "needs --dynamic"),
    (["--tune-writers", "2", "--dynamic"], "needs --tune"),
    (["--dynamic", "--tune", "--tune-writers", "3"], "the 3 writers"),
    (["--dynamic", "--writers", "4"], "writers (=4) must be 1 to 3"),
    (["--dynamic", "--split", "train"], "does not tell who wrote it"),
    (["--dynamic", "--dynamics.length", "7"], "dynamics.length (=7)"),
    (["--dynamic", "--batch-size", "2"], "--batch-size is not read"),
    (["--dynamic", "--tune", "--tune-symbols", "9"], "--tune-symbols is not"),
  ],
)
def test_options_that_cannot_be_used_are_a_line(
  evaluate, tmp_path, monkeypatch, arguments, message
):
  monkeypatch.chdir(tmp_path)
  status, _, errors = evaluate(*arguments)
  assert status == 2 and len(errors.splitlines()) == 1
  assert any(part in errors for part in message.split("|"))
  assert not list(tmp_path.iterdir())
