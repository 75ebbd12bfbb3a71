"""What several pens a line cost: the first sample, and a page of 10 lines.

Each run is a new process, `python sample.py TEXT --best-of N`, with compiled
code on disk, kept by a run before that is not counted. There is no peer.
"""

import dataclasses
import tempfile
from pathlib import Path

import launch
import numpy as np
import tyro
from first_sample import SCRIPT, run
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.table import Table

_LINE = "the quick brown fox"
_PAGE = "\n".join(
  f"{number} brown foxes jump over the lazy dog"
  for number in (
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
  )
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Times samples; the last line printed is JSON."""

  best_of: tuple[int, ...] = (1, 4, 16)
  """Numbers of pens."""
  rounds: int = 3
  """How often each is run."""
  ranker: Path | None = None
  """A reader; by default the one that ships."""

  def __post_init__(self):
    require_least(self, best_of=1, rounds=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  texts = {"a line": _LINE, "a page of 10 lines": _PAGE}
  seconds: dict[str, dict[str, float]] = {name: {} for name in texts}
  table = Table(title="Seconds of a sample, a new process each")
  for name in ("best of", *texts):
    table.add_column(name)
  with tempfile.TemporaryDirectory() as folder, console.status("Writing"):
    for pens in arguments.best_of:
      for name, text in texts.items():
        command = [SCRIPT, text, "--best-of", pens]
        command += ["--out", Path(folder) / "page.png"]
        if arguments.ranker is not None:
          command += ["--ranker", arguments.ranker.expanduser().resolve()]
        run(command, Path(folder))
        times = [run(command, Path(folder)) for _ in range(arguments.rounds)]
        seconds[name][str(pens)] = rounded(float(np.median(times)))
      table.add_row(
        str(pens), *(f"{x[str(pens)]:.2f}" for x in seconds.values())
      )
  console.print(table)
  print_json({"seconds": seconds, "rounds": arguments.rounds, "unit": "s"})


if __name__ == "__main__":
  launch.run(main)
