"""What is drawn: a page of text lines of pen strokes, and printed captions.

A page is a list of text lines, a line a list of strokes, a stroke an array
[n, 2] of absolute pen positions, in pen units, y growing downwards. A line
without strokes is an empty line.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from graves_jax.data.strokes import strokes_from_offsets, strokes_with_ink

Strokes = list[np.ndarray]
Page = list[Strokes]


class Caption(NamedTuple):
  """Printed text on a page: left end of its baseline, and size of its font.

  All in pen units.
  """

  text: str
  left: float
  baseline: float
  size: float


def checked_page(
  lines: Iterable[np.ndarray | Sequence[np.ndarray]],
) -> Page:
  """The page of these lines, as float64 strokes, without the empty ones.

  Args:
    lines: each either elements [T, 3] of pen offsets (Eq. 15), which start at
      (0, 0), or a list of strokes [n, 2].

  Raises:
    ValueError: if there is no ink, a stroke has another shape, or a coordinate
      is not finite or so large that distances overflow.
  """
  page = []
  for number, line in enumerate(lines, start=1):
    if not isinstance(line, Sequence) and hasattr(line, "__array__"):
      line = np.asarray(line)  # such as one of JAX
    if isinstance(line, np.ndarray) and line.shape[1:] == (3,):
      line = strokes_from_offsets(line) if len(line) else []
    strokes = strokes_with_ink(line, f"line {number}")
    for stroke in strokes:
      if not (np.abs(stroke) < 1e100).all():  # False for NaN as well.
        raise ValueError(
          f"line {number} has coordinates that are not finite numbers below "
          "1e100, which cannot be drawn."
        )
    page.append(strokes)
  if not any(page):
    raise ValueError("there is no ink to draw: no line has a stroke.")
  return page


def storable(text: str) -> str:
  """The text with a mark for each character that XML and UTF-8 cannot hold."""
  allowed = "\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
  return re.sub(f"[^{allowed}]", "\ufffd", text)
