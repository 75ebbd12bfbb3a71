"""The part of sample.py that writes by hand."""

import dataclasses
import time
from pathlib import Path

import jax
from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands import command_line
from graves_jax.commands.sample_arguments import Arguments, HandwritingOptions
from graves_jax.config import DataConfig
from graves_jax.data import plain_text
from graves_jax.data.strokes import Line
from graves_jax.fast.kernels.library import Kernels
from graves_jax.networks.build import build_network
from graves_jax.rendering.layout import stack
from graves_jax.rendering.panels import check_figure_path
from graves_jax.rendering.write import check_output_path, write
from graves_jax.sampling.transcript import fit_text, name_replaced
from graves_jax.sampling.writer import Writer, Written

OUT = Path("handwriting.png")
LENGTH = 700


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
  text = plain_text.decode(
    *command_line.given_bytes(arguments.text, "the text")
  )
  params, metadata, *_ = restored
  network = build_network(
    metadata.config.network, metadata.codec.size, kernels=kernels
  )
  writer = Writer.of(network, jax.device_put(params), metadata)
  writer = dataclasses.replace(writer, stop=options.stop)
  if options.window and not writer.reads:
    raise ValueError("--window: a prediction network has no window to draw.")
  if writer.reads:
    text, replaced = fit_text(text, writer.alphabet, arguments.strict)
    if replaced:
      command_line.say(name_replaced(replaced))
  style = load_style(options, writer, metadata.config.data)
  with console.status("Writing"):
    written = write_lines(writer, arguments, text, style, console)
  lines = [each.line for each in written]
  settings = f"bias {options.bias:g}, seed {arguments.seed}"
  page = stack([line.points for line in lines])
  write(out, page, text=text, description=settings)
  points = sum(len(line.points) for line in lines)
  inked = [each for each in written if len(each.line.points)]
  seconds = time.monotonic() - started
  console.print(
    f"{out}: {len(inked)} line{'s' * (len(inked) > 1)}, {points:,} points, "
    f"{settings}, {seconds:.1f} s",
    markup=False,
    highlight=False,
    soft_wrap=True,
  )
  draw_figures(writer, inked[0], options)


def write_lines(
  writer: Writer,
  arguments: Arguments,
  text: str,
  style: Line | None,
  console: Console,
) -> list[Written]:
  if not 1 <= arguments.copies <= 1000:
    raise ValueError(f"copies (={arguments.copies}) must be from 1 to 1,000.")
  given = arguments.for_handwriting
  options = {"seed": arguments.seed, "bias": given.bias}
  if not writer.reads:
    if text:
      raise ValueError(
        f"{arguments.checkpoint} holds a prediction network, which writes no "
        "given text; leave the text out, or give a synthesis network."
      )
    length = LENGTH if arguments.length is None else arguments.length
    lines = writer.scribble(length, lines=arguments.copies, **options)
    return [Written(line, True) for line in lines]
  options |= {"style": style, "attempts": given.attempts}
  written = []
  if arguments.copies > 1 and "\n" not in text and len(text) <= given.width:
    written = writer.write([text] * arguments.copies, **options)
  else:
    for copy in range(arguments.copies):
      options["seed"] = arguments.seed + copy
      written += writer.write_wrapped(text, width=given.width, **options)
  inked = [each for each in written if len(each.line.points)]
  for number, (line, is_finished, _) in enumerate(inked, start=1):
    if not is_finished:
      console.print(
        f"Line {number} ({line.text!r}): the pen skipped characters or did not "
        f"find the end of the text in {given.attempts} attempts, and was "
        f"stopped after {len(line.points):,} points; try another --seed or a "
        "larger --bias.",
        markup=False,
        highlight=False,
      )
  return written


def load_style(
  options: HandwritingOptions, writer: Writer, data: DataConfig
) -> Line | None:
  """The line that --style names; IAM-OnDB's from where `data` has them."""
  if options.style is None:
    return None
  from graves_jax.data.sources import stroke_file
  from graves_jax.data.sources.iam_ondb import prepared as iam_ondb
  from graves_jax.sampling.style import fit_style

  name, _, number = options.style.rpartition(":")
  if not number.isdecimal():
    name, number = options.style, "0"
  if name in iam_ondb.SPLITS:
    archives = options.style_data or Path(data.path or "").expanduser()
    if not (options.style_data or (data.path and archives.is_dir())):
      raise ValueError(
        f"--style {options.style} is a line of IAM-OnDB; name the folder of "
        "its archives with --style-data."
      )
    lines = iam_ondb.load(archives, name, data.prepared_dir)
  else:
    splits = stroke_file.read_stroke_file(Path(name))
    lines = [line for split in splits.values() for line in split]
  if int(number) >= len(lines):
    raise ValueError(
      f"--style {options.style}: {name} has the lines 0 to {len(lines) - 1}."
    )
  return fit_style(
    lines[int(number)], writer.normalization, writer.points_per_character
  )


def draw_figures(
  writer: Writer, written: Written, options: HandwritingOptions
) -> None:
  from graves_jax.rendering.figures import write_attention, write_densities

  line, _, style = written
  if options.window:
    phi = writer.trace_window(line, style)
    write_attention(options.window, phi, line.text, line.points)
  if options.densities:
    mixtures = writer.trace_densities(line, style)
    write_densities(options.densities, line.points, *mixtures)
