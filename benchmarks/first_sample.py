"""The first sample: how long a person waits for a line of handwriting.

Each run is a new process, as a person starts it, with glibc's own memory
settings: `python sample.py TEXT` with no compiled code on disk (cold), the same
again with what the first one kept (warm), and a process that only imports the
modules that the warm one imported, its interpreter's start included.

There is no peer: the aim is at most 5 s warm, of which imports at most 2.5 s.
"""

import dataclasses
import os
import site
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import launch
import numpy as np
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

IMPORTS = Path(__file__).with_name("imports.py")
SCRIPT = launch.ROOT / "sample.py"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Times `python sample.py TEXT` in new processes; the last line printed is
  JSON."""

  text: tyro.conf.Positional[str] = "the quick brown fox"
  """What to write."""
  rounds: int = 5
  """How often each is run; the cold ones each begin with an empty cache."""

  def __post_init__(self):
    require_least(self, rounds=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  seconds = {"cold": [], "warm": [], "imports": []}
  with (
    tempfile.TemporaryDirectory() as folder,
    Progress(console=console, transient=True, auto_refresh=False) as bars,
  ):
    task = bars.add_task("", total=3 * arguments.rounds)
    for number in range(arguments.rounds):
      home = Path(folder) / str(number)
      home.mkdir()
      sample = [SCRIPT, arguments.text, "--out", home / "handwriting.png"]
      names = home / "imported.json"
      commands = {
        "cold": sample,
        "warm": sample,
        "imports": [IMPORTS, "repeat", names],
      }
      for kind, command in commands.items():
        bars.update(task, description=f"{kind}, round {number + 1}")
        bars.refresh()
        if kind == "imports":
          run([IMPORTS, "record", names, *sample], home)
        seconds[kind].append(run(command, home))
        if kind == "cold" and not any((home / ".cache").rglob("*")):
          raise ValueError(
            f"{SCRIPT.name} kept no compiled code below {home}/.cache: cold "
            "and warm runs cannot be told apart."
          )
        bars.advance(task)
  medians = {kind: float(np.median(x)) for kind, x in seconds.items()}
  print_table(console, medians, seconds)
  print_json(
    {
      "ours": rounded(medians["warm"]),
      "cold": rounded(medians["cold"]),
      "imports": rounded(medians["imports"]),
      "imports_share": rounded(medians["imports"] / medians["warm"]),
      "unit": "s",
      "peer": None,
      "ratio": None,
    }
    | dataclasses.asdict(arguments)
  )


def run(command: list, home: Path) -> float:
  """Wall seconds of a new Python process whose caches are below `home`."""
  environment = os.environ | {
    "HOME": str(home),
    "XDG_CACHE_HOME": str(home / ".cache"),
    "PYTHONUSERBASE": site.getuserbase(),  # does not move with HOME
  }
  started = time.perf_counter()
  process = subprocess.run(
    [sys.executable, *map(str, command)],
    env=environment,
    capture_output=True,
    text=True,
  )
  seconds = time.perf_counter() - started
  if process.returncode:
    *_, last = process.stderr.strip().splitlines() or ["no message"]
    raise ValueError(f"{Path(command[0]).name} failed: {last}")
  return seconds


def print_table(console: Console, medians: dict, seconds: dict) -> None:
  table = Table(title="First sample", title_justify="left")
  table.add_column("process")
  for name in ("seconds", "fastest", "slowest"):
    table.add_column(name, justify="right")
  for kind, values in seconds.items():
    row = (medians[kind], min(values), max(values))
    table.add_row(kind, *(f"{x:.2f}" for x in row))
  console.print(table)


if __name__ == "__main__":
  launch.run(main)
