"""Fits written lines to be set: levels them, and makes them of one size.

A network's lines lean a little, their size varies, and words wander up and
down. What is corrected is what a careful writer would not do; what is left is
the hand.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from graves_jax.data.words import Word
from graves_jax.rendering.geometry import (
  bottoms,
  corners,
  line_height,
  slope,
)

_SIZES = (0.85, 1.18)  # by which a line's size is changed at most
_CHARACTERS = 12  # of a line whose own size is believed by half
_WANDER = 0.04  # of a word off its line at most, in line heights
_NEAR = 0.2  # Feet that far from the line are of letters that stand on it.


class Piece(NamedTuple):
  """A word ready to be set.

  text: what it says.
  strokes: x from 0, y from the baseline, downwards.
  width: of the ink.
  gap: to the word before it as it was written, by their ink; None if it was
    the first of its line.
  """

  text: str
  strokes: list[np.ndarray]
  width: float
  gap: float | None

  def scaled(self, factor: float) -> "Piece":
    """The same word in another size."""
    return Piece(
      self.text,
      [stroke * factor for stroke in self.strokes],
      self.width * factor,
      None if self.gap is None else self.gap * factor,
    )


def fit_lines(
  lines: Sequence[Sequence[Word]], letter_height: float, *, raw: bool = False
) -> list[list[Piece]]:
  """Levels lines of one hand, and scales them to a common height.

  Args:
    lines: each the words of one written line, in any units; some with ink.
    letter_height: what the typical line height becomes.
    raw: only scales all lines alike and puts them on their baselines.

  Returns:
    Of each line its words, in the units of `letter_height`.
  """
  if not raw:
    lines = [_leveled(line) for line in lines]
  typical = line_height([_strokes(line) for line in lines if line])
  fitted = [_pieces(line, typical, raw) if line else [] for line in lines]
  factors = np.ones(len(fitted)) if raw else _sizes(fitted)
  return [
    [piece.scaled(factor * letter_height / typical) for piece in pieces]
    for pieces, factor in zip(fitted, factors.tolist(), strict=True)
  ]


def _leveled(line: Sequence[Word]) -> list[Word]:
  """Turns a line so that its baseline is level."""
  if not line:
    return []
  angle = np.arctan(slope(_strokes(line)))
  cosine, sine = np.cos(angle), np.sin(angle)
  rotation = np.array([[cosine, -sine], [sine, cosine]])
  return [Word(text, [s @ rotation for s in strokes]) for text, strokes in line]


def _sizes(lines: Sequence[Sequence[Piece]]) -> np.ndarray:
  """By how much each line's size should change.

  Two measures of it that err in different ways: the height of the line, and
  the ink of a character. Short lines tell little of either.
  """
  heights, inks, trusts = np.ones((3, len(lines)))
  for number, line in enumerate(lines):
    strokes = [stroke for piece in line for stroke in piece.strokes]
    characters = sum(len(piece.text) for piece in line)
    trusts[number] = characters / (characters + _CHARACTERS)
    if trusts[number]:
      y = np.concatenate(strokes)[:, 1]
      ways = [np.hypot(*np.diff(s, axis=0).T).sum() for s in strokes]
      heights[number] = np.ptp(np.percentile(y, [3, 97]))
      inks[number] = sum(ways) / characters
  ratios = np.ones(len(lines))
  is_known = (trusts > 0) & (heights > 0) & (inks > 0)
  for sizes in (heights, inks):
    known = sizes[is_known]
    ratios[is_known] *= np.median(known) / known if len(known) else 1.0
  return np.clip(ratios ** (trusts / 2), *_SIZES)


def _pieces(line: Sequence[Word], height: float, raw: bool) -> list[Piece]:
  """Words on the baseline of their line, in the line's own units."""
  baseline = np.median(bottoms(_strokes(line))[:, 1])
  pieces: list[Piece] = []
  right: float | None = None
  for text, strokes in line:
    low, high = corners(strokes)
    shift = 0.0 if raw else _wander(strokes, baseline, height)
    moved = [stroke - [low[0], baseline + shift] for stroke in strokes]
    gap = None if right is None else float(low[0] - right)
    pieces.append(Piece(text, moved, float(high[0] - low[0]), gap))
    right = float(high[0] if right is None else max(right, high[0]))
  return pieces


def _wander(strokes: list[np.ndarray], baseline: float, height: float) -> float:
  """How far down a word stands off its line beyond what is natural."""
  feet = bottoms(strokes)[:, 1] - baseline
  feet = feet[np.abs(feet) < _NEAR * height]
  if not len(feet):
    return 0.0
  middle = float(np.median(feet))
  return middle - float(np.clip(middle, -_WANDER * height, _WANDER * height))


def _strokes(line: Sequence[Word]) -> list[np.ndarray]:
  return [stroke for word in line for stroke in word.strokes]
