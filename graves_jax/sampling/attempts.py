"""Writes lines until each comes out finished, or the attempts are used up."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from graves_jax.data.strokes import Line
from graves_jax.sampling.bias import require_bias
from graves_jax.sampling.pens import ToWrite, write_pens
from graves_jax.sampling.ranking import Choice, Ranker, choose, require_pens
from graves_jax.sampling.seed import require_seed

if TYPE_CHECKING:  # That file imports this one.
  from graves_jax.sampling.writer import HandwritingWriter

_CANDIDATES = 3


class Written(NamedTuple):
  """A line that was written.

  >>> points = np.float32([[3, 0, 0], [0, 4, 1]])
  >>> Written(Line(points, "a", "0"), is_finished=True).line.text
  'a'

  line: its pen elements in pen units, its text, and its number as name.
  is_finished: False if the stop rule did not end it within the limit, the
    window skipped a character, or nothing was left of it but dots.
  style: the line whose hand it goes on in, if any.
  read: what the ranker reads, if one chose the pen.
  places: the place in the text that was read for each element, [T].
  """

  line: Line
  is_finished: bool
  style: Line | None = None
  read: str | None = None
  places: np.ndarray = np.zeros(0, np.int32)


@dataclasses.dataclass(frozen=True)
class WritingSettings:
  """How to write; as for `HandwritingWriter.write`."""

  seed: int
  bias: float
  attempts: int
  best_of: int
  ranker: Ranker | None

  def __post_init__(self):
    require_bias(self.bias)
    require_seed(self.seed)
    if self.attempts < 1:
      raise ValueError(f"attempts (={self.attempts}) must be 1 or more.")
    require_pens(self.best_of)


def style_for_each(
  style: Line | Sequence[Line] | None, texts: Sequence[str]
) -> Sequence[Line | None]:
  """A style for each text."""
  if style is None or isinstance(style, Line):
    return [style] * len(texts)
  if isinstance(style, str):
    raise ValueError(
      f"style (={style!r}) is a name, and must be a line: "
      "graves_jax.load_hands() has those of our hands by their names."
    )
  if len(style) != len(texts):
    raise ValueError(
      f"{len(style)} styles are given for {len(texts)} texts; give one for "
      "each, or one for all."
    )
  return style


def write_one_hand(
  writer: "HandwritingWriter", texts: list[str], settings: WritingSettings
) -> list[Written]:
  """Writes the longest lines, chooses one, and the others in its hand."""
  longest = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
  candidates = {row: texts[row] for row in longest[:_CANDIDATES]}
  for attempt in range(settings.attempts):
    none: list[Line | None] = [None] * len(texts)
    written = _write_rows(writer, candidates, attempt, none, settings)
    finished = [row for row in candidates if written[row].is_finished]
    legible = [row for row in finished if not _is_misread(written[row])]
    for row in (legible or finished)[:1]:
      others = texts[:row] + texts[row + 1 :]
      styles = style_for_each(written[row].line, others)
      rest = write_finished(writer, others, styles, settings)
      return [*rest[:row], written[row], *rest[row:]]
  return write_finished(writer, texts, style_for_each(None, texts), settings)


def write_finished(
  writer: "HandwritingWriter",
  texts: Sequence[str],
  styles: Sequence[Line | None],
  settings: WritingSettings,
) -> list[Written]:
  """Writes lines, each after its style, until all are finished, or the
  attempts are used up."""
  written: dict[int, Written] = {}
  waiting = dict(enumerate(texts))
  for attempt in range(settings.attempts):
    written |= _write_rows(writer, waiting, attempt, styles, settings)
    waiting = {
      row: text for row, text in waiting.items() if not written[row].is_finished
    }
    if not waiting:
      break
  return [written[row] for row in range(len(texts))]


def _write_rows(
  writer: "HandwritingWriter",
  rows: dict[int, str],
  attempt: int,
  styles: Sequence[Line | None],
  settings: WritingSettings,
) -> dict[int, Written]:
  """Writes each text with fresh pens, and keeps the best one; `rows` maps the
  number of a line, by which it finds its style, to its text."""
  pens = settings.best_of
  groups = write_pens(
    writer,
    [ToWrite(number, text, styles[number]) for number, text in rows.items()],
    seed=settings.seed,
    bias=settings.bias,
    pens=range(attempt * pens, (attempt + 1) * pens),
  )
  choices = [Choice(group[0], None) for group in groups]
  if pens > 1:
    choices = choose(groups, settings.ranker)
  return {
    number: Written(pen.line, pen.is_finished, styles[number], read, pen.places)
    for number, (pen, read) in zip(rows, choices, strict=True)
  }


def _is_misread(written: Written) -> bool:
  return written.read not in (None, written.line.text)
