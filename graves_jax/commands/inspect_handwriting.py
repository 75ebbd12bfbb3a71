"""The part of graves-jax inspect that reads what a network writes by hand."""

from typing import Any

from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands import command_line
from graves_jax.commands.console import loading
from graves_jax.commands.inspect import Arguments, most_kept, name_units
from graves_jax.commands.notices import iam_notice
from graves_jax.data import plain_text
from graves_jax.data.sources.text_blocks import require_text_file
from graves_jax.inspection import handwriting as inspection
from graves_jax.inspection.handwriting import WrittenLine
from graves_jax.inspection.survey import Findings
from graves_jax.pretrained import find
from graves_jax.rendering.inside_page import ShownLine
from graves_jax.sampling.transcript import fit_text, name_replaced
from graves_jax.sampling.writer import HandwritingWriter

LINES = (
  "the quick brown fox jumps over the lazy dog",
  "a network wrote these lines, letter by letter,",
  "and the colors tell what one of its cells did",
  "From Monday to Friday we were all at home.",
  "She thanked him, and he went back to his books.",
)
_MOST_LINES = 200
_POINTS = 700  # of a line that says nothing given
_ATTEMPTS = 3


def inspect_handwriting(
  arguments: Arguments, restored: Restored, console: Console
) -> tuple[Findings, list[ShownLine], dict[str, str]]:
  """Lets the network write lines, and reads them.

  Returns:
    What was found, what the page shows, and what it says of it.

  Raises:
    ValueError, OSError: if the text cannot be written.
  """
  writer = HandwritingWriter.from_checkpoint(restored)
  lines = write_lines(arguments, writer, console)
  units = sum(writer.network.hidden)
  keep = most_kept(arguments, units)
  with loading(console, "Reading") as progress:
    found = inspection.inspect_handwriting(writer, lines, keep, progress)
  shown = [
    ShownLine(each.line.text.strip(), each.line.points, each.places)
    for each in found.lines
  ]
  findings = found.findings
  about = (
    f"{name_units(findings.layers)} wrote {len(lines)} lines by hand. Shown "
    f"are the first {len(shown)} ({len(findings.values):,} points), in colors "
    "of one unit: tanh of its cell, in 8 bits. Correlations and gates are of "
    f"all lines ({findings.steps:,} points)."
  )
  notice = iam_notice(
    find(arguments.checkpoint), "Written by weights that were"
  )
  return findings, shown, {"about": about, "notice": notice}


def write_lines(
  arguments: Arguments, writer: HandwritingWriter, console: Console
) -> list[WrittenLine]:
  """Lines with ink: of the text given, if the network writes one."""
  options: dict[str, Any] = {
    "bias": 1.0 if arguments.bias is None else arguments.bias,
    "seed": arguments.seed or 0,
  }
  if not writer.reads:
    if arguments.text is not None:
      raise ValueError(
        f"--text: {arguments.checkpoint} holds a prediction network, which "
        "writes no given text; leave it out, or give a synthesis network."
      )
    with console.status("Writing"):
      lines = writer.scribble(_POINTS, lines=len(LINES), **options)
    return _inked([WrittenLine(line, None) for line in lines], arguments)
  texts = list(LINES)
  if arguments.text is not None:
    texts = read_lines(arguments, writer)
  with console.status("Writing"):
    written = writer.write(texts, attempts=_ATTEMPTS, **options)
  return _inked(
    [WrittenLine(each.line, each.places) for each in written], arguments
  )


def _inked(lines: list[WrittenLine], arguments: Arguments) -> list[WrittenLine]:
  """The lines that have ink; ValueError if none has."""
  inked = [each for each in lines if len(each.line.points)]
  if not inked:
    raise ValueError(
      f"{arguments.checkpoint} wrote no ink; give another --seed or --text."
    )
  return inked


def read_lines(arguments: Arguments, writer: HandwritingWriter) -> list[str]:
  """The lines of --text, in characters that the network knows.

  Raises:
    ValueError, OSError: if the file cannot be read, or holds no lines to write.
  """
  path = require_text_file(arguments.text or "", "--text")
  with path.open("rb") as file:
    content = file.read(command_line.MAX_INPUT_BYTES + 1)
  if len(content) > command_line.MAX_INPUT_BYTES:
    raise ValueError(
      f"--text {path} is longer than {command_line.MAX_INPUT_BYTES:,} bytes, "
      "the most that is read; give a part of it."
    )
  text, replaced = fit_text(
    plain_text.decode(content, str(path)), writer.alphabet, False
  )
  if replaced:
    command_line.say(name_replaced(replaced))
  lines = [" ".join(line.split()) for line in text.split("\n")]
  lines = [line for line in lines if line]
  if not 1 <= len(lines) <= _MOST_LINES or max(map(len, lines)) > 100:
    raise ValueError(
      f"--text {path} must have 1 to {_MOST_LINES} lines to write, each of at "
      f"most 100 characters; it has {len(lines):,}, the longest of "
      f"{max(map(len, lines), default=0):,}."
    )
  return lines
