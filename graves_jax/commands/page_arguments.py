"""The options of graves-jax sample that say how pages look."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

if TYPE_CHECKING:
  from graves_jax.rendering.drawing import Drawing
  from graves_jax.rendering.page_setup import Layout

# Endings of files that hold strokes alone, without colors or widths.
_PLAIN = (".gcode", ".hpgl", ".jsonl")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PageOptions:
  """Paper and layout of handwriting; all sizes in millimeters."""

  paper: str | None = None
  """a4, a5, a6, letter, or width and height such as 148x105: lines are as wide
  as the paper allows, and go on on further sheets. Without it, one sheet as
  large as the writing."""
  margin: float | None = None
  """On all sides (15; without --paper 3.2)."""
  letter_height: Annotated[float, tyro.conf.arg(aliases=["--font-size"])] = 4.0
  """Of tall letters, as an h."""
  line_spacing: float | None = None
  """From one baseline to the next (1.75 times the height of letters)."""
  align: Literal["left", "center", "right", "justify"] = "left"
  """Where lines stand that are shorter than others."""
  ruling: Literal["none", "ruled", "squared"] = "none"
  """What is printed on the paper, in pictures."""
  raw: tyro.conf.FlagCreatePairsOff[bool] = False
  """Leaves baselines, sizes and gaps between words as they were written; by
  default they are evened out a little."""

  def layout(self) -> "Layout":
    """Raises ValueError if a size cannot be used."""
    from graves_jax.rendering.page_setup import Layout
    from graves_jax.rendering.sheet import paper_size

    return Layout(
      paper=None if self.paper is None else paper_size(self.paper),
      margin=self.margin,
      letter_height=self.letter_height,
      line_spacing=self.line_spacing,
      align=self.align,
      ruling=self.ruling,
      raw=self.raw,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class InkOptions:
  """Pen and ink of pictures."""

  ink: str = "black"
  """black, blue, red, green, violet, brown, or #rrggbb."""
  pen: Literal["ballpoint", "fountain"] = "ballpoint"
  """ballpoint: the strokes as they are, as plotters need them; fountain:
  smooth curves, broader where the pen was slow."""
  pen_width: float | None = None
  """In millimeters (0.045 times the height of letters)."""
  animate: tyro.conf.FlagCreatePairsOff[bool] = False
  """Of an .svg: shows the pen as it writes, in browsers, without a script."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlotterOptions:
  """For .gcode files."""

  pen_up: str = "G0 Z5"
  """Commands that lift the pen, parted by commas, as "M5, G4 P0.2"."""
  pen_down: str = "G1 Z0 F1000"
  """Commands that lower it, as "M3 S90, G4 P0.2"."""
  feed: float = 2000.0
  """Speed of the pen on the paper, in millimeters a minute."""
  bed: str | None = None
  """Width and height that the machine reaches, such as 300x200; larger sheets
  are refused."""


def drawing_of(
  out: Path, page: PageOptions, ink: InkOptions, plotter: PlotterOptions
) -> "Drawing":
  """Pen, ink and plotter, for a file.

  Raises:
    ValueError: if an option cannot be used, or the file could not hold it.
  """
  from graves_jax.rendering.drawing import Drawing, Plotter
  from graves_jax.rendering.ink import Ink
  from graves_jax.rendering.sheet import paper_size

  ending = out.suffix.lower()
  if ending in _PLAIN:
    for name, is_given in (
      ("--ruling", page.ruling != "none"),
      ("--ink", ink.ink != InkOptions().ink),
      ("--pen", ink.pen != InkOptions().pen),
      ("--pen-width", ink.pen_width is not None),
    ):
      if is_given:
        raise ValueError(
          f"{name}: a {ending} file holds strokes alone; leave the option out, "
          "or write a picture."
        )
  if ink.animate and ending != ".svg":
    raise ValueError(
      f"--animate is for .svg files, and the output is {out}; .gif, .webp and "
      ".html show the pen as it writes without it."
    )
  if ending != ".gcode" and plotter != PlotterOptions():
    for field in dataclasses.fields(plotter):
      if getattr(plotter, field.name) != field.default:
        raise ValueError(
          f"--{field.name.replace('_', '-')} is for .gcode files, and the "
          f"output is {out}; leave it out, or give --out another ending."
        )
  return Drawing(
    ink=Ink(color=ink.ink, width=ink.pen_width, pen=ink.pen),
    plotter=Plotter(
      pen_up=plotter.pen_up,
      pen_down=plotter.pen_down,
      feed=plotter.feed,
      bed=None if plotter.bed is None else paper_size(plotter.bed, "bed"),
    ),
    is_animated=ink.animate,
  )
