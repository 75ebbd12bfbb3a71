"""Figures of a run: of each update, and on disk as JSON lines."""

import dataclasses
import errno
import itertools
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graves_jax.checkpoints.metadata import History
from graves_jax.training.finite import layers_not_finite
from graves_jax.training.step import StepMetrics


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepReport:
  """An update in figures.

  step: updates made, this one included.
  steps: updates in all.
  epoch: passes over the training data.
  nats_per_sequence, nats_per_element: loss of the update's own data; elements
    are pen points or symbols.
  gradient_norm: global norm, per sequence or element as the config says.
  elements_per_second: padding not counted.
  seconds: that the update took.
  """

  step: int
  steps: int
  epoch: float
  nats_per_sequence: float
  nats_per_element: float
  gradient_norm: float
  elements_per_second: float
  seconds: float

  @classmethod
  def of(
    cls,
    step: int,
    steps: int,
    epoch: float,
    metrics: StepMetrics,
    seconds: float,
  ) -> "StepReport":
    sums = metrics.sums
    return cls(
      step=step,
      steps=steps,
      epoch=epoch,
      nats_per_sequence=sums.nats / max(sums.sequences, 1),
      nats_per_element=sums.nats / max(sums.elements, 1),
      gradient_norm=float(metrics.gradient_norm),
      elements_per_second=sums.elements / max(seconds, 1e-9),
      seconds=seconds,
    )


_MOST_ROW_BYTES = 2**20


class MetricsFile:
  """Appends rows to a file of JSON lines, one row an update or validation.

  On a resume, rows of steps that will be made again are taken out first. The
  rows of an earlier run, if this one begins anew, are kept beside them.
  """

  def __init__(self, path: Path, step: int):
    """Opens `path`, keeping rows up to `step`."""
    if path.exists() and not step:
      earlier = (path.with_suffix(f".{k}.jsonl") for k in itertools.count(1))
      path.rename(next(p for p in earlier if not p.exists()))
    path.touch()
    part = path.with_name(path.name + ".part")
    with path.open("rb") as rows, part.open("wb") as kept:
      while line := rows.readline(_MOST_ROW_BYTES):
        if _step_of(line) <= step:
          kept.write(line.rstrip(b"\r\n") + b"\n")
    part.replace(path)
    self._file = path.open("ab", buffering=0)
    self._is_cut_off = False

  def write(self, kind: str, values: dict[str, Any]) -> None:
    """Appends one row; it is on its way to disk at once.

    Raises:
      OSError: if it cannot be written; rows may still be written later.
    """
    row = json.dumps({"kind": kind, **values}) + "\n"
    if self._is_cut_off:
      row = "\n" + row
    self._is_cut_off = True
    if self._file.write(row.encode()) < len(row):
      raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._file.name)
    self._is_cut_off = False

  def __enter__(self) -> "MetricsFile":
    return self

  def __exit__(self, *_) -> None:
    self._file.close()


def _step_of(line: bytes) -> float:
  """The step that a row is of; endless for what is no row: a line that was cut
  off when the last run was killed, or is damaged."""
  try:
    row = json.loads(line)
  except (ValueError, RecursionError):
    return math.inf
  step: Any = row.get("step", 0) if isinstance(row, dict) else None
  return step if type(step) in (int, float) else math.inf


_MOST_NAMED = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Skipped:
  """An update that left the weights as they were.

  step: its number; it counts as an update.
  skipped: such updates of the run so far, this one included.
  in_a_row: of these, the ones since the last update that was made.
  loss_is_finite: whether only the gradient was not.
  layers: whose gradient was not finite, the first one (the uppermost) first.
  rows: what the batch held: names of lines, or places in the text.
  """

  step: int
  skipped: int
  in_a_row: int
  loss_is_finite: bool
  layers: tuple[str, ...]
  rows: tuple[str, ...]

  @classmethod
  def of(
    cls,
    step: int,
    metrics: StepMetrics,
    history: History,
    rows: Sequence[str],
  ) -> "Skipped":
    return cls(
      step=step,
      skipped=history.skipped,
      in_a_row=history.skipped_in_a_row,
      loss_is_finite=bool(np.isfinite(metrics.sums.nats)),
      layers=tuple(layers_not_finite(metrics.layer_norms)),
      rows=tuple(rows),
    )

  def __str__(self) -> str:
    what = "gradient" if self.loss_is_finite else "loss"
    where = f" (first in {self.layers[0]})" if self.layers else ""
    rows = ", ".join(self.rows[:_MOST_NAMED])
    if len(self.rows) > _MOST_NAMED:
      rows += f" and {len(self.rows) - _MOST_NAMED} more"
    return (
      f"step {self.step:,}: skipped, because its {what} is not finite"
      f"{where if self.loss_is_finite else ''}; the batch: {rows}. Skipped so "
      f"far: {self.skipped:,}, {self.in_a_row:,} in a row."
    )


def require_progress(skipped: Skipped, most: int) -> None:
  """Raises ValueError after too many skipped updates in a row."""
  if skipped.in_a_row < most:
    return
  raise ValueError(
    f"{skipped.in_a_row} updates in a row, up to step {skipped.step}, had a "
    "loss or gradient that is not finite, and were skipped; the last "
    "checkpoint is intact. Start another run from it (--init-from and another "
    "--workdir) with a lower optimizer.learning_rate or an "
    "optimizer.max_gradient_norm; --debug-nans names the operation that is to "
    "blame."
  )
