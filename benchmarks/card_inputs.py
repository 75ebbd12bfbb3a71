"""What the scripts for a lent card start from: sizes, data, weights, the card.

JAX is imported where it is needed: these scripts start themselves again before.
"""

from pathlib import Path
from typing import NamedTuple

from rich.console import Console


class Sizes(NamedTuple):
  """How large everything is.

  checked: lines and points of the check.
  hidden: cells in each layer.
  batch_sizes: of the table's training.
  sampled_lines: of its sampling.
  length, sampled: points of a line, trained and sampled.
  rounds: of each side.
  train_batch, buckets: of training, in place of the arguments'.
  evaluation_batch: of its validations.
  synthetic_lines: where there are no data.
  most_lines: of each split, at most.
  """

  checked: tuple[int, int] = (16, 200)
  hidden: tuple[int, ...] = (400, 400, 400)
  batch_sizes: tuple[int, ...] = (64, 256, 1024)
  sampled_lines: tuple[int, ...] = (1, 64, 1024)
  length: int = 600
  sampled: int = 300
  rounds: int = 3
  train_batch: int | None = None
  buckets: int | None = None
  evaluation_batch: int = 256
  synthetic_lines: int = 5000
  most_lines: int | None = None


SMALL = Sizes(
  checked=(2, 20),
  hidden=(8, 8, 8),
  batch_sizes=(2, 4),
  sampled_lines=(1, 2),
  length=20,
  sampled=10,
  rounds=1,
  train_batch=4,
  buckets=1,
  evaluation_batch=8,
  synthetic_lines=40,
  most_lines=40,
)


def pad_to_whole_chunks() -> None:
  """Pads lines to multiples of the chunks of this device, so that no shorter
  loop is compiled for what is left over."""
  from graves_jax.data import lines
  from graves_jax.fast import chunks

  lines.LENGTH_MULTIPLE = chunks.chunk_length()


def read(path: Path | None, sizes: Sizes, console: Console):
  """The lines to train on and to validate on."""
  from card_training import Lines

  from graves_jax.config import DataConfig
  from graves_jax.data.sources.handwriting import load_lines

  config = DataConfig(
    path=None if path is None else str(path),
    synthetic_lines=sizes.synthetic_lines,
  )
  with console.status("Reading the data"):
    splits = load_lines(config)
  return Lines(config, *(lines[: sizes.most_lines] for lines in splits))


def initial_weights(path: Path | None, *kinds: str):
  """A checkpoint of a network of handwriting; None if none is named.

  Args:
    path: a run, a checkpoint, or weights that ship.
    kinds: of networks that will do.

  Raises:
    FileNotFoundError, ValueError: if it holds none.
  """
  from graves_jax.checkpoints.read import restore_checkpoint
  from graves_jax.commands.command_line import find_checkpoint

  if path is None:
    return None
  restored = restore_checkpoint(find_checkpoint(path))
  metadata = restored.metadata
  is_written = metadata.kind == "handwriting"
  if not is_written or metadata.config.network.kind not in kinds:
    raise ValueError(
      f"--init-from: {path} holds no {' or '.join(kinds)} network; name a run, "
      "a checkpoint or weights that ship of one."
    )
  return restored


def describe() -> dict:
  """What this ran on, and with which versions."""
  import jax
  import machine

  return {
    "name": machine.describe(),
    "platform": jax.devices()[0].platform,
    "cores": machine.cores(),
    "jax": jax.__version__,
  }
