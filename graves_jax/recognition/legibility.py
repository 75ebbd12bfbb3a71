"""What a reader finds wrong in a line: characters by class, words."""

import itertools
import string
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from graves_jax.recognition.errors import (
  ErrorCounts,
  count_errors,
  edit_distance,
)

# Classes of characters, by name; capitals hold the rare ones too.
CLASSES: Mapping[str, str] = {
  "small letters": string.ascii_lowercase,
  "capitals": string.ascii_uppercase,
  "Q X Z": "QXZ",
  "digits": string.digits,
  "punctuation": string.punctuation,
}
# Two words are the same to a reader that takes so few letters for others.
_MOST_DIFFERENT = 0.25


class Alignment(NamedTuple):
  """How the least edits turn what was written into what was read.

  is_read: whether each item of what was written was read as it is.
  is_left_out: whether each was not read at all; else it was read as another.
  extra: indices of what was read and never written.
  """

  is_read: np.ndarray
  is_left_out: np.ndarray
  extra: list[int]


class Legibility(NamedTuple):
  """What is read of some lines, beside what they say.

  errors: edits of characters and of words.
  is_missing, is_doubled: whether a word of each line is, [B].
  classes: of each of `CLASSES`, characters not read as they are, and all.
  """

  errors: ErrorCounts
  is_missing: np.ndarray
  is_doubled: np.ndarray
  classes: dict[str, tuple[int, int]]


def measure(read: Sequence[str], written: Sequence[str]) -> Legibility:
  """Measures how legible lines are.

  Args:
    read: a text for each line.
    written: what each line says, as many.

  Raises:
    ValueError: if nothing was written: no word to divide by.
  """
  pairs = list(zip(read, written, strict=True))
  aligned = [align(*pair) for pair in pairs]
  classes = dict.fromkeys(CLASSES, (0, 0))
  missing = []
  for alignment, text in zip(aligned, written, strict=True):
    missing.append(bool(missing_words(alignment, text)))
    for name, (wrong, all_) in class_errors(alignment, text).items():
      classes[name] = classes[name][0] + wrong, classes[name][1] + all_
  return Legibility(
    count_errors(read, written),
    np.array(missing, bool),
    np.array([bool(doubled_words(*pair)) for pair in pairs], bool),
    classes,
  )


def align(read: Sequence, written: Sequence) -> Alignment:
  """Aligns two sequences by edits; of equally few, replaces rather than moves.

  >>> align("cot", "coat").is_left_out.tolist()
  [False, False, True, False]
  """
  rows = [list(range(len(written) + 1))]
  for x in read:
    above, row = rows[-1], [rows[-1][0] + 1]
    for j, y in enumerate(written):
      row.append(min(above[j] + (x != y), above[j + 1] + 1, row[j] + 1))
    rows.append(row)
  is_read, is_left_out = np.zeros((2, len(written)), bool)
  extra: list[int] = []
  i, j = len(read), len(written)
  while i or j:
    here, is_same = rows[i][j], i and j and read[i - 1] == written[j - 1]
    if i and j and here == rows[i - 1][j - 1] + (not is_same):
      i, j = i - 1, j - 1
      is_read[j] = is_same
    elif j and here == rows[i][j - 1] + 1:
      j -= 1
      is_left_out[j] = True
    else:
      i -= 1
      extra.append(i)
  return Alignment(is_read, is_left_out, extra[::-1])


def class_errors(
  alignment: Alignment, written: str
) -> dict[str, tuple[int, int]]:
  """Of each class, characters not read as they are, and all of them.

  Characters that were read and never written belong to no class.

  >>> class_errors(align("Dear Zde", "Dear Zoe"), "Dear Zoe")["Q X Z"]
  (0, 1)
  """
  counts = {}
  for name, characters in CLASSES.items():
    is_own = np.array([c in characters for c in written], bool)
    counts[name] = int((is_own & ~alignment.is_read).sum()), int(is_own.sum())
  return counts


def missing_words(alignment: Alignment, written: str) -> list[str]:
  """Words most letters of which were not read at all, not even as others.

  >>> missing_words(align("in garden", "in the garden"), "in the garden")
  ['the']
  """
  return [
    written[word]
    for word in _places_of_words(written)
    if alignment.is_left_out[word].mean() > 0.5
  ]


def doubled_words(read: str, written: str) -> list[str]:
  """Words that were read twice in a row, and not written so; nearly the same
  is the same.

  >>> doubled_words("in the garden gardn", "in the garden")
  ['gardn']
  """
  written_twice = _repeats(written.split())
  return _repeats(read.split())[len(written_twice) :]


def wrong_words(read: str, written: str) -> list[str]:
  """Words that were not read as they were written; if all were, those that
  were read besides.

  >>> wrong_words("the quiek fox", "the quick fox")
  ['quick']
  >>> wrong_words("the the fox", "the fox")
  ['the']
  """
  return [x.word for x in places_of_wrong_words(read, written)]


class WrongWord(NamedTuple):
  """A word that was not read as it was written.

  place: its index among the words that were written; of an extra word, that of
    the word before it.
  word: as it was written; an extra one as it was read.
  is_extra: whether it was read, and never written.
  """

  place: int
  word: str
  is_extra: bool = False


def places_of_wrong_words(read: str, written: str) -> list[WrongWord]:
  """`wrong_words`, each with its place.

  >>> places_of_wrong_words("the fox saw tho dog", "the fox saw the dog")
  [WrongWord(place=3, word='the', is_extra=False)]
  """
  words, found = written.split(), read.split()
  aligned = align(found, words)
  wrong = [
    WrongWord(place, word)
    for place, word in enumerate(words)
    if not aligned.is_read[place]
  ]
  if wrong:
    return wrong
  # All words were read, so those before an extra one are not extra.
  return [
    WrongWord(max(0, k - number - 1), found[k], is_extra=True)
    for number, k in enumerate(aligned.extra)
  ]


def _places_of_words(text: str) -> list[slice]:
  """Where the words of a text are."""
  places, start = [], 0
  for word in text.split():
    start = text.index(word, start)
    places.append(slice(start, start + len(word)))
    start += len(word)
  return places


def _repeats(words: Sequence[str]) -> list[str]:
  """Words that are nearly the same as the one before."""
  return [
    after
    for before, after in itertools.pairwise(words)
    if edit_distance(before, after)
    <= _MOST_DIFFERENT * max(len(before), len(after))
  ]
