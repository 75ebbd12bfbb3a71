"""HTML: one self-contained page that replays the pen.

The page shows the same SVG that `write_svg` writes, complete, so that it needs
no script to be read; the script then hides it and lets it be written again.
Its security policy admits this one script and style and no outside resource.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from graves_jax.rendering.drawing import Drawing, inked, moved_down, stacked
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.ink import Ink
from graves_jax.rendering.page_of_strokes import storable
from graves_jax.rendering.sheet import Sheet, checked_sheets
from graves_jax.rendering.sources import (
  digest,
  embeddable,
  read_template,
  script_of,
  style_of,
)
from graves_jax.rendering.svg import svg_document
from graves_jax.rendering.timing import pen_times

LETTER_HEIGHT_PIXELS = 64  # On a wide screen; on a narrow one the page shrinks.


def write_html(
  path: str | Path, sheets: Sequence[Sheet], drawing: Drawing = Drawing()
) -> None:
  """Writes sheets as an HTML file in which the pen writes them again.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    sheets: at least one; they are one below the other.
    drawing: its text becomes the title, and is printed below, as is its
      description; and ink.

  Raises:
    ValueError: on sheets that are empty or not finite.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".html",))
  sheets = checked_sheets(sheets)
  box, height = stacked(sheets)[0], sheets[0].letter_height
  width = max(240, round(box / height * LETTER_HEIGHT_PIXELS))
  style = style_of("colors.css", "replay.css")
  style = style.replace("MAX_WIDTH", f"{width}px")
  script = script_of("drawing.js", "replay.js")
  data = {
    "file": f"{Path(path).stem}.svg",
    "milliseconds": _milliseconds(sheets, drawing.ink),
  }
  parts = {
    "POLICY": (
      f"default-src 'none'; style-src {digest(style)}; "
      f"script-src {digest(script)}; base-uri 'none'; form-action 'none'"
    ),
    "TITLE": escape(storable(drawing.text or "Handwriting")),
    "STYLE": style,
    "DRAWING": svg_document(sheets, drawing),
    "TEXT": escape(storable(drawing.text)),
    "DESCRIPTION": escape(storable(drawing.description)),
    "DATA": embeddable(data),
    "SCRIPT": script,
  }
  document = read_template("replay.html")
  write_atomically(path, document.substitute(parts).encode())


def _milliseconds(sheets: Sequence[Sheet], ink: Ink) -> list[list[int]]:
  """When the pen is at each point of each path of the SVG."""
  tops = stacked(list(sheets))[2]
  placed = [moved_down(*pair) for pair in zip(sheets, tops, strict=True)]
  times = iter(pen_times([line for sheet in placed for line in sheet.lines]))
  moments = []
  for sheet in placed:
    own = [next(times) for _ in sheet.strokes]
    for run, number in inked(sheet, ink):
      points = np.arange(len(own[number]))
      seconds = np.interp(run.at, points, own[number])
      moments.append(np.round(1000 * seconds).astype(int).tolist())
  return moments
