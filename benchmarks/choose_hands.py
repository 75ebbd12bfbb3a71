"""Chooses hands to ship, of lines that the weights that ship wrote.

Hands are for priming, so they must be read without error, prime well, and
differ. First candidates: lines of one text by many seeds, of which those are
kept that the reader reads; the file named is written if it is not there.

  choose_hands.py candidates.jsonl

Of them the most different ones are taken, each by farthest-point choice over
what is measured of a hand, and each writes two other lines, the best of four
pens at bias 1. A row of the table has a hand's measures, in standard deviations
of all candidates, the edits that the ranker needs to read what was written in
it, and how far the measures are from its own, by the same scale. The picture
shows each hand, and a line written in it.

Then by eye, and a sheet of the hands that ship:

  choose_hands.py candidates.jsonl --take neat=0.6-3-57 joined=... --out FILE
  choose_hands.py --sheet docs/hands.png
"""

import dataclasses
from pathlib import Path

import launch
import numpy as np
import tyro
from ranges import require_least
from rich.console import Console
from rich.table import Table

# Nineteen letters, tall ones and tails; no capitals, which are printed even in
# joined hands, and so make hands alike.
TEXT = "my friend is walking by the open sea"
TRIALS = (
  "the quick brown fox jumps over it",
  "and what he said was kept a secret",
)
SHOWN = "a letter from the seaside"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Writes candidates, draws the most different ones, keeps those named."""

  candidates: tyro.conf.Positional[Path] = Path("candidates.jsonl")
  """A stroke file of candidates, written if there is none."""
  bias: tuple[float, ...] = (0.0, 0.3, 0.6)
  """Of the candidates."""
  seeds: int = 4
  """Of each bias."""
  lines: int = 128
  """Of each seed."""
  shown: int = 40
  """So many of the most different ones are tried and drawn."""
  only: tuple[str, ...] = ()
  """Candidates to try and draw in place of those."""
  take: tuple[str, ...] = ()
  """NAME=CANDIDATE, the hands to keep, in order, by eye."""
  out: Path | None = None
  """With --take: the stroke file of the hands, in whole pen units."""
  sheet: Path | None = None
  """Draws all hands that ship, each writing the same line, and nothing else."""

  def __post_init__(self):
    require_least(self, seeds=1, lines=1, shown=2)
    if bool(self.take) != (self.out is not None):
      raise ValueError("--take and --out go together.")


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from hand_measures import measure_hand

  from graves_jax.data.sources.stroke_file import (
    read_stroke_file,
    write_stroke_file,
  )

  path = arguments.candidates
  if arguments.sheet is not None:
    draw_sheet(arguments.sheet)
    return
  if not path.exists():
    write_stroke_file(path, {"train": write_candidates(arguments, console)})
  splits = read_stroke_file(path)
  lines = splits["train"] + splits["validation"]
  if arguments.take:
    named = {line.name: line for line in lines}
    pairs = [pair.split("=") for pair in arguments.take]
    write_hands(arguments.out, {name: named[place] for name, place in pairs})
    return
  hands = np.array([measure_hand(line) for line in lines])
  scaled = (hands - np.median(hands, axis=0)) / hands.std(axis=0)
  chosen = farthest(np.clip(scaled, -3, 3), arguments.shown)
  if arguments.only:
    names = [line.name for line in lines]
    chosen = [names.index(name) for name in arguments.only]
  try_hands(
    [lines[k] for k in chosen], scaled[chosen], hands.std(axis=0), console, path
  )


def write_candidates(arguments: Arguments, console: Console):
  """Lines that came out finished and are read as their text."""
  from real_styles import shipped_writer

  from graves_jax.checkpoints.readers import load_reader

  writer, reader, kept = shipped_writer(), load_reader(), []
  texts = [TEXT] * arguments.lines
  for bias in arguments.bias:
    for seed in range(arguments.seeds):
      with console.status(f"Bias {bias:g}, seed {seed}"):
        written = writer.write(texts, seed=seed, bias=bias)
        judged = reader.judge([each.line for each in written])
      read = [
        each.line._replace(name=f"{bias:g}-{seed}-{each.line.name}")
        for each, found in zip(written, judged, strict=True)
        if each.is_finished and not found.edits
      ]
      console.print(f"bias {bias:g}, seed {seed}: {len(read)} read")
      kept += read
  return kept


def farthest(points: np.ndarray, count: int) -> list[int]:
  """Numbers of points [N, D], each as far as can be from those before it; the
  first is the one nearest to the middle."""
  chosen = [int(np.linalg.norm(points, axis=1).argmin())]
  away = np.full(len(points), np.inf)
  while len(chosen) < min(count, len(points)):
    last = np.linalg.norm(points - points[chosen[-1]], axis=1)
    away = np.minimum(away, last)
    chosen.append(int(away.argmax()))
  return chosen


def try_hands(lines, scaled, spread, console: Console, path: Path) -> None:
  """Writes in each hand; prints what is measured, and draws it all."""
  from hand_measures import Hand, measure_hand
  from real_styles import shipped_writer

  from graves_jax.checkpoints.readers import load_ranker
  from graves_jax.rendering.layout import grid
  from graves_jax.rendering.png import write_png
  from graves_jax.rendering.sheet import sheet_around
  from graves_jax.sampling.ranking import choose

  writer, ranker = shipped_writer(), load_ranker()
  styles = [line for line in lines for _ in TRIALS]
  groups = writer.write_with_pens(
    list(TRIALS) * len(lines), styles, pens=4, bias=1.0
  )
  best = [choice.pen.line for choice in choose(groups, ranker)]
  edits = [found.edits for found in ranker.judge(best)]
  table = Table(title=f"{len(lines)} hands")
  for name in ("hand", *Hand._fields, "edits", "drift"):
    table.add_column(name)
  drawn, captions = [], []
  for k, line in enumerate(lines):
    own = range(k * len(TRIALS), (k + 1) * len(TRIALS))
    drifts = [
      np.abs(np.subtract(measure_hand(best[j]), measure_hand(line)) / spread)
      for j in own
    ]
    figures = [*(f"{value:+.1f}" for value in scaled[k])]
    figures += [str(sum(edits[j] for j in own)), f"{np.mean(drifts):.1f}"]
    table.add_row(line.name, *figures)
    captions += [f"{line.name}  {' '.join(figures)}", ""]
    drawn += [line.points, best[own[0]].points]
  console.print(table)
  page, printed = grid(drawn, captions, columns=2)
  picture = path.with_suffix(".png")
  write_png(picture, [sheet_around(page, printed)])
  console.print(f"{picture}: a hand, and a line written in it, in each row")


def draw_sheet(path: Path) -> None:
  """Draws the hands that ship, with their names."""
  from real_styles import shipped_writer

  from graves_jax.checkpoints.readers import load_ranker
  from graves_jax.data.sources.hands import load_hands
  from graves_jax.rendering.layout import grid
  from graves_jax.rendering.png import write_png
  from graves_jax.rendering.sheet import sheet_around

  hands = load_hands()
  written = shipped_writer().write(
    [SHOWN] * len(hands),
    style=list(hands.values()),
    bias=1.0,
    best_of=4,
    ranker=load_ranker(),
  )
  lines = [each.line.points for each in written]
  page, captions = grid(lines, list(hands), columns=2)
  captions = [caption._replace(size=1.7 * caption.size) for caption in captions]
  write_png(path, [sheet_around(page, captions)])


def write_hands(path, hands) -> None:
  """Writes named hands as a stroke file."""
  from graves_jax.data.sources.stroke_file import write_stroke_file
  from graves_jax.data.strokes import offsets_from_strokes, strokes_from_offsets

  lines = []
  for name, line in hands.items():
    strokes = [np.rint(s) for s in strokes_from_offsets(line.points)]
    lines.append(line._replace(points=offsets_from_strokes(strokes), name=name))
  write_stroke_file(path, {"train": lines})


if __name__ == "__main__":
  launch.run(main)
