"""Reads the lines of handwriting that graves-jax evaluate scores."""

import dataclasses
from typing import Any

from rich.console import Console

from graves_jax.commands.console import loading
from graves_jax.config.lines import LinesConfig
from graves_jax.data.sources.handwriting import load_split
from graves_jax.data.strokes import Line


def load_lines(
  arguments: Any, data: LinesConfig, console: Console
) -> tuple[list[Line], str]:
  """Reads a split: by default the validation lines of the checkpoint's data.

  Args:
    arguments: those of graves-jax evaluate.
    data: of the checkpoint.
    console: for progress.

  Returns:
    The lines, and the name of the split.

  Raises:
    ValueError, OSError: if they cannot be read.
  """
  split = arguments.split or "validation"
  return load_split_named(split, arguments, data, console), split


def load_split_named(
  split: str, arguments: Any, data: LinesConfig, console: Console
) -> list[Line]:
  """Reads a split by its name; the rest is as for `load_lines`."""
  if arguments.data.path is not None:
    data = dataclasses.replace(data, path=str(arguments.data.path))
  with loading(console) as progress:
    return load_split(data, split, progress)
