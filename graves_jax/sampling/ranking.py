"""Chooses the best of several pens that wrote the same line.

After "Sampling and ranking" of Carbune et al. (arXiv 2306.03103): a trained
network writes each line more than once, and a reader says which one to keep.
The reader must not be the one that legibility is measured by.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from graves_jax.data.strokes import Alphabet, Line
from graves_jax.recognition.reader import Judgement

# A character that was read for less than one element was skipped. On 255 lines
# of IAM-OnDB's testset_v fed with their own ink the least was 1.6 wherever the
# window reached the end.
LEAST_READING = 1.0
# Without a reader, each character is to be read for so many elements.
_COVERED = (2.0, 120.0)
MOST_PENS = 64


class Ranker(Protocol):
  """Reads lines and compares them with their texts: a `HandwritingReader`."""

  @property
  def alphabet(self) -> Alphabet: ...

  def judge(self, lines: Sequence[Line]) -> list[Judgement]: ...


class Pen(NamedTuple):
  """What one of several pens wrote of a line.

  line: its elements in pen units, its text and its name.
  has_stopped: whether the stop rule ended it within its limit.
  reading: for how many elements each character of the text was read, [U].
  places: the place in the text that was read for each element, [T].
  """

  line: Line
  has_stopped: bool
  reading: np.ndarray
  places: np.ndarray = np.zeros(0, np.int32)

  @property
  def has_read_its_end(self) -> bool:
    """Whether the network read the last character before it stopped."""
    return bool(self._of_inked()[-1:].min(initial=np.inf) >= LEAST_READING)

  @property
  def is_finished(self) -> bool:
    """Whether it stopped, skipped no character, and left any ink."""
    least = self._of_inked().min(initial=np.inf)
    has_ink = len(self.line.points) > 0
    return bool(has_ink and self.has_stopped and least >= LEAST_READING)

  @property
  def uncovered(self) -> int:
    """Characters that were read for too short or too long a time."""
    low, high = _COVERED
    own = self._of_inked()
    return int(((own < low) | (own > high)).sum())

  def _of_inked(self) -> np.ndarray:
    """`reading` of the characters that leave ink."""
    return self.reading[np.array([c != " " for c in self.line.text], bool)]


class Choice(NamedTuple):
  """The pen that is kept, and what the ranker reads; None without one."""

  pen: Pen
  read: str | None


def choose(
  groups: Sequence[Sequence[Pen]], ranker: Ranker | None
) -> list[Choice]:
  """Keeps the best pen of each line.

  Pens that did not come out finished are kept only if all are such. Of the
  others that one is kept which is read as the text with the least edits; of
  equals, the one whose text is likeliest to the ranker: not the one that the
  writer finds likeliest, since that says how usual a pen is, and not how
  legible. Without a ranker, or if it does not know a character of the text,
  the window decides: the pen by which the most characters were read for a
  time that is neither too short nor too long. The first pen wins all other
  ties.

  Args:
    groups: of each line, its pens, at least one.
    ranker: reads them.
  """
  judged: dict[tuple[int, int], Judgement] = {}
  if ranker is not None:
    alphabet = ranker.alphabet
    places = [
      (row, k)
      for row, pens in enumerate(groups)
      if not alphabet.unknown(pens[0].line.text)
      for k, pen in enumerate(pens)
      if len(pen.line.points)
    ]
    lines = [groups[row][k].line for row, k in places]
    judged = dict(zip(places, ranker.judge(lines), strict=True))
  choices = []
  for row, pens in enumerate(groups):
    best = min(range(len(pens)), key=lambda k: _rank(pens[k], judged, (row, k)))
    found = judged.get((row, best))
    choices.append(Choice(pens[best], found.read if found else None))
  return choices


def require_pens(best_of: int) -> None:
  """Raises ValueError unless so many pens can be tried."""
  if not 1 <= best_of <= MOST_PENS:
    raise ValueError(
      f"best_of (={best_of}) must be from 1 (the paper's sampler) to "
      f"{MOST_PENS} pens."
    )


def _rank(
  pen: Pen,
  judged: dict[tuple[int, int], Judgement],
  place: tuple[int, int],
) -> tuple[float, ...]:
  """Less is better."""
  if not len(pen.line.points):
    return (2,)
  found = judged.get(place)
  if found is None:
    return (not pen.is_finished, pen.uncovered)
  return (not pen.is_finished, found.edits, -found.log_prob)
