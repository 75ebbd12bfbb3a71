"""The path data of SVG (`d`) as strokes: lines, curves and arcs."""

import cmath
import math
import re

import numpy as np

from graves_jax.data.sources.ink_limits import (
  require_few_points,
  require_few_strokes,
)

_TOKEN = re.compile(
  r"[\s,]*([MmZzLlHhVvCcSsQqTtAa]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
)
_FLAG = re.compile(r"[\s,]*([01])")
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2}
_COUNTS |= {"A": 7, "Z": 0}
_DIVISIONS = 16  # of a curve
_SHARE = np.arange(1, _DIVISIONS + 1) / _DIVISIONS


def path_strokes(data: str) -> list[np.ndarray]:
  """The strokes [n, 3] of a path, one for every M: x, y, and 1 where a piece of
  the path ends, 0 within a curve.

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
  strokes = []
  for points, ends in zip(pen.strokes, pen.ends, strict=True):
    stroke = np.zeros((len(points), 3))
    stroke[:, :2] = np.array(points).view(float).reshape(-1, 2)
    stroke[ends, 2] = 1
    strokes.append(stroke)
  return strokes


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
  """Draws commands, each from where the one before it ended.

  A point is a complex number, x + iy, which Python adds up fastest.
  """

  def __init__(self) -> None:
    self.strokes: list[list[complex]] = []
    self.ends: list[list[int]] = []  # of the pieces of each, by their places
    self._at = self._start = 0j
    self._control = 0j  # of the last curve
    self._last = ""
    self._points = 0

  def draw(self, command: str, values: list[float]) -> None:
    kind, origin = command.upper(), self._at if command.islower() else 0j
    if not self._last and kind != "M":
      raise ValueError("a path must begin with M.")
    if kind == "M":
      self._at = self._start = origin + complex(*values)
      self._begin()
    elif kind == "L":
      self._add([origin + complex(*values)])
    elif kind == "H":
      self._add([complex(origin.real + values[0], self._at.imag)])
    elif kind == "V":
      self._add([complex(self._at.real, origin.imag + values[0])])
    elif kind == "Z":
      self._add([self._start])
    elif kind == "A":
      points = _arc(self._at, values[:5], origin + complex(*values[5:]))
      self._count(_DIVISIONS - len(points))  # so that arcs of nothing count
      self._add(points)
    else:
      pairs = zip(values[::2], values[1::2], strict=True)
      self._curve(kind, [origin + complex(*pair) for pair in pairs])
    self._last = kind

  def _curve(self, kind: str, points: list[complex]) -> None:
    """A cubic or quadratic curve, perhaps going on smoothly."""
    start, end = self._at, points[-1]
    if kind in "ST":
      is_smooth = self._last in ("CS" if kind == "S" else "QT")
      points = [2 * start - self._control if is_smooth else start, *points]
    self._control = points[-2]
    one, two = points[0], points[-2]
    if len(points) == 2:  # The cubic that is the same.
      one, two = (start + 2 * one) / 3, (end + 2 * two) / 3
    t, rest = _SHARE, 1 - _SHARE
    self._add(
      rest**3 * start
      + 3 * rest**2 * t * one
      + 3 * rest * t**2 * two
      + t**3 * end
    )

  def _begin(self) -> None:
    self.strokes.append([self._at])
    self.ends.append([0])
    require_few_strokes(len(self.strokes))
    self._count(1)

  def _count(self, points: int) -> None:
    self._points += points
    require_few_points(self._points)

  def _add(self, points) -> None:
    if self._last == "Z":  # A new stroke begins where the last one did.
      self._begin()
    self._count(len(points))
    self.strokes[-1].extend(points)
    self.ends[-1].append(len(self.strokes[-1]) - 1)
    self._at = complex(points[-1])


def _arc(start: complex, shape: list[float], end: complex):
  """Points of an elliptical arc (SVG 1.1, appendix F.6).

  Args:
    start, end: its ends.
    shape: radii, rotation in degrees, and the flags for the larger one and for
      the clockwise one.
  """
  width, height = abs(shape[0]), abs(shape[1])
  if not width or not height or start == end:
    return [end]
  turn = cmath.rect(1, math.radians(math.fmod(shape[2], 360)))
  # In the ellipse's own frame, where it is a circle of radius 1.
  half = (start - end) / 2 / turn
  half = complex(half.real / width, half.imag / height)
  distance = math.hypot(half.real, half.imag)
  if distance == math.inf:  # Next to such a way the radii are none.
    return [end]
  if distance > 1:  # The radii are too small, and grow.
    width, height, half = width * distance, height * distance, half / distance
    distance = 1.0
  far = math.sqrt(max(0.0, 1 / max(distance**2, 1e-300) - 1))
  center = half * 1j * (-far if shape[3] != shape[4] else far)
  first, last = cmath.phase(half - center), cmath.phase(-half - center)
  swept = last - first
  if shape[4] and swept < 0:
    swept += 2 * math.pi
  elif not shape[4] and swept > 0:
    swept -= 2 * math.pi
  circle = np.exp(1j * (first + swept * _SHARE)) + center
  points = (circle.real * width + 1j * circle.imag * height) * turn
  points += (start + end) / 2
  points[-1] = end
  return points
