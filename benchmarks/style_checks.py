"""Measures real lines as styles: python benchmarks/style_checks.py DATA.

Prints quantiles of all that `--style` is judged by, which are the grounds for
the bounds in graves_jax/sampling/style.py and style_check.py, and how many of
the lines would be changed, refused or doubted.
"""

import collections
import dataclasses
from pathlib import Path

import launch
import numpy as np
import tyro
from ranges import require_least
from rich.console import Console

_LINES_AT_A_TIME = 10
_QUANTILES = (0, 0.001, 0.01, 0.02, 0.5, 0.98, 0.99, 0.999, 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Measures the lines of IAM-OnDB as styles."""

  data: tyro.conf.Positional[Path]
  """A folder of IAM-OnDB's archives, or a stroke file."""
  lines: int = 200
  """So many validation lines, spread over all, are read by the network."""
  network: bool = True
  """Whether the network reads lines at all."""

  def __post_init__(self):
    require_least(self, lines=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from real_styles import real_lines, shipped_writer, spread

  writer = shipped_writer()
  for split in ("train", "validation"):
    lines = real_lines(arguments.data, split)
    print_measures(console, split, lines, writer)
  if arguments.network:
    print_readings(console, spread(lines, arguments.lines), writer)


def print_measures(console: Console, split: str, lines, writer) -> None:
  from graves_jax.sampling.style import InkMeasures, fit_style, measure_ink

  training = (writer.normalization, writer.points_per_character)
  measures = np.array([measure_ink(line, *training) for line in lines])
  console.print(f"{split}, {len(lines):,} lines, {_QUANTILES}:")
  for name, values in zip(InkMeasures._fields, measures.T, strict=True):
    console.print(f"  {name}: {np.quantile(values, _QUANTILES).round(2)}")
  counts = collections.Counter()
  for line in lines:
    try:
      counts["changed"] += bool(fit_style(line, *training).changes)
    except ValueError as error:
      counts["refused"] += 1
      console.print(f"  {line.name}: {error}", markup=False)
  console.print(f"  changed {counts['changed']}, refused {counts['refused']}")


def print_readings(console: Console, lines, writer) -> None:
  from graves_jax.sampling.style_check import doubt, read_styles

  readings, doubted = [], 0
  lines = sorted(lines, key=lambda line: len(line.points))
  for start in range(0, len(lines), _LINES_AT_A_TIME):
    readings += read_styles(writer, lines[start : start + _LINES_AT_A_TIME])
  for line, reading in zip(lines, readings, strict=True):
    if said := doubt(reading, line.text):
      doubted += 1
      console.print(f"  {line.name} {line.text!r}: {said}", markup=False)
  unread = [
    len(line.text.rstrip()) - reading.read
    for line, reading in zip(lines, readings, strict=True)
  ]
  console.print(f"read by the network, {len(lines)} lines, {_QUANTILES}:")
  for name, values in (
    ("surprise", [reading.surprise for reading in readings]),
    ("turned gain", [reading.turned_gains.max() for reading in readings]),
    ("text gain", [reading.text_gain for reading in readings]),
    ("characters unread", unread),
  ):
    console.print(f"  {name}: {np.quantile(values, _QUANTILES).round(2)}")
  console.print(f"  doubted {doubted}")


if __name__ == "__main__":
  launch.run(main)
