"""What the writers of all formats are told besides the sheets."""

import dataclasses
from typing import NamedTuple

import numpy as np

from graves_jax.rendering.ink import Ink, Run, runs
from graves_jax.rendering.sheet import Sheet

RULE_COLOR = "#b9cfe4"  # of what is printed on the paper
RULE_WIDTH = 0.15  # likewise, in millimeters


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plotter:
  """What a machine for G-code is told; see `gcode`.

  pen_up, pen_down: commands that lift and lower the pen, several parted by
    commas.
  feed: speed of the pen on the paper, in millimeters a minute.
  bed: width and height that the machine reaches; None is the paper's.

  Raises:
    ValueError: if the commands or the speed cannot be used.
  """

  pen_up: str = "G0 Z5"
  pen_down: str = "G1 Z0 F1000"
  feed: float = 2000.0
  bed: tuple[float, float] | None = None

  def __post_init__(self):
    for name in ("pen_up", "pen_down"):
      value = getattr(self, name)
      if not (value.strip() and value.isascii() and value.isprintable()):
        raise ValueError(
          f"{name} (={value!r}) must be commands of G-code such as 'M3 S90, "
          "G4 P0.2', parted by commas."
        )
    if not 1 <= self.feed <= 100_000:
      raise ValueError(
        f"feed (={self.feed:g}) must be from 1 to 100,000 mm a minute."
      )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawing:
  """How sheets are drawn, and what is said about them.

  text: what they say, kept in the file as its title.
  description: how they were made, such as the seed and bias; kept as well.
  ink: color and pen; plotters do not read it.
  plotter: of G-code alone.
  is_animated: whether an SVG shows the pen as it writes.
  """

  text: str = ""
  description: str = ""
  ink: Ink = Ink()
  plotter: Plotter = Plotter()
  is_animated: bool = False


class Inked(NamedTuple):
  """A run of ink, and the stroke that it is of."""

  run: Run
  stroke: int


def inked(sheet: Sheet, ink: Ink) -> list[Inked]:
  """The runs of a sheet in the order of writing."""
  return [
    Inked(run, number)
    for number, stroke in enumerate(sheet.strokes)
    for run in runs(stroke, ink, sheet.letter_height)
  ]


def stacked(sheets: list[Sheet]) -> tuple[float, float, list[float]]:
  """Width and height of sheets below one another, and the top of each."""
  tops = np.cumsum([0.0, *(sheet.height for sheet in sheets)])
  return (
    max(sheet.width for sheet in sheets),
    float(tops[-1]),
    tops[:-1].tolist(),
  )


def moved_down(sheet: Sheet, top: float) -> Sheet:
  """The sheet's ink, captions and rules, so much lower."""
  if not top:
    return sheet
  shift = np.array([0.0, top])
  return sheet._replace(
    lines=[[stroke + shift for stroke in line] for line in sheet.lines],
    captions=tuple(
      caption._replace(baseline=caption.baseline + top)
      for caption in sheet.captions
    ),
    rules=tuple(rule + shift for rule in sheet.rules),
  )
