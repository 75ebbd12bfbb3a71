"""Records of evaluations, and the page that is made of them."""

import dataclasses
import json
import re

import pytest
from experiments import CONFIG
from paths import ROOT

from graves_jax.commands.machine import without_folders
from graves_jax.config import TextConfig, TextDataConfig, TextNetworkConfig
from graves_jax.results.metrics import training_of
from graves_jax.results.page import page
from graves_jax.results.record import (
  Machine,
  Record,
  Training,
  read_record,
  read_records,
  to_json,
)
from graves_jax.results.speed import RACES, fastest
from graves_jax.results.text_tables import TABLE_1, TABLE_2

DOCS = ROOT / "docs"
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
  "bits_per_symbol": 1.3,
  "bits_per_character": 1.3004,
  "error_percent": 28.41,
  "perplexity": 160.4,
  "dynamic": False,
}
TEXT = TextConfig(
  network=TextNetworkConfig(hidden=(8,)),
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
    assert not re.search(r"[\"' =](/|~|\.\.)[^ ]*/", text), path
    assert path.suffix == ".json" and len(text) < 20_000


@pytest.mark.parametrize(
  ("word", "written"),
  [
    ("/root/runs/iamondb.jsonl.gz", "iamondb.jsonl.gz"),
    ("--data.path=/home/ann b/ink.jsonl", "--data.path=ink.jsonl"),
    ("~/iamondb/", "iamondb"),
    ("../../elsewhere/run", "run"),
    ("docs/results/x.json", "docs/results/x.json"),
    ("..", ".."),
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


@pytest.mark.parametrize(
  ("change", "message"),
  [
    (lambda text: text[:-20], "x.json is no record"),
    (lambda text: '{"format": "another"}', '"format": "graves_jax record 1"'),
    (lambda text: "[" * 10_000, "x.json is no record"),
    (lambda text: "[1, 2]", "x.json is no record"),
    (lambda text: text.replace('"step"', '"stop"'), "unknown fields"),
    (lambda text: text.replace("-1100.04", "NaN"), "NaN is not a number"),
    (lambda text: text.replace("-1100.04", '"low"'), "no nats_per_sequence"),
    (lambda text: text.replace("handwriting", "painting"), "'painting'"),
    (lambda text: text.replace('"hidden"', '"hide"'), "unknown fields"),
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
  text = page(
    {
      "plain": make_record(three),
      "noisy": make_record(noise),
      "other_floor": make_record(three, **own),
      "small": make_record(),
      "text": make_record(TEXT, "text"),
      "drawn": make_record(
        TEXT, "text", figures=FIGURES | {"split": "validation"}
      ),
    }
  )
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
  assert "other_floor" not in table_4 and "small" not in table_4
  assert (
    "1.300 (characters G) | 160 | 28.4 | [text](results/text.json): " in text
  )
  assert "[drawn](results/drawn.json): the" not in text
  assert "Not run" not in table_4 and "Not run" in text


def test_every_row_that_was_not_run_says_how_to():
  text = page({})
  rows = [row for row in text.splitlines() if "| not run |" in row]
  commands = [row for row in text.splitlines() if row.startswith("  `graves")]
  papers = len(TABLE_1.rows) + len(TABLE_2.rows) + 3 + 2
  assert len(commands) == papers
  assert len(rows) == papers + 2 + sum(len(race.figures) for race in RACES)


def test_the_fastest_way_to_a_figure_is_told_by_stages():
  slow = stage("alone", "two cores", 90.0, [-900.0] * 30 + [-1060.0])
  first = stage("first", "a card", 5.0, [-1075.0, -960.0])
  second = stage("second", "two cores", 50.0, [-1070.0, -1094.0])
  two = {"ancestry": (), "training": (first, second)}
  records = {
    "slow": make_record(training=(slow,)),
    "two": make_record(**two),
    "again": make_record(**two),
  }
  reached = fastest(SYNTHESIS, records, -1057.7)
  assert (reached.record, reached.minutes) == ("two", (("a card", 2.0),))
  reached = fastest(SYNTHESIS, records, -1094.0)
  assert reached.minutes == (("a card", 5.0), ("two cores", 4.0))
  assert (reached.total, reached.score) == (9.0, -1094.0)
  assert fastest(SYNTHESIS, records, -1128.2) is None


def write_metrics(folder, updates):
  """Rows of a run: 60 s an update, the first 600; a validation at each."""
  folder.mkdir()
  rows = []
  for step in range(1, updates + 1):
    losses = {"nats_per_element": 1.0, "nats_per_sequence": 1.0}
    seconds = 600.0 if step == 1 else 60.0
    rows.append({"kind": "train", "step": step, "seconds": seconds} | losses)
    score = -1000.0 - step
    rows.append(
      {"kind": "validation", "step": step, "nats_per_sequence": score}
    )
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
  assert len(half.validations) <= 60
  assert training_of(run, None).updates == 200
  with pytest.raises(ValueError, match=r"200 updates, and the weights 300"):
    training_of(run, None, 300)
