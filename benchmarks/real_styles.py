"""The weights that ship, and real lines to prime them with."""

from pathlib import Path

import jax

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.config import DataConfig
from graves_jax.data.sources.handwriting import load_split
from graves_jax.data.strokes import Line
from graves_jax.networks.build import build_network
from graves_jax.pretrained import HANDWRITING
from graves_jax.sampling.writer import Writer


def shipped_writer() -> Writer:
  """A writer with the weights that sample.py takes by default."""
  params, metadata, *_ = restore_checkpoint(HANDWRITING)
  network = build_network(metadata.config.network, metadata.codec.size)
  return Writer.of(network, jax.device_put(params), metadata)


def spread(lines: list[Line], count: int) -> list[Line]:
  """So many lines, spread evenly over forms and so over writers."""
  step = max(len(lines) // count, 1)
  return lines[::step][:count]


def real_lines(path: Path, split: str) -> list[Line]:
  """Lines of IAM-OnDB's archives in a folder, or of a stroke file."""
  return load_split(DataConfig(path=str(path)), split)
