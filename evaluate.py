"""Scores a checkpoint: python evaluate.py --data.path ~/iamondb."""

import dataclasses
import json
from pathlib import Path

import tyro
from rich.console import Console

import command_line
from graves_jax.config import TextConfig
from graves_jax.pretrained import HANDWRITING


@dataclasses.dataclass(frozen=True, kw_only=True)
class Data:
  """What to score."""

  path: Path | None = None
  """Handwriting: a folder of IAM-OnDB's archives, or a stroke file; by default
  the path that the checkpoint was trained on. Text: another text file, scored
  whole; by default a split of the checkpoint's own text."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Scores every line or symbol of a split, none dropped or cut; the last line
  printed is JSON."""

  checkpoint: Path = HANDWRITING
  """A run's folder, or one checkpoint; by default the one that ships."""
  data: Data = Data()
  split: str | None = None
  """train or validation (the default); of Penn Treebank also test; of IAM-OnDB
  also trainset, testset_v, testset_t and testset_f. Of text at --data.path: a
  split of it, instead of all of it."""
  batch_size: int | None = None
  """Lines at a time (64); streams that a text is cut into (1 for each 10,000
  symbols, 100 at most; with 1 the state is carried from the first symbol to
  the last, which takes longest)."""
  devices: int = 0
  """How many devices (on CPU: cores); 0: as many as the batches fit."""


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from graves_jax.training.checkpoints import restore_checkpoint

  command_line.use_compilation_cache()
  devices = command_line.use_devices(arguments.devices)
  restored = restore_checkpoint(arguments.checkpoint)
  if isinstance(restored.metadata.config, TextConfig):
    figures = score_text(arguments, restored, devices, console)
  else:
    figures = score_handwriting(arguments, restored, devices, console)
  print(json.dumps(figures | {"step": restored.metadata.step}))


def score_handwriting(arguments: Arguments, restored, devices, console) -> dict:
  from graves_jax.data.batches import LineBatches
  from graves_jax.data.sources.load import load_split
  from graves_jax.handwriting_loss import handwriting_loss, handwriting_scores
  from graves_jax.networks.build import build_network
  from graves_jax.training.console import loading

  params, metadata = restored
  config, codec = metadata.config, metadata.codec
  data, split = config.data, arguments.split or "validation"
  if arguments.data.path is not None:
    data = dataclasses.replace(data, path=str(arguments.data.path))
  with loading(console) as progress:
    lines = load_split(data, split, progress)
  batches = LineBatches(
    lines,
    codec.alphabet,
    codec.normalization,
    batch_size=64 if arguments.batch_size is None else arguments.batch_size,
    buckets=data.buckets,
  )
  network = build_network(config.network, codec.size)
  floor = config.network.sigma_floor
  loss_fn = handwriting_loss(network, floor)
  sums = sum_losses(arguments, loss_fn, params, (), batches, devices, console)
  scores = handwriting_scores(sums)
  unknown = sum(len(codec.alphabet.unknown(x.text)) > 0 for x in lines)
  console.print(
    f"{split}: {scores.sequences:,} lines, {scores.points:,} points, "
    f"{unknown} lines with unknown characters; nats over offsets of standard "
    f"deviation 1, sigma floored at {floor:g} of it.",
    highlight=False,
    soft_wrap=True,
  )
  figures = {"split": split, "sigma_floor": floor}
  return scores._asdict() | figures


def score_text(arguments: Arguments, restored, devices, console) -> dict:
  from graves_jax.data.sources.load_text import load_text_split
  from graves_jax.data.streams import StreamBatches
  from graves_jax.networks.build import build_network
  from graves_jax.text_loss import text_loss
  from graves_jax.training.console import loading
  from graves_jax.training.text_task import initial_text_carry

  params, metadata = restored
  codec, data = metadata.codec, metadata.config.data
  path = arguments.data.path and str(arguments.data.path)
  with loading(console) as progress:
    text = load_text_split(data, codec, arguments.split, path, progress)
  streams = arguments.batch_size
  if streams is None:
    streams = max(1, min(len(text.classes) // 10_000, 100))
  batches = StreamBatches(
    text.classes,
    batch_size=streams,
    length=data.length,
    reset_every=data.reset_every,
  )
  network = build_network(metadata.config.network, codec.size)
  carry = initial_text_carry(network, streams)
  loss_fn = text_loss(network)
  sums = sum_losses(
    arguments, loss_fn, params, carry, batches, devices, console
  )
  split = arguments.split or ("validation" if path is None else Path(path).name)
  console.print(
    f"{split}: {batches.elements:,} symbols ({text.convention}) in {streams} "
    f"stream{'s' * (streams > 1)}, each from its first to its last symbol; the "
    "weights are fixed.",
    highlight=False,
    soft_wrap=True,
  )
  return {"split": split, "streams": streams} | text_figures(sums, text, codec)


def text_figures(sums, text, codec) -> dict:
  """Scores in the units of Tables 1 and 2."""
  from graves_jax.data.corpus import count_characters
  from graves_jax.text_loss import perplexity, text_scores

  scores = text_scores(sums)
  characters = scores.symbols
  if codec.units == "words":
    characters = count_characters(text.classes, codec)
  return {
    "convention": text.convention,
    "symbols": scores.symbols,
    "characters": characters,
    "total_bits": scores.total_bits,
    "bits_per_character": scores.total_bits / characters,
    "nats_per_symbol": scores.nats_per_symbol,
    "words": text.words,
    "perplexity": perplexity(scores.total_bits, text.words),
    "error_percent": scores.error_percent,
    "dynamic": False,
  }


def sum_losses(arguments, loss_fn, params, carry, batches, devices, console):
  """Summed losses of all batches, spread over the devices."""
  from graves_jax.evaluation import evaluate
  from graves_jax.training.console import loading
  from graves_jax.training.experiment import loss_summer
  from graves_jax.training.parallel import (
    fitting,
    over_devices,
    require_divisible,
  )

  if not arguments.devices:
    devices = fitting(devices, batches.batch_size)
  require_divisible("batch_size", batches.batch_size, len(devices))
  mapped = over_devices(devices)
  with loading(console, "Scoring") as progress:
    return evaluate(
      loss_summer(loss_fn, mapped),
      mapped.replicate(params),
      mapped.shard(carry),
      batches,
      progress,
    )


if __name__ == "__main__":
  command_line.run(main)
