"""G-code and HPGL: what pen plotters are told, stroke by stroke.

Both have their origin at the lower left corner of the paper, y growing
upwards. Between sheets the pen is lifted and the machine waits for paper.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graves_jax.rendering.drawing import Drawing
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.page_of_strokes import storable
from graves_jax.rendering.sheet import Sheet, checked_sheets

HPGL_UNITS = 40  # of a plotter, in a millimeter
_HPGL_MOST = 32_767  # units that a plotter counts to


def write_gcode(
  path: str | Path, sheets: Sequence[Sheet], drawing: Drawing = Drawing()
) -> None:
  """Writes sheets as G-code: millimeters, absolute, G0 lifted, G1 drawing.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    sheets: at least one.
    drawing: of it the texts, which become a comment, and the plotter.

  Raises:
    ValueError: on sheets that are empty or not finite, or ink that lies
      outside of the paper or of what the machine reaches.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".gcode",))
  sheets, plotter = checked_sheets(sheets), drawing.plotter
  up, down = _commands(plotter.pen_up), _commands(plotter.pen_down)
  said = f"{drawing.text} ({drawing.description})"
  lines = [f"; {_comment(said)}", "G21", "G90", "G94", *up]
  for number, sheet in enumerate(sheets):
    _require_within(sheet, number, plotter.bed)
    if number:
      lines += ["G0 X0 Y0", "M0 ; the next sheet"]
    lines.append(f"; sheet {number + 1} of {len(sheets)}")
    for stroke in sheet.strokes:
      points = [f"X{x:.3f} Y{sheet.height - y:.3f}" for x, y in stroke]
      first, *others = points
      lines += [f"G0 {first}", *down]
      lines += [f"G1 {point}" for point in others]
      if others:
        lines[-len(others)] += f" F{plotter.feed:g}"
      lines += up
  lines += ["G0 X0 Y0", "M2"]
  write_atomically(path, ("\n".join(lines) + "\n").encode())


def write_hpgl(
  path: str | Path, sheets: Sequence[Sheet], drawing: Drawing = Drawing()
) -> None:
  """Writes sheets as HPGL, with pen 1, 40 units a millimeter.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    sheets: at least one.
    drawing: HPGL holds nothing of it.

  Raises:
    ValueError: on sheets that are empty or not finite, or ink that lies
      outside of the paper or of what a plotter counts to.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".hpgl",))
  lines = ["IN;SP1;PA;"]
  most = _HPGL_MOST / HPGL_UNITS
  for number, sheet in enumerate(checked_sheets(sheets)):
    _require_within(sheet, number, (most, most))
    if number:
      lines.append("PU0,0;PG;")
    for stroke in sheet.strokes:
      up = np.array([0.0, sheet.height]) + stroke * [1, -1]
      points = np.rint(up * HPGL_UNITS).astype(int).tolist()
      first, *others = [f"{x},{y}" for x, y in points]
      lines.append(f"PU{first};PD{','.join(others)};")
  lines.append("PU0,0;SP0;")
  write_atomically(path, ("\n".join(lines) + "\n").encode())


def _require_within(
  sheet: Sheet, number: int, bed: tuple[float, float] | None
) -> None:
  """Raises ValueError if ink lies where the pen cannot go."""
  size = np.array([sheet.width, sheet.height])
  if bed is not None and (size > bed).any():
    raise ValueError(
      f"sheet {number + 1} is {math.ceil(size[0])} x {math.ceil(size[1])} mm, "
      f"and the machine reaches {bed[0]:g} x {bed[1]:g} mm; give a smaller "
      "--paper."
    )
  points = np.concatenate(sheet.strokes) if sheet.strokes else np.zeros((0, 2))
  if not ((points >= 0) & (points <= size)).all():
    raise ValueError(
      f"sheet {number + 1} has ink outside of its {size[0]:g} x {size[1]:g} "
      "mm, which a plotter must not draw; give larger margins."
    )


def _commands(given: str) -> list[str]:
  return [part.strip() for part in given.split(",") if part.strip()]


def _comment(text: str) -> str:
  """Text that no reader of G-code takes for a command."""
  words = " ".join(storable(text).split())
  plain = words.encode("ascii", "replace").decode()
  return "".join(c if c.isalnum() or c in " .,'-?!" else " " for c in plain)[
    :200
  ]
