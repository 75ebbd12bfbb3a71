"""Scores a checkpoint: python evaluate.py --data.path ~/iamondb."""

import dataclasses
import json
from pathlib import Path

import tyro
from rich.console import Console

import command_line
from graves_jax.pretrained import HANDWRITING


@dataclasses.dataclass(frozen=True, kw_only=True)
class Data:
  """What to score."""

  path: Path | None = None
  """A folder of IAM-OnDB's archives, or a stroke file; by default the path
  that the checkpoint was trained on."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Scores every line of a split, none dropped or cut; the last line printed
  is JSON."""

  checkpoint: Path = HANDWRITING
  """A run's folder, or one checkpoint; by default the one that ships."""
  data: Data = Data()
  split: str = "validation"
  """train or validation; of IAM-OnDB also trainset, testset_v, testset_t and
  testset_f."""
  batch_size: int = 64
  """Lines at a time."""
  devices: int = 0
  """How many devices (on CPU: cores); 0: as many as the batches fit."""


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from graves_jax.data.batches import LineBatches
  from graves_jax.data.sources.load import load_split
  from graves_jax.evaluation import evaluate
  from graves_jax.losses import handwriting_loss
  from graves_jax.networks.build import build_network
  from graves_jax.training.checkpoints import restore_checkpoint
  from graves_jax.training.console import loading
  from graves_jax.training.parallel import (
    fitting,
    over_devices,
    require_divisible,
  )
  from graves_jax.training.step import evaluation_body

  command_line.use_compilation_cache()
  devices = command_line.use_devices(arguments.devices)
  if not arguments.devices:
    devices = fitting(devices, arguments.batch_size)
  require_divisible("batch_size", arguments.batch_size, len(devices))

  params, metadata = restore_checkpoint(arguments.checkpoint)
  config, data = metadata.config, metadata.config.data
  if arguments.data.path is not None:
    data = dataclasses.replace(data, path=str(arguments.data.path))
  with loading(console) as progress:
    lines = load_split(data, arguments.split, progress)
  batches = LineBatches(
    lines,
    metadata.alphabet,
    metadata.normalization,
    batch_size=arguments.batch_size,
    buckets=data.buckets,
  )
  network = build_network(config.network, metadata.alphabet.size)
  floor = config.network.sigma_floor
  mapped = over_devices(devices)
  sum_losses = mapped.map(evaluation_body(handwriting_loss(network, floor)))
  with loading(console, "Scoring") as progress:
    scores = evaluate(
      lambda params, batch: sum_losses(params, mapped.shard(batch)),
      mapped.replicate(params),
      batches,
      progress,
    )
  unknown = sum(len(metadata.alphabet.unknown(x.text)) > 0 for x in lines)
  console.print(
    f"{arguments.split}: {scores.sequences:,} lines, {scores.points:,} points, "
    f"{unknown} lines with unknown characters; nats over offsets of standard "
    f"deviation 1, sigma floored at {floor:g} of it.",
    highlight=False,
  )
  figures = {"split": arguments.split, "sigma_floor": floor}
  print(json.dumps(scores._asdict() | figures | {"step": metadata.step}))


if __name__ == "__main__":
  command_line.run(main)
