"""Letters as a pen would write them, from the Hershey stroke fonts.

The fonts are polylines for a plotter. Here the strokes of a letter are put in
a writer's order and joined where a writer would not lift the pen, and the
curves between two corners are rounded.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np

# Of the 32 fonts these two are single pen lines: separate and joined letters.
FONTS = ("futural", "cursive")
CHARACTERS = tuple(map(chr, range(32, 127)))

INSIDE, CORNER, STROKE_END = 0, 1, 2

# The fonts' strokes in a writer's order where it is not theirs.
_ORDER: dict[str, dict[str, tuple[int, ...]]] = {
  "futural": {
    **dict.fromkeys("adgqij7", (1, 0)),
    **dict.fromkeys("zZ", (1, 0, 2)),
  },
  "cursive": {**dict.fromkeys("ij7", (1, 0))},
}
_WIDTH = {"futural": 0.82, "cursive": 1.0}
_TIGHTER = {"futural": 2.0, "cursive": 0.0}  # print has wide gaps
_DASH_WIDTH = 0.5  # their hyphen is as long as a dash
_BASELINE = 9  # in the fonts' own y
_NEAR = 0.8  # closer strokes touch; the fonts' grid has a spacing of 1
_CORNER_DEGREES = 62
_SPACING = 1.0  # of the points on the rounded curves


class Glyph(NamedTuple):
  """One character; lengths are in the fonts' units, an x is about 14 high.

  points: [n, 2] positions, from the left margin and the baseline, y downwards.
  slowness: [n] time per length, relative to the straight: the pen slows down
    in bends and towards corners and ends.
  breaks: [n] INSIDE, CORNER or STROKE_END.
  marks: [n] True for the dots and bars a joined hand adds after the word.
  advance: distance to the next character.
  """

  points: np.ndarray
  slowness: np.ndarray
  breaks: np.ndarray
  marks: np.ndarray
  advance: float


@functools.cache
def glyphs(font: str) -> dict[str, Glyph]:
  """All of `CHARACTERS` in one of the `FONTS`."""
  from HersheyFonts import HersheyFonts  # unpacks its fonts: import when used

  loaded = HersheyFonts(load_default_font=font).all_glyphs
  return {c: _glyph(font, c, loaded[c]) for c in CHARACTERS}


def _glyph(font: str, character: str, raw) -> Glyph:
  width = _WIDTH[font] * (_DASH_WIDTH if character == "-" else 1)
  advance = raw.char_width * width - _TIGHTER[font]
  margin = np.array([raw.left_offset, _BASELINE])
  strokes = [np.array(s, float) - margin for s in raw.strokes if len(s) > 1]
  order = _ORDER[font].get(character, tuple(range(len(strokes))))
  shift = (_TIGHTER[font] / 2, 0)
  strokes = [_tick(strokes[k]) * (width, 1) - shift for k in order]
  strokes = _joined(strokes, retrace=character.islower())
  curves = [_rounded(stroke) for stroke in strokes]
  is_mark = [k > 0 and character in "ijtx" for k in range(len(curves))]
  if not curves:
    empty = np.zeros(0)
    return Glyph(empty.reshape(0, 2), empty, empty, empty > 0, advance)
  points, slowness, breaks = (
    np.concatenate(x) for x in zip(*curves, strict=True)
  )
  marks = np.repeat(is_mark, [len(curve[0]) for curve in curves])
  return Glyph(points, slowness, breaks, marks, advance)


def _tick(stroke: np.ndarray) -> np.ndarray:
  """A dot, drawn as a small diamond, becomes the short line of a pen.

  The tail of a comma hangs on such a dot: there the tail alone is kept.
  """
  low, high = stroke[:5].min(0), stroke[:5].max(0)
  is_dot = len(stroke) >= 5 and (stroke[0] == stroke[4]).all()
  if not is_dot or (high - low).max() > 2:
    return stroke
  if len(stroke) > 5:
    return stroke[4:]
  middle = (low[0] + high[0]) / 2
  return np.array([[middle - 0.3, low[1]], [middle + 0.3, high[1]]])


def _joined(strokes: list[np.ndarray], retrace: bool) -> list[np.ndarray]:
  """Leaves the pen down where one stroke leads to the next.

  Writers retrace the stem of an n to its arch, and run up the stem of a u
  before they draw it down. With `retrace`, so do we.
  """
  result = strokes[:1]
  for stroke in strokes[1:]:
    last = result[-1]
    if _distance(last[-1], stroke[0]) < _NEAR:
      path = [last, stroke[1:]]
    elif _distance(last[-1], stroke[-1]) < _NEAR:
      path = [last, stroke[-2::-1]]
    elif retrace and (back := _way_to(stroke[0], last[::-1])) is not None:
      path = [last, back[1:], stroke[1:]]
    elif retrace and (up := _way_to(last[-1], stroke)) is not None:
      path = [last, up[-2::-1], stroke[1:]]
    else:
      result.append(stroke)
      continue
    result[-1] = np.concatenate(path)
  return result


def _distance(a: np.ndarray, b: np.ndarray) -> float:
  return float(np.hypot(*(a - b)))


def _way_to(point: np.ndarray, path: np.ndarray) -> np.ndarray | None:
  """The part of `path` up to `point`, or None if `point` is not on it."""
  steps = np.diff(path, axis=0)
  along = ((point - path[:-1]) * steps).sum(1) / (steps**2).sum(1)
  nearest = path[:-1] + np.clip(along, 0, 1)[:, None] * steps
  k = int(np.hypot(*(nearest - point).T).argmin())
  if _distance(nearest[k], point) >= _NEAR:
    return None
  return np.concatenate([path[: k + 1], [point]])


def _rounded(stroke: np.ndarray):
  """A polyline [n, 2] to the points, slowness and breaks of its curve."""
  moved = np.hypot(*np.diff(stroke, axis=0).T) > 1e-6
  stroke = stroke[np.concatenate([[True], moved])]
  steps = np.diff(stroke, axis=0)
  headings = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
  turns = np.degrees(np.abs(np.diff(headings)))
  corners = np.flatnonzero(turns > _CORNER_DEGREES) + 1
  bounds = [0, *corners.tolist(), len(stroke) - 1]
  points, slowness, breaks = [stroke[:1]], [np.ones(1)], [np.zeros(1)]
  for start, end in itertools.pairwise(bounds):
    curve = _catmull_rom(stroke[start : end + 1])
    points.append(curve[1:])
    slowness.append(_slowness(curve)[1:])
    breaks.append(np.zeros(len(curve) - 1))
    breaks[-1][-1] = CORNER
  breaks[-1][-1] = STROKE_END
  return tuple(np.concatenate(x) for x in (points, slowness, breaks))


def _catmull_rom(knots: np.ndarray) -> np.ndarray:
  """A dense centripetal Catmull-Rom curve through the knots [n, 2]."""
  before, after = 2 * knots[0] - knots[1], 2 * knots[-1] - knots[-2]
  if len(knots) > 3 and _distance(knots[0], knots[-1]) < _NEAR:  # closed
    before, after = knots[-2], knots[1]
  steps = np.diff(np.concatenate([[before], knots, [after]]), axis=0)
  times = np.hypot(*steps.T)[:, None] ** 0.5
  speeds = steps / times
  tangents = (speeds[:-1] * times[1:] + speeds[1:] * times[:-1]) / (
    times[:-1] + times[1:]
  )
  counts = np.maximum(1, np.rint(np.hypot(*steps[1:-1].T) / _SPACING))
  curve = [knots[:1]]
  for k, count in enumerate(counts.astype(int)):
    s = np.arange(1, count + 1)[:, None] / count  # Hermite's cubic from here
    start, leave = knots[k], tangents[k] * times[k + 1]
    end, arrive = knots[k + 1], tangents[k + 1] * times[k + 1]
    curve.append(
      start
      + (end - start) * s**2 * (3 - 2 * s)
      + leave * s * (s - 1) ** 2
      + arrive * s**2 * (s - 1)
    )
  return np.concatenate(curve)


def _slowness(curve: np.ndarray) -> np.ndarray:
  """Time per length: the cube root of the curvature, and slow ends."""
  steps = np.diff(curve, axis=0)
  lengths = np.hypot(*steps.T)
  headings = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
  curvature = np.abs(np.gradient(headings)) if len(headings) > 1 else 0.0
  curvature = np.append(curvature / lengths, 0)
  reached = np.concatenate([[0], lengths.cumsum()])
  to_end = np.minimum(reached, reached[-1] - reached)
  return np.cbrt(1 + curvature / 0.02) + 0.8 * np.exp(-to_end / 1.5)
