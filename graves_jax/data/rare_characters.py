"""Repeats the training lines that have rare characters."""

import collections
import itertools
import math
from collections.abc import Sequence

from graves_jax.data.strokes import Alphabet, Line


def repeat_rare(
  lines: Sequence[Line], alphabet: Alphabet, share: float
) -> list[Line]:
  """Repeats each line as often as its rarest character asks for.

  Repeat factor sampling (A. Gupta, P. Dollár and R. Girshick, *LVIS*, 2019): a
  character that is in a share f of the lines asks for sqrt(share / f) readings,
  and for one at the least. Every epoch has the same repeats: the number is
  rounded.

  Args:
    lines: training lines.
    alphabet: tells characters apart; all that it lacks count as one character.
    share: from 0, where no line is repeated, to below 1.

  Returns:
    All lines in their order, and then the repeats.
  """
  if not share:
    return list(lines)
  classes = [set(alphabet.encode(line.text).tolist()) for line in lines]
  having = collections.Counter(itertools.chain.from_iterable(classes))

  def times(of_line: set[int]) -> int:
    rarest = min((having[k] for k in of_line), default=0)
    return round(math.sqrt(share * len(lines) / rarest)) if rarest else 1

  repeats = [
    line
    for line, of_line in zip(lines, classes, strict=True)
    for _ in range(times(of_line) - 1)
  ]
  return [*lines, *repeats]
