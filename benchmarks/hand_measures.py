"""What tells one hand from another, measured of a line of ink."""

from typing import NamedTuple

import numpy as np

from graves_jax.data.strokes import Line, strokes_from_offsets

_EVEN = 0.06  # distance of points for the corners, in line heights
_CORNER = 0.9  # radians from one such step to the next


class Hand(NamedTuple):
  """Measures of a hand; lengths in line heights but for the size.

  size: height of the line without its longest tails, in pen units.
  slant: mean direction of the downstrokes in radians, above 0 to the right.
  width: advance a character.
  lifts: strokes a letter: separate or joined letters.
  corners: share of all turning that is sharp: angular or round letters.
  middle: height of the zone of small letters.
  pace: mean distance of neighboring points.
  """

  size: float
  slant: float
  width: float
  lifts: float
  corners: float
  middle: float
  pace: float


def measure_hand(line: Line) -> Hand:
  """Measures a line of several words."""
  strokes = [s for s in strokes_from_offsets(line.points) if len(s) > 1]
  x, y = np.concatenate(strokes).T
  height = y - np.polyval(np.polyfit(x, y, 1), x)
  size = np.ptp(np.percentile(height, [3, 97]))
  steps = np.concatenate([np.diff(stroke, axis=0) for stroke in strokes])
  across, along = steps[steps[:, 1] > np.abs(steps[:, 0])].sum(axis=0)
  turns = np.concatenate([_turns(stroke, _EVEN * size) for stroke in strokes])
  letters = len("".join(line.text.split()))
  return Hand(
    size=float(size),
    slant=float(np.arctan2(-across, along)),
    width=float(np.ptp(x) / len(line.text) / size),
    lifts=float((line.points[:, 2] > 0.5).sum() / letters),
    corners=float(turns[turns > _CORNER].sum() / max(turns.sum(), 1e-9)),
    middle=float(np.ptp(np.percentile(height, [25, 75])) / size),
    pace=float(np.hypot(*steps.T).mean() / size),
  )


def _turns(stroke: np.ndarray, step: float) -> np.ndarray:
  """By how much the pen turns, in radians, at points of equal distance."""
  way = np.hypot(*np.diff(stroke, axis=0).T).cumsum()
  way = np.concatenate([[0.0], way])
  at = np.linspace(0, way[-1], max(2, round(way[-1] / step) + 1))
  even = np.column_stack([np.interp(at, way, axis) for axis in stroke.T])
  angles = np.arctan2(*np.diff(even, axis=0).T[::-1])
  return np.abs((np.diff(angles) + np.pi) % (2 * np.pi) - np.pi)
