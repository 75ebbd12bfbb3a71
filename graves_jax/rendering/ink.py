"""Ink: what a pen leaves of a stroke, as runs of one width each.

A ballpoint leaves the stroke itself, straight from point to point. A fountain
pen leaves a smooth curve through the points, broader where the pen was slow:
points are recorded at a steady rate, so that their distance is the speed.
"""

import dataclasses
import itertools
import re
from typing import Literal, NamedTuple

import numpy as np

Pen = Literal["ballpoint", "fountain"]

WIDTH = 0.045  # Of the pen, in letter heights.
COLORS = {
  "black": "#000000",
  "blue": "#1d3f94",
  "red": "#b3202c",
  "green": "#1f6b3a",
  "violet": "#5b2a86",
  "brown": "#5b3a1e",
}
_DIVISIONS = 4  # of a fountain pen's curve, between two points
# Distance of neighboring points in letter heights at a usual speed; on
# IAM-OnDB 20 of 350 pen units.
_USUAL_STEP = 0.058
_WIDTHS = (0.65, 1.35)  # of a fountain pen's line, in widths of the pen
_LEVELS = 0.07  # Widths are multiples of this, in widths of the pen.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ink:
  """Pen and ink.

  color: one of `COLORS`, or #rrggbb.
  width: of the pen in millimeters; None is `WIDTH` letter heights.
  pen: see the top of this file.

  Raises:
    ValueError: if the color or the width cannot be used.
  """

  color: str = "black"
  width: float | None = None
  pen: Pen = "ballpoint"

  def __post_init__(self):
    if not re.fullmatch("#[0-9a-fA-F]{6}", self.hexadecimal):
      raise ValueError(
        f"the color of the ink (={self.color}) must be {', '.join(COLORS)}, or "
        "#rrggbb."
      )
    if self.width is not None and not 0.01 <= self.width <= 20:
      raise ValueError(
        f"the width of the pen (={self.width}) must be from 0.01 to 20 mm."
      )

  @property
  def hexadecimal(self) -> str:
    """The color as #rrggbb."""
    return COLORS.get(self.color, self.color)

  @property
  def rgb(self) -> tuple[int, int, int]:
    """The color as levels from 0 to 255."""
    red, green, blue = bytes.fromhex(self.hexadecimal[1:])
    return red, green, blue

  def width_for(self, letter_height: float) -> float:
    """Width of the pen for writing of this height; both in millimeters."""
    return self.width or WIDTH * letter_height


class Run(NamedTuple):
  """A part of a stroke that is drawn with one width.

  points: [n, 2], in millimeters; one point is a dot.
  width: in millimeters.
  at: of each point its place among the points of the stroke, [n].
  """

  points: np.ndarray
  width: float
  at: np.ndarray


def runs(stroke: np.ndarray, ink: Ink, letter_height: float) -> list[Run]:
  """What a pen leaves of a stroke, in the order of writing.

  Args:
    stroke: points [n, 2], in millimeters.
    ink: the pen.
    letter_height: of the writing, in millimeters.
  """
  width = ink.width_for(letter_height)
  at = np.arange(len(stroke), dtype=float)
  if ink.pen == "ballpoint" or len(stroke) == 1:
    return [Run(stroke, width, at)]
  points, at = _curve(stroke)
  factors = _breadths(stroke, letter_height)
  middles = (at[:-1] + at[1:]) / 2
  levels = np.rint(np.interp(middles, np.arange(len(stroke)), factors))
  cuts = np.flatnonzero(np.diff(levels)) + 1
  edges = [0, *cuts.tolist(), len(levels)]
  return [
    Run(points[a : b + 1], width * _LEVELS * levels[a], at[a : b + 1])
    for a, b in itertools.pairwise(edges)
  ]


def _curve(stroke: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """A curve through the points (Catmull and Rom), and the place of each."""
  before = np.concatenate([stroke[:1], stroke[:-2]])[:, None]
  after = np.concatenate([stroke[2:], stroke[-1:]])[:, None]
  start, end = stroke[:-1, None], stroke[1:, None]
  share = (np.arange(_DIVISIONS) / _DIVISIONS)[:, None]
  out, into = (end - before) / 2, (after - start) / 2
  # Hermite's polynomials of the ends and of the directions there.
  points = (
    (2 * share**3 - 3 * share**2 + 1) * start
    + (share**3 - 2 * share**2 + share) * out
    + (3 * share**2 - 2 * share**3) * end
    + (share**3 - share**2) * into
  )
  points = np.concatenate([points.reshape(-1, 2), stroke[-1:]])
  return points, np.arange(len(points)) / _DIVISIONS


def _breadths(stroke: np.ndarray, letter_height: float) -> np.ndarray:
  """Widths at the points, as multiples of `_LEVELS`."""
  steps = np.hypot(*np.diff(stroke, axis=0).T) / letter_height / _USUAL_STEP
  speeds = np.concatenate([steps[:1], (steps[:-1] + steps[1:]) / 2, steps[-1:]])
  kernel = np.ones(min(5, len(speeds)))
  kernel = kernel if len(kernel) % 2 else kernel[1:]
  total = np.convolve(np.ones(len(speeds)), kernel, "same")
  speeds = np.convolve(speeds, kernel, "same") / total
  return np.clip(1.4 - 0.35 * speeds, *_WIDTHS) / _LEVELS
