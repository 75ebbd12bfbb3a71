"""Records of evaluations, and the page that is made of them."""

import dataclasses
import json
import re

import numpy as np
import pytest
from experiments import CONFIG
from paths import ROOT

from graves_jax.commands.machine import without_folders
from graves_jax.config import TextConfig, TextDataConfig, TextNetworkConfig
from graves_jax.results.metrics import read_rows, thinned, training_of
from graves_jax.results.page import outside_tables, page
from graves_jax.results.record import (
  Machine,
  Record,
  Training,
  read_record,
  read_records,
  to_json,
  with_null,
)
from graves_jax.results.speed import RACES, arrival, fastest, runs_of
from graves_jax.results.text_tables import TABLE_1, TABLE_2

DOCS = ROOT / "docs"
FOLDER = re.compile(r"[\"' =,](/|~|\.\.|\./\.\.)[^ ]|file:|[A-Z]:\\")
CORES = "2 cores of a processor"
SYNTHESIS = RACES[1]


def stage(run="one", device="a card", minutes=8.0, scores=(-900.0, -1100.0)):
  """A training run with a validation every two minutes."""
  return Training(
    run=run,
    device=device,
    updates=100,
    minutes=minutes,
    unit="nats per sequence",
    validations=tuple((2.0 * k, 10 * k, s) for k, s in enumerate(scores, 1)),
  )


FIGURES = {
  "split": "test",
  "convention": "characters G",
  "sequences": "sentence",
  "bits_per_symbol": 1.3,
  "bits_per_character": 1.3004,
  "error_percent": 28.41,
  "perplexity": 160.4,
  "dynamic": False,
}
TEXT = TextConfig(
  network=TextNetworkConfig(hidden=(1000,)),
  data=TextDataConfig(source="penn_treebank", units="characters"),
)


def make_record(config=CONFIG, kind="handwriting", **changes):
  """A record of a network that never was."""
  floor = {
    "sigma_floor": 0.007,
    "nats_per_sequence": -1100.04,
    "nats_per_point": -1.78,
    "nats_of_zeros_per_sequence": -48.0,
    "percent_of_nats_of_zeros": 4.4,
  }
  handwriting = {
    "split": "validation",
    "sequences": 1438,
    "squared_error_per_point": 0.4,
    "squared_error_per_coordinate": 0.2,
    "floors": [floor],
  }
  values = {
    "command": "graves-jax evaluate --record docs/results/x.json",
    "package": "0.2.0",
    "revision": None,
    "machine": Machine(name="2 cores of something", cores=2),
    "kind": kind,
    "checkpoint": "x",
    "step": 100,
    "weights": 1234567,
    "config": config,
    "ancestry": (),
    "training": (stage(),),
    "figures": FIGURES if kind == "text" else floor | handwriting,
  }
  return Record(**(values | changes))


def without(name):
  """A text's record that lacks a figure."""
  figures = {k: v for k, v in FIGURES.items() if k != name}
  return to_json(make_record(TEXT, "text", figures=figures))


def with_network(**changes):
  network = dataclasses.replace(CONFIG.network, **changes)
  return dataclasses.replace(CONFIG, network=network)


def test_the_page_is_what_the_command_makes_of_the_records(
  run_command, tmp_path
):
  out = tmp_path / "results.md"
  status, output, errors = run_command(
    "tables", "--results", DOCS / "results", "--out", out
  )
  assert (status, errors) == (0, "")
  assert str(out) in output.replace("\n", "")
  assert out.read_bytes() == (DOCS / "results.md").read_bytes()


def test_committed_records_tell_no_folder_of_a_machine():
  for path in (DOCS / "results").glob("*"):
    text = path.read_text()
    assert not FOLDER.search(text), path
    assert path.suffix == ".json" and len(text) < 20_000


@pytest.mark.parametrize(
  ("word", "written"),
  [
    ("/mnt", "mnt"),
    ("/home/ann/runs/iamondb.jsonl.gz", "iamondb.jsonl.gz"),
    ("--data.path=/home/ann b/ink.jsonl", "--data.path=ink.jsonl"),
    ("~/iamondb/", "iamondb"),
    ("../../elsewhere/run", "run"),
    ("docs/results/x.json", "docs/results/x.json"),
    ("..", ".."),
    ("file:///home/ann/x", "x"),
    ("--data.path=file:///home/ann/x", "--data.path=x"),
    ("./../../home/x", "x"),
    (".//home/x", "x"),
    ("docs/../../x", "x"),
    ("--a=b=/home/x", "--a=b=x"),
    ("/home/a=b/x", "x"),
    (r"C:\Users\x", "x"),
    ("./docs/x", "./docs/x"),
    ("1/2", "1/2"),
  ],
)
def test_folders_of_the_machine_are_left_out(word, written):
  assert without_folders(word) == written


def test_what_is_read_is_what_was_written(tmp_path):
  for record in (make_record(), make_record(TEXT, "text")):
    (tmp_path / "x.json").write_text(to_json(record))
    assert read_record(tmp_path / "x.json") == record
  assert list(read_records(tmp_path)) == ["x"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_named(number):
  figures = make_record().figures
  floors = [*figures["floors"], {"sigma_floor": 0.1, "nats_per_point": number}]
  lost = dataclasses.replace(stage(), minutes=number)
  for record, place in (
    (make_record(figures={"word_error": number}), "figures.word_error"),
    (make_record(figures={"floors": floors}), "figures.floors.1.nats_per_p"),
    (make_record(training=(lost,)), "training.0.minutes"),
  ):
    with pytest.raises(ValueError, match=f"{place}.* is {number}; a record's"):
      to_json(record)


def test_null_stands_for_numbers_that_are_not_finite():
  figures = {"a": float("nan"), "b": [{"c": -float("inf")}, (1, "x")], "d": 2.5}
  expected = {"a": None, "b": [{"c": None}, [1, "x"]], "d": 2.5}
  assert with_null(figures) == expected


@pytest.mark.parametrize(
  ("change", "message"),
  [
    (lambda text: text[:-20], "x.json is no record"),
    (lambda text: '{"format": "another"}', '"format": "graves_jax record 1"'),
    (lambda text: "[" * 10_000, "x.json is no record"),
    (lambda text: "[1, 2]", "x.json is no record"),
    (lambda text: text.replace('"step"', '"stop"'), "unknown fields"),
    (lambda text: text.replace("-1100.04", "NaN"), "NaN is not a number"),
    (
      lambda text: text.replace("-1100.04", '"low"'),
      "a nats_per_sequence that",
    ),
    (lambda text: text.replace("handwriting", "painting"), "'painting'"),
    (lambda text: text.replace('"hidden"', '"hide"'), "unknown fields"),
    (lambda text: text.replace("-1100.04", "true"), "nats_per_sequence that"),
    (lambda text: text.replace("-1100.04", "1e999"), "nats_per_sequence that"),
    (lambda text: text.replace("-1100.04", "9" * 400), "x.json is no record"),
    (
      lambda text: re.sub(r'"floors": \[[^]]*\]', '"floors": 5', text),
      "floors",
    ),
    (lambda text: text.replace('"split": "validation"', '"split": 5'), "split"),
    (lambda _: without("perplexity"), "no perplexity"),
    (lambda text: "\xff" + text, "x.json is no record"),
    (lambda text: " " * 2**20 + text, "x.json is no record"),
  ],
)
def test_what_is_no_record_is_named_in_a_line_and_the_page_kept(
  run_command, tmp_path, change, message
):
  out = tmp_path / "results.md"
  out.write_text("old")
  path = tmp_path / "x.json"
  path.write_text(change(to_json(make_record())), encoding="latin-1")
  status, _, errors = run_command("tables", "--results", tmp_path, "--out", out)
  assert status == 2 and len(errors.splitlines()) == 1
  assert message in errors and "x.json" in errors
  assert out.read_text() == "old"


def test_a_record_stands_in_the_row_of_its_network():
  three = with_network(hidden=(400, 400, 400))
  noise = dataclasses.replace(
    three, noise=dataclasses.replace(three.noise, kind="adaptive")
  )
  own = {"figures": make_record().figures | {"sigma_floor": 0.3}}
  drawn = {"figures": make_record().figures | {"draw_weights": 1}}
  legibility = {"figures": {"split": "validation", "reader": "reader"}}
  records = {
    "plain": make_record(three),
    "noisy": make_record(noise),
    "other_floor": make_record(three, **own),
    "small": make_record(),
    "drawn": make_record(three, **drawn),
    "legible": make_record(three, **legibility),
  }
  assert outside_tables(records) == [*records][2:]
  text = page(records)
  table_4 = text[text.index("## Table 4") : text.index("## What the floor")]
  rows = table_4.splitlines()
  place = {
    k: n
    for n, row in enumerate(rows)
    for k in ("-1096.9", "-1128.2")
    if k in row
  }
  assert (
    "| -1100.0 | -1.780 | 0.200 | 0.400 | [plain](results/plain.json): Adam |"
    in (rows[place["-1096.9"] + 1])
  )
  assert "[noisy]" in rows[place["-1128.2"] + 1]
  for name in ("other_floor", "small", "drawn", "legible"):
    assert f"[{name}]" in text and f"[{name}]" not in table_4
  assert "[drawn]" not in text[: text.index("## The records")]
  assert "Without a record" not in table_4 and "Without a record" in text


def text_record(source, split, convention, network, **figures):
  """A record of a text network that never was."""
  config = TextConfig(
    network=TextNetworkConfig(**network),
    data=TextDataConfig(
      source=source,
      units="bytes" if source == "enwik8" else "characters",
    ),
  )
  figures = FIGURES | {"split": split, "convention": convention} | figures
  return make_record(config, "text", figures=figures)


def test_a_text_s_record_stands_in_the_row_of_its_network_and_data():
  penn = {"source": "penn_treebank", "convention": "characters G"}
  wiki = {"source": "enwik8", "convention": "bytes", "split": "validation"}
  one, seven = {"hidden": (1000,)}, {"hidden": (700,) * 7}
  few = {"convention": "bytes, 100,000 of them split 96 to 4"}
  text = page(
    {
      "penn": text_record(**penn, split="test", network=one),
      "wiki": text_record(**wiki, network=seven),
      "other_split": text_record(**penn, split="validation", network=one),
      "eight": text_record(**penn, split="test", network={"hidden": (8,)}),
      "rnn": text_record(**penn, split="test", network=one | {"cell": "rnn"}),
      "drawn": text_record(**penn, split="test", network=one, draw_weights=0),
      "enwik5": text_record(**wiki | few, network=seven),
      "narrow": text_record(**wiki, network=one),
    }
  )
  tables, records = text.split("## The records")
  assert "1.300 (characters G; sentences) | 160 | 28.4 | [penn](" in tables
  assert "| 1.300 | [wiki](" in tables
  assert tables.count(".json)") == 2 and records.count(".json)") == 8


def test_every_row_without_a_record_says_how_to_make_one():
  text = page({})
  rows = [row for row in text.splitlines() if "| no record |" in row]
  commands = [row for row in text.splitlines() if row.startswith("  `graves")]
  papers = len(TABLE_1.rows) + len(TABLE_2.rows) + 3 + 2
  assert len(commands) == papers
  assert len(rows) == papers + 2 + sum(len(race.figures) for race in RACES)


def test_the_fastest_way_to_a_figure_is_told_by_stages():
  slow = stage("alone", CORES, 90.0, [-900.0] * 30 + [-1060.0])
  first = stage("first", "a card", 5.0, [-1075.0, -960.0])
  second = stage("second", CORES, 50.0, [-1070.0, -1094.0])
  two = {"ancestry": (), "training": (first, second)}
  records = {
    "slow": make_record(training=(slow,)),
    "two": make_record(**two),
    "again": make_record(**two),
  }
  reached, alone = fastest(SYNTHESIS, records, -1057.7)
  assert (reached.record, reached.minutes) == ("two", (("a card", 2.0),))
  assert (alone.record, alone.minutes) == ("slow", ((CORES, 62.0),))
  [reached] = fastest(SYNTHESIS, records, -1094.0)
  assert reached.minutes == (("a card", 5.0), (CORES, 4.0))
  assert (reached.total, reached.score) == (9.0, -1094.0)
  assert fastest(SYNTHESIS, records, -1128.2) == []
  moved = stage("moved", f"{CORES}, then a card", 70.0, [-1060.0])
  moved = make_record(training=(moved,))
  assert not arrival("moved", moved, -1057.7).is_on_processors
  [slow] = fastest(SYNTHESIS, {"slow": records["slow"]}, -1057.7)
  assert slow.record == "slow"


def test_only_networks_of_the_race_on_its_data_run_in_it():
  figures = make_record().figures
  fewer = {"figures": figures | {"sequences": 7}}
  in_bits = dataclasses.replace(stage(), unit="bits per symbol")
  never = dataclasses.replace(stage("first"), unit=None, validations=())
  racing = runs_of(
    SYNTHESIS,
    {
      "other_data": make_record(**fewer),
      "other_unit": make_record(training=(in_bits,)),
      "never_validated": make_record(training=(never,)),
      "staged": make_record(training=(never, stage())),
      "prediction": make_record(with_network(kind="prediction")),
    },
  )
  assert list(racing) == ["staged"]
  characters = {"training": (in_bits,)}
  small = dataclasses.replace(TEXT, network=TextNetworkConfig(hidden=(8,)))
  words = dataclasses.replace(
    TEXT,
    data=dataclasses.replace(TEXT.data, units="words", convention="S"),
  )
  of_text = {
    "small": make_record(small, "text", **characters),
    "characters": make_record(TEXT, "text", **characters),
    "words": make_record(words, "text", **characters),
  }
  assert list(runs_of(RACES[2], of_text)) == ["characters"]
  assert list(runs_of(RACES[3], of_text)) == ["words"]


def write_metrics(folder, updates, validates=True, short=0):
  """Rows of a run: 60 s an update, the first 600; a validation at each.

  The first `short` updates are of a sixth of the elements: 10 s, the first 100.
  """
  folder.mkdir()
  rows = []
  for step in range(1, updates + 1):
    losses = {"nats_per_element": 1.0, "nats_per_sequence": 1.0}
    usual = 10.0 if step <= short else 60.0
    seconds = 10 * usual if step == 1 else usual
    speed = 6000.0 * usual / 60.0 / seconds
    times = {"seconds": seconds, "elements_per_second": speed}
    rows.append({"kind": "train", "step": step} | times | losses)
    score = -1000.0 - step
    validation = {"step": step, "nats_per_sequence": score}
    if validates:
      rows.append({"kind": "validation"} | validation)
  lines = "\n".join(json.dumps(row) for row in rows)
  (folder / "metrics.jsonl").write_text(lines)
  return folder


def test_a_run_tells_its_minutes_up_to_the_weights_that_were_kept(tmp_path):
  run = write_metrics(tmp_path / "run", 200)
  half = training_of(run, "a card", 100)
  # The first update is counted as two of the median.
  assert (half.updates, half.minutes) == (100, 101.0)
  assert half.validations[0] == (2.0, 1, -1001.0)
  assert half.validations[-1] == (101.0, 100, -1100.0)
  # Each was a new best.
  assert len(half.validations) == 100
  assert training_of(run, None).updates == 200
  with pytest.raises(ValueError, match=r"200 updates, and the weights 300"):
    training_of(run, None, 300)


def test_updates_of_a_curriculum_count_by_their_elements(tmp_path):
  run = write_metrics(tmp_path / "run", 100, short=60)
  # The first update is counted as two; none of the whole lines is cut.
  assert training_of(run, None, 60).minutes == pytest.approx(61 / 6, abs=1e-3)
  assert training_of(run, None).minutes == pytest.approx(61 / 6 + 40, abs=1e-3)


@pytest.mark.parametrize(
  "change",
  [
    {"step": "x"},
    {"step": None},
    {"seconds": True},
    {"seconds": 1e308},
    {"elements_per_second": 10**400},
    {"nats_per_element": float("nan")},
    {"nats_per_sequence": float("-inf")},
    {"kind": ["train"]},
  ],
)
def test_an_update_that_is_no_number_is_passed_over_and_its_time_kept(
  tmp_path, change
):
  run = write_metrics(tmp_path / "run", 9, validates=False)
  path = run / "metrics.jsonl"
  rows = [json.loads(line) for line in path.read_text().splitlines()]
  whole = training_of(run, None)
  rows[4] |= change
  path.write_text("\n".join(map(json.dumps, rows)))
  assert [row["step"] for row in read_rows(run)] == [1, 2, 3, 4, 6, 7, 8, 9]
  assert training_of(run, None) == whole


@pytest.mark.parametrize("score", [None, "low", float("nan"), float("inf")])
def test_a_validation_whose_score_is_no_number_is_passed_over(tmp_path, score):
  run = write_metrics(tmp_path / "run", 3)
  row = {"kind": "validation", "step": 2, "nats_per_sequence": score}
  with (run / "metrics.jsonl").open("a") as file:
    file.write("\n" + json.dumps(row))
  scores = [score for _, _, score in training_of(run, None).validations]
  assert scores == [-1001.0, -1002.0, -1003.0]


def test_lines_that_are_no_rows_are_passed_over(tmp_path):
  run = write_metrics(tmp_path / "run", 3)
  whole = training_of(run, None)
  with (run / "metrics.jsonl").open("a") as file:
    file.write("\n" + "[" * 100_000 + '\n[1, 2]\n\n{"kind": "train"}\n{"ki')
  assert training_of(run, None) == whole


def test_of_many_validations_the_best_are_kept():
  scores = np.random.default_rng(0).normal(size=500).round(3).tolist()
  validations = list(enumerate(scores, start=1))
  kept = thinned(validations)
  assert len(kept) < 80
  lowest = np.minimum.accumulate(scores)
  assert {
    (1 + k, scores[k]) for k in np.unique(lowest, return_index=True)[1]
  } <= (set(kept))
  assert thinned(validations[:60]) == validations[:60]
  assert thinned([]) == []


def test_a_run_without_validations_has_no_unit(tmp_path):
  run = write_metrics(tmp_path / "run", 3, validates=False)
  stage = training_of(run, None)
  assert (stage.unit, stage.validations, stage.updates) == (None, (), 3)
