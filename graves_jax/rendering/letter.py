"""Sets written words on sheets of paper: lines, paragraphs, pages.

Baselines are evenly spaced, except that a line whose ink would touch that of an
earlier one moves down.
"""

from collections.abc import Sequence

import numpy as np

from graves_jax.data.words import Word
from graves_jax.rendering.fitting import fit_lines
from graves_jax.rendering.geometry import corners, silhouette
from graves_jax.rendering.page_setup import Layout
from graves_jax.rendering.rows import Row, aligned, filled, spaced, usual_gap
from graves_jax.rendering.sheet import Sheet

CLEAR = 0.1  # Between the ink of two lines at least, in letter heights.
ASCENT = 1.0  # From the upper margin to the first baseline, likewise.
_MOST_SHEETS = 200


def set_letter(
  paragraphs: Sequence[Sequence[Sequence[Word]]], layout: Layout
) -> list[Sheet]:
  """Sets a text in one hand on as many sheets as it needs.

  Args:
    paragraphs: each the lines in which it was written, a line its words; one
      without words is a blank line.
    layout: how.

  Raises:
    ValueError: if there is no ink, a word is too wide for the paper, or
      sheets become too many.
  """
  lines = [line for paragraph in paragraphs for line in paragraph]
  if not any(lines):
    raise ValueError("there is no ink to draw: no line has a stroke.")
  fitted = iter(fit_lines(lines, layout.letter_height, raw=layout.raw))
  blocks = [[next(fitted) for _ in paragraph] for paragraph in paragraphs]
  usual = usual_gap(blocks, layout)
  rows: list[Row] = []
  for block in blocks:
    if not layout.raw:
      block = [spaced(line, usual, layout) for line in block]
    rows += filled(block, usual[1], layout)
  return _sheets(rows, layout)


def _sheets(rows: Sequence[Row], layout: Layout) -> list[Sheet]:
  """Places rows one below the other, on as many sheets as they need."""
  widest = max(row.width for row in rows)
  measure = layout.measure if layout.paper else widest
  page: list[tuple[str, list[np.ndarray]]] = []
  pages = [page]
  filled: np.ndarray | float = -np.inf
  first = ASCENT * layout.letter_height
  baseline = first
  for row in rows:
    words = aligned(row, measure, layout.align)
    strokes = [stroke for word in words for stroke in word]
    if not strokes:
      if page or layout.paper is None:
        page.append(("", []))
        baseline += layout.spacing
      continue
    tops, lows = silhouette(strokes, measure)
    clear = CLEAR * layout.letter_height
    place = _on_rule(
      max(baseline, -tops.min(), np.max(filled - tops) + clear), first, layout
    )
    if page and place + lows.max() > layout.depth:
      page = []
      pages.append(page)
      filled = -np.inf
      place = _on_rule(max(first, -tops.min()), first, layout)
    # A row higher than the paper is moved up, and one line may reach over it.
    place = min(place, max(layout.depth - lows.max(), -tops.min()))
    filled = np.maximum(filled, lows + place)
    shift = np.array([0.0, place])
    page.append((row.text, [stroke + shift for stroke in strokes]))
    baseline = place + layout.spacing
    if len(pages) > _MOST_SHEETS:
      raise ValueError(
        f"the text takes more than {_MOST_SHEETS} sheets; give a smaller "
        "--letter-height or a larger --paper."
      )
  return [_sheet(page, layout) for page in pages if any(s for _, s in page)]


def _on_rule(place: float, first: float, layout: Layout) -> float:
  """The next baseline of ruled paper."""
  if layout.ruling == "none":
    return place
  steps = np.ceil((place - first) / layout.spacing - 1e-9)
  return float(first + max(steps, 0) * layout.spacing)


def _sheet(
  page: Sequence[tuple[str, list[np.ndarray]]], layout: Layout
) -> Sheet:
  texts = tuple(text for text, _ in page)
  lines = [strokes for _, strokes in page]
  height = layout.letter_height
  if layout.paper is None:
    low, high = corners([stroke for line in lines for stroke in line])
    low, high = low - layout.edge, high + layout.edge
    corner, size = low, np.maximum(high - low, height)
  else:
    corner, size = np.full(2, -layout.edge), np.array(layout.paper)
  lines = [[stroke - corner for stroke in line] for line in lines]
  first = ASCENT * height - corner[1]
  return Sheet(
    width=float(size[0]),
    height=float(size[1]),
    lines=lines,
    letter_height=height,
    texts=texts,
    rules=_rules(size, first, layout),
  )


def _rules(
  size: np.ndarray, first: float, layout: Layout
) -> tuple[np.ndarray, ...]:
  """Lines that are printed on the paper: baselines, or squares of a half."""
  if layout.ruling == "none":
    return ()
  width, height = size
  step = layout.spacing / (2 if layout.ruling == "squared" else 1)
  start = first % step if layout.ruling == "squared" else first
  levels = np.arange(start, height, step)
  rules = [np.array([[0.0, y], [width, y]]) for y in levels]
  if layout.ruling == "squared":
    rules += [
      np.array([[x, 0.0], [x, height]]) for x in np.arange(step, width, step)
    ]
  return tuple(rules)
