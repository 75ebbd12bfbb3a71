"""PNG: ink on white paper, several sheets one below the other.

Drawn with NumPy and stored by Pillow, which is imported ten times faster than
Matplotlib: the first picture of a session should not wait.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from graves_jax.rendering.drawing import (
  RULE_COLOR,
  RULE_WIDTH,
  Drawing,
  inked,
  moved_down,
  stacked,
)
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.page_of_strokes import Caption, storable
from graves_jax.rendering.raster import Coverage, Pieces, joined, pieces_of
from graves_jax.rendering.sheet import Sheet, checked_sheets

if TYPE_CHECKING:  # Pillow is imported when a picture is drawn.
  from PIL.Image import Image as Picture

LETTER_HEIGHT_PIXELS = 90  # Unless the page then exceeds the limits below.
MAX_WIDTH_PIXELS = 1600
MAX_HEIGHT_PIXELS = 12_000  # of one sheet, and of all together:
MAX_ALL_PIXELS = 60_000
_MILLIMETERS_PER_INCH = 25.4


def write_png(
  path: str | Path,
  sheets: Sequence[Sheet],
  drawing: Drawing = Drawing(),
  *,
  max_width_pixels: int = MAX_WIDTH_PIXELS,
) -> None:
  """Writes sheets as a PNG picture.

  Letters become 90 pixels high, less where the picture would otherwise be too
  wide.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    sheets: at least one.
    drawing: texts and ink.
    max_width_pixels: the picture's width at most.

  Raises:
    ValueError: on sheets that are empty or not finite, or a width below 16.
    OSError: if the file cannot be written.
  """
  from PIL import PngImagePlugin

  check_writable(path, (".png",))
  if max_width_pixels < 16:
    raise ValueError(f"max_width_pixels (={max_width_pixels}) is below 16.")
  sheets = checked_sheets(sheets)
  width, height, tops = stacked(sheets)
  scale = min(
    LETTER_HEIGHT_PIXELS / sheets[0].letter_height,
    max_width_pixels / width,
    MAX_HEIGHT_PIXELS / max(sheet.height for sheet in sheets),
    MAX_ALL_PIXELS / height,
  )
  image = background(width, height, sheets, scale)
  parts = []
  for sheet, top in zip(sheets, tops, strict=True):
    for run, _ in inked(moved_down(sheet, top), drawing.ink):
      parts.append(pieces_of(run.points * scale, run.width * scale / 2))
  levels = covered(image.size, joined(parts)).levels
  image = mixed(image, levels, drawing.ink.rgb)
  labels = PngImagePlugin.PngInfo()
  for key, value in (
    ("Title", drawing.text),
    ("Description", drawing.description),
  ):
    if value:
      labels.add_itxt(key, storable(value))
  content = BytesIO()
  dots = scale * _MILLIMETERS_PER_INCH
  image.save(content, "PNG", pnginfo=labels, dpi=(dots, dots))
  write_atomically(path, content.getvalue())


def background(
  width: float, height: float, sheets: Sequence[Sheet], scale: float
) -> "Picture":
  """A PIL image of empty paper: rules, captions, and where a sheet ends.

  Args:
    width, height: of the picture, in millimeters.
    sheets: one below the other.
    scale: pixels a millimeter.
  """
  from PIL import Image, ImageColor

  size = max(1, round(width * scale)), max(1, round(height * scale))
  image = Image.new("L", size, 255)
  tops = stacked(list(sheets))[2]
  rules = [
    pieces_of((rule + np.array([0.0, top])) * scale, RULE_WIDTH * scale / 2)
    for sheet, top in zip(sheets, tops, strict=True)
    for rule in sheet.rules
  ]
  if rules:
    levels = covered(size, joined(rules)).levels
    image = mixed(image, levels, ImageColor.getrgb(RULE_COLOR))
  for sheet, top in zip(sheets, tops, strict=True):
    if top:
      edge = round(top * scale)
      gray = 200 if image.mode == "L" else (200, 200, 200)
      image.paste(gray, (0, edge, size[0], edge + 1))
    _print(image, moved_down(sheet, top).captions, scale)
  return image


def covered(size: tuple[int, int], pieces: Pieces) -> Coverage:
  """A picture of these pieces of ink."""
  coverage = Coverage(*size, widest=float(pieces.radii.max()))
  coverage.add(pieces)
  return coverage


def mixed(
  image: "Picture", levels: np.ndarray, color: tuple[int, ...]
) -> "Picture":
  """A PIL image with ink on it; gray while all is gray."""
  from PIL import Image

  if image.mode == "L" and color == (0, 0, 0):
    paper = np.asarray(image, np.uint16)
    return Image.fromarray((paper * (255 - levels) // 255).astype(np.uint8))
  paper = np.asarray(image.convert("RGB"), np.uint16)
  share = levels[..., None].astype(np.uint16)
  mixture = (paper * (255 - share) + np.array(color, np.uint16) * share) // 255
  return Image.fromarray(mixture.astype(np.uint8))


def _print(image: "Picture", captions: Sequence[Caption], scale: float) -> None:
  """Prints the captions on a PIL image."""
  from PIL import ImageDraw

  draw = ImageDraw.Draw(image)
  for caption in captions:
    place = caption.left * scale, caption.baseline * scale
    font = _font(max(caption.size * scale, 4))
    words = " ".join(storable(caption.text).splitlines())
    gray = 110 if image.mode == "L" else (110, 110, 110)
    draw.text(place, words, fill=gray, font=font, anchor="ls")


def _font(size_pixels: float):
  """DejaVu Sans, which Matplotlib brings and which knows most scripts."""
  import matplotlib
  from PIL import ImageFont

  path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
  return ImageFont.truetype(path, size_pixels)
