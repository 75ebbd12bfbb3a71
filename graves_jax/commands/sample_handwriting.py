"""The part of graves-jax sample that writes by hand."""

import dataclasses
import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands import command_line
from graves_jax.commands.page_arguments import drawing_of
from graves_jax.commands.ranking import load_ranker, name_misread
from graves_jax.commands.sample_arguments import Arguments, HandwritingOptions
from graves_jax.commands.styles import load_styles
from graves_jax.commands.telling import tell
from graves_jax.data import plain_text
from graves_jax.data.strokes import Line
from graves_jax.data.words import paragraphs_of, words_of
from graves_jax.fast.kernels.library import Kernels
from graves_jax.rendering.letter import set_letter
from graves_jax.rendering.page_setup import Layout
from graves_jax.rendering.panels import check_figure_path
from graves_jax.rendering.sheet import Sheet
from graves_jax.rendering.write import check_output_path, write
from graves_jax.sampling.attempts import Written
from graves_jax.sampling.transcript import fit_text, name_replaced
from graves_jax.sampling.writer import HandwritingWriter

OUT = Path("handwriting.png")
LENGTH = 700
WIDTH = 45  # characters of a line


def write_by_hand(
  arguments: Arguments, restored: Restored, kernels: Kernels | None
) -> None:
  """Writes the text with the pen of a handwriting network, to a file.

  Args:
    arguments: of the command.
    restored: the checkpoint.
    kernels: to write with, where they fit.

  Raises:
    ValueError, OSError: if an argument cannot be used.
  """
  started, console = time.monotonic(), Console()
  options, out = arguments.for_handwriting, arguments.out or OUT
  check_output_path(out)
  for path in filter(None, (options.window, options.densities)):
    check_figure_path(path)
  require_different_files(out, options)
  layout = arguments.page.layout()
  if layout.paper and options.width is not None:
    raise ValueError(
      "--width: with --paper, lines are as wide as the paper between its "
      "margins; leave one of the two out, or set --margin."
    )
  drawing = drawing_of(out, arguments.page, arguments.ink, arguments.plotter)
  text = plain_text.decode(
    *command_line.given_bytes(arguments.text, "the text")
  )
  writer = HandwritingWriter.from_checkpoint(restored, kernels)
  writer = dataclasses.replace(writer, stop=options.stop)
  if options.window and not writer.reads:
    raise ValueError("--window: a prediction network has no window to draw.")
  if writer.reads:
    text, replaced = fit_text(text, writer.alphabet, arguments.strict)
    if replaced:
      command_line.say(name_replaced(replaced))
  config, _ = restored.metadata.of_handwriting()
  styles = load_styles(arguments, writer, config.data, console)
  with console.status("Writing"):
    copies = write_lines(writer, arguments, text, styles, console)
  settings = f"bias {options.bias:g}, seed {arguments.seed}"
  sheets = set_copies(copies, text, layout)
  write(
    out,
    sheets,
    dataclasses.replace(drawing, text=text, description=settings),
  )
  written = [each for copy in copies for each in copy]
  if misread := name_misread(written, sheets, options.best_of):
    tell(console, misread)
  inked = [each for each in written if len(each.line.points)]
  points = sum(len(each.line.points) for each in inked)
  lines = sum(bool(line) for sheet in sheets for line in sheet.lines)
  on_sheets = f"{len(sheets)} sheets, " if len(sheets) > 1 else ""
  seconds = time.monotonic() - started
  tell(
    console,
    f"{out}: {on_sheets}{lines} line{'s' * (lines > 1)}, {points:,} points, "
    f"{settings}, {seconds:.1f} s",
  )
  draw_figures(writer, inked[0], options, console)


def require_different_files(out: Path, options: HandwritingOptions) -> None:
  """Raises ValueError if a figure would replace the writing, or the other."""
  files = {
    "--out": out,
    "--window": options.window,
    "--densities": options.densities,
  }
  options_by_file: dict[Path, str] = {}
  for option, path in files.items():
    if path is None:
      continue
    other = options_by_file.setdefault(path.resolve(), option)
    if other != option:
      raise ValueError(
        f"{other} and {option} are the same file, {path}; give each its own."
      )


def set_copies(
  copies: list[list[Written]], text: str, layout: Layout
) -> list[Sheet]:
  """Sets what was written on sheets; copies of a letter begin new ones."""
  letters = []
  for copy in copies:
    lines = [words_of(each.line, each.places) for each in copy]
    widths = [len("".join(each.line.text.split())) for each in copy]
    letters.append(paragraphs_of(text, lines, widths))
  if layout.paper is None or all(len(copy) == 1 for copy in copies):
    letters = [[paragraph for letter in letters for paragraph in letter]]
  return [sheet for letter in letters for sheet in set_letter(letter, layout)]


def write_lines(
  writer: HandwritingWriter,
  arguments: Arguments,
  text: str,
  styles: Sequence[Line],
  console: Console,
) -> list[list[Written]]:
  """Writes the text so many times, in these styles in turn if there are any;
  each copy is its lines, blank ones too."""
  given = arguments.for_handwriting
  options: dict[str, Any] = {"seed": arguments.seed, "bias": given.bias}
  if not writer.reads:
    if text:
      raise ValueError(
        f"{arguments.checkpoint} holds a prediction network, which writes no "
        "given text; leave the text out, or give a synthesis network."
      )
    length = LENGTH if arguments.length is None else arguments.length
    lines = writer.scribble(length, lines=arguments.copies, **options)
    return [[Written(line, True)] for line in lines]
  in_turn = itertools.cycle(styles) if styles else itertools.repeat(None)
  styles_of_copies = list(itertools.islice(in_turn, arguments.copies))
  options |= {"attempts": given.attempts}
  options |= {"best_of": given.best_of}
  options |= {"ranker": load_ranker(given, text, console)}
  width = WIDTH if given.width is None else given.width
  if arguments.copies > 1 and "\n" not in text and len(text) <= width:
    options["style"] = styles_of_copies if styles else None
    written = writer.write([text] * arguments.copies, **options)
    copies = [[each] for each in written]
  else:
    copies = []
    for copy, style in enumerate(styles_of_copies):
      options |= {"seed": arguments.seed + copy, "style": style}
      copies.append(writer.write_wrapped(text, width=width, **options))
  texts = [each for copy in copies for each in copy if each.line.text]
  for line, is_finished, *_ in texts:
    if not is_finished:
      tell(
        console,
        f"{line.text!r}: the pen skipped characters or did not "
        f"find the end of the text in {given.attempts} attempts, and was "
        f"stopped after {len(line.points):,} points; try another --seed or a "
        "larger --bias.",
      )
  return copies


def draw_figures(
  writer: HandwritingWriter,
  written: Written,
  options: HandwritingOptions,
  console: Console,
) -> None:
  """Draws what --window and --densities ask for, and names the files."""
  from graves_jax.rendering.figures import write_attention, write_densities

  line, style = written.line, written.style
  if options.window:
    with console.status("Drawing the window"):
      phi = writer.trace_window(line, style)
      write_attention(options.window, phi, line.text, line.points)
    tell(console, f"{options.window}: the window over the first line")
  if options.densities:
    with console.status("Drawing the densities"):
      arrays: Any = writer.trace_densities(line, style)
      write_densities(options.densities, line.points, *arrays)
    tell(console, f"{options.densities}: the densities over the first line")
