"""Fits ink from another pen to the hand that a network has learned.

Ink is measured by what neither its place nor its direction changes: its length
along the strokes. A character of usual size has `_INK` times as much of it as
it advances the pen; so, at the usual pace, do two neighboring points.

The bounds below are of the 1,438 lines of IAM-OnDB's testset_v, all within
them, and of the 10,741 lines of its other splits
(benchmarks/style_checks.py --lines 1438 --no-network).
"""

from typing import NamedTuple

import numpy as np

from graves_jax.data.strokes import (
  Alphabet,
  Line,
  Normalization,
  offsets_from_strokes,
  strokes_from_offsets,
)
from graves_jax.sampling.transcript import require_known

# Ink of a character over its advance: median 2.51 (testset_v), 2.32 (others).
_INK = 2.5
# Ink of a character over the usual ink; testset_v 0.41 to 3.3, others 0.28 to
# 2.7. Hands differ; only beyond is it the tablet that differs.
_SIZES = (0.4, 3.4)
# Distance of neighboring points over the usual one, on average over a line;
# testset_v 0.45 to 2.0, others 0.31 to 2.4.
_SPACINGS = (0.3, 2.6)
# Ink of a character over the size of a letter; testset_v 0.83 to 8.7.
_INK_OF_LETTER = (0.6, 10.0)
# Longest way of the pen over the size of a letter; testset_v up to 13,
# others 28.
_LONGEST_WAY = 60.0
# Points a character; testset_v 9.9 to 109.
_FEWEST_POINTS = 2.0


class InkMeasures(NamedTuple):
  """What is measured of a line; the first four without units.

  size: ink of a character over the usual ink.
  spacing: distance of neighboring points over the usual one.
  ink_of_letter: ink of a character over the size of a letter of the line.
  longest_way: of the pen from one point to the next, likewise.
  points_per_character: of this line.
  """

  size: float
  spacing: float
  ink_of_letter: float
  longest_way: float
  points_per_character: float


class FittedStyle(NamedTuple):
  """A style line as the network is shown it.

  line: the line.
  changes: what was done to it, such as "scaled by 0.1"; none if nothing was.
  """

  line: Line
  changes: tuple[str, ...]


def fit_style(
  line: Line, normalization: Normalization, points_per_character: float
) -> FittedStyle:
  """Brings a style line to the size and density of the training data.

  A network has learned offsets of one tablet: letters of some size, points at
  some distance. Ink beyond the spread of real hands is scaled to the usual
  ink a character, and resampled to the usual distance: in time if it is too
  dense, which keeps where the pen was slow, and along the strokes if it is too
  sparse. All other ink stays exactly as it is.

  Args:
    line: a line of pen strokes with its text.
    normalization: of the training offsets.
    points_per_character: of the training lines; times the mean offset it is
      the usual advance a character.

  Raises:
    ValueError: if the ink cannot be of its text, whatever the pen: the pen
      jumps, or there is far too much or too little ink.
  """
  measures = measure_ink(line, normalization, points_per_character)
  _require_plausible(line, measures)
  strokes = strokes_from_offsets(line.points)
  characters = len(line.text.strip())
  size, spacing = measures.size, measures.spacing
  changes = []
  if not _SIZES[0] <= size <= _SIZES[1]:
    strokes = [stroke / size for stroke in strokes]
    spacing /= size
    changes.append(f"scaled by {1 / size:.3g}")
  if not _SPACINGS[0] <= spacing <= _SPACINGS[1]:
    strokes = _resample(strokes, spacing, _INK * normalization.mean[0])
    pace = sum(map(len, strokes)) / characters
    changes.append(
      f"resampled from {measures.points_per_character:.3g} to {pace:.3g} "
      "points a character"
    )
  if changes:
    line = line._replace(points=offsets_from_strokes(strokes))
  return FittedStyle(line, tuple(changes))


def measure_ink(
  line: Line, normalization: Normalization, points_per_character: float
) -> InkMeasures:
  """Measures a line beside the training data; arguments as for `fit_style`."""
  characters = len(line.text.strip())
  if not characters:
    raise ValueError("the style has no text; give what its ink says.")
  strokes = strokes_from_offsets(line.points)
  ways = np.hypot(*line.points[:, :2].T)
  letter = max(_letter_size(strokes), np.median(ways), 1e-9)  # | has no width
  points = sum(map(len, strokes))
  ink = _length(strokes)
  usual_spacing = _INK * normalization.mean[0]
  return InkMeasures(
    size=ink / characters / (usual_spacing * points_per_character),
    spacing=ink / max(points - len(strokes), 1) / usual_spacing,
    ink_of_letter=ink / characters / letter,
    longest_way=ways.max() / letter,
    points_per_character=points / characters,
  )


def _require_plausible(line: Line, measures: InkMeasures) -> None:
  if measures.longest_way > _LONGEST_WAY:
    ways = np.hypot(*line.points[:, :2].T)
    raise ValueError(
      f"the pen jumps by {ways.max():,.0f} units before point "
      f"{ways.argmax() + 2}, {measures.longest_way:,.0f} times the size of a "
      "letter (real lines: up to 28); take that step out of the ink."
    )
  ink, characters = measures.ink_of_letter, len(line.text.strip())
  if not _INK_OF_LETTER[0] <= ink <= _INK_OF_LETTER[1]:
    amount = "too much" if ink > 1 else "too little"
    raise ValueError(
      f"its text {line.text[:40]!r} is not what the ink says: there is "
      f"{amount} ink for {characters} character{'s' * (characters > 1)} "
      f"({ink:.2g} times the size of a letter in each; real lines: 0.83 to "
      "8.7); give the ink's own text with --style-text."
    )


def require_known_style(line: Line, alphabet: Alphabet) -> None:
  """Raises ValueError unless a style has ink and its text can be read."""
  if not len(line.points):
    raise ValueError("the style has no points; give a line with ink.")
  try:
    require_known(line.text, alphabet)
  except ValueError as error:
    raise ValueError(f"the text of the style: {error}") from None


def has_too_few_points(line: Line) -> bool:
  """Whether a line has so few points that they show no letters."""
  return len(line.points) < _FEWEST_POINTS * len(line.text.strip())


def _length(strokes: list[np.ndarray]) -> float:
  """Way of the pen while it is down."""
  return sum(np.hypot(*np.diff(s, axis=0).T).sum() for s in strokes)


def _letter_size(strokes: list[np.ndarray]) -> float:
  """The shorter side of the strokes' boxes: their median, by length of ink.

  A word in one stroke is about as high as its letters, and so it counts.
  """
  sizes = np.array([np.ptp(stroke, axis=0).min() for stroke in strokes])
  lengths = np.array([_length([stroke]) for stroke in strokes])
  order = sizes.argsort()
  total = lengths[order].cumsum()
  middle = order[np.searchsorted(total, total[-1] / 2)]
  return sizes[middle]


def _resample(
  strokes: list[np.ndarray], spacing: float, usual_spacing: float
) -> list[np.ndarray]:
  """Strokes whose points lie at about the usual distance."""
  resampled = []
  for stroke in strokes:
    along = np.hypot(*np.diff(stroke, axis=0).T).cumsum()
    along = np.concatenate([[0], along]) / usual_spacing
    if spacing < 1:
      along = np.arange(len(stroke)) * spacing
    points = max(round(along[-1]), 1) + 1 if len(stroke) > 1 else 1
    at = np.linspace(0, along[-1], points)
    resampled.append(
      np.stack([np.interp(at, along, stroke[:, k]) for k in (0, 1)], axis=-1)
    )
  return resampled
