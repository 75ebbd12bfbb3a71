"""Scores a checkpoint: python evaluate.py --data.path ~/iamondb."""

import dataclasses
import json
from pathlib import Path

import tyro
from rich.console import Console

import command_line
from graves_jax.config import DynamicConfig, TextConfig
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
  symbols, 100 at most; --dynamic: 1; with 1 the state is carried from the
  first symbol to the last, which takes longest)."""
  devices: int = 0
  """How many devices (on CPU: cores); 0: as many as the batches fit."""
  draw_weights: int | None = None
  """After training with weight noise: scores weights drawn from a seed, not
  their means."""
  dynamic: tyro.conf.FlagCreatePairsOff[bool] = False
  """Text: the weights go on learning from each segment once it is scored."""
  dynamics: DynamicConfig = dataclasses.field(default_factory=DynamicConfig)
  tune: tyro.conf.FlagCreatePairsOff[bool] = False
  """With --dynamic: first chooses the learning rate, and momentum (sgd) or
  decay (rms), on the start of the validation split."""
  tune_symbols: int | None = None
  """How much of it is scored at each trial (20,000)."""


def main(argv: list[str]) -> None:
  arguments, console = command_line.parse(Arguments, argv), Console()
  from graves_jax.training.run_folder import restore_checkpoint

  command_line.use_compilation_cache()
  devices = command_line.use_devices(arguments.devices)
  require_dynamic(arguments)
  restored = restore_checkpoint(arguments.checkpoint)
  command_line.use_kernels(console, devices)
  if arguments.draw_weights is not None:
    from graves_jax.training.noise import with_drawn_weights

    restored = with_drawn_weights(restored, arguments.draw_weights)
  if isinstance(restored.metadata.config, TextConfig):
    from evaluate_text import score_text

    figures = score_text(arguments, restored, devices, console)
  else:
    if arguments.dynamic:
      raise ValueError(
        f"--dynamic: {arguments.checkpoint} holds a handwriting network; "
        "dynamic evaluation is for text networks."
      )
    figures = score_handwriting(arguments, restored, devices, console)
  figures |= {
    "step": restored.metadata.step,
    "draw_weights": arguments.draw_weights,
  }
  print(json.dumps(figures))


def require_dynamic(arguments: Arguments) -> None:
  """Raises ValueError if options of --dynamic stand alone, or are no use."""
  alone = arguments.tune or arguments.dynamics != DynamicConfig()
  if alone and not arguments.dynamic:
    raise ValueError("--tune and --dynamics.* need --dynamic.")
  symbols = arguments.tune_symbols
  if symbols is not None and not (arguments.tune and symbols >= 2):
    raise ValueError(
      f"tune_symbols (={symbols}) must be 2 or more, and needs --tune."
    )


def score_handwriting(arguments: Arguments, restored, devices, console) -> dict:
  from graves_jax.data.batches import LineBatches
  from graves_jax.data.sources.load import load_split
  from graves_jax.handwriting_loss import handwriting_loss, handwriting_scores
  from graves_jax.networks.build import build_network
  from graves_jax.training.console import loading

  params, metadata, *_ = restored
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
