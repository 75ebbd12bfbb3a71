"""Properties of a written line that units may follow, point by point.

Most are known once the point is read; shares, and the baseline, also need what
follows. NumPy alone. Axes: T points.
"""

from collections.abc import Sequence

import numpy as np

from graves_jax.data.strokes import Line, strokes_from_offsets
from graves_jax.rendering.geometry import bottoms, line_height, slope


def pen_properties(line: Line) -> dict[str, np.ndarray]:
  """What the ink alone tells: values [T] float32 of each property.

  Heights and speeds are in line heights, upwards.
  """
  points = np.asarray(line.points, np.float64)
  strokes = strokes_from_offsets(points)
  height = line_height([strokes])
  x, y = points[:, :2].cumsum(axis=0).T / height
  feet = bottoms(strokes) / height
  lean = slope(strokes)
  baseline = np.median(feet[:, 1] - lean * feet[:, 0]) + lean * x
  dx, dy = points[:, :2].T / height
  found = {
    "pen leaves the paper": points[:, 2],
    "height over the baseline": baseline - y,
    "moves to the right": dx,
    "moves up": -dy,
    "speed of the pen": np.hypot(dx, dy),
    "share of the line written": (x - x.min()) / max(np.ptp(x), 1e-9),
  }
  return {name: np.asarray(v, np.float32) for name, v in found.items()}


def letter_properties(
  line: Line, places: np.ndarray, letters: Sequence[str]
) -> dict[str, np.ndarray]:
  """What the text tells: values [T] float32 of each property.

  Args:
    line: points, and their text of U characters.
    places: of each point the place in the text that was read, [T] integers.
    letters: the characters that are properties of their own.
  """
  places = np.clip(places, 0, len(line.text) - 1)
  words = np.cumsum([c == " " for c in line.text])[places]
  written = np.array(list(line.text))[places]
  found = {
    "share of the letter written": _shares(places),
    "share of the word written": _shares(words),
    "letters written so far": places,
    "writes a capital": np.char.isupper(written),
  }
  found |= {f"writes {c}": written == c for c in letters}
  return {name: np.asarray(v, np.float32) for name, v in found.items()}


def commonest_letters(texts: Sequence[str], count: int) -> list[str]:
  """The letters that texts have most often, the commonest first."""
  letters = [c for c in "".join(texts) if c.isalpha()]
  return sorted(set(letters), key=lambda c: (-letters.count(c), c))[:count]


def _shares(numbers: np.ndarray) -> np.ndarray:
  """How much is over, at each point, of the run of equal numbers it is in."""
  starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
  lengths = np.diff(starts, append=len(numbers))
  since = np.arange(len(numbers)) - np.repeat(starts, lengths) + 1
  return since / np.repeat(lengths, lengths)
