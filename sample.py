"""Writes handwriting: python sample.py "the quick brown fox"."""

import dataclasses
import sys
import time
from pathlib import Path

import tyro
from rich.console import Console

import command_line
from graves_jax.config import DataConfig
from graves_jax.data.strokes import Line
from graves_jax.pretrained import HANDWRITING


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Writes text by hand: a PNG, an SVG ready for a plotter, or an HTML page
  that replays the pen."""

  text: tyro.conf.Positional[str] = ""
  """What to write; - reads it from standard input. Long text is wrapped."""
  out: Path = Path("handwriting.png")
  """A .png, .svg or .html file."""
  bias: float = 1.0
  """0 is as varied as real hands, 1 tidy, larger tidier (Section 5.4)."""
  style: str | None = None
  """A hand to write in: FILE.jsonl or FILE.jsonl:LINE of your own strokes, or
  a line of IAM-OnDB such as testset_v:7 (with --style-data)."""
  style_data: Path | None = None
  """Folder of IAM-OnDB's archives, for --style; by default the one that a run
  was trained on."""
  seed: int = 0
  """The same seed writes the same strokes."""
  checkpoint: Path = HANDWRITING
  """A run's folder, or one checkpoint; by default one that ships,
  trained on IAM-OnDB."""
  width: int = 45
  """Characters a line at most."""
  copies: int = 1
  """Writes the text so many times, each time in another hand."""
  attempts: int = 3
  """Tries a line whose pen does not find its end so many times."""
  length: int = 700
  """Pen points a line, for networks that write without a text."""
  window: Path | None = None
  """Also draws what the network reads as it writes (Figure 13), to a file."""
  densities: Path | None = None
  """Also draws the predicted densities (Figures 10, 14), to a file."""


def main(argv: list[str]) -> None:
  started = time.monotonic()
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from graves_jax.rendering.layout import stack
  from graves_jax.rendering.panels import check_figure_path
  from graves_jax.rendering.write import check_output_path, write

  check_output_path(arguments.out)
  for path in filter(None, (arguments.window, arguments.densities)):
    check_figure_path(path)
  text = sys.stdin.read() if arguments.text == "-" else arguments.text
  writer, data = load_writer(arguments.checkpoint)
  if arguments.window and not writer.reads:
    raise ValueError("--window: a prediction network has no window to draw.")
  style = load_style(arguments, writer, data)
  with console.status("Writing"):
    lines = write_lines(writer, arguments, text, style, console)
  settings = f"bias {arguments.bias:g}, seed {arguments.seed}"
  page = stack([line.points for line in lines])
  write(arguments.out, page, text=text, description=settings)
  points = sum(len(line.points) for line in lines)
  seconds = time.monotonic() - started
  console.print(
    f"{arguments.out}: {len(lines)} line{'s' * (len(lines) > 1)}, {points:,} "
    f"points, {settings}, {seconds:.1f} s",
    markup=False,
    highlight=False,
    soft_wrap=True,
  )
  draw_figures(writer, lines, style, arguments)


def load_writer(checkpoint: Path):
  """A checkpoint's writer, and the settings of the data it was trained on."""
  import jax

  from graves_jax.networks.build import build_network
  from graves_jax.sampling.writer import Writer
  from graves_jax.training.checkpoints import restore_checkpoint

  command_line.use_compilation_cache()
  params, metadata = restore_checkpoint(checkpoint)
  network = build_network(metadata.config.network, metadata.alphabet.size)
  writer = Writer.of(network, jax.device_put(params), metadata)
  return writer, metadata.config.data


def write_lines(
  writer,
  arguments: Arguments,
  text: str,
  style: Line | None,
  console: Console,
) -> list[Line]:
  if not 1 <= arguments.copies <= 1000:
    raise ValueError(f"copies (={arguments.copies}) must be from 1 to 1,000.")
  options = {"seed": arguments.seed, "bias": arguments.bias}
  if not writer.reads:
    if text:
      raise ValueError(
        f"{arguments.checkpoint} holds a prediction network, which writes no "
        "given text; leave the text out, or give a synthesis network."
      )
    return writer.scribble(arguments.length, lines=arguments.copies, **options)
  options |= {"style": style, "attempts": arguments.attempts}
  written = []
  if arguments.copies > 1 and len(text.strip()) <= arguments.width:
    written = writer.write(
      [" ".join(text.split())] * arguments.copies, **options
    )
  else:
    for copy in range(arguments.copies):
      options["seed"] = arguments.seed + copy
      written += writer.write_wrapped(text, width=arguments.width, **options)
  for number, (line, is_finished) in enumerate(written, start=1):
    if not is_finished:
      console.print(
        f"Line {number} ({line.text!r}): the pen did not find the end of the "
        f"text in {arguments.attempts} attempts and was stopped after "
        f"{len(line.points):,} points; try another --seed or a larger --bias.",
        markup=False,
        highlight=False,
      )
  return [line for line, _ in written]


def load_style(arguments: Arguments, writer, data: DataConfig) -> Line | None:
  """The line that --style names; IAM-OnDB's from where `data` has them."""
  if arguments.style is None:
    return None
  from graves_jax.data.sources import iam_ondb, stroke_file
  from graves_jax.sampling.style import fit_style

  name, _, number = arguments.style.rpartition(":")
  if not number.isdecimal():
    name, number = arguments.style, "0"
  if name in iam_ondb.SPLITS:
    archives = arguments.style_data or Path(data.path or "").expanduser()
    if not (arguments.style_data or (data.path and archives.is_dir())):
      raise ValueError(
        f"--style {arguments.style} is a line of IAM-OnDB; name the folder of "
        "its archives with --style-data."
      )
    lines = iam_ondb.load(archives, name, data.prepared_dir)
  else:
    splits = stroke_file.read_stroke_file(Path(name))
    lines = [line for split in splits.values() for line in split]
  if int(number) >= len(lines):
    raise ValueError(
      f"--style {arguments.style}: {name} has the lines 0 to {len(lines) - 1}."
    )
  return fit_style(
    lines[int(number)], writer.normalization, writer.points_per_character
  )


def draw_figures(
  writer, lines: list[Line], style: Line | None, arguments: Arguments
) -> None:
  from graves_jax.rendering.figures import write_attention, write_densities

  line = lines[0]
  if arguments.window:
    phi = writer.trace_window(line, style)
    write_attention(arguments.window, phi, line.text, line.points)
  if arguments.densities:
    mixtures = writer.trace_densities(line, style)
    write_densities(arguments.densities, line.points, *mixtures)


if __name__ == "__main__":
  command_line.run(main)
