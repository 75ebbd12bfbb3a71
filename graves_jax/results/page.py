"""docs/results.md: the paper's tables beside our records, as Markdown."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from graves_jax.results.handwriting_tables import (
  TABLE_3,
  TABLE_4,
  is_of_testset_v,
)
from graves_jax.results.paper import Row, Table, decimals, how
from graves_jax.results.record import Record, Training
from graves_jax.results.speed import RACES, Race, best_score, fastest, runs_of
from graves_jax.results.text_tables import TABLE_1, TABLE_2

Records = Mapping[str, Record]
FOLDER = "results"  # of the records, beside the page
_TABLES = (TABLE_1, TABLE_2, TABLE_3, TABLE_4)
_INTRODUCTION = (
  "`graves-jax tables` writes this page from the records in `docs/results`, "
  "each of which `graves-jax evaluate --record docs/results/NAME.json` wrote; "
  "nothing here is filled in by hand, but for the machines of runs that did "
  "not note theirs (`--trained-on`). Where there is no record it says so, and "
  "by which command there would be one. The last column of a table says in "
  "what the training of a row's last stage differs from the paper's: `stage 5` "
  "comes after four others, which the end of this page lists, and `0.3 of the "
  "complexity` is the share of the weights' bits that counted in the loss."
)
_DYNAMIC = (
  "The weights learn along each writer's lines of `testset_v`: a line is "
  "scored, then learned from; the trained weights meet each writer. The "
  "archives that are distributed do not say who wrote a form, so each form "
  "counts as a writer of its own. `--writers N` reads N of the 192 forms, "
  "spread over all of them. Numbers of the rule are chosen on the first of "
  "these, and the others are reported, with fixed and with learning weights. "
  "The change is learning less fixed, in nats a line. Above 0: learning did "
  "harm. Not in the paper, whose dynamic evaluation is of text."
)
_DYNAMIC_COMMAND = (
  "graves-jax evaluate --data.path ~/iamondb --checkpoint runs/NAME --dynamic "
  "--tune --record docs/results/NAME_dynamic.json"
)
_FLOORS = (
  "Some of `testset_v`'s offsets are exactly (0, 0), and a mixture may put a "
  "spike there. The same predictions with other floors, in units of the "
  "offsets' standard deviation, and what the exact zeros bring of the nats. "
  "A network trained with a lower floor may use it more: these figures are of "
  "the scoring alone."
)
_SPEED = (
  "Minutes of updates until a validation was first at or below a figure of the "
  "paper, by the runs' own records: the fastest, and where that ran on a "
  "graphics card, the fastest on processors alone. Compilation and validations "
  "are not counted, and of an update that took more than twice as long as its "
  "points or symbols do by the run's median (other work, a pause) twice that; "
  "in records of before it was twice the median update. Runs are validated now "
  "and then, so that a figure was reached somewhat before. Of Penn Treebank "
  "the paper's figures are of the test set, and runs are validated on the "
  "validation set, which costs the same network more: the test set's own "
  "figures are in Table 1."
)
_RECORDS = (
  "Where each was scored, by which version, and what its weights were trained "
  "on; folders of a machine are left out of the commands."
)


def page(records: Records) -> str:
  """The page as a text that ends with a line break.

  Args:
    records: by name.
  """
  shown = [
    ["# The paper's tables, measured", _wrap(_INTRODUCTION)],
    *(_of_paper(table, records) for table in _TABLES),
    _floors(records),
    _dynamic(records),
    _speed(records),
    _all(records),
  ]
  return "\n\n".join(part for section in shown for part in section) + "\n"


def outside_tables(records: Records) -> list[str]:
  """Names of the records that are in none of the paper's tables, as it has no
  such network, or not such data."""
  rows = [row for table in _TABLES for row in table.rows]
  return [
    name
    for name, record in records.items()
    if not any(row.matches(record) for row in rows)
  ]


def _of_paper(table: Table, records: Records) -> list[str]:
  rows, missing = [], []
  for row in table.rows:
    rows.append((*row.network, *row.figures, "the paper"))
    ours = {n: r for n, r in records.items() if row.matches(r)}
    blank = [""] * len(table.names)
    for name, record in ours.items():
      by = f"{_link(name)}: {how(record)}"
      rows.append((*blank, *table.ours(record), by))
    if not ours:
      rest = [""] * len(table.columns)
      rows.append((*blank, "no record", *rest))
      missing.append(row)
  head = (*table.names, *table.columns, "by")
  section = [f"## {table.title}", _wrap(table.about), _table(head, rows)]
  return section + _without_record(missing)


def _without_record(rows: Sequence[Row]) -> list[str]:
  """How there would be a record of what has none."""
  if not rows:
    return []
  items = [
    f"- {', '.join(_named(row))} ({row.takes}):\n  `{row.command}`"
    for row in rows
  ]
  return ["Without a record:", "\n".join(items)]


def _named(row: Row) -> list[str]:
  """A row's network; where the last name is a yes or no, what it answers."""
  *names, last = row.network
  dynamic = {"yes": "dynamic", "no": "static"}
  return [*names, dynamic.get(last, last)]


def _floors(records: Records) -> list[str]:
  rows = [
    (
      _link(name) if not k else "",
      f"{floor['sigma_floor']:g}"
      + " (its own)" * (floor["sigma_floor"] == record.figures["sigma_floor"]),
      decimals(floor["nats_per_sequence"], 1),
      decimals(floor["nats_per_point"], 4),
      decimals(floor["nats_of_zeros_per_sequence"], 1),
      decimals(floor["percent_of_nats_of_zeros"], 1),
    )
    for name, record in records.items()
    if is_of_testset_v(record)
    for k, floor in enumerate(record.figures["floors"])
  ]
  head = (
    *("weights", "floor of sigma", "nats a line", "nats a point"),
    *("of which zeros, nats a line", "of which zeros, %"),
  )
  return [
    "## What the floor of sigma is worth",
    _wrap(_FLOORS),
    _table(head, rows) if rows else "No record.",
  ]


def _dynamic(records: Records) -> list[str]:
  rows: list[Sequence[str]] = []
  for kind in ("prediction", "synthesis"):
    ours = [
      (name, record)
      for name, record in records.items()
      if record.kind == "handwriting"
      and "static" in record.figures
      and record.figures["split"] in ("validation", "testset_v")
      and record.figures.get("draw_weights") is None
      and record.config.network.kind == kind
    ]
    rows += [_learning(name, record) for name, record in ours]
    if not ours:
      rows.append((kind, "no record", "", "", "", "", ""))
  head = (
    *("network", "nats a line, fixed", "learning", "change"),
    *("nats a point, fixed", "learning", "lines, forms, and the rule"),
  )
  return [
    "## Dynamic evaluation of handwriting",
    _wrap(_DYNAMIC),
    _table(head, rows),
    f"`{_DYNAMIC_COMMAND}`",
  ]


def _learning(name: str, record: Record) -> tuple[str, ...]:
  """A row of the table of dynamic evaluation."""
  figures = record.figures
  static = figures["static"]
  numbers = [
    f"{number.replace('_', ' ')} {figures[number]:g}"
    for number in ("learning_rate", "momentum", "decay", "epsilon")
    if isinstance(figures.get(number), (int, float))
  ]
  return (
    f"{record.config.network.kind}, {_link(name)}",
    decimals(static["nats_per_sequence"], 1),
    decimals(figures["nats_per_sequence"], 1),
    f"{figures['nats_per_sequence'] - static['nats_per_sequence']:+.1f}",
    decimals(static["nats_per_point"], 4),
    decimals(figures["nats_per_point"], 4),
    f"{figures['sequences']:,} lines of {figures['writers']} forms, after "
    f"{figures['tuning_writers']} to tune on; {figures['rule']}, "
    + ", ".join(numbers),
  )


def _speed(records: Records) -> list[str]:
  rows = [row for race in RACES for row in _race(race, records)]
  head = ("networks", "figure of the paper", "reached by", "minutes of updates")
  return ["## Speed of learning", _wrap(_SPEED), _table(head, rows)]


def _race(race: Race, records: Records) -> Iterable[tuple[str, ...]]:
  runs = runs_of(race, records)
  best = best_score(runs.values())
  for figure, where in race.figures:
    start = race.networks, f"{figure} ({where})"
    reached = fastest(race, records, figure)
    for way in reached:
      minutes = ", then ".join(
        f"{minutes:.1f} on {device}" for device, minutes in way.minutes
      )
      yield (*start, f"{_link(way.record)}, then at {way.score:g}", minutes)
    if best is None:
      yield (*start, "no record", "")
    elif not reached:
      yield (*start, f"not reached; the best validation is {best:g}", "")


def _all(records: Records) -> list[str]:
  """What each record is of."""
  items = [
    f"- {_link(name)}: {_describe(record)}\n  `{record.command}`"
    for name, record in records.items()
  ]
  return [
    "## The records",
    _wrap(_RECORDS),
    "\n".join(items) if items else "There is none.",
  ]


def _describe(record: Record) -> str:
  """Where a record is from, in a sentence."""
  source = f"version {record.package}"
  if record.revision:
    source += f", revision {record.revision}"
  trained = "; ".join(map(_trained, record.training)) or "not known here"
  if record.training and record.minutes is None:
    trained += "; of the stages before nothing is known here"
  return (
    f"{record.kind}, {record.weights:,} weights, {source}, scored on "
    f"{record.machine.name}. Trained: {trained}."
  )


def _trained(stage: Training) -> str:
  device = stage.device or "a machine that was not noted"
  return f"{stage.updates:,} updates, {stage.minutes:.1f} minutes, on {device}"


def _link(name: str) -> str:
  return f"[{name}]({FOLDER}/{name}.json)"


def _wrap(text: str) -> str:
  return textwrap.fill(text, 80, break_long_words=False, break_on_hyphens=False)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
  lines = [head, ["---"] * len(head), *rows]
  filled = ([*line, *[""] * (len(head) - len(line))] for line in lines)
  return "\n".join(
    "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
    for line in filled
  )
