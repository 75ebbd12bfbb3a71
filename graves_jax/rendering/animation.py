"""GIF and WebP: pictures that move as the pen writes, sheet after sheet."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from graves_jax.rendering.drawing import RULE_COLOR, Drawing, inked
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.png import background, mixed
from graves_jax.rendering.raster import Coverage, Pieces, joined, pieces_of
from graves_jax.rendering.sheet import Sheet, checked_sheets
from graves_jax.rendering.timing import MAX_SECONDS, pen_times

if TYPE_CHECKING:  # Pillow is imported when a picture is drawn.
  from PIL.Image import Image as Picture

LETTER_HEIGHT_PIXELS = 36
MAX_WIDTH_PIXELS = 600
MAX_HEIGHT_PIXELS = 1200
FRAMES_PER_SECOND = 12.5  # GIF counts hundredths of a second.
LAST_SECONDS = 3.0  # for which all is shown


def write_animation(
  path: str | Path, sheets: Sequence[Sheet], drawing: Drawing = Drawing()
) -> None:
  """Writes sheets as a picture in which the pen writes them.

  Args:
    path: a .gif or .webp file; it is replaced if it exists.
    sheets: at least one.
    drawing: of it the ink.

  Raises:
    ValueError: on sheets that are empty or not finite.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".gif", ".webp"))
  sheets = checked_sheets(sheets)
  size = np.max([sheet[:2] for sheet in sheets], axis=0)
  scale = min(
    LETTER_HEIGHT_PIXELS / sheets[0].letter_height,
    MAX_WIDTH_PIXELS / size[0],
    MAX_HEIGHT_PIXELS / size[1],
  )
  scripts = [_pieces(sheet, drawing, scale) for sheet in sheets]
  seconds = sum(float(script.moments[-1]) for script in scripts)
  step = max(1.0, seconds / MAX_SECONDS) / FRAMES_PER_SECOND
  moments = [_moments(script, step) for script in scripts]
  durations = []
  for own in moments:
    durations += [round(1000 / FRAMES_PER_SECOND)] * (len(own) - 1)
    durations.append(round(1000 * LAST_SECONDS))
  frames = (
    frame
    for each in zip(sheets, scripts, moments, strict=True)
    for frame in _frames(size, *each, drawing, scale)
  )
  kind = {".gif": "GIF", ".webp": "WEBP"}[Path(path).suffix.lower()]
  content = BytesIO()
  pictures = map(_Palette(drawing), frames) if kind == "GIF" else frames
  next(pictures).save(
    content,
    kind,
    save_all=True,
    append_images=pictures,
    duration=durations,
    loop=0,
    **({"quality": 80, "method": 2} if kind == "WEBP" else {}),
  )
  write_atomically(path, content.getvalue())


def _pieces(sheet: Sheet, drawing: Drawing, scale: float) -> Pieces:
  """The ink of a sheet, with the seconds at which each piece is written."""
  times = pen_times(sheet.lines)
  parts = []
  for run, number in inked(sheet, drawing.ink):
    moments = np.interp(run.at, np.arange(len(times[number])), times[number])
    parts.append(pieces_of(run.points * scale, run.width * scale / 2, moments))
  return joined(parts)


def _moments(script: Pieces, step: float) -> np.ndarray:
  """When pictures are taken, in seconds: the last one shows all."""
  return np.arange(0.0, script.moments[-1] + step, step)


def _frames(
  size: np.ndarray,
  sheet: Sheet,
  script: Pieces,
  moments: np.ndarray,
  drawing: Drawing,
  scale: float,
) -> "Iterator[Picture]":
  """PIL images of a sheet at these moments."""
  paper = background(float(size[0]), float(size[1]), [sheet], scale)
  width, height = paper.size
  coverage = Coverage(width, height, float(script.radii.max()))
  edges = np.searchsorted(script.moments, moments, side="right")
  edges[-1] = len(script.moments)
  done = 0
  for edge in edges.tolist():
    coverage.add(Pieces(*(values[done:edge] for values in script)))
    done = edge
    yield mixed(paper, coverage.levels, drawing.ink.rgb)


class _Palette:
  """Colors of a GIF: of paper, rules and ink, the same in all pictures."""

  def __init__(self, drawing: Drawing):
    from PIL import Image, ImageColor

    papers = [(255, 255, 255), ImageColor.getrgb(RULE_COLOR)]
    shares = np.linspace(0, 1, 32)[:, None]
    ink = np.array(drawing.ink.rgb)
    colors = [(1 - shares) * paper + shares * ink for paper in papers]
    shares = shares[1:]
    colors.append((1 - shares) * papers[0] + shares * np.array(papers[1]))
    palette = np.rint(np.concatenate(colors)).astype(int).ravel().tolist()
    self._image = Image.new("P", (1, 1))
    self._image.putpalette(palette)

  def __call__(self, frame: "Picture") -> "Picture":
    from PIL import Image

    if frame.mode == "L":
      return frame
    return frame.quantize(palette=self._image, dither=Image.Dither.NONE)
