"""The path data of SVG (`d`) as strokes: lines, curves and arcs."""

import math
import re

import numpy as np

from graves_jax.data.sources.stroke_file import require_few_points

_TOKEN = re.compile(
  r"[\s,]*([MmZzLlHhVvCcSsQqTtAa]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
)
_FLAG = re.compile(r"[\s,]*([01])")
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2}
_COUNTS |= {"A": 7, "Z": 0}
_DIVISIONS = 16  # of a curve
_SHARE = np.arange(1, _DIVISIONS + 1)[:, None] / _DIVISIONS


def path_strokes(data: str) -> list[np.ndarray]:
  """The strokes [n, 2] of a path, one for every M.

  Args:
    data: what the attribute `d` says.

  Raises:
    ValueError: if it is not the path data of SVG.
  """
  pen = _Pen()
  place, command = 0, ""
  data = data.rstrip().rstrip(",")
  while place < len(data):
    match = _TOKEN.match(data, place)
    if not match:
      raise ValueError(f"{data[place:].strip()[:40]!r} is no path data of SVG.")
    if match[1].isalpha():
      command, place = match[1], match.end()
    elif command in ("", "Z", "z"):
      raise ValueError(f"{data[place:][:40]!r} follows no command of a path.")
    values, place = _values(data, place, command.upper())
    pen.draw(command, values)
    # Further pairs after an M are lines.
    command = {"M": "L", "m": "l"}.get(command, command)
  return [np.array(stroke) for stroke in pen.strokes]


def _values(data: str, place: int, command: str) -> tuple[list[float], int]:
  """The numbers of one command, and where they end."""
  values: list[float] = []
  for number in range(_COUNTS[command]):
    is_flag = command == "A" and number in (3, 4)  # "a1 1 0 0110 10" is right
    match = (_FLAG if is_flag else _TOKEN).match(data, place)
    if not match or match[1].isalpha():
      raise ValueError(
        f"{command} of a path has {len(values)} of its {_COUNTS[command]} "
        "numbers."
      )
    values.append(float(match[1]))
    if not abs(values[-1]) < 1e15:
      raise ValueError(f"{match[1][:20]} is too large for a path.")
    place = match.end()
  return values, place


class _Pen:
  """Draws commands, each from where the one before it ended."""

  def __init__(self) -> None:
    self.strokes: list[list[np.ndarray]] = []
    self._at = np.zeros(2)
    self._start = np.zeros(2)
    self._control = np.zeros(2)  # of the last curve
    self._last = ""
    self._points = 0

  def draw(self, command: str, values: list[float]) -> None:
    kind, origin = command.upper(), self._at * command.islower()
    if not self._last and kind != "M":
      raise ValueError("a path must begin with M.")
    if kind == "M":
      self._at = self._start = origin + values
      self.strokes.append([self._at])
      self._count(1)
    elif kind == "A":
      self._add(_arc(self._at, values[:5], origin + values[5:]))
    elif kind == "Z":
      self._add([self._start])
    elif kind in "HV":
      axis = "HV".index(kind)
      end = self._at.copy()
      end[axis] = origin[axis] + values[0]
      self._add([end])
    elif kind == "L":
      self._add([origin + values])
    else:
      self._curve(kind, np.reshape(values, (-1, 2)) + origin)
    self._last = kind

  def _curve(self, kind: str, points: np.ndarray) -> None:
    """A cubic or quadratic curve, perhaps going on smoothly."""
    if kind in "ST":
      is_smooth = self._last in ("CS" if kind == "S" else "QT")
      mirrored = 2 * self._at - self._control if is_smooth else self._at
      points = np.concatenate([[mirrored], points])
    self._control = points[-2]
    if len(points) == 2:  # The cubic that is the same.
      middle, end = points
      start = self._at
      points = np.array([(start + 2 * middle) / 3, (end + 2 * middle) / 3, end])
    t, rest = _SHARE, 1 - _SHARE
    one, two, end = points
    self._add(
      rest**3 * self._at
      + 3 * rest**2 * t * one
      + 3 * rest * t**2 * two
      + t**3 * end
    )

  def _count(self, points: int) -> None:
    self._points += points
    require_few_points(self._points)

  def _add(self, points) -> None:
    if self._last == "Z":  # A new stroke begins where the last one did.
      self.strokes.append([self._at])
    self._count(len(points))
    self.strokes[-1].extend(points)
    self._at = np.asarray(points[-1])


def _arc(start: np.ndarray, shape: list[float], end: np.ndarray):
  """Points of an elliptical arc (SVG 1.1, appendix F.6).

  Args:
    start, end: its ends.
    shape: radii, rotation in degrees, and the flags for the larger one and for
      the clockwise one.
  """
  radii = np.abs(shape[:2])
  if not radii.all() or (start == end).all():
    return [end]
  turn = math.radians(math.fmod(shape[2], 360))
  cosine, sine = math.cos(turn), math.sin(turn)
  frame = np.array([[cosine, sine], [-sine, cosine]])  # into the ellipse's
  half = frame @ (start - end) / 2 / radii
  distance = float(half @ half)
  if distance > 1:  # The radii are too small, and grow.
    grown = math.sqrt(distance)
    radii, half, distance = radii * grown, half / grown, 1.0
  height = math.sqrt(max(0.0, 1 / max(distance, 1e-300) - 1))
  sign = 1 if shape[3] != shape[4] else -1
  center = sign * height * np.array([half[1], -half[0]])
  first = math.atan2(*(half - center)[::-1])
  swept = math.atan2(*(-half - center)[::-1]) - first
  if shape[4] and swept < 0:
    swept += 2 * math.pi
  elif not shape[4] and swept > 0:
    swept -= 2 * math.pi
  angles = first + swept * _SHARE[:, 0]
  circle = np.column_stack([np.cos(angles), np.sin(angles)]) + center
  points = circle * radii @ frame + (start + end) / 2
  points[-1] = end
  return points
