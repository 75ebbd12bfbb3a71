"""Lines of ink under one another, with what each of them is (Figures 15-21)."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graves_jax.rendering.page_of_strokes import Strokes, checked_page
from graves_jax.rendering.panels import (
  LINE_COLORS,
  check_figure_path,
  empty_figure,
  save,
)

# All in inches.
_WIDTH = 8.0
_MARGIN = 0.1
_GAP = 0.16  # between rows
_BLOCK_GAP = 0.2  # besides, between blocks
_COLUMN_GAP = 0.35
_LABEL = 0.085  # of a character of a label
_HIGHEST = 0.65  # a row's usual height at most: short lines are not blown up
_PEN = 1.1  # points


@dataclasses.dataclass(frozen=True)
class Row:
  """Lines side by side.

  inks: each elements [T, 3] (Eq. 15), in pen units.
  label: stands to the left of them.
  is_given: whether a person, or someone else, wrote them: they are blue.
  """

  inks: Sequence[np.ndarray]
  label: str = ""
  is_given: bool = False


def write_hands(path: str | Path, blocks: Sequence[Sequence[Row]]) -> None:
  """Draws rows of ink, all in one scale.

  Args:
    path: a .png, .svg or .pdf file.
    blocks: rows that belong together; a gap parts them from the next.

  Raises:
    ValueError: if there is no ink, or a coordinate is not finite.
    OSError: if the file cannot be written.
  """
  check_figure_path(path)
  rows = [row for block in blocks for row in block]
  inks = [_placed(checked_page(row.inks)) for row in rows]
  counts = {len(ink) for ink in inks}
  if len(counts) != 1:
    raise ValueError(
      f"the rows have {sorted(counts)} lines; all must have the same number."
    )
  widths = _sizes(inks)[:, :, 0].max(axis=0)
  labels = _LABEL * max(len(row.label) for row in rows)
  left = _MARGIN + (labels + 0.15 if labels else 0.0)
  free = _WIDTH - left - _MARGIN - _COLUMN_GAP * (len(widths) - 1)
  heights = _sizes(inks)[:, :, 1].max(axis=1)
  scale = min(free / widths.sum(), _HIGHEST / np.median(heights))
  lefts = left + np.cumsum([0, *(widths * scale + _COLUMN_GAP)])[:-1]

  ends = np.cumsum([len(block) for block in blocks])[:-1]
  gaps = np.full(len(rows), _GAP)
  gaps[ends] += _BLOCK_GAP
  gaps[0] = _MARGIN
  tops = np.cumsum(gaps) + np.cumsum([0, *(heights * scale)])[:-1]
  bottom = tops[-1] + heights[-1] * scale + _MARGIN
  figure, axes = empty_figure(_WIDTH, bottom)
  for row, lines, top, height in zip(rows, inks, tops, heights, strict=True):
    middle = top + height * scale / 2
    axes.text(
      _MARGIN,
      middle,
      row.label,
      va="center",
      color="0.35",
      fontsize=10,
      parse_math=False,
    )
    color = LINE_COLORS[0] if row.is_given else "black"
    for line, x in zip(lines, lefts, strict=True):
      _draw(axes, line, scale, np.array([x, middle]), color)
  save(figure, path)


def _placed(page: Sequence[Strokes]) -> list[Strokes]:
  """The lines with their left ends, and the middles of their heights, at 0."""
  placed = []
  for line in page:
    points = np.concatenate(line) if line else np.zeros((1, 2))
    low, high = points.min(axis=0), points.max(axis=0)
    origin = np.array([low[0], (low[1] + high[1]) / 2])
    placed.append([stroke - origin for stroke in line])
  return placed


def _sizes(inks: Sequence[Sequence[Strokes]]) -> np.ndarray:
  """Widths and heights of all lines, [rows, columns, 2]."""
  sizes = [
    [np.ptp(np.concatenate([*line, np.zeros((1, 2))]), axis=0) for line in row]
    for row in inks
  ]
  return np.maximum(sizes, 1e-9)


def _draw(
  axes, line: Strokes, scale: float, origin: np.ndarray, color: str
) -> None:
  for stroke in line:
    x, y = (stroke * scale + origin).T
    # A dot is a line of no length, which its round ends make visible.
    axes.plot(
      x,
      y,
      color=color,
      linewidth=_PEN,
      solid_capstyle="round",
      solid_joinstyle="round",
    )
