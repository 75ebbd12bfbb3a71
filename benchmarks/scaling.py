"""What training costs on 1, 2, 4 and 8 devices and in 2 and 4 processes.

On one machine all of them share its cores, so nothing here gets faster beyond
as many devices as cores; what is checked is the model that docs/scaling.md
carries to machines where every device has its own arithmetic:

  update(n) = rows(B / n) x ceil(n / cores) + all_reduce(n)

rows(b) is an update of b rows on one device that has one core, all_reduce(n)
the one sum over devices that an update makes, timed alone. Both are measured
here, as is update(n) itself, each in processes of their own. A single device
with all cores to itself lends some of its products to the others, so 1 x 1 is
faster than the model says.
"""

import dataclasses
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple

import launch
import tyro
from machine import cores
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

_LONGEST_SECONDS = 1800
WORKER = Path(__file__).parent / "scaling_worker.py"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Measures updates of the synthesis network on several numbers of devices
  and processes; the last line printed is JSON."""

  batch_size: int = 64
  """Lines of an update, on all devices together."""
  length: int = 100
  """Points of every line."""
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""
  precision: Literal["float32", "bfloat16"] = "float32"
  """Of the matrix products."""
  rounds: int = 5
  """Updates that are timed, after one to warm up."""

  def __post_init__(self):
    require_least(self, batch_size=8, length=2, hidden=1, rounds=1)
    if not hasattr(os, "sched_setaffinity"):
      raise ValueError("this system cannot keep a process on one core.")
    if self.batch_size % 8:
      raise ValueError(
        f"batch_size (={self.batch_size}) must be a multiple of 8."
      )


class Case(NamedTuple):
  """So many processes of so many devices each."""

  processes: int
  devices: int

  @property
  def total(self) -> int:
    """Devices of all processes."""
    return self.processes * self.devices

  def __str__(self) -> str:
    return f"{self.processes} x {self.devices}"


CASES = (
  *(Case(1, devices) for devices in (1, 2, 4, 8)),
  Case(2, 1),
  Case(2, 2),
  Case(4, 1),
)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  sizes = sorted({arguments.batch_size // case.total for case in CASES})
  alone, measured = {}, {}
  with Progress(console=console, transient=True, refresh_per_second=1) as bars:
    task = bars.add_task("Measuring", total=len(sizes) + len(CASES))
    for size in sizes:
      alone[size] = measure(arguments, Case(1, 1), size, one_core=True)
      bars.advance(task)
    for case in CASES:
      measured[case] = measure(arguments, case, arguments.batch_size)
      bars.advance(task)
  rows = [row(arguments, case, measured[case], alone) for case in CASES]
  print_table(console, rows)
  print_json(
    {
      **dataclasses.asdict(arguments),
      "weights": measured[CASES[0]]["weights"],
      "one_core": {size: rounded(x["update"]) for size, x in alone.items()},
      "cases": rows,
    }
  )


def row(
  arguments: Arguments, case: Case, measured: dict, alone: dict[int, dict]
) -> dict:
  """What a case measured, beside what the model says."""
  rows = arguments.batch_size // case.total
  turns = -(-case.total // cores())
  model = alone[rows]["update"] * turns + measured["all_reduce"]
  return {
    "processes": case.processes,
    "devices": case.devices,
    "update_seconds": rounded(measured["update"]),
    "model_seconds": rounded(model),
    "all_reduce_seconds": rounded(measured["all_reduce"]),
    "all_reduces": measured["all_reduces"],
    "points_per_second": rounded(
      arguments.batch_size * arguments.length / measured["update"]
    ),
  }


def measure(
  arguments: Arguments, case: Case, batch_size: int, *, one_core: bool = False
) -> dict:
  """Runs a case in processes of its own, and returns what the first tells.

  Raises:
    ValueError: if one of them fails.
  """
  values = dataclasses.asdict(arguments) | {
    "batch_size": batch_size,
    "processes": case.processes,
    "devices": case.devices,
    "coordinator": f"localhost:{free_port()}",
  }
  workers = [
    start(values | {"process": process}, one_core)
    for process in range(case.processes)
  ]
  try:
    outputs = [
      worker.communicate(timeout=_LONGEST_SECONDS) for worker in workers
    ]
  except subprocess.TimeoutExpired:
    raise ValueError(
      f"{case} devices took over {_LONGEST_SECONDS} s."
    ) from None
  finally:
    for worker in workers:
      worker.kill()
  for worker, (_, errors) in zip(workers, outputs, strict=True):
    if worker.returncode:
      last = (errors.strip().splitlines() or ["it said nothing"])[-1]
      raise ValueError(f"a process of {case} devices failed: {last}")
  return json.loads(outputs[0][0].strip().splitlines()[-1])


def start(values: dict, one_core: bool) -> subprocess.Popen:
  def stay_on_one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

  return subprocess.Popen(
    [sys.executable, str(WORKER), json.dumps(values)],
    env=os.environ | {"JAX_PLATFORMS": "cpu"},
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
    preexec_fn=stay_on_one_core if one_core else None,
  )


def free_port() -> int:
  with socket.socket() as found:
    found.bind(("localhost", 0))
    return found.getsockname()[1]


def print_table(console: Console, rows: list[dict]) -> None:
  table = Table(title="Updates on several devices", title_justify="left")
  names = ("processes", "devices", "update s", "model s", "all-reduce ms")
  for name in (*names, "all-reduces", "points/s"):
    table.add_column(name, justify="right", no_wrap=True)
  for found in rows:
    table.add_row(
      str(found["processes"]),
      str(found["devices"]),
      f"{found['update_seconds']:.3f}",
      f"{found['model_seconds']:.3f}",
      f"{1e3 * found['all_reduce_seconds']:.1f}",
      str(found["all_reduces"]),
      f"{found['points_per_second']:,.0f}",
    )
  console.print(table)


if __name__ == "__main__":
  launch.run(main)
