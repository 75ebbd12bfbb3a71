"""The part of graves-jax evaluate that measures whether writing can be read."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands.console import loading
from graves_jax.commands.legibility_options import LegibilityOptions
from graves_jax.commands.legibility_report import (
  Outcome,
  Way,
  figures,
  print_tables,
)
from graves_jax.commands.ranking import open_reader
from graves_jax.commands.scored_lines import load_lines
from graves_jax.commands.telling import tell
from graves_jax.data.strokes import Alphabet, Line
from graves_jax.fast.kernels.library import Kernels
from graves_jax.pretrained import HANDWRITING_RANKER, HANDWRITING_READER
from graves_jax.recognition.legibility import measure
from graves_jax.recognition.reader import HandwritingReader
from graves_jax.rendering.panels import check_figure_path
from graves_jax.sampling.ranking import Pen, choose
from graves_jax.sampling.transcript import name_characters
from graves_jax.sampling.writer import HandwritingWriter


def score_legibility(
  arguments: Any,
  restored: Restored,
  devices: Sequence[jax.Device],
  console: Console,
  kernels: Kernels | None,
) -> dict[str, Any]:
  """Writes the texts of a split in several ways, reads them and the real
  lines, and prints how much is wrong.

  Args:
    arguments: those of graves-jax evaluate.
    restored: the checkpoint of a network that writes.
    devices: not used: one device writes.
    console: for progress and results.
    kernels: to write with, where they fit.

  Returns:
    The figures by name, and what they are of.

  Raises:
    ValueError, OSError: if an argument cannot be used.
  """
  del devices
  options: LegibilityOptions = arguments.for_legibility
  if options.figure is not None:
    check_figure_path(options.figure)
  writer = _open_writer(arguments, restored, kernels)
  reader, ranker = _open_readers(options, console)
  config, _ = restored.metadata.of_handwriting()
  lines, split = load_lines(arguments, config.data, console)
  lines = _usable(lines, [writer.alphabet, reader.alphabet], console)
  places = np.linspace(0, len(lines) - 1, options.lines or len(lines))
  lines = [lines[k] for k in np.unique(places.astype(int))]
  texts = [line.text for line in lines]
  with loading(console, "Reading real lines") as progress:
    real = measure(reader.read(lines, beam=None, progress=progress), texts)
  outcomes: dict[Way, Outcome] = {}
  total = 2 * len(options.bias) * len(lines)
  with loading(console, "Writing") as progress:
    for bias in options.bias:
      for is_primed in (False, True):
        done = len(lines) * len({way[:2] for way in outcomes})
        groups = writer.write_with_pens(
          texts,
          _others(lines) if is_primed else None,
          pens=options.best_of,
          seed=options.seed,
          bias=bias,
          progress=_from(done, total, progress),
        )
        for pens in sorted({1, options.best_of}):
          way = Way(bias, is_primed, pens)
          outcomes[way] = _read(groups, pens, reader, ranker)
  print_tables(console, real, outcomes)
  return figures(options, split, real, outcomes)


def _open_writer(
  arguments: Any, restored: Restored, kernels: Kernels | None
) -> HandwritingWriter:
  try:
    writer = HandwritingWriter.from_checkpoint(restored, kernels)
  except ValueError as error:
    raise ValueError(f"--legibility {arguments.legibility}: {error}") from None
  if not writer.reads:
    raise ValueError(
      f"--legibility: {arguments.legibility} holds a prediction network, which "
      "writes no given text; give a synthesis network."
    )
  return writer


def _open_readers(
  options: LegibilityOptions, console: Console
) -> tuple[HandwritingReader, HandwritingReader | None]:
  """The reader that measures, and the one that chooses, if it is there."""
  reader = open_reader(options.reader, "--reader", HANDWRITING_READER)
  if reader is None:
    raise FileNotFoundError(
      f"no reader's weights are at {options.reader}; train one (graves-jax "
      "train handwriting_reader), and give its folder with --reader."
    )
  if options.best_of == 1:
    return reader, None
  ranker = open_reader(options.ranker, "--ranker", HANDWRITING_RANKER)
  if ranker is None:
    tell(
      console,
      f"No reader's weights are at {options.ranker}: of the pens that one is "
      "kept which skipped no character. --ranker gives another reader.",
    )
  return reader, ranker


def _usable(
  lines: Sequence[Line], alphabets: Sequence[Alphabet], console: Console
) -> list[Line]:
  """Lines with plain spaces whose characters are all known."""
  lines = [x._replace(text=" ".join(x.text.split())) for x in lines]
  unknown = {c for a in alphabets for x in lines for c in a.unknown(x.text)}
  kept = [x for x in lines if x.text and not unknown & set(x.text)]
  named = name_characters(sorted(unknown))
  if not kept:
    raise ValueError(
      "every line has characters that the network or the reader does not "
      f"know ({named}); give a reader of the same language with --reader."
    )
  if unknown:
    tell(
      console,
      f"Lines left out, since the network or the reader does not know {named}: "
      f"{len(lines) - len(kept):,}.",
    )
  return kept


def _others(lines: Sequence[Line]) -> list[Line]:
  """A line of another place of the split for each, and so of another hand."""
  half = len(lines) // 2
  return [*lines[half:], *lines[:half]]


def _from(
  start: int, total: int, progress: Callable[[int, int], None]
) -> Callable[[int, int], None]:
  return lambda done, _: progress(start + done, total)


def _read(
  groups: Sequence[Sequence[Pen]],
  pens: int,
  reader: HandwritingReader,
  ranker: HandwritingReader | None,
) -> Outcome:
  """Reads what the first so many pens wrote."""
  kept = [group[0] for group in groups]
  if pens > 1:
    kept = [x.pen for x in choose([group[:pens] for group in groups], ranker)]
  lines = [pen.line for pen in kept]
  return Outcome(
    measure(reader.read(lines, beam=None), [line.text for line in lines]),
    np.array([not pen.has_stopped for pen in kept]),
    np.array([pen.has_stopped and not pen.has_read_its_end for pen in kept]),
  )
