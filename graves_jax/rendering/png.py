"""PNG: black ink on white paper.

Drawn with NumPy and stored by Pillow, which is imported ten times faster than
Matplotlib: the first picture of a session should not wait.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.geometry import MARGIN, Frame, frame
from graves_jax.rendering.page import Caption, Page, checked_page, storable

LINE_HEIGHT_PIXELS = 90  # Unless the page then exceeds the limits below.
MAX_WIDTH_PIXELS = 1600
MAX_HEIGHT_PIXELS = 12_000
LONGEST_PIECE_PIXELS = 8
PIECES_AT_ONCE = 2048
PEN = 0.045  # Width of the pen in line heights.


def write_png(
  path: str | Path,
  page: Page,
  *,
  text: str = "",
  description: str = "",
  captions: Sequence[Caption] = (),
  margin: float = MARGIN,
  max_width_pixels: int = MAX_WIDTH_PIXELS,
) -> None:
  """Writes a page as a PNG picture.

  A typical line becomes 90 pixels high, less where the page would otherwise be
  too wide.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    page: text lines of strokes [n, 2] in pen units, y downwards.
    text: what the page says; kept in the file as its title.
    description: how it was made, such as the seed and bias; kept as well.
    captions: printed texts, as `grid` places them.
    margin: on all sides, in line heights.
    max_width_pixels: the picture's width at most.

  Raises:
    ValueError: on a page that is empty or not finite, or a width below 16.
    OSError: if the file cannot be written.
  """
  from PIL import Image, PngImagePlugin

  check_writable(path, (".png",))
  if max_width_pixels < 16:
    raise ValueError(f"max_width_pixels (={max_width_pixels}) is below 16.")
  page = checked_page(page)
  box = frame(page, captions, margin=margin)
  scale = min(
    LINE_HEIGHT_PIXELS / box.line_height,
    max_width_pixels / box.width,
    MAX_HEIGHT_PIXELS / box.height,
  )
  image = Image.fromarray(_rasterized(page, box, scale))
  _captioned(image, captions, box, scale)
  labels = PngImagePlugin.PngInfo()
  for key, value in (("Title", text), ("Description", description)):
    if value:
      labels.add_itxt(key, storable(value))
  content = BytesIO()
  image.save(content, "PNG", pnginfo=labels)
  write_atomically(path, content.getvalue())


def _rasterized(page: Page, box: Frame, scale: float) -> np.ndarray:
  """Gray levels [height, width] uint8, `scale` pixels to a pen unit.

  A pixel is as dark as the pen's round nib covers it, judged by the distance
  of its center from the nearest piece of ink.
  """
  height = max(1, round(box.height * scale))
  width = max(1, round(box.width * scale))
  # Ink thinner than a pixel and a half turns gray.
  radius = max(PEN * box.line_height * scale, 1.5) / 2
  reach = radius + 0.5
  # The paper is wider than the picture, so that no nib leaves it.
  size = int(np.ceil(LONGEST_PIECE_PIXELS + 2 * reach)) + 1
  darkness = np.zeros((height + 2 * size, width + 2 * size), np.uint8)
  starts, ends = _pieces(page, box, scale)
  for first in range(0, len(starts), PIECES_AT_ONCE):
    start = starts[first : first + PIECES_AT_ONCE, None, None]
    along = ends[first : first + PIECES_AT_ONCE, None, None] - start
    # The square of pixels [n, size, size, 2] around each piece of ink.
    corner = np.floor(np.minimum(start, start + along) - reach).astype(int)
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    pixels = corner + np.stack([x, y], axis=-1)
    away = (pixels + 0.5 - start).astype(np.float32)
    along = along.astype(np.float32)
    squared = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = ((away * along).sum(axis=-1) / squared).clip(0, 1)
    x, y = np.moveaxis(away - share[..., None] * along, -1, 0)
    distance = np.sqrt(x * x + y * y)
    covered = (255 * (reach - distance).clip(0, 1)).astype(np.uint8)
    columns, rows = np.moveaxis(pixels, -1, 0) + size
    np.maximum.at(darkness, (rows, columns), covered)
  return 255 - darkness[size : size + height, size : size + width]


def _pieces(
  page: Page, box: Frame, scale: float
) -> tuple[np.ndarray, np.ndarray]:
  """Starts and ends [n, 2], in pixels, of short straight pieces of the ink."""
  starts, ends = [], []
  for stroke in (stroke for line in page for stroke in line):
    points = (stroke - [box.left, box.top]) * scale
    lengths = np.hypot(*np.diff(points, axis=0).T)
    pieces = np.ceil(lengths / LONGEST_PIECE_PIXELS).clip(1).astype(int)
    places = np.concatenate([[0], pieces.cumsum()])
    every = np.arange(places[-1] + 1)
    points = np.stack([np.interp(every, places, v) for v in points.T], axis=1)
    starts.append(points[:-1] if len(points) > 1 else points)
    ends.append(points[1:] if len(points) > 1 else points)
  return np.concatenate(starts), np.concatenate(ends)


def _captioned(image, captions: Sequence[Caption], box: Frame, scale: float):
  """Prints the captions on a PIL image."""
  from PIL import ImageDraw

  draw = ImageDraw.Draw(image)
  for caption in captions:
    place = np.subtract((caption.left, caption.baseline), box[:2]) * scale
    font = _font(max(caption.size * scale, 4))
    words = " ".join(storable(caption.text).splitlines())
    draw.text(tuple(place), words, fill=110, font=font, anchor="ls")


def _font(size_pixels: float):
  """DejaVu Sans, which Matplotlib brings and which knows most scripts."""
  import matplotlib
  from PIL import ImageFont

  path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
  return ImageFont.truetype(path, size_pixels)
