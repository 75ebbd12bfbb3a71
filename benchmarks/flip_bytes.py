"""Flips single bits all over a checkpoint: none restores silently wrong.

A run of a small network has two checkpoints. A flip changes one bit of one
file of the newer one: half of the places are drawn from all bytes, half from
the bytes of a file that is drawn first, so that small files get their share.
Then the checkpoint is restored as for sampling, by its own name and by its
run's, and as when training is resumed. Each of these must refuse and name the
damage, fall back to the older checkpoint and say so, or give every number as it
was written.
"""

import collections
import dataclasses
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import launch
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.progress import track
from rich.table import Table

OUTCOMES = ("refused", "older", "same", "WRONG", "UNCLEAR")
FAILURES = OUTCOMES[3:]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Flips bits of a checkpoint; the last line printed is JSON, and the exit
  status 1 if anything restored wrong or ended in an unclear error."""

  flips: int = 500
  seed: int = 0

  def __post_init__(self):
    require_least(self, flips=1)


@dataclasses.dataclass
class Outcomes:
  """What came of the flips.

  counts: of each file, by outcome.
  failures: a sentence for each.
  slowest: seconds of the slowest restore.
  """

  counts: dict[str, collections.Counter]
  failures: list[str]
  slowest: float = 0.0


def main(argv: list[str]) -> None:
  from checkpoint_copies import CheckpointCopies

  arguments, console = tyro.cli(Arguments, args=argv), Console()
  with tempfile.TemporaryDirectory() as folder:
    copies = CheckpointCopies(Path(folder))
    places = draw_places(copies.sizes, arguments.flips, arguments.seed)
    outcomes = flip_all(copies, track(places, "Flipping", console=console))
  print_table(console, copies.sizes, places, outcomes.counts)
  for sentence in outcomes.failures:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)
  total = sum(outcomes.counts.values(), collections.Counter())
  print_json(
    {
      "flips": arguments.flips,
      "files": len(copies.sizes),
      "restores": {outcome: total[outcome] for outcome in OUTCOMES},
      "slowest_seconds": rounded(outcomes.slowest),
    }
  )
  if outcomes.failures:
    sys.exit(1)


def print_table(
  console: Console,
  sizes: dict[str, int],
  places: list[tuple[str, int, int]],
  counts: dict[str, collections.Counter],
) -> None:
  """A row a file, but one for all files of a folder of arrays' chunks."""
  table = Table(title="Bits flipped, and restores by their outcome")
  table.add_column("file", no_wrap=True)
  for column in ("bytes", "flips", *OUTCOMES):
    table.add_column(column, justify="right")
  rows: dict[str, collections.Counter] = {}
  flips = collections.Counter(file for file, _, _ in places)
  for file, found in counts.items():
    name = re.sub("[0-9a-f]{32}", "*", file).replace("ocdbt.process_0", "0")
    row = rows.setdefault(name, collections.Counter())
    row.update(found, bytes=sizes[file], flips=flips[file])
  for name, row in rows.items():
    figures = (row[column] for column in ("bytes", "flips", *OUTCOMES))
    table.add_row(name, *map(str, figures))
  console.print(table)


def draw_places(
  sizes: dict[str, int], count: int, seed: int
) -> list[tuple[str, int, int]]:
  """So many (file, byte, bit), sorted; every second one is of all bytes."""
  draw = random.Random(seed)
  files = [file for file in sorted(sizes) if sizes[file]]
  weights = [sizes[file] for file in files]
  places = []
  for k in range(count):
    file = draw.choices(files, weights if k % 2 else None)[0]
    places.append((file, draw.randrange(sizes[file]), draw.randrange(8)))
  return sorted(places)


def flip_all(copies, places: Iterable[tuple[str, int, int]]) -> Outcomes:
  """Restores in every way after each flip.

  Args:
    copies: `CheckpointCopies`.
    places: (file, byte, bit) each.
  """
  outcomes = Outcomes({}, [])
  for file, byte, bit in places:
    counts = outcomes.counts.setdefault(file, collections.Counter())
    with copies.flipped(file, byte, bit) as run:
      for way in copies.ways:  # the last one changes the run
        started = time.perf_counter()
        outcome, message = copies.restore(way, run)
        seconds = time.perf_counter() - started
        counts[outcome] += 1
        outcomes.slowest = max(outcomes.slowest, seconds)
        if outcome in FAILURES:
          place = f"bit {bit} of byte {byte} of {file}"
          outcomes.failures.append(f"{outcome}: {way}, {place}: {message}")
  return outcomes


if __name__ == "__main__":
  launch.run(main)
