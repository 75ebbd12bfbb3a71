"""Draws learning curves, and says how long the updates took:

graves-jax curves runs/x runs/y --out curves.png
"""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tyro
from rich.console import Console

from graves_jax.commands import command_line
from graves_jax.commands.telling import tell
from graves_jax.rendering.curves import Curve, write_curves
from graves_jax.results.metrics import (
  SCORES,
  Rows,
  median_seconds,
  minutes_of_updates,
  read_rows,
  unit_of,
)

# Unit of a validation: an update's loss in the same unit, and how many nats
# the unit has.
_UNITS = {
  "bits per symbol": ("nats_per_element", math.log(2)),
  "nats per sequence": ("nats_per_sequence", 1.0),
}
# Before the first validation it is not known which kind of run it is.
_UNIT_OF_YOUNG_RUNS = "nats per pen point or symbol"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Draws the losses of training and validation that runs recorded."""

  runs: tyro.conf.Positional[tuple[Path, ...]]
  """Folders of runs (the --workdir of graves-jax train)."""
  out: Path = Path("curves.png")
  """A .png, .svg or .pdf file."""
  stages: tyro.conf.FlagCreatePairsOff[bool] = False
  """Draws each run after the one before it, not over it."""
  minutes: tyro.conf.FlagCreatePairsOff[bool] = False
  """Draws them against the minutes that updates took, not against updates."""


def main(argv: list[str]) -> None:
  arguments, console = command_line.parse(Arguments, argv), Console()
  if not arguments.runs:
    raise ValueError("name at least one run's folder, such as runs/char_rnn.")
  runs = {run: read_rows(run) for run in arguments.runs}
  curves, unit = curves_of(runs, arguments.stages, arguments.minutes)
  for run, rows in runs.items():
    tell(console, f"{run}: {describe_time(rows)}")
  over = "minutes of updates" if arguments.minutes else "updates"
  write_curves(arguments.out, curves, unit, over)
  tell(console, f"{arguments.out}: {unit}")


def read_curves(runs: Sequence[Path]) -> tuple[list[Curve], str]:
  """The losses of runs, and their unit; raises as `read_rows`."""
  return curves_of({run: read_rows(run) for run in runs})


def curves_of(
  runs: dict[Path, list[dict]], stages: bool = False, minutes: bool = False
) -> tuple[list[Curve], str]:
  """The losses of runs, and their unit.

  Args:
    runs: rows, by folder.
    stages: whether each run begins where the one before it ended.
    minutes: whether steps are the minutes that updates took.
  """
  unit, curves, start = common_unit(runs), [], 0.0
  for run, rows in runs.items():
    curve = curve_of(run.resolve().name, rows, unit)
    if minutes:
      curve = in_minutes(curve, rows)
    curve = curve._replace(
      train_steps=curve.train_steps + start,
      validation_steps=curve.validation_steps + start,
    )
    curves.append(curve)
    if stages:
      start = float(curve.train_steps[-1])
  return curves, unit


def in_minutes(curve: Curve, rows: Rows) -> Curve:
  """A run's curve over the minutes that its updates took."""
  steps, minutes = minutes_of_updates(rows)
  known = [0, *steps], [0.0, *minutes]
  return curve._replace(
    train_steps=np.interp(curve.train_steps, *known),
    validation_steps=np.interp(curve.validation_steps, *known),
  )


def describe_time(rows: Rows) -> str:
  """How long a run's updates took."""
  steps, minutes = minutes_of_updates(rows)
  return (
    f"{steps[-1]:,} updates in {minutes[-1]:.1f} minutes, the median update "
    f"{median_seconds(rows):.3f} s"
  )


def common_unit(runs: dict[Path, Rows]) -> str:
  """The unit of all validations, in which all losses are drawn; nats of an
  element if no run has a validation yet.

  Args:
    runs: rows, by folder.

  Raises:
    ValueError: if the units differ.
  """
  common = None
  for run, rows in runs.items():
    unit = unit_of(rows)
    if None not in (unit, common) and unit != common:
      raise ValueError(f"{run} is in {unit}, the runs before it in {common}.")
    common = common or unit
  return common or _UNIT_OF_YOUNG_RUNS


def curve_of(name: str, rows: Rows, unit: str) -> Curve:
  """A run's losses in a unit."""
  score = SCORES.get(unit)
  loss, nats = _UNITS.get(unit, ("nats_per_element", 1.0))
  updates = [row for row in rows if row["kind"] == "train"]
  validations = [
    row for row in rows if row["kind"] == "validation" and score in row
  ]

  def column(rows, field):
    return np.array([row[field] for row in rows], np.float64)

  return Curve(
    name=name,
    train_steps=column(updates, "step"),
    train=column(updates, loss) / nats,
    validation_steps=column(validations, "step"),
    validation=column(validations, score),
  )
