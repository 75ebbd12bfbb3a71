"""How well the pace of a pen is told from its way: pen_pace.py DATA.

Of real lines, reckons when the pen is at each of their points, for a pen that
is equally fast everywhere and by `data.sources.pace`, with which SVG is read.
A pen is read in equal times, so that the times between neighbors should be
equal: the smaller the standard deviation of their logarithm, the better.
"""

import dataclasses
from pathlib import Path

import launch
import numpy as np
import tyro
from ranges import require_least
from report import print_json, rounded

_LEAST = 0.02  # of the mean time; a pen that rests takes none


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Compares both; the last line printed is JSON."""

  data: tyro.conf.Positional[Path]
  """A folder of IAM-OnDB's archives, or a stroke file."""
  lines: int = 40
  """Validation lines, spread over all."""

  def __post_init__(self):
    require_least(self, lines=1)


def main(argv: list[str]) -> None:
  arguments = tyro.cli(Arguments, args=argv)
  from real_styles import real_lines, spread

  from graves_jax.data.strokes import strokes_from_offsets

  lines = spread(real_lines(arguments.data, "validation"), arguments.lines)
  found = np.array(
    [deviations(strokes_from_offsets(line.points)) for line in lines]
  )
  even, paced = map(float, found.mean(axis=0))
  print_json(
    {"lines": len(lines), "even": rounded(even), "paced": rounded(paced)}
  )


def deviations(strokes: list[np.ndarray]) -> tuple[float, float]:
  """Of the logarithm of times, for an even pen and by `pace`."""
  from graves_jax.data.sources.pace import times_along, way_along

  strokes = [stroke for stroke in strokes if len(stroke) > 3]
  ways = [way_along(stroke) for stroke in strokes]
  step = sum(way[-1] for way in ways) / sum(len(way) - 1 for way in ways)
  even, paced = [], []
  for stroke, way in zip(strokes, ways, strict=True):
    times = times_along(stroke, way, step)
    at = np.interp(way, np.linspace(0, way[-1], len(times)), times)
    even.append(np.diff(way))
    paced.append(np.diff(at))
  return _of_logarithm(even), _of_logarithm(paced)


def _of_logarithm(times: list[np.ndarray]) -> float:
  joined = np.concatenate(times)
  return float(np.log(np.maximum(joined / joined.mean(), _LEAST)).std())


if __name__ == "__main__":
  launch.run(main)
