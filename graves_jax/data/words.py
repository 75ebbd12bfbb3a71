"""Cuts a written line into its words: which stroke belongs to which.

A stroke belongs to the word that was read while it was written, except that
words stand from left to right, with gaps between them: so the dot of an i that
came late stays with its word. Words that the pen joined stay together.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from graves_jax.data.strokes import Line, strokes_from_offsets

# What the parts of the score below are worth to one another; chosen by eye on
# lines that earlier weights wrote.
_MOST_POINTS = 12  # of a stroke that count for what was read
_GAP = 8.0  # of one line height between two words
_GAPS = (-0.5, 0.6)  # in line heights; more tells nothing more
_EMPTY = 30.0  # of a word that would have no ink
# A stroke with so large a share in the next word joins the two.
_JOINT = 0.35


class Word(NamedTuple):
  """A word of a written line, or several that are joined.

  text: without spaces around it.
  strokes: arrays [n, 2] of absolute positions, in the line's own units.
  """

  text: str
  strokes: list[np.ndarray]


def words_of(line: Line, places: np.ndarray) -> list[Word]:
  """Cuts a line into words, from left to right.

  Args:
    line: pen elements [T, 3] and their text.
    places: of each element the place in the text that was read, [T] integers.

  Returns:
    The words; every stroke is in one of them, in the order of writing. One
    word without text if the line has none, none at all if it has no ink.
  """
  strokes = strokes_from_offsets(line.points) if len(line.points) else []
  texts = line.text.split()
  if not strokes:
    return []
  if len(texts) < 2:
    return [Word(line.text.strip(), strokes)]
  counts = _points_of_words(line.text, strokes, places)
  order = np.argsort([_middle(stroke) for stroke in strokes], kind="stable")
  chosen = np.empty(len(strokes), int)
  chosen[order] = _best_cuts(
    [strokes[k] for k in order], counts[order], _height(strokes)
  )
  groups = _join(strokes, counts, chosen)
  return [
    Word(
      " ".join(texts[first:last]),
      [s for s, word in zip(strokes, chosen, strict=True) if word in members],
    )
    for first, last, members in _spans(groups, set(chosen.tolist()))
  ]


def paragraphs_of(
  text: str, lines: Sequence[Sequence[Word]], widths: Sequence[int]
) -> list[list[Sequence[Word]]]:
  """Puts written lines together again to the paragraphs of their text.

  Args:
    text: a line of it is a paragraph; a blank one stays.
    lines: the words of each written line, in order.
    widths: how many characters of the text, without spaces, each line holds.

  Returns:
    Of each paragraph its lines.
  """
  paragraphs, number = [], 0
  for paragraph in text.split("\n"):
    left = len("".join(paragraph.split()))
    first = number
    while number < len(lines) and (number == first or left > 0):
      left -= widths[number]
      number += 1
    paragraphs.append(list(lines[first:number]))
  return [*paragraphs, *([line] for line in lines[number:])]


def _points_of_words(
  text: str, strokes: Sequence[np.ndarray], places: np.ndarray
) -> np.ndarray:
  """How many points of each stroke were written while each word was read."""
  is_space = np.array([c == " " for c in text])
  word_of = np.cumsum(np.diff(is_space.astype(int), prepend=1) < 0) - 1
  read = word_of[np.concatenate([places[:1], places])]
  blank = is_space[np.concatenate([places[:1], places])]
  cuts = np.cumsum([len(stroke) for stroke in strokes])[:-1]
  counts = np.zeros((len(strokes), word_of[-1] + 1))
  parts = zip(np.split(read, cuts), np.split(blank, cuts), strict=True)
  for row, (words, blanks) in enumerate(parts):
    np.add.at(counts[row], words[~blanks], 1)
  return counts


def _best_cuts(
  strokes: Sequence[np.ndarray], counts: np.ndarray, height: float
) -> np.ndarray:
  """Which word each stroke is of, never falling from left to right.

  The best choice by what was read and by the gaps, found from left to right
  (dynamic programming).
  """
  total, words = counts.sum(axis=1), counts.shape[1]
  share = np.log((counts + 0.5) / (total + 0.5 * words)[:, None])
  share *= np.minimum(total, _MOST_POINTS)[:, None]
  skipped = np.arange(words)
  best = share[0] - _EMPTY * skipped
  came_from = np.zeros(counts.shape, int)
  step = skipped[:, None] - skipped  # from a word (columns) to one (rows)
  right = strokes[0][:, 0].max()
  for row, stroke in enumerate(strokes[1:], start=1):
    gap = np.clip((stroke[:, 0].min() - right) / height, *_GAPS)
    moved = np.where(step > 0, _GAP * gap - _EMPTY * (step - 1), -np.inf)
    moved = np.where(step == 0, 0.0, moved) + best
    came_from[row] = moved.argmax(axis=1)
    best = moved.max(axis=1) + share[row]
    right = max(right, stroke[:, 0].max())
  best = best - _EMPTY * skipped[::-1]
  chosen = [int(best.argmax())]
  for row in range(len(strokes) - 1, 0, -1):
    chosen.append(int(came_from[row][chosen[-1]]))
  return np.array(chosen[::-1])


def _join(
  strokes: Sequence[np.ndarray], counts: np.ndarray, chosen: np.ndarray
) -> set[int]:
  """Words that a stroke joins to the next one."""
  joined = set()
  for word in range(counts.shape[1] - 1):
    for stroke, row, own in zip(strokes, counts, chosen, strict=True):
      if own == word and row[word] and row[word + 1] >= _JOINT * len(stroke):
        joined.add(word)
  return joined


def _spans(joined: set[int], inked: set[int]):
  """First word, end, and members of each group; words without ink go along
  with the one before them, or the first one after."""
  heads = [word for word in sorted(inked) if word - 1 not in joined]
  heads = heads or [min(inked)]
  last = max(inked)
  for number, head in enumerate(heads):
    first = 0 if number == 0 else head
    end = heads[number + 1] if number + 1 < len(heads) else None
    top = last + 1 if end is None else end
    yield first, end, set(range(first, top))


def _middle(stroke: np.ndarray) -> float:
  return (stroke[:, 0].min() + stroke[:, 0].max()) / 2


def _height(strokes: Sequence[np.ndarray]) -> float:
  y = np.concatenate(strokes)[:, 1]
  return float(np.ptp(np.percentile(y, [3, 97]))) or 1.0
