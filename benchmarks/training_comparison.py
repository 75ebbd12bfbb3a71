"""What the benchmarks of training share: their flags, and how they compare."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from interleave import OURS, Side, Timings, interleave
from ranges import require_least
from report import figures, print_json, print_table, rate, ratio, rounded
from rich.console import Console
from update import Update

Precision = Literal["float32", "bfloat16"]
Prepare = Callable[[str], Update]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingArguments:
  """Sizes of the batch, and what is timed."""

  batch_size: int = 64
  """Rows of a batch."""
  length: int = 600
  """Elements of every row."""
  rounds: int = 5
  """Updates of each side that are timed, after one to warm up."""
  precision: tuple[Precision, ...] = ("float32", "bfloat16")
  """Of the matrix products, on both sides; the fastest of each is compared."""

  def __post_init__(self):
    require_least(self, batch_size=1, length=2, rounds=1)
    if not self.precision:
      raise ValueError("--precision: name float32, bfloat16 or both.")


def compare(
  arguments: TrainingArguments,
  console: Console,
  ours: Prepare,
  torch: Prepare,
  *,
  unit: str,
  also: Mapping[Side, Update] | None = None,
) -> None:
  """Times whole updates of ours and PyTorch, prints a table and the JSON line.

  Args:
    arguments: sizes and precisions.
    console: for progress and the table.
    ours, torch: the updates of each, in a precision.
    unit: what a row consists of, in the plural.
    also: updates of peers that are shown and reported beside PyTorch.
  """
  also = dict(also or {})
  updates = {
    Side(who, precision): prepare(precision)
    for precision in arguments.precision
    for who, prepare in ((OURS, ours), ("torch", torch))
  } | also
  timings = interleave(
    {side: update.run for side, update in updates.items()},
    arguments.rounds,
    console,
    "Updates",
  )
  work = arguments.batch_size * arguments.length
  title = f"B={arguments.batch_size}, T={arguments.length}"
  unit = f"{unit} per second"
  print_table(console, title, timings, work, unit)
  print_json(
    figures(timings, work)
    | {"unit": unit}
    | _beside(timings, work, also)
    | {"weights": {s.who: update.weights for s, update in updates.items()}}
    | dataclasses.asdict(arguments)
  )


def _beside(timings: Timings, work: float, also: Iterable[Side]) -> dict:
  """Rates of further peers, and how far ours is ahead in their precision."""
  values = {}
  for side in also:
    compared = ratio(timings, Side(OURS, side.precision), side)
    values[side.who] = rate(timings, side, work)
    values[f"ratio_to_{side.who}"] = rounded(compared[0]) if compared else None
  return values
