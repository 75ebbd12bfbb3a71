"""Reads ink as SVG: paths, polylines and lines, in the order of the document.

All parts of a path's grammar and all transforms are read; every M begins a
stroke. What is only defined (defs, symbols, clips) is not ink, and neither are
text, other shapes and outlines of letters. What the ink says is the title of
the document, unless it is given.

SVG knows no time. Where pieces of paths are about as many as the points of a
pen, their ends are taken for these, because programs that record a pen write
one piece for each point; else points are set along the strokes at the density
of real ink and the pace of a pen (pace.py).
"""

import itertools
import math
import os
import re
from pathlib import Path

import numpy as np

from graves_jax.data.sources import untrusted_xml
from graves_jax.data.sources.ink_limits import (
  MAX_POINTS,
  as_positions,
  check_string,
  require_few_points,
  require_few_strokes,
)
from graves_jax.data.sources.pace import set_points
from graves_jax.data.sources.svg_path import path_strokes
from graves_jax.data.strokes import Line, offsets_from_strokes

POINTS_PER_CHARACTER = 22  # of IAM-OnDB's lines
# Points a character that a pen may have set; lines of testset_v 9.9 to 109.
_OF_A_PEN = (9.0, 110.0)
_HIDDEN = ("defs", "symbol", "clipPath", "mask", "marker", "pattern")
_TRANSFORM = re.compile(r"[\s,]*(\w+)\s*\(([^()]*)\)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_MOST = 1e15
_DEEPEST = 500  # elements within one another
_MOST_TRANSFORMS = 50_000  # of all elements


def read_svg(path: str | os.PathLike, text: str | None = None) -> Line:
  """Reads one document of SVG as one line of ink.

  Args:
    path: the file.
    text: if given, what the ink says, whatever the title says.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: names the file, what is wrong and what is allowed.
  """
  path = Path(path)
  try:
    document = _Document(untrusted_xml.read_bounded(path))
    if text is None:
      text = " ".join("".join(document.title).split())
      if not text:
        raise ValueError(
          "no <title> says what was written; give it with --style-text."
        )
    check_string("text", text)
    if not document.strokes:
      raise ValueError(
        "there is no ink: no path, polyline or line; save strokes as paths."
      )
    strokes = _as_a_pen(document.strokes, len(text))
    return Line(offsets_from_strokes(strokes), text, "ink")
  except ValueError as error:
    raise ValueError(f"{path}: {error}") from None


def _as_a_pen(strokes: list[np.ndarray], characters: int) -> list[np.ndarray]:
  """Strokes [n, 2] with the points that a pen set, or may have set."""
  strokes = [
    np.column_stack([as_positions(*stroke[:, :2].T), stroke[:, 2]])
    for stroke in strokes
  ]
  recorded = [stroke[stroke[:, 2] > 0, :2] for stroke in strokes]
  least, most = (pace * characters for pace in _OF_A_PEN)
  if least <= sum(map(len, recorded)) <= most:
    return recorded
  all_points = [stroke[:, :2] for stroke in strokes]
  return set_points(all_points, POINTS_PER_CHARACTER * characters)


class _Document:
  """The strokes [n, 3] of a document, transformed, as `path_strokes` has them,
  and its title."""

  def __init__(self, content: bytes):
    self.strokes: list[np.ndarray] = []
    self.title: list[str] = []
    self._transforms = [np.eye(3)]
    self._hidden = 0  # how deep within what is not drawn
    self._in_title = False
    self._points = self._moves = 0
    untrusted_xml.parse(content, self._start, self._end, self._characters)

  def _start(self, tag: str, attributes: dict[str, str]) -> None:
    depth = len(self._transforms)
    if depth == 1 and tag != "svg":
      raise ValueError(f"it begins with <{tag[:40]}>; SVG has <svg>.")
    if depth > _DEEPEST:
      raise ValueError(f"elements nest deeper than {_DEEPEST}.")
    around = self._transforms[-1]
    if given := attributes.get("transform"):
      self._moves += given.count("(")
      if self._moves > _MOST_TRANSFORMS:
        raise ValueError(
          f"it has more than {_MOST_TRANSFORMS:,} transforms, the most "
          "allowed; save the ink without them."
        )
      # What becomes too large is refused with the positions.
      with np.errstate(all="ignore"):
        around = around @ _transform(given)
    self._transforms.append(around)
    self._in_title = tag == "title" and depth == 2
    if self._hidden or tag in _HIDDEN or _is_not_ink(attributes):
      self._hidden += 1
      return
    for stroke in _strokes(tag, attributes):
      self._points += len(stroke)
      require_few_points(self._points)
      moved = np.ones_like(stroke)
      moved[:, :2] = stroke[:, :2]
      with np.errstate(all="ignore"):
        moved[:, :2] = moved @ self._transforms[-1][:2].T
      moved[:, 2] = stroke[:, 2]
      self.strokes.append(moved)
      require_few_strokes(len(self.strokes))

  def _end(self, tag: str) -> None:
    self._transforms.pop()
    self._in_title = False
    self._hidden = max(0, self._hidden - 1)

  def _characters(self, content: str) -> None:
    if self._in_title:
      self.title.append(content)


def _is_not_ink(attributes: dict[str, str]) -> bool:
  """Whether an element is not displayed, or is the paper's rules."""
  style = attributes.get("style", "").replace(" ", "")
  return (
    attributes.get("id") == "paper"
    or attributes.get("display") == "none"
    or "display:none" in style
  )


def _strokes(tag: str, attributes: dict[str, str]) -> list[np.ndarray]:
  """The strokes [n, 3] of an element, in its own units."""
  if tag == "path":
    return path_strokes(attributes.get("d", ""))
  if tag == "polyline":
    values = _numbers(attributes.get("points", ""))
    require_few_points(len(values) // 2)
    return [_of_ends(values[: len(values) // 2 * 2])]
  if tag == "line":
    names = ("x1", "y1", "x2", "y2")
    found = [_numbers(attributes.get(name, "0"))[:1] for name in names]
    ends = [values[0] if values else 0.0 for values in found]
    return [_of_ends(ends)]
  return []


def _of_ends(values: list[float]) -> np.ndarray:
  """A stroke [n, 3] whose points are all ends of straight pieces."""
  points = np.reshape(values, (-1, 2))
  return np.column_stack([points, np.ones(len(points))])


def _numbers(given: str) -> list[float]:
  """The numbers in a text, none so large that reckoning overflows, and no more
  than are too many."""
  matches = itertools.islice(_NUMBER.finditer(given), 2 * MAX_POINTS + 2)
  numbers = [float(match[0]) for match in matches]
  if not all(abs(number) < _MOST for number in numbers):
    raise ValueError(f"{given.strip()[:40]!r} has a number above {_MOST:g}.")
  return numbers


def _transform(given: str) -> np.ndarray:
  """The matrix [3, 3] of a list of transforms.

  Raises:
    ValueError: if there is one that SVG does not know.
  """
  matrix, place = np.eye(3), 0
  given = given.rstrip().rstrip(",")
  while place < len(given):
    match = _TRANSFORM.match(given, place)
    if not match:
      raise ValueError(f"{given[place:][:40]!r} is no transform of SVG.")
    values = _numbers(match[2])
    matrix = matrix @ _matrix(match[1], values)
    place = match.end()
  return matrix


def _matrix(name: str, values: list[float]) -> np.ndarray:
  a, b, c, d, e, f = 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
  match name, values:
    case "matrix", [a, b, c, d, e, f]:
      pass
    case "translate", [e, *rest] if len(rest) < 2:
      f = rest[0] if rest else 0.0
    case "scale", [a, *rest] if len(rest) < 2:
      d = rest[0] if rest else a
    case "rotate", [angle, *center] if len(center) in (0, 2):
      turn = math.radians(math.fmod(angle, 360))
      a = d = math.cos(turn)
      b, c = math.sin(turn), -math.sin(turn)
      x, y = center or (0.0, 0.0)
      e, f = x - a * x - c * y, y - b * x - d * y
    case "skewX", [angle]:
      c = math.tan(math.radians(math.fmod(angle, 360)))
    case "skewY", [angle]:
      b = math.tan(math.radians(math.fmod(angle, 360)))
    case _:
      raise ValueError(f"{name[:20]} of {len(values)} numbers is no transform.")
  return np.array([[a, c, e], [b, d, f], [0.0, 0.0, 1.0]])
