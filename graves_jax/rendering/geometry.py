"""Measures of a page's ink: its extent, its size of writing, its baselines."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from graves_jax.rendering.page_of_strokes import Caption, Page, Strokes

MARGIN = 0.8  # On all sides of a page, in line heights.
# How far baselines lean on IAM-OnDB, as a standard deviation of their slopes:
# what is believed of a word that is too short to show its own slope.
TYPICAL_SLOPE = 0.04
COLUMNS = 256  # Of a silhouette.


class Frame(NamedTuple):
  """The rectangle of a page, margins included, and its writing's size.

  All in pen units.
  """

  left: float
  top: float
  width: float
  height: float
  line_height: float


def frame(
  page: Page, captions: Sequence[Caption] = (), *, margin: float = MARGIN
) -> Frame:
  """The rectangle around a page's ink and captions.

  Args:
    page: as `checked_page` returns it.
    captions: printed texts on the page.
    margin: on all sides, in line heights.
  """
  if not (np.isfinite(margin) and margin >= 0):
    raise ValueError(f"margin (={margin}) must be finite and not negative.")
  low, high = corners([stroke for line in page for stroke in line])
  for caption in captions:
    low = np.minimum(low, [caption.left, caption.baseline - caption.size])
    high = np.maximum(high, [caption.left, caption.baseline])
  typical = line_height(page)
  # A single dot has no extent of its own.
  missing = np.maximum(0.2 * typical - (high - low), 0) / 2
  low = low - missing - margin * typical
  high = high + missing + margin * typical
  return Frame(*map(float, (*low, *(high - low), typical)))


def line_height(page: Page) -> float:
  """The typical height of the page's writing, in pen units, above 0.

  The middle one of the lines' heights; of each line, the range of distances
  from the baseline that 94 % of the points keep to. One long tail, one stray
  dot or a slope changes it little. On IAM-OnDB it is 350 pen units, and the
  full extent of a line 1.5 times as much.
  """
  heights = []
  for line in filter(None, page):
    points = np.concatenate(line)
    distances = points[:, 1] - slope(line) * points[:, 0]
    heights.append(np.ptp(np.percentile(distances, [3, 97])))
  typical = float(np.median(heights))
  low, high = corners([stroke for line in page for stroke in line])
  extent = float(np.max(high - low))
  if typical > 1e-6 * extent:
    return typical
  # Only dots and straight strokes: the ink's extent says what large means.
  return extent or 1.0


def corners(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
  """Upper left and lower right corner [2] of the ink."""
  points = np.concatenate(strokes)
  return points.min(axis=0), points.max(axis=0)


def silhouette(strokes: Strokes, width: float) -> tuple[np.ndarray, np.ndarray]:
  """The ink's least and greatest y in each of `COLUMNS` columns.

  Args:
    strokes: ink from x = 0 to `width`.
    width: of all columns together.

  Returns:
    Two arrays [COLUMNS]; a column without ink has the least y infinity and the
    greatest y minus infinity.
  """
  tops, lows = np.full(COLUMNS, np.inf), np.full(COLUMNS, -np.inf)
  for stroke in strokes:
    x = stroke[:, 0] / (width or 1.0) * COLUMNS
    # Pieces so short that each is within the columns of its two ends.
    pieces = np.floor(np.abs(np.diff(x))) + 1
    places = np.concatenate([[0], pieces.cumsum()])
    every = np.arange(places[-1] + 1)
    x = np.interp(every, places, x)
    y = np.interp(every, places, stroke[:, 1])
    column = np.clip(x, 0, COLUMNS - 1).astype(int)
    ends = (y[:-1], y[1:]) if len(y) > 1 else (y, y)
    for at in (column[: len(ends[0])], column[-len(ends[0]) :]):
      np.minimum.at(tops, at, np.minimum(*ends))
      np.maximum.at(lows, at, np.maximum(*ends))
  return tops, lows


def bottoms(strokes: Strokes) -> np.ndarray:
  """The points [n, 2] where the pen turns upwards: most are on the baseline.

  A stroke that never turns gives its lowest point.
  """
  found = []
  for stroke in strokes:
    y = np.pad(stroke[:, 1], 1, constant_values=-np.inf)
    found.append(stroke[(y[1:-1] > y[:-2]) & (y[1:-1] >= y[2:])])
  return np.concatenate(found)


def slope(strokes: Strokes) -> float:
  """Slope of the line that most letters stand on, positive when it falls.

  The median slope over pairs of points where the pen turns upwards (Theil and
  Sen), which descenders and stray dots hardly change, drawn towards level when
  the ink is too short to tell.
  """
  points = bottoms(strokes)
  # Pairs grow with the square, and 300 turning points tell enough.
  x, y = points[:: -(-len(points) // 300)].T
  right, left = np.tril_indices(len(x), -1)
  across = x[right] - x[left]
  apart = np.abs(across) > 1e-9 * max(np.ptp(x), np.ptp(y))
  spread = np.sum((x - x.mean()) ** 2)
  if not (apart.any() and spread > 0):
    return 0.0
  observed = np.median((y[right] - y[left])[apart] / across[apart])
  # How far letters stand off the line: of a few, too little would be seen.
  distances = y - observed * x
  scatter = 1.5 * np.median(np.abs(distances - np.median(distances)))
  ink = np.concatenate(strokes) @ [-observed, 1.0]
  scatter = max(scatter, 0.1 * np.ptp(ink))
  trust = spread / (spread + (scatter / TYPICAL_SLOPE) ** 2)
  return float(observed * trust)


def straightened(strokes: Strokes) -> Strokes:
  """Turns a line about its start so that its baseline is level."""
  if not strokes:
    return strokes
  angle = np.arctan(slope(strokes))
  cosine, sine = np.cos(angle), np.sin(angle)
  rotation = np.array([[cosine, -sine], [sine, cosine]])
  start = strokes[0][0]
  return [(stroke - start) @ rotation + start for stroke in strokes]
