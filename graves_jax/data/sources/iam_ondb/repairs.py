"""Repairs of IAM-OnDB's readings (Section 4): the only changes to the ink.

"Missing readings interpolated, too-long steps removed, nothing else." The
paper gives neither rule nor threshold; these are ours, and cautious.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LONG_STEP = 500.0  # pen units; a line of writing is 300 to 700 high
FAR_JUMP = 1000.0  # pen units; legitimate between strokes, only counted
EXCURSION = 10  # readings
LONGEST_GAP = 0.5  # seconds; beyond it the writer paused or the clock was set


class Repaired(NamedTuple):
  """Strokes [n, 2] in pen units, and counts of what was found and done."""

  strokes: list[np.ndarray]
  counts: dict[str, int]


def repair(readings: Sequence[np.ndarray]) -> Repaired:
  """Removes too-long steps, then interpolates missing readings.

  Args:
    readings: per stroke [n, 3]: x, y in pen units, time in seconds.
  """
  steps, intervals, inside = _differences(readings)
  long_steps = int((steps[inside] > LONG_STEP).sum())
  pieces = readings
  if long_steps:
    pieces = [p for stroke in readings for p in remove_long_steps(stroke)]
  filled = interpolate(pieces)
  before, kept = sum(map(len, readings)), sum(map(len, pieces))
  interpolated = sum(map(len, filled)) - kept
  counts = {
    "readings": before,
    "one_point_strokes": sum(len(stroke) == 1 for stroke in readings),
    "lines_with_backward_time": int((intervals < 0).any()),
    "lines_with_far_pen_up_jumps": int((steps[~inside] > FAR_JUMP).any()),
    "long_steps": long_steps,
    "lines_with_long_steps": int(long_steps > 0),
    "removed_readings": before - kept,
    "interpolated_readings": interpolated,
    "lines_with_interpolation": int(interpolated > 0),
  }
  return Repaired(filled, counts)


def remove_long_steps(stroke: np.ndarray) -> list[np.ndarray]:
  """Takes steps above 500 pen units out of a stroke [n, 3].

  No pen covers half a line's height in 15 ms with its tip on the board: either
  the tracker was wrong for a moment, or readings were lost. Where the stroke
  comes back, within 500 pen units of where it left, after at most ten
  readings, those readings are left out. Everywhere else the stroke is ended
  and a new one begun: every point stays where it was written, and the jump
  becomes a pen-up movement, of which longer ones are common.

  Returns:
    The strokes that remain, at least one, each [n, 3].
  """
  steps, _, _ = _differences([stroke])
  cuts = np.flatnonzero(steps > LONG_STEP) + 1
  first, *others = np.split(stroke, cuts)
  kept: list[np.ndarray] = [first]
  waiting: list[np.ndarray] = []
  for piece in others:
    excursion = sum(map(len, waiting))
    gap = np.hypot(*(piece[0, :2] - kept[-1][-1, :2]))
    if waiting and excursion <= EXCURSION and gap <= LONG_STEP:
      kept[-1] = np.concatenate([kept[-1], piece])
      waiting = []
    elif waiting and excursion > EXCURSION:
      kept, waiting = kept + waiting, [piece]
    else:
      waiting.append(piece)
  return kept + waiting


def interpolate(strokes: Sequence[np.ndarray]) -> list[np.ndarray]:
  """Fills in lost readings inside the strokes of one line, linearly.

  Two signs must agree. The time between two readings must be two or more of
  the line's sampling periods (0.015 s in most), and the step at least twice as
  long as the steps beside it and as the line's median step: a pen that rested
  lost nothing worth adding. Of steps over one period 0.04 % are as long, of
  those over two 7 %, over three 30 %, over six 60 %: chance explains one gap
  in a hundred. A gap is divided into as many equal steps as both signs allow,
  rounded to the tracker's grid of whole pen units.

  Where time runs backwards nothing is added; the order of readings is kept.

  Args:
    strokes: [n, 3] each: x, y in pen units, time in seconds.

  Returns:
    Strokes [m, 2] with m >= n.
  """
  if sum(map(len, strokes)) < 2:
    return [stroke[:, :2] for stroke in strokes]
  steps, intervals, inside = _differences(strokes)
  period = _period(intervals[inside])
  is_gap = inside & (intervals <= LONGEST_GAP)
  points = np.concatenate(strokes)[:, :2]
  sizes = np.array([len(stroke) for stroke in strokes])
  if is_gap.any():
    median = max(float(np.median(steps[inside])), 1.0)
    beside = np.pad(np.where(inside, steps, 0.0), 1)
    usual = np.maximum(np.maximum(beside[:-2], beside[2:]), median)
    parts = np.minimum(np.round(intervals / period), np.floor(steps / usual))
    parts = np.where(is_gap, np.maximum(parts, 1), 1).astype(int)
    points, at = _divide(points, parts)
    sizes = np.diff(at[np.cumsum(sizes) - 1], prepend=-1)
  ends = itertools.accumulate(sizes.tolist(), initial=0)
  return [points[begin:end] for begin, end in itertools.pairwise(ends)]


def _divide(points: np.ndarray, parts: np.ndarray):
  """Divides step i of points [n, 2] into parts[i] equal steps on the grid.

  Returns:
    The new points [m, 2] and the places [n] in them of the given points.
  """
  at = np.concatenate([[0], np.cumsum(parts)])
  whole = np.arange(at[-1] + 1)
  divided = np.stack(
    [np.interp(whole, at, points[:, axis]) for axis in (0, 1)], axis=-1
  )
  divided = np.round(divided)
  divided[at] = points
  return divided, at


def _differences(strokes: Sequence[np.ndarray]):
  """Differences between successive readings of all strokes, N readings long.

  Returns:
    Step lengths [N-1] in pen units, intervals [N-1] in seconds, and a mask
    [N-1] of those inside a stroke, the others being pen-up movements.
  """
  differences = np.diff(np.concatenate(strokes), axis=0)
  inside = np.ones(len(differences), bool)
  inside[np.cumsum([len(stroke) for stroke in strokes])[:-1] - 1] = False
  steps = np.hypot(differences[:, 0], differences[:, 1])
  return steps, differences[:, 2], inside


def _period(intervals: np.ndarray) -> float:
  """The sampling period in seconds: 0.015 in most lines, 0.04 in some.

  The mean over ordinary intervals, because time stamps are rounded to 0.01 s.
  """
  intervals = intervals[(intervals > 0) & (intervals < 0.1)]
  if not len(intervals):
    return 0.015
  return float(intervals[intervals <= 2 * np.median(intervals)].mean())
