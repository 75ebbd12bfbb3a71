"""Layout: lines of one hand under one another, or samples in a grid."""

from collections.abc import Iterable, Sequence

import numpy as np

from graves_jax.rendering.geometry import (
  bottoms,
  corners,
  line_height,
  silhouette,
  slope,
  straightened,
)
from graves_jax.rendering.page_of_strokes import (
  Caption,
  Page,
  Strokes,
  checked_page,
)

LINE_SPACING = 1.7  # From baseline to baseline, in line heights.
GAP = 0.1  # Between the ink of two lines at least, in line heights.
RUNAWAY = 2  # A sample so many times larger than the middle one is shrunk.


def stack(
  lines: Iterable[np.ndarray | Sequence[np.ndarray]],
  *,
  spacing: float = LINE_SPACING,
  straighten: bool = True,
) -> Page:
  """Places lines of one hand on a page, one below the other, left aligned.

  The lines keep their common scale. Baselines are evenly spaced, except that a
  line whose ink would touch that of an earlier one moves down until it is clear
  of it wherever one is above the other.

  Args:
    lines: each either elements [T, 3] of pen offsets (Eq. 15) or a list of
      strokes [n, 2]; an empty one leaves an empty line.
    spacing: distance of baselines, in typical line heights, where ink is not
      in the way.
    straighten: turns every line so that its baseline is level, which looks
      best under one another. Otherwise each line keeps its own slope, on
      IAM-OnDB some 2 degrees up or down.

  Returns:
    The page: its ink starts at x = 0, its first baseline at y = 0.

  Raises:
    ValueError: if there is no ink, or a coordinate is not finite.
  """
  if not (np.isfinite(spacing) and spacing > 0):
    raise ValueError(f"spacing (={spacing}) must be finite and above 0.")
  page = checked_page(lines)
  if straighten:
    page = [straightened(line) for line in page]
  typical = line_height(page)
  # One slope for all lines, so that one that they share does not move a long
  # line against a short one.
  lean = 0.0 if straighten else np.median([slope(s) for s in page if s])
  page = [_placed(line, lean) for line in page]
  width = max(corners(line)[1][0] for line in page if line)
  baseline, placed = 0.0, []
  filled: np.ndarray | float = -np.inf
  for line in page:
    tops, bottoms = silhouette(line, width)
    baseline = max(baseline, np.max(filled - tops) + GAP * typical)
    filled = np.maximum(filled, bottoms + baseline)
    placed.append([stroke + np.array([0.0, baseline]) for stroke in line])
    baseline += spacing * typical
  return placed


def grid(
  samples: Iterable[np.ndarray | Sequence[np.ndarray]],
  captions: Sequence[str] = (),
  *,
  columns: int = 1,
) -> tuple[Page, list[Caption]]:
  """Places independent samples in cells of one size, each under its caption.

  A sample that runs away, as those of a young network do, is shrunk, so that
  the others stay readable.

  Args:
    samples: as the lines of `stack`; an empty one leaves its cell empty.
    captions: one text per sample, or none at all.
    columns: number of cells side by side.

  Raises:
    ValueError: if there is no ink, a coordinate is not finite, or the numbers
      of samples and captions differ.
  """
  page = _shrink_runaways(checked_page(samples))
  if columns < 1:
    raise ValueError(f"columns (={columns}) must be at least 1.")
  if captions and len(captions) != len(page):
    raise ValueError(
      f"{len(page)} samples have {len(captions)} captions; give one for each, "
      "or none."
    )
  typical = line_height(page)
  size = 0.3 * typical  # Of the captions' font.
  heading = 1.8 * size if any(captions) else 0.0
  sizes = np.array([_size(line) for line in page])
  widest = sizes[:, 0].max()
  placed, labels, top = [], [], 0.0
  for number, line in enumerate(page):
    row, column = divmod(number, columns)
    left = column * (widest + 1.2 * typical)
    highest = sizes[row * columns : (row + 1) * columns, 1].max()
    if captions and captions[number]:
      text = captions[number]
      # Letters are about 0.6 of the font's size wide.
      fitted = min(size, widest / (0.6 * len(text)) or size)
      labels.append(Caption(text, left, top + size, fitted))
    if line:
      # Independent samples have no common baseline: each is in the middle.
      middle = (highest - sizes[number, 1]) / 2
      shift = [left, top + heading + middle] - corners(line)[0]
      line = [stroke + shift for stroke in line]
    placed.append(line)
    if column == columns - 1:
      top += highest + heading + 0.8 * typical
  return placed, labels


def _placed(line: Strokes, lean: float) -> Strokes:
  """Moves a line's left end to x = 0 and the letters' feet to y = 0."""
  if not line:
    return line
  left = corners(line)[0][0]
  x, y = bottoms(line).T
  feet = np.median(y - lean * (x - left))
  return [stroke - [left, feet] for stroke in line]


def _size(line: Strokes) -> np.ndarray:
  """Width and height [2] of the ink."""
  return np.subtract(*corners(line)[::-1]) if line else np.zeros(2)


def _shrink_runaways(page: Page) -> Page:
  limit = RUNAWAY * np.median([_size(line) for line in page if line], axis=0)
  limit = np.maximum(limit, limit.max() / 100)  # Dots and level strokes.
  if limit.max() == 0:
    return page
  factors = [max(1.0, *(_size(line) / limit)) for line in page]
  return [
    [stroke / factor for stroke in line]
    for line, factor in zip(page, factors, strict=True)
  ]
