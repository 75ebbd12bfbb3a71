"""SVG: one path per pen stroke, ready for a plotter."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.geometry import MARGIN, frame
from graves_jax.rendering.page import Caption, Page, checked_page, storable

LINE_HEIGHT_MM = 7.0  # That of a letter written by hand.
PEN_MM = 0.3


def write_svg(
  path: str | Path,
  page: Page,
  *,
  text: str = "",
  description: str = "",
  captions: Sequence[Caption] = (),
  margin: float = MARGIN,
  line_height_mm: float = LINE_HEIGHT_MM,
  pen_mm: float = PEN_MM,
) -> None:
  """Writes a page as an SVG file.

  Coordinates are pen units, as given; the file's size in millimeters makes the
  typical line `line_height_mm` high, whatever the pen units are.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    page: text lines of strokes [n, 2] in pen units, y downwards.
    text: what the page says; becomes the title.
    description: how it was made, such as the seed and bias; kept as well.
    captions: printed texts, as `grid` places them.
    margin: on all sides, in line heights.
    line_height_mm: height of the writing, see `geometry.line_height`.
    pen_mm: width of the pen.

  Raises:
    ValueError: on a page that is empty or not finite, or a size not above 0.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".svg",))
  document = svg_document(
    page,
    text=text,
    description=description,
    captions=captions,
    margin=margin,
    line_height_mm=line_height_mm,
    pen_mm=pen_mm,
  )
  write_atomically(path, document.encode())


def svg_document(
  page: Page,
  *,
  text: str = "",
  description: str = "",
  captions: Sequence[Caption] = (),
  margin: float = MARGIN,
  line_height_mm: float = LINE_HEIGHT_MM,
  pen_mm: float = PEN_MM,
) -> str:
  """The text of the file that `write_svg` writes."""
  for name, size in (("line_height_mm", line_height_mm), ("pen_mm", pen_mm)):
    if not (np.isfinite(size) and size > 0):
      raise ValueError(f"{name} (={size}) must be finite and above 0.")
  page = checked_page(page)
  box = frame(page, captions, margin=margin)
  millimeters = line_height_mm / box.line_height
  decimals = _decimals(box.line_height)

  def number(value: float) -> str:
    return _number(value, decimals)

  lines = [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="'
    + " ".join(map(number, box[:4]))
    + f'" width="{_number(box.width * millimeters, 2)}mm"'
    f' height="{_number(box.height * millimeters, 2)}mm">'
  ]
  if text:
    lines.append(f"<title>{escape(storable(text))}</title>")
  if description:
    lines.append(f"<desc>{escape(storable(description))}</desc>")
  lines.append(
    '<g fill="none" stroke="black" stroke-linecap="round" '
    f'stroke-linejoin="round" stroke-width="{number(pen_mm / millimeters)}">'
  )
  for line in page:
    lines += [f'<path d="{_path(stroke, decimals)}"/>' for stroke in line]
  lines.append("</g>")
  for caption in captions:
    lines.append(
      f'<text x="{number(caption.left)}" y="{number(caption.baseline)}" '
      f'font-size="{number(caption.size)}" font-family="sans-serif" '
      f'fill="gray">{escape(storable(caption.text))}</text>'
    )
  lines.append("</svg>\n")
  return "\n".join(lines)


def _path(stroke: np.ndarray, decimals: int) -> str:
  if len(stroke) == 1:
    stroke = np.repeat(stroke, 2, axis=0)  # Round caps make this a dot.
  points = [f"{_number(x, decimals)} {_number(y, decimals)}" for x, y in stroke]
  return f"M{points[0]}L{' '.join(points[1:])}"


def _decimals(line_height: float) -> int:
  """Digits after the point that keep a ten-thousandth of the line height."""
  return int(np.clip(4 - np.floor(np.log10(line_height)), 0, 100))


def _number(value: float, decimals: int) -> str:
  digits = f"{value:.{decimals}f}"
  if "." in digits:
    digits = digits.rstrip("0").rstrip(".")
  return "0" if digits == "-0" else digits
