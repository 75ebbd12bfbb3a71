"""Measuring what is written, and choosing among pens, as a person does it."""

import json
import re

import pytest
from experiments import (
  READABLE,
  TO_READ,
  TRAIN,
  VALIDATION,
  Silent,
  make_experiment,
  make_reading_experiment,
)

from graves_jax.commands import legibility_report
from graves_jax.data.sources.stroke_file import write_stroke_file
from graves_jax.results.record import read_record
from graves_jax.training.loop import train


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
  """A writer, two readers, and lines."""
  folder = tmp_path_factory.mktemp("runs")
  train(make_experiment(steps=2), folder / "writer", Silent())
  for seed, name in enumerate(["reader", "ranker"]):
    experiment = make_reading_experiment(steps=2, seed=seed)
    train(experiment, folder / name, Silent())
  lines = {"train": TRAIN, "validation": VALIDATION}
  write_stroke_file(folder / "strokes.jsonl", lines)
  cyrillic = [x._replace(text="шщ") for x in TO_READ]
  lines = {"train": READABLE, "validation": cyrillic}
  write_stroke_file(folder / "other.jsonl", lines)
  write_stroke_file(folder / "held_out.jsonl", {"validation": VALIDATION})
  return folder


@pytest.fixture
def evaluate(run_command, runs):
  def run(**changes):
    options = {
      "legibility": "writer",
      "reader": "reader",
      "ranker": "ranker",
      "data.path": "strokes.jsonl",
    } | changes
    words = ["evaluate"]
    for name, value in options.items():
      path = runs / str(value)
      words += [f"--{name}", path if path.exists() else value]
    return run_command(*words)

  return run


def test_legibility_ends_with_json_of_every_way(
  evaluate, run_command, tmp_path
):
  figure = tmp_path / "legibility.png"
  record = tmp_path / "legibility.json"
  changes = {"bias": 1, "best-of": 2, "lines": 5, "figure": figure}
  status, output, errors = evaluate(**changes, record=record)
  assert (status, errors) == (0, "")
  assert figure.stat().st_size > 1000
  figures = json.loads(output.splitlines()[-1])
  assert (figures["bias"], figures["best_of"]) == (1, 2)
  assert figures["lines"] == 5
  for name in ("character_error", "word_error", "character_error_real"):
    assert figures[name] >= 0
  ratio = figures["character_error"] / figures["character_error_real"]
  assert figures["ratio"] == pytest.approx(ratio)
  assert 0 <= figures["failed_lines"] <= 1
  ways = [(way["primed"], way["best_of"]) for way in figures["ways"]]
  assert ways == [(False, 1), (False, 2), (True, 1), (True, 2)]
  names = [read_record(record).figures[k] for k in ("reader", "ranker")]
  assert names == ["reader", "ranker"]
  assert str(tmp_path.parent) not in record.read_text()
  read = ("--results", tmp_path, "--out", tmp_path / "results.md")
  status, _, errors = run_command("tables", *read)
  assert (status, errors) == (0, "")


def test_a_figure_that_cannot_be_drawn_costs_neither_json_nor_record(
  evaluate, tmp_path, monkeypatch
):
  def fail(*_):
    raise OSError("no space left")

  monkeypatch.setattr(legibility_report, "write_legibility", fail)
  record = tmp_path / "legibility.json"
  changes = {"lines": 2, "best-of": 1, "bias": 1, "record": record}
  result = evaluate(**changes, figure=tmp_path / "legibility.png")
  assert_refused(result, "no space left")
  figures = json.loads(result[1].splitlines()[-1])
  assert read_record(record).figures["ways"] == figures["ways"]


def test_the_figure_shows_each_way_over_the_bias(monkeypatch):
  drawn = []
  monkeypatch.setattr(
    legibility_report, "write_legibility", lambda *given: drawn.append(given)
  )
  errors = iter(range(8))
  ways = [
    {"bias": b, "primed": p, "best_of": n, "character_error": next(errors)}
    for b in (0.5, 2.0)
    for p in (False, True)
    for n in (1, 4)
  ]
  figures = {"ways": ways, "character_error_real": 9}
  legibility_report.draw("x.png", figures)
  series = {
    "unprimed, best of 1": [0, 4],
    "unprimed, best of 4": [1, 5],
    "primed, best of 1": [2, 6],
    "primed, best of 4": [3, 7],
  }
  assert drawn == [("x.png", [0.5, 2.0], series, 9)]
  assert list(drawn[0][2]) == list(series)


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    ({"legibility": "reader"}, r"--legibility .*holds a reader .*load_reader"),
    ({"reader": "writer"}, r"--reader .*holds a handwriting .*load_writer"),
    ({"ranker": "writer"}, r"--ranker .*holds a handwriting .*load_writer"),
    ({"ranker": "reader"}, "--reader and --ranker are both"),
    ({"reader": "nowhere"}, "--reader: there is no checkpoint"),
    ({"best-of": 0}, r"best_of \(=0\)"),
    ({"lines": 0}, r"lines \(=0\)"),
    ({"bias": -1}, r"bias \(=-1.0\)"),
    ({"data.path": "other.jsonl"}, "every line has characters .*'ш', 'щ'"),
    ({"data.path": "held_out.jsonl", "split": "train"}, "train is empty"),
    ({"sigma-floor": 0.1}, "--sigma-floor is not read"),
    ({"figure": "page.gif"}, r"\.svg"),
  ],
)
def test_legibility_answers_bad_input_in_a_line(evaluate, changes, message):
  assert_refused(evaluate(**changes), message)


def test_options_of_legibility_do_not_stand_alone(run_command):
  assert_refused(run_command("evaluate", "--lines", 5), "need --legibility")


@pytest.fixture
def sample(run_command, runs, tmp_path):
  def run(*options, ranker="ranker"):
    out = tmp_path / "page.svg"
    return out, run_command(
      *("sample", "abc ca", "--checkpoint", runs / "writer", "--out", out),
      *("--ranker", runs / ranker, *options),
    )

  return run


def test_what_is_not_read_right_is_said_with_its_words(sample):
  out, (status, output, errors) = sample("--best-of", 2)
  assert (status, errors) == (0, "")
  assert re.search(r"After 2 pens a line, .*: '.*' in line 1\. Try", output)
  first = out.read_text()
  sample("--best-of", 2)
  assert out.read_text() == first
  _, (_, output, _) = sample("--best-of", 1)
  assert "pens a line" not in output


@pytest.mark.parametrize(
  ("options", "ranker", "message"),
  [
    (["--best-of", "0"], "ranker", r"best_of \(=0\)"),
    ([], "writer", "--ranker .*holds a handwriting"),
    ([], "nowhere", "--ranker: there is no checkpoint"),
  ],
)
def test_pens_that_cannot_be_chosen_are_one_line(
  sample, options, ranker, message
):
  out, result = sample(*options, ranker=ranker)
  assert_refused(result, message)
  assert not out.exists()


def test_a_ranker_that_did_not_ship_is_said(
  run_command, runs, tmp_path, monkeypatch
):
  from graves_jax.commands import ranking

  monkeypatch.setattr(ranking, "HANDWRITING_RANKER", tmp_path / "not_shipped")
  arguments = ("--checkpoint", runs / "writer", "--out", tmp_path / "page.svg")
  status, output, errors = run_command(
    *("sample", "abc", *arguments, "--ranker", tmp_path / "not_shipped"),
  )
  assert (status, errors) == (0, "")
  assert "no reader's weights are at" in output


def assert_refused(result, message):
  status, _, errors = result
  assert (status, errors.count("\n")) == (2, 1)
  assert re.search(message, errors)
