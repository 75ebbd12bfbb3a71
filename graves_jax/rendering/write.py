"""Writes sheets of handwriting in the format that the file's ending names."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from graves_jax.rendering.animation import write_animation
from graves_jax.rendering.drawing import Drawing
from graves_jax.rendering.files import check_writable
from graves_jax.rendering.html import write_html
from graves_jax.rendering.layout import stack
from graves_jax.rendering.pdf import write_pdf
from graves_jax.rendering.plotter import write_gcode, write_hpgl
from graves_jax.rendering.png import write_png
from graves_jax.rendering.sheet import Sheet, sheet_around
from graves_jax.rendering.stroke_lines import write_stroke_lines
from graves_jax.rendering.svg import write_svg

WRITERS: dict[str, Callable[[str | Path, Sequence[Sheet], Drawing], None]] = {
  ".svg": write_svg,
  ".png": write_png,
  ".pdf": write_pdf,
  ".html": write_html,
  ".gif": write_animation,
  ".webp": write_animation,
  ".gcode": write_gcode,
  ".hpgl": write_hpgl,
  ".jsonl": write_stroke_lines,
}


def check_output_path(path: str | Path) -> None:
  """Refuses a path that `write` could not serve; call it before long work.

  Raises:
    ValueError: if the ending is not one of `WRITERS`.
    OSError: if the file could not be written there.
  """
  check_writable(path, tuple(WRITERS))


def draw_lines(
  path: str | Path,
  lines: Iterable[np.ndarray | Sequence[np.ndarray]],
  *,
  text: str = "",
  description: str = "",
) -> None:
  """Draws lines of one hand under one another, on a sheet as large as they.

  >>> import numpy as np
  >>> points = np.float32([[10, 0, 0], [0, 20, 0], [-10, 0, 1]])
  >>> draw_lines("page.svg", [points], text="a box")

  Args:
    path: the file, whose ending says the format, such as .svg, .png or .pdf;
      it is replaced if it exists, missing folders are made.
    lines: each either elements [T, 3] of pen offsets (Eq. 15) in pen units, y
      downwards, or a list of strokes [n, 2] of absolute points; an empty one
      leaves an empty line.
    text: what the page says, kept in the file as its title.
    description: how it was made, such as the seed and bias; kept as well.

  Raises:
    ValueError: on another ending, or if there is no ink, or a coordinate is
      not finite.
    OSError: if the file cannot be written.
  """
  check_output_path(path)
  page = stack(lines)
  texts = text.split("\n")
  sheet = sheet_around(page, texts=texts if len(texts) == len(page) else ())
  write(path, [sheet], Drawing(text=text, description=description))


def write(
  path: str | Path, sheets: Sequence[Sheet], drawing: Drawing = Drawing()
) -> None:
  """Writes sheets in the format that the path's ending says.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    sheets: at least one, as `set_letter` or `sheet_around` make them.
    drawing: texts, ink and plotter.

  Raises:
    ValueError: on another ending, or sheets that are empty or not finite, or
      that the format cannot hold.
    OSError: if the file cannot be written.
  """
  check_output_path(path)
  WRITERS[Path(path).suffix.lower()](path, sheets, drawing)
