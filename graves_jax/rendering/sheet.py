"""Sheets of paper: what every format draws, in millimeters.

A sheet's lines are lists of strokes, arrays [n, 2] of absolute positions from
the sheet's upper left corner, x to the right and y downwards.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from graves_jax.rendering.geometry import MARGIN, frame
from graves_jax.rendering.page_of_strokes import Caption, Page, checked_page

LETTER_HEIGHT = 4.0  # About that of an h; full lines are 1.6 times as high.
PAPERS = {
  "a4": (210.0, 297.0),
  "a5": (148.0, 210.0),
  "a6": (105.0, 148.0),
  "letter": (215.9, 279.4),
}
_SIDES = (20.0, 5000.0)  # of paper, at least and at most
_SIZE = re.compile(r"([0-9]*\.?[0-9]+)x([0-9]*\.?[0-9]+)(?:mm)?")


class Sheet(NamedTuple):
  """A sheet of paper with pen strokes on it; all sizes in millimeters.

  width, height: of the paper.
  lines: text lines of strokes [n, 2]; a line without strokes is empty.
  letter_height: of the writing, see `geometry.line_height`.
  texts: what each line says; none at all if that is not known.
  captions: printed texts.
  rules: straight lines printed on the paper, each [2, 2], ends in rows.
  """

  width: float
  height: float
  lines: Page
  letter_height: float = LETTER_HEIGHT
  texts: tuple[str, ...] = ()
  captions: tuple[Caption, ...] = ()
  rules: tuple[np.ndarray, ...] = ()

  @property
  def strokes(self) -> list[np.ndarray]:
    """All strokes, in the order of writing."""
    return [stroke for line in self.lines for stroke in line]


def paper_size(name: str, option: str = "paper") -> tuple[float, float]:
  """Width and height in millimeters of a paper's name, or of "148x105".

  Args:
    name: as given.
    option: what it was given for, which an error names.

  Raises:
    ValueError: if there is no such paper.
  """
  name = name.strip().lower().replace("×", "x")
  size = PAPERS.get(name)
  if size is None and (found := _SIZE.fullmatch(name)):
    size = float(found[1]), float(found[2])
  if size is None or not all(_SIDES[0] <= side <= _SIDES[1] for side in size):
    raise ValueError(
      f"{option} (={name}) must be {', '.join(PAPERS)}, or a width and height "
      f"in millimeters such as 148x105, each from {_SIDES[0]:.0f} to "
      f"{_SIDES[1]:,.0f}."
    )
  return size


def sheet_around(
  page: Page,
  captions: Sequence[Caption] = (),
  *,
  margin: float = MARGIN,
  letter_height: float = LETTER_HEIGHT,
  texts: Sequence[str] = (),
) -> Sheet:
  """A sheet just large enough for a page and its captions.

  Args:
    page: text lines of strokes in any pen units, or of elements [T, 3].
    captions: printed texts, in the same units.
    margin: on all sides, in line heights.
    letter_height: what the typical line height becomes, in millimeters.
    texts: what each line says.

  Raises:
    ValueError: if there is no ink, a coordinate is not finite, or a size is
      not above 0.
  """
  if not (np.isfinite(letter_height) and letter_height > 0):
    raise ValueError(
      f"letter_height (={letter_height}) must be finite and above 0."
    )
  page = checked_page(page)
  box = frame(page, captions, margin=margin)
  scale = letter_height / box.line_height
  corner = np.array([box.left, box.top])
  moved = []
  for text, left, baseline, size in captions:
    x, y = ((np.array([left, baseline]) - corner) * scale).tolist()
    moved.append(Caption(text, x, y, size * scale))
  return Sheet(
    width=box.width * scale,
    height=box.height * scale,
    lines=[[(stroke - corner) * scale for stroke in line] for line in page],
    letter_height=letter_height,
    texts=tuple(texts),
    captions=tuple(moved),
  )


def checked_sheets(sheets: Sequence[Sheet]) -> list[Sheet]:
  """The sheets, their strokes in float64, if they have ink and are finite.

  Raises:
    ValueError: as `checked_page`, for all sheets together.
  """
  page = checked_page([line for sheet in sheets for line in sheet.lines])
  checked, lines = [], iter(page)
  for sheet in sheets:
    own = [next(lines) for _ in sheet.lines]
    checked.append(sheet._replace(lines=own))
  return checked
