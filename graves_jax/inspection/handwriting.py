"""Reads lines that a handwriting network wrote, and records what its units
do."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from graves_jax.data.strokes import Line
from graves_jax.inspection.handwriting_properties import (
  commonest_letters,
  letter_properties,
  pen_properties,
)
from graves_jax.inspection.recording import record
from graves_jax.inspection.survey import Findings, Survey
from graves_jax.layers.window_lstm import Text
from graves_jax.sampling.padding import round_up_points
from graves_jax.sampling.writer import HandwritingWriter

_LETTERS = 14  # that are properties of their own


class WrittenLine(NamedTuple):
  """A line to look at.

  line: points [T, 3] in pen units, and their text.
  places: of each point the place in the text that was read, [T]; None if the
    network reads none.
  """

  line: Line
  places: np.ndarray | None


class HandwritingFindings(NamedTuple):
  """What was found while lines were read.

  findings: of the units, at the points of all lines in turn.
  lines: those of which every point is kept.
  """

  findings: Findings
  lines: Sequence[WrittenLine]


def inspect_handwriting(
  writer: HandwritingWriter,
  lines: Sequence[WrittenLine],
  keep: int,
  progress: Callable[[int, int], None] | None = None,
) -> HandwritingFindings:
  """Reads lines, each from a zero state.

  Args:
    writer: a handwriting network, opened.
    lines: at least one; with places if the network reads a text.
    keep: how many points to keep at most, of whole lines.
    progress: called with how many lines are read, and all.

  Raises:
    ValueError: if the first line alone has more points.
  """
  points = np.cumsum([len(each.line.points) for each in lines])
  if points[0] > keep:
    raise ValueError(
      f"keep (={keep:,}) must be at least {points[0]:,}, the points of the "
      "first line."
    )
  kept = [each for each, end in zip(lines, points, strict=True) if end <= keep]
  total = sum(len(each.line.points) for each in kept)
  longest = round_up_points(max(len(each.line.points) for each in lines) + 1)
  widest = max(len(each.line.text) for each in lines)
  properties = _properties(lines)
  network, params = writer.network, writer.params
  survey = Survey(network.hidden, list(properties[0]), total)
  for number, (line, _) in enumerate(lines, start=1):
    survey.restart()
    given = writer.normalization.normalize(line.points)[:, None]
    # The null vector comes first; what follows the line is padding.
    after = longest - 1 - len(given)
    given = np.pad(given, ((1, after), (0, 0), (0, 0))).astype(np.float32)
    state = network.apply(params, 1, method="initial_state")
    text = _text(writer, line.text, widest)
    _, read = record(network, params, state, given, text)
    read = jax.tree.map(lambda x: x[1:], read)
    values = list(properties[number - 1].values())
    survey.add(read, np.stack(values, axis=-1))
    if progress:
      progress(number, len(lines))
  return HandwritingFindings(survey.findings(), kept)


def _properties(lines: Sequence[WrittenLine]) -> list[dict[str, np.ndarray]]:
  """Of each line, the same properties."""
  letters = commonest_letters([each.line.text for each in lines], _LETTERS)
  found = []
  for line, places in lines:
    values = pen_properties(line)
    if places is not None:
      values |= letter_properties(line, places, letters)
    found.append(values)
  return found


def _text(writer: HandwritingWriter, text: str, width: int) -> Text | None:
  if not writer.reads:
    return None
  characters: Any = np.zeros((1, width), np.int32)
  characters[0, : len(text)] = writer.alphabet.encode(text)
  mask: Any = (np.arange(width) < len(text)).astype(np.float32)[None]
  return Text(characters, mask)
