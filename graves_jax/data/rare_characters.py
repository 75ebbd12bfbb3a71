"""Repeats the training lines that have rare characters."""

import collections
import math
from collections.abc import Sequence

from graves_jax.data.strokes import Line


def repeat_rare(lines: Sequence[Line], share: float) -> list[Line]:
  """Lines as often as their rarest character asks for, repeats last.

  Repeat factor sampling (A. Gupta, P. Dollár and R. Girshick, *LVIS*, 2019): a
  character that a share f of all lines have asks for sqrt(share / f) times,
  rounded, and for once at the least.

  Args:
    lines: training lines.
    share: of the lines, from 0 to 1; characters that at least so many have are
      not rare.
  """
  having = collections.Counter(
    character for line in lines for character in set(line.text)
  )

  def times(line: Line) -> int:
    rarest = min((having[character] for character in line.text), default=0)
    return round(math.sqrt(share * len(lines) / rarest)) if rarest else 1

  repeats = [line for line in lines for _ in range(times(line) - 1)]
  return [*lines, *repeats]
