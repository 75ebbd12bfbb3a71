"""Which lines of samples are new: not lines of the training text.

For texts of one item a line, such as names (Karpathy).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Novelty(NamedTuple):
  """What is new among the lines of samples.

  lines: those that the training text does not have, as they were first made.
  made: how many different lines were made, new or not.
  """

  lines: tuple[str, ...]
  made: int


def novel_lines(texts: Sequence[str], training_lines: Iterable[str]) -> Novelty:
  """The lines of samples that are not lines of the training text.

  The first and the last line of every sample are left out, because they may
  be cut; so are empty ones. A line that was made twice counts once. Only the
  samples' lines are kept in memory; the training text passes by.

  Args:
    texts: samples.
    training_lines: of the training text, with or without their ends.

  Raises:
    ValueError: if no sample has a whole line.
  """
  made = dict.fromkeys(
    line for text in texts for line in _whole_lines(text) if line.strip()
  )
  if not made:
    raise ValueError(
      "the samples have no whole line, from one line end to the next; write "
      "longer ones."
    )
  waiting = set(made)
  for line in training_lines:
    waiting.discard(_without_end(line))
    if not waiting:
      break
  return Novelty(tuple(line for line in made if line in waiting), len(made))


def _whole_lines(text: str) -> list[str]:
  return [_without_end(line) for line in text.split("\n")[1:-1]]


def _without_end(line: str) -> str:
  return line.removesuffix("\n").removesuffix("\r")
