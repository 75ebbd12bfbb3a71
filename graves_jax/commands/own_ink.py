"""Makes ink from outside ready for a network, for --style and for prepare."""

from typing import NamedTuple

from graves_jax.data.strokes import Line
from graves_jax.sampling.style import (
  fit_style,
  has_too_few_points,
  require_known_style,
)
from graves_jax.sampling.style_check import doubt, read_styles
from graves_jax.sampling.writer import HandwritingWriter


class ReadyInk(NamedTuple):
  """A line of ink as a network is shown it.

  line: the line; None if it has so few points that it shows no hand.
  said: what was changed, what is doubted, or why there is no line; each one
    sentence.
  is_doubted: whether the network finds ink or text unlikely.
  """

  line: Line | None
  said: tuple[str, ...]
  is_doubted: bool = False


def make_ready(
  line: Line, writer: HandwritingWriter, *, is_recorded: bool = False
) -> ReadyInk:
  """Fits a line to what a network has learned, and has the network read it.

  Args:
    line: ink with its text.
    writer: holds a synthesis network.
    is_recorded: whether it is of the data that the network learned from, and so
      stays as it is.

  Raises:
    ValueError: if its text cannot be read, or the ink cannot be of its text.
  """
  require_known_style(line, writer.alphabet)
  text = line.text.strip()
  if has_too_few_points(line):
    return ReadyInk(
      None,
      (
        f"{len(line.points) + 1} points for the {len(text)} "
        f"characters of {text[:40]!r} show no hand; draw every "
        "letter with more points.",
      ),
    )
  said = []
  if not is_recorded:
    line, changes = fit_style(
      line, writer.normalization, writer.points_per_character
    )
    if changes:
      said.append(f"{' and '.join(changes)}, as the network has learned.")
  (reading,) = read_styles(writer, [line])
  doubts = doubt(reading, line.text)
  if doubts:
    said.append(f"{doubts} The writing may be spoiled.")
  return ReadyInk(line, tuple(said), bool(doubts))
