"""Rows of words, filled by the width of what was written."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from graves_jax.rendering.fitting import Piece
from graves_jax.rendering.page_of_strokes import Page
from graves_jax.rendering.page_setup import Align, Layout

# Gaps between words in letter heights: the usual one at most, and all.
_USUAL_GAP = 0.6
_GAPS = (0.35, 0.8)
_MOST_STRETCH = 1.6  # of the gaps of a justified row
_LEAST_SHRINK = 0.5  # of a word that is wider than the paper


@dataclasses.dataclass(frozen=True)
class Row:
  """A line of words that is set: where each begins, and whether it ends a
  paragraph."""

  pieces: list[Piece]
  starts: list[float]
  is_last: bool

  @property
  def width(self) -> float:
    ends = zip(self.starts, self.pieces, strict=True)
    return max((at + piece.width for at, piece in ends), default=0.0)

  @property
  def text(self) -> str:
    return " ".join(piece.text for piece in self.pieces)


def usual_gap(
  blocks: Sequence[Sequence[Sequence[Piece]]], layout: Layout
) -> tuple[float, float]:
  """The middle gap as it was written, and as it is set."""
  gaps = [
    piece.gap
    for block in blocks
    for line in block
    for piece in line
    if piece.gap is not None
  ]
  height = layout.letter_height
  written = float(np.median(gaps)) if gaps else _USUAL_GAP * height
  least = _GAPS[0] * height
  if layout.raw:
    return written, max(written, least)
  return written, float(np.clip(written, least, _USUAL_GAP * height))


def spaced(
  line: Sequence[Piece], usual: tuple[float, float], layout: Layout
) -> list[Piece]:
  """Narrows the gaps to the usual one, and keeps them within limits."""
  factor = usual[1] / usual[0] if usual[0] > usual[1] else 1.0
  limits = np.array(_GAPS) * layout.letter_height
  return [
    piece
    if piece.gap is None
    else piece._replace(gap=float(np.clip(piece.gap * factor, *limits)))
    for piece in line
  ]


def filled(
  lines: Sequence[Sequence[Piece]], gap: float, layout: Layout
) -> list[Row]:
  """Rows of one paragraph, each as full as the measure allows.

  Args:
    lines: as they were written.
    gap: where words meet that were written in different lines.
    layout: how.
  """
  rows: list[Row] = []
  pieces: list[Piece] = []
  starts: list[float] = []
  right = 0.0
  for number, line in enumerate(lines):
    for piece in line:
      piece = _shrunk(piece, layout)
      gap_before = gap if piece.gap is None else piece.gap
      at = max(0.0, right + gap_before) if pieces else 0.0
      is_full = at + piece.width > layout.measure
      if pieces and (is_full or (layout.paper is None and piece.gap is None)):
        rows.append(Row(pieces, starts, False))
        pieces, starts, right, at = [], [], 0.0, 0.0
      pieces.append(piece)
      starts.append(at)
      right = max(right, at + piece.width)
    if layout.paper is None and not line and number + 1 < len(lines):
      rows.append(Row([], [], False))
  return [*rows, Row(pieces, starts, True)]


def _shrunk(piece: Piece, layout: Layout) -> Piece:
  """A word that fits on the paper."""
  if layout.paper is None:
    return piece
  tall = np.ptp(np.concatenate(piece.strokes)[:, 1])
  factor = min(
    layout.measure / max(piece.width, 1e-9), layout.depth / max(tall, 1e-9)
  )
  if factor < _LEAST_SHRINK:
    raise ValueError(
      f"{piece.text[:40]!r} is {piece.width:.0f} mm wide and {tall:.0f} mm "
      f"high in letters of {layout.letter_height:g} mm, and there is room for "
      f"{layout.measure:.0f} x {layout.depth:.0f} mm; give a smaller "
      "--letter-height, a larger --paper, or a smaller --margin."
    )
  return piece if factor >= 1 else piece.scaled(factor * (1 - 1e-9))


def aligned(row: Row, measure: float, align: Align) -> Page:
  """Strokes of a row's words, from the left margin and its baseline."""
  starts, slack = np.array(row.starts), measure - row.width
  if align == "justify" and not row.is_last and len(starts) > 1:
    ends = starts + [piece.width for piece in row.pieces]
    gaps = starts[1:] - ends[:-1]
    share = min(slack / max(gaps.sum(), 1e-9), _MOST_STRETCH - 1)
    starts[1:] += (gaps * share).cumsum()
  elif align in ("center", "right"):
    starts += slack / 2 if align == "center" else slack
  return [
    [stroke + np.array([at, 0.0]) for stroke in piece.strokes]
    for at, piece in zip(starts, row.pieces, strict=True)
  ]
