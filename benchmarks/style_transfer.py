"""How much of a hand the writing takes over: style_transfer.py DATA.

Primes the weights that ship with one real line after another, writes the same
text after each, and correlates, over the styles, what is measured of the line
that was written with the same of its style. 1 is a hand taken over, 0 none of
it; the line under each coefficient's name says what is measured.
"""

import dataclasses
from pathlib import Path

import launch
import numpy as np
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.table import Table

MEASURES = {
  "size": "height of the letters: spread of y about the slope of the line",
  "slant": "mean direction of the long downstrokes",
  "pace": "mean distance of neighboring points",
  "width": "advance a character",
  "lifts": "strokes a character: joined or separate letters",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Writes one text in many hands; the last line printed is JSON."""

  data: tyro.conf.Positional[Path]
  """A folder of IAM-OnDB's archives, or a stroke file."""
  styles: int = 20
  """Validation lines, spread over all."""
  text: str = "the hand that wrote this line"
  """What to write after each."""
  bias: tuple[float, ...] = (1.0, 0.0)
  """Each is a row of the table; 1 is what sample.py writes with."""
  longest: int = 900
  """Lines of more points are not taken as styles."""

  def __post_init__(self):
    require_least(self, styles=3, longest=100)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from real_styles import real_lines, shipped_writer, spread

  lines = real_lines(arguments.data, "validation")
  lines = [line for line in lines if len(line.points) <= arguments.longest]
  styles = spread(lines, arguments.styles)
  writer = shipped_writer()
  table = Table(title=f"{len(styles)} styles: correlation of line and style")
  for name in ("bias", *MEASURES):
    table.add_column(name)
  of_styles = np.array([measure(style) for style in styles])
  found = {}
  for bias in arguments.bias:
    with console.status(f"Writing with bias {bias:g}"):
      written = write_after(writer, styles, arguments.text, bias)
    of_lines = np.array([measure(line) for line in written])
    found[f"{bias:g}"] = [
      rounded(float(np.corrcoef(one, other)[0, 1]))
      for one, other in zip(of_styles.T, of_lines.T, strict=True)
    ]
    table.add_row(f"{bias:g}", *(f"{r:.2f}" for r in found[f"{bias:g}"]))
  console.print(table)
  for name, meaning in MEASURES.items():
    console.print(f"{name}: {meaning}")
  print_json(
    {"styles": len(styles), "measures": list(MEASURES), "correlation": found}
  )


def write_after(writer, styles, text: str, bias: float):
  """One line after each style, all in one batch, with the seed 0."""
  import jax

  from graves_jax.data.strokes import Line
  from graves_jax.layers.window_lstm import Text
  from graves_jax.sampling.handwriting import SampleInputs, sample_handwriting

  rows = len(styles)
  primes = [writer.normalization.normalize(style.points) for style in styles]
  texts = [f"{style.text.rstrip()} {text}" for style in styles]
  starts = np.array(list(map(len, primes)), np.int32)
  most = round(2 * writer.points_per_character * len(text))
  points = np.zeros((starts.max() + most, rows, 3), np.float32)
  lengths = np.array(list(map(len, texts)), np.int32)
  characters = np.zeros((rows, lengths.max()), np.int32)
  for row, (prime, written) in enumerate(zip(primes, texts, strict=True)):
    points[: len(prime), row] = prime
    characters[row, : len(written)] = writer.alphabet.encode(written)
  mask = np.arange(lengths.max()) < lengths[:, None]
  sampled = sample_handwriting(
    writer.network,
    writer.params,
    SampleInputs(
      keys=jax.random.split(jax.random.key(0), rows),
      bias=np.full(rows, bias, np.float32),
      points=points,
      prime_lengths=starts,
      limits=starts + most,
      text=Text(characters, mask.astype(np.float32)),
      text_lengths=lengths,
      rest=np.float32(
        -writer.normalization.mean[0] / writer.normalization.std[0]
      ),
    ),
    sigma_floor=writer.sigma_floor,
  )
  points, ends = np.asarray(sampled.points), np.asarray(sampled.lengths)
  lines = []
  for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
    # The first element is the way from the style to the line.
    pen = writer.normalization.denormalize(points[start + 1 : end, row])
    lines.append(Line(pen, text, str(row)))
  return lines


def measure(line) -> tuple[float, ...]:
  """What `MEASURES` names, of one line, in pen units and radians."""
  from graves_jax.data.strokes import strokes_from_offsets

  strokes = [s for s in strokes_from_offsets(line.points) if len(s) > 1]
  x, y = np.concatenate(strokes).T
  steps = np.concatenate([np.diff(stroke, axis=0) for stroke in strokes])
  lengths = np.hypot(*steps.T)
  slope = np.polyfit(x, y, 1)
  down = steps[steps[:, 1] > 1.5 * np.abs(steps[:, 0])]
  across, along = down.sum(axis=0)
  characters = len(line.text.strip())
  return (
    float(np.std(y - np.polyval(slope, x))),
    float(np.arctan2(across, along)),
    float(lengths.mean()),
    float(np.ptp(x) / characters),
    (line.points[:, 2] > 0.5).sum() / characters,
  )


if __name__ == "__main__":
  launch.run(main)
