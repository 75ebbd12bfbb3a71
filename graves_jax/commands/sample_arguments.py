"""The options of graves-jax sample, and which network each one is for."""

import dataclasses
from pathlib import Path
from typing import Literal

import tyro

from graves_jax.commands.page_arguments import (
  InkOptions,
  PageOptions,
  PlotterOptions,
)
from graves_jax.pretrained import HANDWRITING, HANDWRITING_RANKER


@dataclasses.dataclass(frozen=True, kw_only=True)
class HandwritingOptions:
  """For networks that write by hand."""

  bias: float = 1.0
  """Section 5.4: 0 is as varied as real hands, and not always legible; 1 is
  legible, and hands still differ; up to 3 they grow alike. From 3 to 50, the
  most that is taken, nothing gets tidier."""
  hand: str | None = None
  """A hand that the network made up (docs/hands.png): neat, joined, slanted,
  upright, round, small, large, wide, narrow, tall, sharp, plain. any: whatever
  comes of the seed, which is the default of one copy."""
  style: str | None = None
  """Your hand to write in: FILE or FILE:LINE of your own ink (SVG, InkML,
  Xournal++, IAM-OnDB's own XML, a stroke file, or the lines of Quick, Draw!),
  or a line of IAM-OnDB such as testset_v:7 (with --style-data)."""
  style_text: str | None = None
  """What the ink of --style says, if its file does not say it, or not right."""
  style_data: Path | None = None
  """Folder of IAM-OnDB's archives, for --style; by default the one that a run
  was trained on."""
  width: int | None = None
  """Characters a line at most (45), for writing without --paper."""
  attempts: int = 3
  """Tries a line whose pen does not find its end, or skips a character, so many
  times."""
  best_of: int = 4
  """So many pens write each line, and the one is kept that a reader reads as
  the text; 1 writes each line once. With the same seed and the same number it
  writes the same."""
  ranker: Path = HANDWRITING_RANKER
  """That reader: a run's folder, one checkpoint, or a name of weights that
  ship; by default handwriting_ranker. Without it, the pen is kept by which
  the fewest characters were skipped or dwelt on."""
  stop: Literal["stroke", "paper"] = "stroke"
  """When a line ends: paper: as soon as the network has read past its end
  (Section 5.3); stroke: when the stroke under way is finished then."""
  window: Path | None = None
  """Also draws what the network reads as it writes (Figure 13), to a file."""
  densities: Path | None = None
  """Also draws the predicted densities (Figures 10, 14), to a file."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextOptions:
  """For networks that write text."""

  temperature: float = 1.0
  """1 is as varied as the training text, less is surer; 0 always takes the
  most probable symbol."""
  top_k: int | None = None
  """Draws among so many of the most probable symbols only."""
  prime: str = ""
  """Text to go on from; - reads it from standard input."""
  novel: tyro.conf.FlagCreatePairsOff[bool] = False
  """Prints only whole lines that the training text does not have, each once."""
  training_text: Path | None = None
  """With --novel: where the training text lies now, if it was moved."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Writes with a trained network: a given text by hand, as a picture, pages
  to print, or strokes for a plotter; or text of its own, to standard output.

  graves-jax sample "dear reader"

  graves-jax sample - --paper a5 --out letter.pdf < letter.txt

  graves-jax sample "dear reader" --seed 7 --pen fountain --ink blue
  """

  text: tyro.conf.Positional[str] = ""
  """What to write by hand; - reads it from standard input. Long text is
  wrapped."""
  checkpoint: Path = HANDWRITING
  """A run's folder, one checkpoint, or a name of weights that ship: handwriting
  (the default, trained on IAM-OnDB), synthetic, or stdlib, which writes
  Python."""
  out: Path | None = None
  """By hand, the ending says the format (handwriting.png): pictures .png .svg
  .pdf, the pen as it writes .gif .webp .html, for plotters .svg .gcode .hpgl,
  strokes .jsonl. Text: a .txt file to write to as well."""
  length: int | None = None
  """Text: symbols (1000). By hand: pen points a line (700), for networks that
  write without a given text."""
  copies: int = 1
  """Writes so many times: in each of the hands that --hand knows, or by another
  seed; or another text."""
  seed: int = 0
  """The same seed writes the same."""
  strict: tyro.conf.FlagCreatePairsOff[bool] = False
  """Refuses characters of a given text that the network does not know, in
  place of writing near ones (' for ’, e for é)."""
  draw_weights: int | None = None
  """After training with weight noise: writes with weights drawn from a seed,
  not with their means."""
  for_handwriting: tyro.conf.OmitArgPrefixes[HandwritingOptions] = (
    HandwritingOptions()
  )
  page: tyro.conf.OmitArgPrefixes[PageOptions] = PageOptions()
  ink: tyro.conf.OmitArgPrefixes[InkOptions] = InkOptions()
  plotter: tyro.conf.OmitArgPrefixes[PlotterOptions] = PlotterOptions()
  for_text: tyro.conf.OmitArgPrefixes[TextOptions] = TextOptions()


def refuse_options_of_others(
  argv: list[str], checkpoint: Path, kind: str
) -> None:
  """Refuses options that a network of this kind would not read.

  Args:
    argv: the command line.
    checkpoint: its path.
    kind: "handwriting", "text" or "reading".

  Raises:
    ValueError: names the first such option; or the network writes nothing.
  """
  if kind == "reading":
    raise ValueError(
      f"{checkpoint} holds a reader of handwriting, which writes nothing; give "
      "--checkpoint a network that writes, or leave it out."
    )
  by_hand = (HandwritingOptions, PageOptions, InkOptions, PlotterOptions)
  options = {"handwriting": (TextOptions,), "text": by_hand}[kind]
  others = {
    _flag(field.name)
    for group in options
    for field in dataclasses.fields(group)
  }
  if PageOptions in options:
    others.add("--font-size")  # the other name of --letter-height
  for word in argv[: argv.index("--")] if "--" in argv else argv:
    option = _flag(word.partition("=")[0].removeprefix("--"))
    if word.startswith("--") and option in others:
      raise ValueError(
        f"{option}: {checkpoint} holds a {kind} network, which does not read "
        "this option; leave it out, or give another --checkpoint."
      )


def _flag(name: str) -> str:
  return "--" + name.replace("_", "-")
