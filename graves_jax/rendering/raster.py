"""Ink in pixels: how much of each one the pen has covered."""

from typing import NamedTuple

import numpy as np

LONGEST_PIECE_PIXELS = 8
PIECES_AT_ONCE = 2048
THINNEST_PIXELS = 1.5  # Ink thinner than that turns gray.


class Pieces(NamedTuple):
  """Short straight pieces of ink, in pixels, in the order of writing.

  starts, ends: [n, 2].
  radii: half the pen's width, [n].
  moments: when each one is begun, [n]; any unit.
  """

  starts: np.ndarray
  ends: np.ndarray
  radii: np.ndarray
  moments: np.ndarray


class Coverage:
  """A picture of ink that grows: levels [height, width] uint8, 0 is paper.

  A pixel is as dark as the pen's round nib covers it, judged by the distance
  of its center from the nearest piece of ink.
  """

  def __init__(self, width: int, height: int, widest: float):
    """An empty picture.

    Args:
      width, height: in pixels.
      widest: the greatest radius of ink.
    """
    self._reach = widest + 0.5
    # The paper is wider than the picture, so that no nib leaves it.
    self._size = int(np.ceil(LONGEST_PIECE_PIXELS + 2 * self._reach)) + 1
    self._levels = np.zeros(
      (height + 2 * self._size, width + 2 * self._size), np.uint8
    )
    self._shape = (height, width)

  @property
  def levels(self) -> np.ndarray:
    """What is covered so far, from 0 to 255."""
    (height, width), edge = self._shape, self._size
    return self._levels[edge : edge + height, edge : edge + width]

  def add(self, pieces: Pieces) -> None:
    """Draws pieces of ink, all within the picture."""
    for first in range(0, len(pieces.starts), PIECES_AT_ONCE):
      self._add(Pieces(*(p[first : first + PIECES_AT_ONCE] for p in pieces)))

  def _add(self, pieces: Pieces) -> None:
    start, end = (x[:, None, None] for x in (pieces.starts, pieces.ends))
    # The square of pixels [n, size, size, 2] around each piece of ink.
    corner = np.floor(np.minimum(start, end) - self._reach).astype(int)
    x, y = np.meshgrid(np.arange(self._size), np.arange(self._size))
    pixels = corner + np.stack([x, y], axis=-1)
    away = (pixels + 0.5 - start).astype(np.float32)
    along = (end - start).astype(np.float32)
    squared = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = ((away * along).sum(axis=-1) / squared).clip(0, 1)
    x, y = np.moveaxis(away - share[..., None] * along, -1, 0)
    reach = (pieces.radii + 0.5).astype(np.float32)[:, None, None]
    distance = np.sqrt(x * x + y * y)
    covered = (255 * (reach - distance).clip(0, 1)).astype(np.uint8)
    columns, rows = np.moveaxis(pixels, -1, 0) + self._size
    np.maximum.at(self._levels, (rows, columns), covered)


def pieces_of(
  points: np.ndarray, radius: float, moments: np.ndarray | None = None
) -> Pieces:
  """Short pieces of a line through points [n, 2] in pixels.

  Args:
    points: one is a dot.
    radius: half the pen's width.
    moments: of the points, [n].
  """
  moments = np.zeros(len(points)) if moments is None else moments
  values = np.column_stack([points, moments])
  lengths = np.hypot(*np.diff(points, axis=0).T)
  pieces = np.ceil(lengths / LONGEST_PIECE_PIXELS).clip(1).astype(int)
  places = np.concatenate([[0], pieces.cumsum()])
  every = np.arange(places[-1] + 1)
  values = np.stack([np.interp(every, places, v) for v in values.T], axis=1)
  starts = values[:-1] if len(values) > 1 else values
  ends = values[1:] if len(values) > 1 else values
  radius = max(radius, THINNEST_PIXELS / 2)
  return Pieces(
    starts[:, :2], ends[:, :2], np.full(len(starts), radius), starts[:, 2]
  )


def joined(parts: list[Pieces]) -> Pieces:
  """All pieces, one part after the other."""
  return Pieces(*map(np.concatenate, zip(*parts, strict=True)))
