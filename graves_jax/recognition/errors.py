"""How much of a text is read wrongly, by characters and by words."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np


def edit_distance(read: Sequence, written: Sequence) -> int:
  """Insertions, deletions and substitutions between two sequences, at least
  (Levenshtein, 1966).

  >>> edit_distance("kitten", "sitting")
  3
  """
  classes = {x: k for k, x in enumerate(dict.fromkeys([*read, *written]))}
  target = np.array([classes[x] for x in written], np.int64)
  places = np.arange(len(target) + 1)
  distances = places
  for x in read:
    replaced = distances[:-1] + (target != classes[x])
    new = np.minimum(distances[1:] + 1, replaced)
    new = np.append(distances[0] + 1, new)
    distances = np.minimum.accumulate(new - places) + places
  return int(distances[-1])


class ErrorCounts(NamedTuple):
  """Edits between what was read and what was written, summed over lines.

  edits: of characters.
  characters: of the texts that were written.
  word_edits: of words, which lie between white space.
  words: of the texts that were written.
  wrong_lines: lines that were not read as they were written.
  lines: all.
  """

  edits: int
  characters: int
  word_edits: int
  words: int
  wrong_lines: int
  lines: int

  @property
  def character_error(self) -> float:
    """Edits a character: above 1 where more is read than was written."""
    return self.edits / self.characters

  @property
  def word_error(self) -> float:
    """Edits of words a word."""
    return self.word_edits / self.words


def count_errors(read: Iterable[str], written: Iterable[str]) -> ErrorCounts:
  """Counts over lines.

  >>> count_errors(["a cot"], ["a cat"]).word_error
  0.5

  Args:
    read: a text for each line.
    written: what each line says, as many.

  Raises:
    ValueError: if nothing was written: no word to divide by.
  """
  total = np.zeros(6, int)
  for mine, theirs in zip(read, written, strict=True):
    words = theirs.split()
    total += [
      edit_distance(mine, theirs),
      len(theirs),
      edit_distance(mine.split(), words),
      len(words),
      mine != theirs,
      1,
    ]
  counts = ErrorCounts(*total.tolist())
  if not counts.words:
    raise ValueError("the lines have no word, of which to count what is wrong.")
  return counts
