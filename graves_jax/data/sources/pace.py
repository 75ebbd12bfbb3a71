"""Sets points along strokes as a pen sets them that is read in equal times.

A drawing keeps where a pen went, but not when. Pens are slow where their way
bends (the power law of Lacquaniti, Terzuolo and Viviani, 1983) and where a
stroke begins or ends. The three numbers below are those, of a few that were
tried, by which the times between neighboring points of real lines come out
most alike (benchmarks/pen_pace.py).
"""

from collections.abc import Sequence

import numpy as np

_POWER = 0.5  # of the curvature in the time that a way takes; the law has 1/3
_STRAIGHT = 0.2  # radians a step, which straight ways count as
_AT_ENDS = 1.0  # the more time at a stroke's ends, within a step or so
_FINE = 4  # pieces of a step in which curvature is measured
_DOT = 1e-6  # steps: what is shorter is a point


def set_points(strokes: Sequence[np.ndarray], points: int) -> list[np.ndarray]:
  """Strokes [n, 2] with about so many points in all.

  Args:
    strokes: positions along each, at any distances.
    points: how many to set; each stroke keeps its ends.
  """
  strokes = [np.asarray(stroke, np.float64) for stroke in strokes]
  ways = [way_along(stroke) for stroke in strokes]
  step = sum(way[-1] for way in ways) / points
  if not step:
    return strokes
  times = [
    times_along(stroke, way, step)
    for stroke, way in zip(strokes, ways, strict=True)
  ]
  unit = sum(time[-1] for time in times) / points
  found = []
  for stroke, way, time in zip(strokes, ways, times, strict=True):
    if not time[-1]:
      found.append(stroke[:1])
      continue
    at = np.linspace(0, time[-1], max(2, round(time[-1] / unit) + 1))
    at = np.interp(at, time, np.linspace(0, way[-1], len(time)))
    found.append(_positions(stroke, way, at))
  return found


def way_along(stroke: np.ndarray) -> np.ndarray:
  """How far the pen has come at each point of a stroke."""
  return np.concatenate([[0.0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])


def _positions(
  stroke: np.ndarray, way: np.ndarray, at: np.ndarray
) -> np.ndarray:
  return np.column_stack([np.interp(at, way, axis) for axis in stroke.T])


def times_along(stroke: np.ndarray, way: np.ndarray, step: float) -> np.ndarray:
  """When the pen is at equal distances along a stroke, from 0."""
  if way[-1] < _DOT * step:
    return np.zeros(1)
  pieces = max(_FINE, round(_FINE * way[-1] / step))
  piece = way[-1] / pieces
  fine = _positions(stroke, way, np.linspace(0, way[-1], pieces + 1))
  middle = (np.arange(pieces) + 0.5) * piece
  direction = np.unwrap(np.arctan2(*np.diff(fine, axis=0).T[::-1]))
  turn = np.abs(np.gradient(direction))
  around = np.ones(_FINE + 1) / (_FINE + 1)  # a step's length of pieces
  turn = np.convolve(np.pad(turn, _FINE // 2, mode="edge"), around, "valid")
  curvature = turn * (step / piece)
  slowness = (curvature**2 + _STRAIGHT**2) ** (_POWER / 2)
  from_end = np.minimum(middle, way[-1] - middle)
  slowness *= 1 + _AT_ENDS * np.exp(-from_end / step)
  return np.concatenate([[0.0], (slowness * piece).cumsum()])
