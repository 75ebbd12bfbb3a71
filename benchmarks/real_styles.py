"""The weights that ship, and real lines to prime them with."""

from pathlib import Path

from graves_jax.checkpoints.writers import load_writer
from graves_jax.config import DataConfig
from graves_jax.data.sources.handwriting import load_split
from graves_jax.data.strokes import Line
from graves_jax.sampling.writer import HandwritingWriter


def shipped_writer() -> HandwritingWriter:
  """A writer with the weights that sample.py takes by default."""
  return load_writer()


def spread(lines: list[Line], count: int) -> list[Line]:
  """So many lines, spread evenly over forms and so over writers."""
  step = max(len(lines) // count, 1)
  return lines[::step][:count]


def real_lines(path: Path, split: str) -> list[Line]:
  """Lines of IAM-OnDB's archives in a folder, or of a stroke file."""
  return load_split(DataConfig(path=str(path)), split)
