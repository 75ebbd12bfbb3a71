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

_SIZES = (0.8, 1.25)  # by which a line's size is changed at most
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
  inked = [line for line in lines if line]
  if not raw:
    lines = [_leveled(line) for line in lines]
    inked = [line for line in lines if line]
  typical = line_height([_strokes(line) for line in inked])
  fitted = []
  for line in lines:
    factor = 1.0 if raw or not line else _size(line, typical)
    pieces = _pieces(line, typical / factor, raw) if line else []
    scale = factor * letter_height / typical
    fitted.append([piece.scaled(scale) for piece in pieces])
  return fitted


def _leveled(line: Sequence[Word]) -> list[Word]:
  """Turns a line so that its baseline is level."""
  if not line:
    return []
  angle = np.arctan(slope(_strokes(line)))
  cosine, sine = np.cos(angle), np.sin(angle)
  rotation = np.array([[cosine, -sine], [sine, cosine]])
  return [Word(text, [s @ rotation for s in strokes]) for text, strokes in line]


def _size(line: Sequence[Word], typical: float) -> float:
  """By how much a line's size should change; short ones tell little of it."""
  own = line_height([_strokes(line)])
  characters = sum(len(word.text) for word in line)
  trust = characters / (characters + _CHARACTERS)
  return float(np.clip((typical / own) ** trust, *_SIZES))


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
