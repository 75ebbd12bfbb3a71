"""An update of a network on a card, by the ways to run its loops.

Long loops of small steps wait for launches more than for arithmetic. A variant
is one of each: a batch size; a precision; layer after layer (scan) or all
layers at offset times (wavefront); chunks of 20 or 60 steps; flags of XLA (its
own products instead of Triton's, loops recorded for one launch). Each has a
process of its own; all compile beside each other, and then take turns. Printed
are seconds an update and points a second; then, as JSON, all.
"""

import contextlib
import dataclasses
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
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
# What a variant has one of.
_VARIED = "batch_size", "precision", "implementation", "chunk", "flags"
_UPDATES = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Times one update of training by each variant; the last line is JSON."""

  kind: Literal["synthesis", "prediction"] = "synthesis"
  """The network."""
  batch_size: tuple[int, ...] = (128,)
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
  implementation: tuple[Literal["scan", "wavefront"], ...] = ("scan",)
  """Layer after layer, or all layers at offset times."""
  precision: tuple[Literal["float32", "bfloat16"], ...] = ("bfloat16",)
  """Of the products."""
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""
  anywhere: bool = False
  """Runs on whatever JAX runs on, without flags: to try this script."""
  alone: bool = False
  """Times in this process, with the flags that it has, the first of each, as
  soon as a line can be read."""

  def __post_init__(self):
    require_least(self, batch_size=1, length=1, chunk=1, hidden=1)
    for name in _VARIED:
      if not getattr(self, name):
        raise ValueError(f"--{name.replace('_', '-')}: name one at least.")


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  if arguments.alone:
    time_update(arguments)
    return
  import jax

  is_gpu = jax.devices()[0].platform == "gpu"
  if not is_gpu and not arguments.anywhere:
    raise ValueError(
      "JAX sees no GPU here; --anywhere tries this script without one."
    )
  found = []
  if not is_gpu:
    arguments = dataclasses.replace(arguments, flags=("none",))
  each = variants(arguments)
  with (
    tempfile.TemporaryDirectory() as cache,
    contextlib.ExitStack() as stack,
  ):
    started = [
      stack.enter_context(in_a_process(arguments, variant, cache))
      for variant in each
    ]
    with console.status("Compiling"):
      compiled = [told(process) for process in started]
    for variant, process, first in zip(each, started, compiled, strict=True):
      if process.poll() is None:
        print(file=process.stdin, flush=True)  # its turn
        first |= told(process)
      found.append(variant | first)
      console.print(found[-1], highlight=False)
  print_json({"kind": arguments.kind, "variants": found})


def variants(arguments: Arguments) -> list[dict]:
  """One of each of what is varied; all layers at once have no chunks, so that
  only the first length of these is taken for them."""
  product = itertools.product(*(getattr(arguments, n) for n in _VARIED))
  each = [dict(zip(_VARIED, values, strict=True)) for values in product]
  return [
    variant
    for variant in each
    if variant["implementation"] != "wavefront"
    or variant["chunk"] == arguments.chunk[0]
  ]


def in_a_process(
  arguments: Arguments, variant: dict, cache: str
) -> subprocess.Popen:
  """Starts `time_update` of one variant; compiled code goes to `cache`."""
  command = [
    *(sys.executable, str(Path(__file__)), "--alone", "--kind", arguments.kind),
    *("--length", str(arguments.length)),
    *("--hidden", *map(str, arguments.hidden)),
  ]
  for name, value in variant.items():
    command += [f"--{name.replace('_', '-')}", str(value)]
  flags = _FLAGS[variant["flags"]]
  together = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
  environment = os.environ | {
    "XLA_FLAGS": together,
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "JAX_COMPILATION_CACHE_DIR": cache,
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
  }
  pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
  return subprocess.Popen(
    command, text=True, stderr=subprocess.STDOUT, env=environment, **pipes
  )


def told(process: subprocess.Popen) -> dict:
  """The next figures that a process tells, or how it failed: XLA ends it for a
  flag that it lost."""
  last = "nothing said"
  for line in process.stdout:
    if line.startswith("{"):
      return json.loads(line)
    last = line.strip() or last
  process.wait()
  return {"failed": last}


def time_update(arguments: Arguments) -> None:
  """Tells seconds of compiling an update with the recipe's optimizer and,
  asked for more, of making one."""
  import jax
  import our_training
  from random_batches import ALPHABET_SIZE, random_lines

  from configs import handwriting_prediction, handwriting_synthesis
  from graves_jax.config import Constant
  from graves_jax.fast import chunks
  from graves_jax.networks.build import build_network

  chunks.CHUNK = chunks.CHUNK_ON_A_CARD = arguments.chunk[0]
  configs = {
    "synthesis": handwriting_synthesis,
    "prediction": handwriting_prediction,
  }
  config = configs[arguments.kind].get_config()
  network = build_network(
    dataclasses.replace(
      config.network,
      hidden=arguments.hidden,
      precision=arguments.precision[0],
    ),
    ALPHABET_SIZE,
    implementation=arguments.implementation[0],
  )
  batch_size = arguments.batch_size[0]
  update = our_training.handwriting_update(
    network,
    random_lines(batch_size, arguments.length),
    jax.devices()[:1],
    dataclasses.replace(config.optimizer, schedule=Constant()),
  )
  started = time.perf_counter()
  update.compile()
  tell(seconds_to_compile=rounded(time.perf_counter() - started))
  sys.stdin.readline()
  update.run()
  times = []
  for _ in range(_UPDATES):
    started = time.perf_counter()
    update.run()
    times.append(time.perf_counter() - started)
  seconds = statistics.median(times)
  tell(
    device=jax.devices()[0].device_kind,
    seconds=rounded(seconds),
    points_per_second=round(batch_size * arguments.length / seconds),
  )


def tell(**figures) -> None:
  print(json.dumps(figures), flush=True)


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
