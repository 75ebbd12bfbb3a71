"""Reads ink as Quick, Draw! publishes it: coordinates by column.

One drawing is one line of the file, one JSON object:

  {"word": "hello", "drawing": [[[0, 3], [0, 9]], [[20, 22], [4, 9]]]}

  word, or text: what was written.
  drawing, or strokes: in writing order, each stroke two lists, all x and all
    y, or more, of which the third and fourth (time, pressure) are not used.
    Positions and dots are as in `stroke_file`, y growing downwards, bounds as
    in `ink_limits`.
  Other keys are ignored.

The file is UTF-8, or UTF-16 or UTF-32 with a byte-order mark, plain or
compressed with gzip.
"""

import os
import reprlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graves_jax.data.sources.ink_limits import (
  as_positions,
  check_string,
  require_few_points,
  require_few_strokes,
  require_room,
)
from graves_jax.data.sources.json_lines import decode_object, numbered_lines
from graves_jax.data.strokes import Line, offsets_from_strokes

_COLUMNS = (2, 3, 4)  # x, y, and perhaps a time and a pressure
_NESTING = (
  '"drawing" must be a list of strokes, a stroke two lists of as many numbers, '
  "all x and all y, or up to four (time and pressure)."
)


def read_quickdraw(
  path: str | os.PathLike, text: str | None = None
) -> list[Line]:
  """Reads a file of drawings by column, see the top of this file.

  Args:
    path: the file.
    text: if given, the text of every line, whatever the file says.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: names the file, the line, what is wrong and what is allowed.
  """
  path, lines, points = Path(path), [], 0
  for number, data in numbered_lines(path):
    try:
      line = _parse(data, number, text)
    except ValueError as error:
      raise ValueError(f"{path}, line {number}: {error}") from None
    lines.append(line)
    points += len(line.points)
    require_room(path, len(lines), points)
  if not lines:
    raise ValueError(f"{path} is empty; it must hold one drawing a line.")
  return lines


def is_by_column(value: dict) -> bool:
  """Whether an object of JSON holds a drawing of this kind.

  Without the key "drawing" it does if "strokes" have lists too long, or too
  short, to be single points.
  """
  if "drawing" in value:
    return True
  try:
    return any(
      len(column) not in _COLUMNS
      for stroke in value["strokes"]
      if len(stroke) in _COLUMNS
      for column in stroke
    )
  except (KeyError, TypeError):
    return False


def _parse(data: bytes, number: int, text: str | None) -> Line:
  value = decode_object(data, _NESTING)
  if text is None:
    text = value.get("word", value.get("text"))
    if text is None:
      raise ValueError('neither "word" nor "text" says what was written.')
  check_string("word", text)
  strokes = value.get("drawing", value.get("strokes"))
  if not isinstance(strokes, list):
    raise ValueError(f'"drawing" is {reprlib.repr(strokes)}; {_NESTING}')
  return Line(_offsets(strokes), text, f"line-{number}")


def _offsets(strokes: list) -> np.ndarray:
  """Strokes by column to elements [T, 3]."""
  require_few_strokes(len(strokes))
  positions, points = [], 0
  for number, stroke in enumerate(strokes, start=1):
    if not _is_stroke(stroke):
      raise ValueError(f"stroke {number} is {reprlib.repr(stroke)}; {_NESTING}")
    points += len(stroke[0])
    require_few_points(points)
    if stroke[0]:
      positions.append(as_positions(*stroke[:2]))
  return offsets_from_strokes(positions)


def _is_stroke(stroke: object) -> bool:
  return (
    isinstance(stroke, list)
    and len(stroke) in _COLUMNS
    and all(isinstance(column, list) for column in stroke)
    and len(set(map(len, stroke))) == 1
    and all(_are_numbers(column) for column in stroke)
  )


def _are_numbers(column: Sequence) -> bool:
  return not set(map(type, column)) - {int, float}
