"""Gives every parser of outside data junk, and valid data that was broken.

Each parser reads so many inputs in a process of its own, whose memory is
limited to 1 GB more than it has before the first one; an input has one second
of the processor. It must end in data, or in a ValueError or FileNotFoundError
of one line; anything else is a failure, and so is starting a program, opening
a connection or unpickling.
"""

import dataclasses
import json
import os
import resource
import subprocess
import sys
import tempfile
from concurrent import futures
from pathlib import Path

import launch
import tyro
from ranges import require_least
from report import print_json
from rich.console import Console
from rich.progress import track
from rich.table import Table


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Fuzzes the parsers; the last line printed is JSON, and the exit status 1
  if anything failed."""

  inputs: int = 10_000
  """For each parser."""
  only: str = ""
  """Parsers whose names hold this; nothing: all."""
  child: str = ""
  """The one parser to try in this process, which prints what came of it."""

  def __post_init__(self):
    require_least(self, inputs=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  try:
    from fuzz_parsers import parsers
  except ModuleNotFoundError as error:
    raise ValueError(
      f'{error.name} is not installed: pip install -e ".[test]"'
    ) from None
  found = parsers()
  if arguments.child:
    return try_here(found[arguments.child], arguments.inputs)
  names = [name for name in found if arguments.only in name]
  if not names:
    raise ValueError(f"only (={arguments.only}) is in none of {list(found)}.")
  with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    results = pool.map(lambda n: try_in_process(n, arguments.inputs), names)
    watched = track(results, "Fuzzing", len(names), console=console)
    trials = dict(zip(names, watched, strict=True))
  columns = ("inputs", "refused", "accepted", "slowest_ms", "peak_mb")
  table = Table("parser", *columns, "failures")
  for name, trial in trials.items():
    figures = (f"{round(trial[column]):,}" for column in columns)
    table.add_row(name, *figures, str(len(trial["failures"])))
  console.print(table)
  failures = [
    f"{n}: {f}" for n, trial in trials.items() for f in trial["failures"]
  ]
  for failure in failures:
    console.print(failure, markup=False, highlight=False, soft_wrap=True)
  print_json({"parsers": trials, "failures": len(failures)})
  if failures:
    sys.exit(1)


def try_here(parser, inputs: int) -> None:
  """Tries one parser under the limit of memory; prints one line of JSON."""
  from fuzz_trial import MEGABYTES, try_inputs

  with tempfile.TemporaryDirectory() as folder:
    try_inputs(parser, Path(folder), 20)  # imports, compiles
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEGABYTES * 10**6
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    trial = try_inputs(parser, Path(folder), inputs)
  print(json.dumps(dataclasses.asdict(trial)))


def try_in_process(name: str, inputs: int) -> dict:
  """What came of one parser; if its process died, that is the failure."""
  script = Path(__file__)
  command = [sys.executable, script, "--child", name, "--inputs", str(inputs)]
  done = subprocess.run(
    command,
    capture_output=True,
    text=True,
    # Threads reserve address space that they never use, which the limit counts.
    env=os.environ | {"MALLOC_ARENA_MAX": "1"},
  )
  try:
    return json.loads(done.stdout.splitlines()[-1])
  except (IndexError, ValueError):
    reason = (done.stderr.strip().splitlines() or ["nothing said"])[-1]
    failure = f"the process ended with status {done.returncode}: {reason}"
    none = dict.fromkeys(
      ("inputs", "refused", "accepted", "slowest_ms", "peak_mb"), 0
    )
    return none | {"failures": [failure]}


if __name__ == "__main__":
  launch.run(main)
