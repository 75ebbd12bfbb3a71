"""SVG: one path per pen stroke, in millimeters, ready for a plotter."""

import itertools
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import numpy as np

from graves_jax.rendering import svg_animation
from graves_jax.rendering.drawing import (
  RULE_COLOR,
  RULE_WIDTH,
  Drawing,
  inked,
  moved_down,
  stacked,
)
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.page_of_strokes import storable
from graves_jax.rendering.sheet import Sheet, checked_sheets

_DECIMALS = 3  # of a millimeter
_DOT = 0.01  # length of a dot, in millimeters


def write_svg(
  path: str | Path, sheets: Sequence[Sheet], drawing: Drawing = Drawing()
) -> None:
  """Writes sheets as an SVG file, one below the other, each one a group.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    sheets: at least one.
    drawing: texts and ink. What a fountain pen leaves of a stroke is several
      paths, one a width.

  Raises:
    ValueError: on sheets that are empty or not finite.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".svg",))
  write_atomically(path, svg_document(sheets, drawing).encode())


def svg_document(sheets: Sequence[Sheet], drawing: Drawing = Drawing()) -> str:
  """The text of the file that `write_svg` writes."""
  sheets = checked_sheets(sheets)
  width, height, tops = stacked(sheets)
  lines = [
    '<svg xmlns="http://www.w3.org/2000/svg" '
    f'viewBox="0 0 {_number(width)} {_number(height)}" '
    f'width="{_number(width)}mm" height="{_number(height)}mm">'
  ]
  if drawing.text:
    lines.append(f"<title>{escape(storable(drawing.text))}</title>")
  if drawing.description:
    lines.append(f"<desc>{escape(storable(drawing.description))}</desc>")
  placed = [moved_down(*pair) for pair in zip(sheets, tops, strict=True)]
  others: Iterator[str] = itertools.repeat("")
  if drawing.is_animated:
    lines.append(svg_animation.STYLE)
    others = svg_animation.path_attributes(placed, drawing)
  lines += _paper(placed)
  for number, sheet in enumerate(placed, start=1):
    lines += _ink(sheet, drawing, number, others)
  for sheet in placed:
    lines += [
      f'<text x="{_number(caption.left)}" y="{_number(caption.baseline)}" '
      f'font-size="{_number(caption.size)}" font-family="sans-serif" '
      f'fill="gray">{escape(storable(caption.text))}</text>'
      for caption in sheet.captions
    ]
  lines.append("</svg>\n")
  return "\n".join(lines)


def _ink(
  sheet: Sheet, drawing: Drawing, number: int, others: Iterator[str]
) -> list[str]:
  """The group of a sheet's strokes; `others` are attributes of the paths."""
  width = drawing.ink.width_for(sheet.letter_height)
  lines = [
    f'<g id="page-{number}" fill="none" stroke="{drawing.ink.hexadecimal}" '
    'stroke-linecap="round" stroke-linejoin="round" '
    f'stroke-width="{_number(width)}">'
  ]
  for run, _ in inked(sheet, drawing.ink):
    other = next(others)
    if abs(run.width - width) > 1e-9:
      other += f' stroke-width="{_number(run.width)}"'
    lines.append(f'<path{other} d="{_path(run.points)}"/>')
  return [*lines, "</g>"]


def _paper(sheets: Sequence[Sheet]) -> list[str]:
  """The group of the lines that are printed on the paper, if there are any."""
  lines = [
    '<line x1="{}" y1="{}" x2="{}" y2="{}"/>'.format(
      *map(_number, rule.ravel())
    )
    for sheet in sheets
    for rule in sheet.rules
  ]
  if not lines:
    return []
  group = f'<g id="paper" stroke="{RULE_COLOR}" stroke-width="{RULE_WIDTH:g}">'
  return [group, *lines, "</g>"]


def _path(points: np.ndarray) -> str:
  if len(points) == 1:
    # Plotters' programs leave out what has no length.
    points = np.concatenate([points, points + np.array([_DOT, 0])])
  pairs = [f"{_number(x)} {_number(y)}" for x, y in points]
  return f"M{pairs[0]}L{' '.join(pairs[1:])}"


def _number(value: float) -> str:
  digits = f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
  return "0" if digits == "-0" else digits
