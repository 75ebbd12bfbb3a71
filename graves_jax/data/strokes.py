"""Pen strokes as offsets (Eq. 15), their normalization, and the alphabet."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

# Section 5 keeps 57 classes: letters, the space, a little punctuation, and one
# for everything else. Which marks it does not say; these are the commonest.
PAPER_CHARACTERS = tuple(
  " ',.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)


_MOST = 1e15  # pen units; far beyond every tablet


class Line(NamedTuple):
  """One handwritten line.

  >>> Line(np.float32([[3, 0, 0], [0, 4, 1]]), "a", "0").points.shape
  (2, 3)

  points: [T, 3] float32; per element the pen's offset (dx, dy) from the
    previous point, in pen units with y growing downwards, and 1 where the
    point ends a stroke, else 0 (Eq. 15). The last element ends a stroke.
  text: the transcript.
  name: unique within its split.
  """

  points: np.ndarray
  text: str
  name: str


def offsets_from_strokes(strokes: Sequence[ArrayLike]) -> np.ndarray:
  """Turns strokes of absolute points into the elements of Eq. (15).

  N points give N-1 elements: the first point has no predecessor, so it has no
  offset to predict. A one-point stroke in first place would thereby lose its
  end mark, so such leading strokes are left out.

  >>> offsets_from_strokes([[[0, 0], [3, 4]], [[5, 4], [5, 8]]]).tolist()
  [[3.0, 4.0, 1.0], [2.0, 0.0, 0.0], [0.0, 4.0, 1.0]]

  Args:
    strokes: arrays [n, 2] of absolute pen positions in pen units, y downwards,
      in writing order.

  Returns:
    [N-1, 3] float32, see `Line.points`.

  Raises:
    ValueError: if fewer than two points remain, or a stroke has another shape.
  """
  arrays = strokes_with_ink(strokes, "the line")
  first = next((k for k, s in enumerate(arrays) if len(s) > 1), len(arrays))
  arrays = arrays[first:]
  if not arrays:
    raise ValueError(
      "the strokes hold no stroke of two points or more; a line needs at "
      "least one."
    )
  positions = np.concatenate(arrays)
  ends = np.zeros(len(positions))
  ends[np.cumsum([len(s) for s in arrays]) - 1] = 1
  offsets = np.diff(positions, axis=0)
  return np.column_stack([offsets, ends[1:]]).astype(np.float32)


def strokes_with_ink(
  strokes: Iterable[ArrayLike], owner: str
) -> list[np.ndarray]:
  """The strokes that have points, as float64 arrays [n, 2].

  Args:
    strokes: of absolute points.
    owner: whose they are, for the error.

  Raises:
    ValueError: if a stroke has another shape.
  """
  arrays = [np.asarray(stroke, np.float64) for stroke in strokes]
  arrays = [stroke for stroke in arrays if stroke.size]
  for stroke in arrays:
    if stroke.ndim != 2 or stroke.shape[1] != 2:
      raise ValueError(
        f"{owner} has a stroke of shape {stroke.shape}; strokes are arrays "
        "[n, 2] of x and y."
      )
  return arrays


def strokes_from_offsets(
  points: ArrayLike, start: tuple[float, float] = (0.0, 0.0)
) -> list[np.ndarray]:
  """Turns elements (Eq. 15) back into strokes [n, 2] of absolute points.

  The inverse of `offsets_from_strokes` up to the position of the first point.

  >>> strokes_from_offsets([[3, 4, 1]])[0].tolist()
  [[0.0, 0.0], [3.0, 4.0]]

  Args:
    points: elements [T, 3] in pen units, see `Line.points`; or none.
    start: the first point.

  Raises:
    ValueError: if the elements have another shape.
  """
  elements = np.asarray(points, np.float64)
  if elements.size == 0:
    elements = elements.reshape(0, 3)
  if elements.ndim != 2 or elements.shape[1] != 3:
    raise ValueError(
      f"the elements have the shape {elements.shape}; they are an array [T, 3] "
      "of dx, dy and whether the pen lifts."
    )
  positions = np.concatenate([[start], elements[:, :2]]).cumsum(axis=0)
  cuts = np.flatnonzero(elements[:, 2] > 0.5) + 2
  return [s for s in np.split(positions, cuts) if len(s)]


class Normalization(NamedTuple):
  """Mean and standard deviation of the training offsets, in pen units (§4).

  >>> scale = Normalization(np.array([1.0, 0.0]), np.array([2.0, 4.0]))
  >>> scale.normalize(np.float32([[5, 4, 1]])).tolist()
  [[2.0, 1.0, 1.0]]

  mean, std: each [2], of dx and dy.
  """

  mean: np.ndarray
  std: np.ndarray

  @classmethod
  def of(cls, lines: Iterable[Line]) -> "Normalization":
    """Measures lines; ValueError if offsets are not finite or equal."""
    offsets = np.concatenate([line.points[:, :2] for line in lines])
    offsets = offsets.astype(np.float64)
    std = offsets.std(axis=0)
    if not (np.isfinite(offsets).all() and (std > 0).all()):
      raise ValueError(
        f"the offsets have standard deviations {std.tolist()}; both must be "
        "finite and above 0. Are all points in one place or on one line?"
      )
    return cls(offsets.mean(axis=0), std)

  def normalize(self, points: np.ndarray) -> np.ndarray:
    """Elements [..., 3] in pen units to mean 0 and standard deviation 1."""
    offsets = (points[..., :2] - self.mean) / self.std
    return np.concatenate([offsets, points[..., 2:]], -1).astype(np.float32)

  def denormalize(self, points: np.ndarray) -> np.ndarray:
    """The inverse of `normalize`, in float64."""
    points = np.asarray(points, np.float64)
    offsets = points[..., :2] * self.std + self.mean
    return np.concatenate([offsets, points[..., 2:]], -1)


@dataclasses.dataclass(frozen=True)
class Alphabet:
  """Characters as classes 1 to len(characters); class 0 is every other one.

  >>> Alphabet.of(["ab", "c"]).encode("cab?").tolist()
  [3, 1, 2, 0]

  Raises:
    ValueError: unless the characters are single ones, each one once.
  """

  characters: tuple[str, ...]

  def __post_init__(self):
    if not all(
      isinstance(c, str) and len(c) == 1 and not "\ud800" <= c <= "\udfff"
      for c in self.characters
    ) or len(set(self.characters)) != len(self.characters):
      raise ValueError("an alphabet takes single characters, each one once.")

  @classmethod
  def of(cls, texts: Iterable[str]) -> "Alphabet":
    """Makes the alphabet of all characters of some texts, sorted."""
    return cls(tuple(sorted(set().union(*map(set, texts)))))

  @property
  def size(self) -> int:
    """Number of classes A, the unknown one included."""
    return len(self.characters) + 1

  def encode(self, text: str) -> np.ndarray:
    """Text of U characters to classes [U] int32; 0 where it is unknown."""
    classes = {c: k for k, c in enumerate(self.characters, start=1)}
    return np.array([classes.get(c, 0) for c in text], np.int32)

  def unknown(self, text: str) -> list[str]:
    """The characters of `text` that this alphabet lacks, each one once."""
    return sorted(set(text) - set(self.characters))


@dataclasses.dataclass(frozen=True, eq=False)
class StrokeCodec:
  """What a network of handwriting means by its classes and offsets.

  alphabet: classes of the characters.
  normalization: of the training offsets.
  points_per_character: of the training lines, on average.
  """

  alphabet: Alphabet
  normalization: Normalization
  points_per_character: float

  @property
  def size(self) -> int:
    """Number of classes of characters."""
    return self.alphabet.size

  def __eq__(self, other: object) -> bool:
    return isinstance(other, StrokeCodec) and self.to_json() == other.to_json()

  def to_json(self) -> dict[str, Any]:
    """The codec as plain values that JSON can hold."""
    return {
      "alphabet": list(self.alphabet.characters),
      "normalization": {
        "mean": np.asarray(self.normalization.mean).tolist(),
        "std": np.asarray(self.normalization.std).tolist(),
      },
      "points_per_character": self.points_per_character,
    }

  @classmethod
  def from_json(cls, values: object) -> "StrokeCodec":
    """The inverse of `to_json`; ValueError on anything else."""
    values = _require_keys(
      values, "a codec", "alphabet", "normalization", "points_per_character"
    )
    normalization = _require_keys(
      values["normalization"], '"normalization"', "mean", "std"
    )
    alphabet = values["alphabet"]
    if not isinstance(alphabet, list):
      raise ValueError('"alphabet" must be a list of characters.')
    mean = _numbers("mean", normalization["mean"], 2)
    std = _numbers("std", normalization["std"], 2)
    pace = _numbers("points_per_character", [values["points_per_character"]], 1)
    if not ((std > 0).all() and (pace > 0).all()):
      raise ValueError('"std" and "points_per_character" must be above 0.')
    return cls(Alphabet(tuple(alphabet)), Normalization(mean, std), pace.item())


def _require_keys(values: object, name: str, *keys: str) -> dict[str, Any]:
  if not isinstance(values, dict) or set(values) != set(keys):
    raise ValueError(f"{name} must be an object of {', '.join(keys)}.")
  return values


def _numbers(name: str, values: object, count: int) -> np.ndarray:
  """Numbers of JSON, [count], none so large that reckoning overflows."""
  if (
    isinstance(values, list)
    and len(values) == count
    and all(type(v) in (int, float) and abs(v) < _MOST for v in values)
  ):
    return np.array(values, np.float64)
  what = f"{count} number{'s' * (count > 1)}"
  raise ValueError(f'"{name}" must be {what} below {_MOST:g}.')
