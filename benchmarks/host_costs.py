"""What the host does beside the updates: reading batches, saving checkpoints.

Both run while devices compute: a batch is made while the update before it
runs, and of a checkpoint an update waits only for the copy from the devices
("fetch") and for the checksums and the handing over ("hand over"); the rest is
written in the background ("on disk", after which it is safe).
"""

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import launch
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Times batches and checkpoints of a synthesis network; the last line printed
  is JSON."""

  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""
  batch_size: int = 64
  """Lines of an update."""
  length: int = 600
  """Points of a line."""
  rounds: int = 5

  def __post_init__(self):
    require_least(self, hidden=1, batch_size=1, length=2, rounds=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  experiment = random_experiment(arguments)
  import jax

  batches = experiment.task.train_batches
  found = {
    "batch_seconds": median(
      lambda k: jax.block_until_ready(
        experiment.mapped.shard(batches.batch(k))
      ),
      arguments.rounds,
    )
  }
  with tempfile.TemporaryDirectory() as folder:
    found |= checkpoint_seconds(experiment, Path(folder), arguments.rounds)
  for name, value in found.items():
    console.print(f"{name}: {value:.4g}", highlight=False)
  print_json(
    dataclasses.asdict(arguments)
    | {name: rounded(value) for name, value in found.items()}
  )


def random_experiment(arguments: Arguments):
  """A synthesis network and the training lines of one epoch of 8 batches."""
  import numpy as np

  from graves_jax.commands import runtime
  from graves_jax.config import DataConfig, HandwritingConfig, NetworkConfig
  from graves_jax.data.strokes import Line
  from graves_jax.tasks.handwriting import handwriting_task
  from graves_jax.training.experiment import build_experiment

  random = np.random.default_rng(0)
  lines = [
    Line(
      random.normal(size=(arguments.length, 3)).astype(np.float32),
      "".join(random.choice(list("abcdefgh "), arguments.length // 22 + 1)),
      f"line {k}",
    )
    for k in range(8 * arguments.batch_size)
  ]
  config = HandwritingConfig(
    network=NetworkConfig(hidden=arguments.hidden),
    data=DataConfig(batch_size=arguments.batch_size),
  )
  task = handwriting_task(config, lines, lines[:1])
  return build_experiment(task, runtime.use_devices(1))


def checkpoint_seconds(experiment, folder: Path, rounds: int) -> dict:
  """Medians of the parts of a save, and the bytes of one checkpoint."""
  import jax
  import numpy as np

  from graves_jax.checkpoints.save import Checkpoints

  metadata, state = experiment.task.metadata, experiment.initial_state()
  checkpoints = Checkpoints(folder, experiment.fetch(state), metadata)
  random = np.random.default_rng(0)  # zeros would be packed away to nothing
  fetched = jax.tree.map(
    lambda x: random.normal(size=x.shape).astype(x.dtype),
    experiment.fetch(state),
  )

  def hand_over(k: int) -> None:
    checkpoints.wait()
    started = time.perf_counter()
    checkpoints.save(fetched, dataclasses.replace(metadata, step=k + 1))
    handed.append(time.perf_counter() - started)
    checkpoints.wait()

  handed: list[float] = []
  found = {
    "fetch_seconds": median(lambda _: experiment.fetch(state), rounds),
    "on_disk_seconds": median(hand_over, rounds),
  }
  checkpoints.close()
  newest = max((folder / "checkpoints").iterdir(), key=lambda p: int(p.name))
  files = (p for p in newest.rglob("*") if p.is_file())
  return found | {
    "hand_over_seconds": statistics.median(handed[1:]),
    "bytes": sum(p.stat().st_size for p in files),
  }


def median(run: Callable[[int], object], rounds: int) -> float:
  """Seconds of a call, of so many after one to warm up."""
  run(0)
  seconds = []
  for k in range(1, rounds + 1):
    started = time.perf_counter()
    run(k)
    seconds.append(time.perf_counter() - started)
  return statistics.median(seconds)


if __name__ == "__main__":
  launch.run(main)
