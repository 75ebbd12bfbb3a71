"""What graves-jax evaluate --legibility tells: tables, a figure, figures."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from graves_jax.commands.legibility_options import LegibilityOptions
from graves_jax.commands.telling import tell
from graves_jax.recognition.legibility import CLASSES, Legibility
from graves_jax.rendering.legibility import write_legibility

_USUAL_BIAS = 1.0  # of graves-jax sample
_FIELDS = {
  "character_error": "letters",
  "ratio": "ratio",
  "word_error": "words",
  "missing_word": "missing",
  "doubled_word": "doubled",
  "never_stopped": "never",
  "stopped_early": "early",
  "failed_lines": "failed",
}


class Way(NamedTuple):
  """How lines were written.

  bias: of the mixture.
  is_primed: whether each went on from a real line of another hand.
  best_of: pens of each line, of which one was kept.
  """

  bias: float
  is_primed: bool
  best_of: int


class Outcome(NamedTuple):
  """What came of it: what is read, and whether lines [B] never stopped, or
  stopped before their last character was read by the window."""

  legibility: Legibility
  never_stopped: np.ndarray
  stopped_early: np.ndarray

  @property
  def is_failed(self) -> np.ndarray:
    """Whether a word is missing or doubled, or the line did not end well."""
    words = self.legibility.is_missing | self.legibility.is_doubled
    return words | self.never_stopped | self.stopped_early


def print_tables(
  console: Console, real: Legibility, outcomes: dict[Way, Outcome]
) -> None:
  """Prints what is wrong with each way of writing, and with real lines."""
  errors = real.errors
  tell(
    console,
    f"{errors.lines:,} lines, {errors.words:,} words, {errors.characters:,} "
    "characters, read greedily, without a language model. An error is the "
    "least number of insertions, deletions and substitutions, divided by what "
    "the texts hold; the ratio is to the real lines'. A word is missing if "
    "most of its letters were not even read as others; the reader errs in "
    "that, too, as the real lines show. Letters (any characters), words: their "
    "errors. Shares of lines: a word missing, or doubled; never stopped; "
    "stopped before the window reached the last character; any of these. Free "
    "lines have no style, primed ones that of another real line.",
  )
  table, classes = (
    Table(title=title, box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    for title in (
      "In percent, but for the ratio",
      "Characters of a class not read right, in percent",
    )
  )
  for each, names in ((table, _FIELDS.values()), (classes, CLASSES)):
    each.add_column("lines", no_wrap=True)
    for name in names:
      each.add_column(name, justify="right")
  no = np.zeros(errors.lines, bool)
  rows = {"real": Outcome(real, no, no)}
  for way, outcome in outcomes.items():
    hand = "primed" if way.is_primed else "free"
    rows[f"bias {way.bias:g}, {hand}, 1 of {way.best_of}"] = outcome
  for name, outcome in rows.items():
    found = row(outcome, real)
    shares = [found[field] for field in _FIELDS]
    cells = [_percent(share) for share in shares]
    ratio = found["ratio"]
    cells[1] = "–" if ratio is None else f"{ratio:.2f}"
    table.add_row(name, *cells)
    classes.add_row(name, *map(_percent, found["classes"].values()))
  console.print(table)
  console.print(classes)


def row(outcome: Outcome, real: Legibility) -> dict[str, Any]:
  """The figures of one way of writing, errors and shares of lines."""
  read, ratio = outcome.legibility, None
  if real.errors.edits:
    ratio = read.errors.character_error / real.errors.character_error
  return {
    "character_error": read.errors.character_error,
    "ratio": ratio,
    "word_error": read.errors.word_error,
    "missing_word": float(read.is_missing.mean()),
    "doubled_word": float(read.is_doubled.mean()),
    "never_stopped": float(outcome.never_stopped.mean()),
    "stopped_early": float(outcome.stopped_early.mean()),
    "failed_lines": float(outcome.is_failed.mean()),
    "classes": {
      name: wrong / count if count else None
      for name, (wrong, count) in read.classes.items()
    },
  }


def _percent(share: float | None) -> str:
  return "–" if share is None else f"{100 * share:.1f}"


def draw(path: Path, figures: dict[str, Any]) -> None:
  """Draws the character errors over the bias.

  Args:
    path: a .png, .svg or .pdf file.
    figures: all figures by name.

  Raises:
    OSError: if the file cannot be written.
  """
  biases = list(dict.fromkeys(way["bias"] for way in figures["ways"]))
  series: dict[str, list[float]] = {}
  for way in figures["ways"]:
    hand = "primed" if way["primed"] else "unprimed"
    errors = series.setdefault(f"{hand}, best of {way['best_of']}", [])
    errors.append(way["character_error"])
  write_legibility(path, biases, series, figures["character_error_real"])


def figures(
  options: LegibilityOptions,
  split: str,
  real: Legibility,
  outcomes: dict[Way, Outcome],
) -> dict[str, Any]:
  """All figures by name: first those of the usual bias, not primed, with the
  ranking on; then those of real lines, and of all ways."""
  bias = _USUAL_BIAS if _USUAL_BIAS in options.bias else options.bias[0]
  main = Way(bias, False, options.best_of)
  no = np.zeros(real.errors.lines, bool)
  return {
    **row(outcomes[main], real),
    "character_error_real": real.errors.character_error,
    "word_error_real": real.errors.word_error,
    "bias": main.bias,
    "primed": main.is_primed,
    "best_of": main.best_of,
    "seed": options.seed,
    "split": split,
    "lines": real.errors.lines,
    "words": real.errors.words,
    "characters": real.errors.characters,
    "reader": str(options.reader),
    "ranker": str(options.ranker) if options.best_of > 1 else None,
    "real": row(Outcome(real, no, no), real),
    "ways": [
      {"bias": way.bias, "primed": way.is_primed, "best_of": way.best_of}
      | row(outcome, real)
      for way, outcome in outcomes.items()
    ],
  }
