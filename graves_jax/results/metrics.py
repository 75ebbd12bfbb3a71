"""What a run's metrics.jsonl tells of how long it took to come how far."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graves_jax.results.record import Training

METRICS = "metrics.jsonl"
# Unit of a validation: the score that is in it.
SCORES = {
  "bits per symbol": "bits_per_symbol",
  "nats per sequence": "nats_per_sequence",
}
# The numbers that are read of a row, by its kind, besides scores.
_FIELDS = {
  "train": {
    "step",
    "seconds",
    "elements_per_second",
    "nats_per_element",
    "nats_per_sequence",
  },
  "validation": {"step"},
}
# NumPy's integers and floats hold all whole numbers up to it. No update of any
# use has a loss beyond.
_LARGEST = 2**53
# Of a record.
_MOST_VALIDATIONS = 60
_MOST_BESTS = 600

Rows = list[dict[str, Any]]


def read_rows(run: Path) -> Rows:
  """The rows of updates and validations of a run's metrics.jsonl.

  Passed over are lines that are cut off or damaged, rows in which a number that
  is read is missing, is none or is not finite, such as the score of a
  validation of weights that went astray, and rows of other kinds, as of updates
  that were skipped because their loss was not finite. An update whose row is
  passed over counts in `minutes_of_updates` as one more of the next row's.

  Raises:
    FileNotFoundError: if the run has none.
    ValueError: if it has no update.
  """
  path = run.expanduser() / METRICS
  if not path.is_file():
    raise FileNotFoundError(
      f"there is no {path}; name a run's folder, the --workdir of train."
    )
  rows = []
  for line in path.read_text("utf-8", errors="replace").splitlines():
    try:
      row = json.loads(line)
    except (ValueError, RecursionError):
      continue  # cut off when the run was killed, or damaged
    if _is_whole(row):
      rows.append(row)
  if not any(row["kind"] == "train" for row in rows):
    raise ValueError(f"{path} holds no update yet.")
  return rows


def _is_whole(row: Any) -> bool:
  """Whether all that is read of a row is there, and a number."""
  match row:
    case {"kind": "train" | "validation" as kind}:
      names = _FIELDS[kind] | (row.keys() & SCORES.values())
      return all(_is_number(row.get(name)) for name in names)
  return False


def _is_number(value: Any) -> bool:
  return type(value) in (int, float) and abs(value) <= _LARGEST


def unit_of(rows: Rows) -> str | None:
  """The unit of a run's validation; None if there was none yet."""
  for row in rows:
    for unit, score in SCORES.items():
      if row["kind"] == "validation" and score in row:
        return unit
  return None


def median_seconds(rows: Rows) -> float:
  """Of an update."""
  return float(np.median([r["seconds"] for r in rows if r["kind"] == "train"]))


def minutes_of_updates(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
  """How long a run's updates took: scoring is not counted, and of an update
  that took more than twice as long as its elements do by the run's median
  (other work, a pause) twice that. By elements, since the updates of a
  curriculum are of several sizes.

  Returns:
    Steps whose updates are in the rows, and the minutes up to each.
  """
  updates = [row for row in rows if row["kind"] == "train"]
  steps = np.array([row["step"] for row in updates])
  seconds = np.array([row["seconds"] for row in updates])
  speeds = np.array([row["elements_per_second"] for row in updates])
  elements = np.maximum(seconds * speeds, 1.0)
  usual = elements * np.median(seconds / elements)
  seconds = np.minimum(seconds, 2 * usual)
  return steps, np.cumsum(np.diff(steps, prepend=0) * seconds) / 60


def training_of(
  run: Path, device: str | None, last_step: int | None = None
) -> Training:
  """A stage, up to the update `last_step` or to its end.

  Raises:
    OSError, ValueError: as `read_rows`; also if the run did not get so far.
  """
  rows = read_rows(run)
  steps, minutes = minutes_of_updates(rows)
  last = int(steps[-1]) if last_step is None else last_step
  unit = unit_of(rows)
  score = SCORES[unit] if unit else ""
  validations = [
    (row["step"], row[score])
    for row in rows
    if row["kind"] == "validation" and score in row and row["step"] <= last
  ]
  furthest = max([int(steps[-1]), *(step for step, _ in validations)])
  if furthest < last:
    raise ValueError(
      f"{run} has made {furthest:,} updates, and the weights {last:,}: give "
      "the runs that led to them, the first one first."
    )

  def until(step: int) -> float:
    return round(float(np.interp(step, [0, *steps], [0.0, *minutes])), 3)

  return Training(
    run=run.expanduser().resolve().name,
    device=device,
    updates=last,
    minutes=until(last),
    unit=unit,
    validations=tuple(
      (until(s), s, round(float(v), 5)) for s, v in thinned(validations)
    ),
  )


def thinned(
  validations: Sequence[tuple[int, float]],
) -> list[tuple[int, float]]:
  """Validations, as steps and scores: spread evenly if they are many, and those
  that are lower than every one before, the lowest of all among them."""
  bests, least = [], math.inf
  for k, (_, score) in enumerate(validations):
    if score < least:
      bests.append(k)
      least = score
  places = _spread(range(len(validations)), _MOST_VALIDATIONS)
  kept = {*places, *_spread(bests, _MOST_BESTS)}
  return [validations[k] for k in sorted(kept)]


def _spread(places: Sequence[int], most: int) -> list[int]:
  """So many of them at most, the first and the last one among them."""
  chosen = np.linspace(0, len(places) - 1, min(len(places), most)).astype(int)
  return [places[k] for k in chosen]
