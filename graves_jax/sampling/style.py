"""Fits ink from another pen to the hand that a network has learned."""

import numpy as np

from graves_jax.data.strokes import (
  Line,
  Normalization,
  offsets_from_strokes,
  strokes_from_offsets,
)

# Hands differ; only beyond these ratios is it the pen that differs.
_USUAL_SIZE = 1.6
_USUAL_DENSITY = 1.5


def fit_style(
  line: Line, normalization: Normalization, points_per_character: float
) -> Line:
  """Brings a style line to the size and density of the training data.

  A network has learned offsets of one tablet: letters of some size, points of
  some distance. Ink from another device is scaled, so that its text advances
  as far a character as the training data, and resampled evenly along each
  stroke, to about 22 points a character. Ink that is within the usual spread
  of hands stays exactly as it is.

  Args:
    line: a line of pen strokes with its text.
    normalization: of the training offsets.
    points_per_character: of the training lines; times the mean offset it is
      the usual advance a character.

  Raises:
    ValueError: if the line has no text or no width.
  """
  strokes = strokes_from_offsets(line.points)
  characters = len(line.text.strip())
  width = np.ptp(np.concatenate(strokes)[:, 0])
  if not characters or not width:
    raise ValueError(
      f"the style line {line.name!r} needs a text and ink that is not "
      "straight up and down."
    )
  usual_width = normalization.mean[0] * points_per_character * characters
  scale = usual_width / width
  density = len(line.points) / (points_per_character * characters)
  is_usual_size = 1 / _USUAL_SIZE < scale < _USUAL_SIZE
  is_usual_density = 1 / _USUAL_DENSITY < density < _USUAL_DENSITY
  if is_usual_size and is_usual_density:
    return line
  if not is_usual_size:
    strokes = [stroke * scale for stroke in strokes]
  if not is_usual_density:
    strokes = _resample(strokes, round(points_per_character * characters))
  return line._replace(points=offsets_from_strokes(strokes))


def _resample(strokes: list[np.ndarray], points: int) -> list[np.ndarray]:
  """Spaces about so many points evenly along the strokes."""
  lengths = [np.hypot(*np.diff(stroke, axis=0).T).sum() for stroke in strokes]
  spacing = max(sum(lengths) / points, 1e-9)
  resampled = []
  for stroke, length in zip(strokes, lengths, strict=True):
    along = np.concatenate([[0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])
    at = np.linspace(0, length, max(round(length / spacing), 1) + 1)
    at = at if len(stroke) > 1 else at[:1]
    resampled.append(
      np.stack([np.interp(at, along, stroke[:, k]) for k in (0, 1)], axis=-1)
    )
  return resampled
