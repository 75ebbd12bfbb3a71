"""What a line of ink may hold, whatever file it comes from."""

import re
import reprlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

MAX_CHARACTERS = 1_000  # in one text
MAX_POINTS = 100_000  # in one line; IAM-OnDB's longest has 1,941
MAX_STROKES = 10_000  # in one line of a foreign format
MAX_LINES = 250_000  # of one file, twenty times IAM-OnDB's
MAX_ALL_POINTS = 50_000_000  # of one file, seven times IAM-OnDB's
MAX_POSITION = 2**23  # then float32 offsets between integers are exact

_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def require_room(path: Path, lines: int, points: int) -> None:
  """Raises ValueError if a file takes too much memory, more than on disk."""
  for what, count, most in (
    ("handwritten lines", lines, MAX_LINES),
    ("points", points, MAX_ALL_POINTS),
  ):
    if count > most:
      raise ValueError(
        f"{path} has more than {most:,} {what}, the most allowed; give a part "
        "of it."
      )


def check_string(key: str, value: object) -> None:
  """Raises ValueError unless `value`, called `key`, is text to be written."""
  if not isinstance(value, str) or not value.strip():
    raise ValueError(
      f'"{key}" ({reprlib.repr(value)}) must be text that is not empty.'
    )
  if len(value) > MAX_CHARACTERS:
    raise ValueError(
      f'"{key}" has {len(value):,} characters; at most {MAX_CHARACTERS:,} are '
      "allowed."
    )
  if bad := _UNWRITABLE.search(value):
    raise ValueError(
      f'"{key}" holds {bad.group()!r}; control characters, line breaks and '
      "halves of surrogate pairs are not allowed."
    )


def require_few_points(points: int) -> None:
  """Raises ValueError if one line has too many points."""
  if points > MAX_POINTS:
    raise ValueError(
      f"its strokes hold {points:,} points; at most {MAX_POINTS:,} are allowed "
      "in one line."
    )


def require_few_strokes(strokes: int) -> None:
  """Raises ValueError if one line has too many strokes."""
  if strokes > MAX_STROKES:
    raise ValueError(
      f"it has more than {MAX_STROKES:,} strokes, the most allowed in one "
      "line; save one line of ink as a document of its own."
    )


def as_positions(x: Sequence[float], y: Sequence[float]) -> np.ndarray:
  """Turns coordinates of N points into positions [N, 2].

  Raises:
    ValueError: if one is out of bounds or not a number.
  """
  try:
    positions = np.array([x, y], np.float64).T
  except OverflowError:
    positions = np.full((1, 2), np.inf)
  if not (np.abs(positions) <= MAX_POSITION).all():
    raise ValueError(
      f"positions reach {np.abs(positions).max():g}; they must lie within "
      f"±{MAX_POSITION:,}."
    )
  return positions
