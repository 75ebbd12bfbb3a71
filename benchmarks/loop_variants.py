"""An update of the synthesis network on a card, by the ways to run its loops.

Long loops of small steps wait for launches more than for arithmetic. Each
variant runs in a process of its own: chunks of 20 or 60 steps, and flags of XLA
(its own products instead of Triton's, loops recorded for one launch). Printed
are seconds an update and of compilation; then, as JSON, all.
"""

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import launch
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from same_memory import restart_with_kept_memory

_FLAGS = {
  "none": "",
  "no-triton": "--xla_gpu_enable_triton_gemm=false",
  "recorded": "--xla_gpu_enable_command_buffer=+WHILE",
}
_UPDATES = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Times one update of training by each variant; the last line is JSON."""

  batch_size: int = 128
  """Lines."""
  length: int = 120
  """Points of each; a multiple of all chunks."""
  chunk: tuple[int, ...] = (20, 60)
  """Time steps whose products are formed at once."""
  flags: tuple[Literal["none", "no-triton", "recorded"], ...] = (
    "none",
    "no-triton",
    "recorded",
  )
  """Which flags of XLA: none, XLA's own products instead of Triton's, loops
  recorded for one launch."""
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""
  anywhere: bool = False
  """Runs on whatever JAX runs on, without flags: to try this script."""
  alone: bool = False
  """Times in this process, with the flags that it has, and the first chunk."""

  def __post_init__(self):
    require_least(self, batch_size=1, length=1, chunk=1, hidden=1)
    if not self.flags:
      raise ValueError("--flags: name one at least.")


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  if arguments.alone:
    print_json(time_update(arguments))
    return
  import jax

  is_gpu = jax.devices()[0].platform == "gpu"
  if not is_gpu and not arguments.anywhere:
    raise ValueError(
      "JAX sees no GPU here; --anywhere tries this script without one."
    )
  found = []
  for name in arguments.flags if is_gpu else ("none",):
    flags = _FLAGS[name]
    for chunk in arguments.chunk:
      with console.status(f"{name}, chunks of {chunk}"):
        found.append({"name": name, **in_a_process(arguments, chunk, flags)})
      console.print(found[-1], highlight=False)
  print_json({"variants": found})


def in_a_process(arguments: Arguments, chunk: int, flags: str) -> dict:
  """What `time_update` finds with these flags.

  Raises:
    OSError: if that process fails: XLA ends it for a flag that it lost.
  """
  command = [
    *(sys.executable, str(Path(__file__)), "--alone"),
    *("--batch-size", str(arguments.batch_size)),
    *("--length", str(arguments.length), "--chunk", str(chunk)),
    *("--hidden", *map(str, arguments.hidden)),
  ]
  together = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
  environment = os.environ | {
    "XLA_FLAGS": together,
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
  }
  done = subprocess.run(
    command, capture_output=True, text=True, env=environment
  )
  if done.returncode:
    last = done.stderr.strip().splitlines()[-1:] or ["nothing said"]
    raise OSError(f"{' '.join(command)}: {last[0]}")
  return {"flags": flags} | json.loads(done.stdout.strip().splitlines()[-1])


def time_update(arguments: Arguments) -> dict:
  """Seconds of an update with the recipe's optimizer, and of compiling it."""
  import jax
  import our_training
  from random_batches import ALPHABET_SIZE, random_lines

  from configs.handwriting_synthesis import get_config
  from graves_jax.config import Constant
  from graves_jax.fast import chunks
  from graves_jax.networks.build import build_network

  chunks.CHUNK = chunks.CHUNK_ON_A_CARD = arguments.chunk[0]
  config = get_config()
  network = build_network(
    dataclasses.replace(config.network, hidden=arguments.hidden),
    ALPHABET_SIZE,
    implementation="scan",
  )
  update = our_training.handwriting_update(
    network,
    random_lines(arguments.batch_size, arguments.length),
    jax.devices()[:1],
    dataclasses.replace(config.optimizer, schedule=Constant()),
  )
  started = time.perf_counter()
  update.run()
  compiling, times = time.perf_counter() - started, []
  for _ in range(_UPDATES):
    started = time.perf_counter()
    update.run()
    times.append(time.perf_counter() - started)
  return {
    "device": jax.devices()[0].device_kind,
    "chunk": arguments.chunk[0],
    "seconds": rounded(statistics.median(times)),
    "seconds_to_compile": rounded(compiling),
  }


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
