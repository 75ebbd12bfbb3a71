"""The reader that chooses among pens, as commands open it and tell of it."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from graves_jax.commands import command_line
from graves_jax.commands.sample_arguments import HandwritingOptions
from graves_jax.commands.telling import tell
from graves_jax.pretrained import HANDWRITING_RANKER
from graves_jax.recognition.legibility import WrongWord, places_of_wrong_words
from graves_jax.recognition.reader import HandwritingReader
from graves_jax.rendering.sheet import Sheet
from graves_jax.sampling.attempts import Written
from graves_jax.sampling.ranking import require_pens
from graves_jax.sampling.transcript import name_characters

_MOST_NAMED = 10


def load_ranker(
  given: HandwritingOptions, text: str, console: Console
) -> HandwritingReader | None:
  """Opens the reader of --ranker if there are several pens to choose among.

  Where it did not come with this copy, or does not know all characters, says
  so: then the window decides.

  Raises:
    ValueError, OSError: if it cannot be used, or --best-of is out of range.
  """
  require_pens(given.best_of)
  if given.best_of == 1:
    return None
  ranker = open_reader(given.ranker, "--ranker", HANDWRITING_RANKER)
  why, where = "", ""
  if ranker is None:
    why = f"no reader's weights are at {given.ranker}"
  elif unknown := ranker.alphabet.unknown(text.replace("\n", "")):
    why = f"the reader of --ranker does not know {name_characters(unknown)}"
    where = "in lines with such characters "
  if why:
    tell(
      console,
      f"Of {given.best_of} pens a line, {where}that one is kept which skipped "
      f"no character, and is not chosen by being read: {why}.",
    )
  return ranker


def open_reader(
  path: Path, option: str, ships: Path
) -> HandwritingReader | None:
  """Opens a reader; None if it is the one that ships, and did not.

  Args:
    path: as for `load_reader`.
    option: by which the path was given.
    ships: where those weights would be.

  Raises:
    ValueError, OSError: if it cannot be used.
  """
  if path == ships and not path.is_dir():
    return None
  from graves_jax.checkpoints.readers import load_reader

  try:
    return load_reader(command_line.find_checkpoint(path))
  except ValueError as error:
    raise ValueError(f"{option} {path}: {error}") from None
  except FileNotFoundError as error:
    raise FileNotFoundError(f"{option}: {error}") from None


def name_misread(
  written: Sequence[Written], sheets: Sequence[Sheet], best_of: int
) -> str:
  """Names the words that the ranker did not read as they were written, in one
  line; empty if there is none, or no ranker was asked.

  Args:
    written: lines in the order in which they stand on the sheets.
    sheets: where those words stand, in lines of other lengths perhaps.
    best_of: pens a line.
  """
  lines = _lines_of_words(sheets)
  named, start = [], 0
  for line, _, _, read, _ in written:
    own = line.text.split() if len(line.points) else []
    if read is not None and read != line.text:
      for wrong in places_of_wrong_words(read, line.text) or [WrongWord(0, "")]:
        where = lines[min(start + wrong.place, len(lines) - 1)]
        named.append(_named(wrong, where))
    start += len(own)
  if not named:
    return ""
  named = list(dict.fromkeys(named))
  more = len(named) - _MOST_NAMED
  return (
    f"After {best_of} pens a line, still not read as written: "
    f"{'; '.join(named[:_MOST_NAMED])}"
    f"{f'; and {more:,} more' if more > 0 else ''}. Try another "
    "--seed, or a larger --best-of."
  )


def _named(wrong: WrongWord, where: str) -> str:
  """What a person is told of a wrong word; where there is none, of its line."""
  if not wrong.word:
    return where
  return f"{'an extra ' * wrong.is_extra}{wrong.word!r} in {where}"


def _lines_of_words(sheets: Sequence[Sheet]) -> list[str]:
  """Of each word on the sheets, in order, the line with ink it stands in."""
  places = []
  for number, sheet in enumerate(sheets, start=1):
    of_sheet = f" of sheet {number}" if len(sheets) > 1 else ""
    for line, text in enumerate(filter(None, sheet.texts), start=1):
      places += [f"line {line}{of_sheet}"] * len(text.split())
  return places
