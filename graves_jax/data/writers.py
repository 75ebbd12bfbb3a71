"""Lines by the hand that wrote them, each hand's in the order of writing."""

import dataclasses
import re
from collections.abc import Iterator, Sequence

import numpy as np

from graves_jax.data.lines import LineBatches, StrokeBatch
from graves_jax.data.strokes import Alphabet, Line, Normalization

# As in IAM-OnDB: a form, and which of its lines.
_NAME = re.compile(r"(.+)-([0-9]{1,9})")


def by_writer(lines: Sequence[Line]) -> list[list[Line]]:
  """Groups lines by form, as the names FORM-NUMBER of IAM-OnDB tell it.

  One person filled a form. Who it was is not in the archives that are
  distributed, so that several forms of one person count as several writers.

  Returns:
    The lines of each form by their numbers; forms by name.

  Raises:
    ValueError: if a name does not tell the form.
  """
  forms: dict[str, list[tuple[int, Line]]] = {}
  for line in lines:
    found = _NAME.fullmatch(line.name)
    if found is None:
      raise ValueError(
        f"the line named {line.name!r} does not tell who wrote it: lines of "
        "one hand need names such as anna-01, anna-02, ..., in the order of "
        "writing."
      )
    forms.setdefault(found[1], []).append((int(found[2]), line))
  return [
    [line for _, line in sorted(forms[form], key=lambda pair: pair[0])]
    for form in sorted(forms)
  ]


@dataclasses.dataclass(frozen=True)
class InTurn:
  """Some of the lines of batches, to be read once in the order of `rows`."""

  batches: LineBatches
  rows: np.ndarray

  @property
  def elements(self) -> int:
    return self.batches.elements_of(self.rows)

  def in_order(self) -> Iterator[StrokeBatch]:
    return self.batches.in_rows(self.rows)


def in_turn(
  groups: Sequence[Sequence[Line]],
  alphabet: Alphabet,
  normalization: Normalization,
  *,
  buckets: int,
) -> list[InTurn]:
  """Lines one by one, group by group; all groups share the lengths that lines
  are padded to.

  Args:
    groups: of lines, each in order.
    alphabet, normalization, buckets: as for `LineBatches`.
  """
  lines = [line for group in groups for line in group]
  batches = LineBatches(
    lines, alphabet, normalization, batch_size=1, buckets=buckets
  )
  ends = np.cumsum([len(group) for group in groups])
  rows = np.split(np.arange(len(lines)), ends[:-1])
  return [InTurn(batches, each) for each in rows]
