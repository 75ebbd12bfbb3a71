"""What one update costs: memory, compilation, and how both grow with length.

Every length is measured in a process of its own, with glibc's own memory
settings, so that its peak is its own. The whole process counts as memory:
Python, JAX, compiled code, weights, Adam's averages and the update's arrays.
Memory per point is what the update adds to what was held before it.

There is no peer: the aim is under 3 GB at 1,200 points and 64 lines, under
10 s of compilation, and both per-point figures flat from 200 points to 2,000.
"""

import dataclasses
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Literal

import launch
import numpy as np
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.progress import Progress
from rich.table import Table


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Measures updates of several lengths, each in a new process; the last line
  printed is JSON: of `--length`, with all lengths inside."""

  length: int = 1200
  """Points of every line, for the peak of memory."""
  lengths: tuple[int, ...] = (200, 500, 1000, 2000)
  """Further lengths, which show how the cost grows."""
  batch_size: int = 64
  """Lines of a batch."""
  rounds: int = 3
  """Updates that are timed, after one to warm up."""
  precision: Literal["float32", "bfloat16"] = "float32"
  """Of the matrix products."""
  kind: Literal["synthesis", "prediction"] = "synthesis"
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""

  def __post_init__(self):
    require_least(self, length=2, lengths=2, batch_size=1, rounds=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  lengths = sorted({*arguments.lengths, arguments.length})
  rows = []
  with Progress(console=console, transient=True, refresh_per_second=1) as bars:
    for length in bars.track(lengths, description="Lengths"):
      rows.append(in_new_process(arguments, length))
  print_table(console, rows)
  chosen = next(row for row in rows if row["length"] == arguments.length)
  print_json(
    {"ours": chosen["peak_bytes"], "peer": None, "ratio": None, "unit": "bytes"}
    | chosen
    | {
      "batch_size": arguments.batch_size,
      "precision": arguments.precision,
      "kind": arguments.kind,
      "hidden": arguments.hidden,
      "lengths": rows,
    }
  )


def in_new_process(arguments: Arguments, length: int) -> dict:
  """`measure` of one length, in a process that measures nothing else."""
  arguments = dataclasses.replace(arguments, length=length)
  spawn = multiprocessing.get_context("spawn")
  with ProcessPoolExecutor(1, mp_context=spawn) as process:
    try:
      return process.submit(measure, arguments).result()
    except BrokenProcessPool:
      raise ValueError(
        f"the process that measured {length:,} points was killed, most likely "
        "for its memory; use a smaller batch_size or shorter lengths."
      ) from None


def measure(arguments: Arguments) -> dict:
  """Compiles and runs updates of one length."""
  import jax
  import our_training
  import peak_memory
  from random_batches import random_lines

  batch = random_lines(arguments.batch_size, arguments.length)
  devices, kernels = our_training.training_devices(arguments.batch_size)
  network = our_training.handwriting_network(
    arguments.kind, arguments.hidden, arguments.precision, kernels
  )
  step, state, carry, mapped = our_training.handwriting_training(
    network, devices
  )
  rows = carry, mapped.shard(batch)
  started = time.perf_counter()
  compiled = step.lower(state, rows).compile()
  compile_seconds = time.perf_counter() - started
  peak_of_compiling = peak_memory.peak(devices[0])
  peak_memory.forget_peak()
  before = peak_memory.held(devices[0])
  seconds = []
  for _ in range(arguments.rounds + 1):
    started = time.perf_counter()
    (state, _), _ = compiled(state, (carry, mapped.shard(batch)))
    jax.block_until_ready(state)
    seconds.append(time.perf_counter() - started)
  peak = peak_memory.peak(devices[0])
  points = arguments.batch_size * arguments.length
  median = float(np.median(seconds[1:]))
  return {
    "length": arguments.length,
    "peak_bytes": max(peak, peak_of_compiling),
    "bytes_per_point": rounded((peak - before) / points),
    "microseconds_per_point": rounded(1e6 * median / points),
    "seconds_per_update": rounded(median),
    "compile_seconds": rounded(compile_seconds),
  }


def print_table(console: Console, rows: list[dict]) -> None:
  table = Table(title="Cost of an update", title_justify="left")
  for name in ("points", "peak GB", "kB/point", "µs/point", "compile s"):
    table.add_column(name, justify="right", no_wrap=True)
  for row in rows:
    table.add_row(
      f"{row['length']:,}",
      f"{row['peak_bytes'] / 1e9:.2f}",
      f"{row['bytes_per_point'] / 1e3:.1f}",
      f"{row['microseconds_per_point']:.1f}",
      f"{row['compile_seconds']:.1f}",
    )
  console.print(table)


if __name__ == "__main__":
  launch.run(main)
