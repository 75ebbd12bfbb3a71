"""What the figures share: checked arrays in, Matplotlib panels, a file out.

Matplotlib is imported when a figure is drawn, and only its objects are used:
no pyplot, no current figure, no settings changed.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from graves_jax.rendering.files import check_writable, write_atomically

SUFFIXES = (".png", ".svg", ".pdf")
# A figure 8 inches wide has 1,200 dots, one and a half for each of the 800
# pixels that it is usually shown in, for screens with more dots.
DOTS_PER_INCH = 150
# Colors that color-blind readers can tell apart (Okabe and Ito, 2008).
LINE_COLORS = (
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#CC79A7",
  "#E69F00",
  "#56B4E9",
  "#000000",
)
_PNG_COLORS = 256


def check_figure_path(path: str | Path) -> None:
  """Refuses a path that no figure could be written to; call it early.

  Raises:
    ValueError: if the ending is not one of `SUFFIXES`.
    OSError: if the file could not be written there.
  """
  check_writable(path, SUFFIXES)


def finite(name: str, array: np.ndarray, dimensions: int) -> np.ndarray:
  """The array in float64, if it has so many dimensions and is finite."""
  array = np.asarray(array, np.float64)
  if array.ndim != dimensions:
    raise ValueError(
      f"{name} has {array.ndim} dimensions; it must have {dimensions}."
    )
  if not np.isfinite(array).all():
    raise ValueError(f"{name} has values that are not finite numbers.")
  return array


def elements(points: np.ndarray) -> np.ndarray:
  """Elements [T, 3] of pen offsets in float64, if they are at least one."""
  points = finite("points", points, 2)
  if points.shape[1] != 3 or not len(points):
    raise ValueError(
      f"points have shape {points.shape}; they must be elements [T, 3], at "
      "least one."
    )
  return points


def panels(width: float, heights: Sequence[float]) -> tuple[Any, Any]:
  """A figure and its panels, one below the other, of so many inches."""
  figure, axes = panel_rows(width, heights, 1)
  return figure, axes[:, 0]


def panel_rows(
  width: float, heights: Sequence[float], columns: int
) -> tuple[Any, Any]:
  """A figure and its panels [rows, columns], of so many inches; the columns
  share the width."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure

  labels = 0.6 + 0.2 * len(heights)  # Room for them, in inches.
  size = (width + 1, sum(heights) + labels)
  figure = Figure(figsize=size, layout="constrained")
  FigureCanvasAgg(figure)
  axes = figure.subplots(
    len(heights),
    columns,
    squeeze=False,
    gridspec_kw={"height_ratios": heights},
  )
  for panel in axes.flat:
    panel.set_prop_cycle(color=LINE_COLORS)
  return figure, axes


def line_color(number: int) -> str:
  """The color of the line of so high a number, counted from 0."""
  return LINE_COLORS[number % len(LINE_COLORS)]


def empty_figure(width: float, height: float) -> tuple[Any, Any]:
  """A figure of so many inches, and one panel as large, whose coordinates are
  inches from the upper left corner."""
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure

  figure = Figure(figsize=(width, height))
  FigureCanvasAgg(figure)
  axes = figure.add_axes((0, 0, 1, 1))
  axes.set(xlim=(0, width), ylim=(height, 0))
  axes.set_axis_off()
  return figure, axes


def share_time(axes: Sequence[Any], low: float, high: float) -> None:
  """Gives the panels one horizontal axis, labeled below the last of them."""
  from matplotlib.ticker import MaxNLocator

  for panel in axes[:-1]:
    panel.sharex(axes[-1])
    panel.tick_params(labelbottom=False)
  axes[-1].set_xlim(low, high)
  axes[-1].set_xlabel("time step t")
  axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))


def save(figure: Any, path: str | Path) -> None:
  """Writes the figure in the format of the path's ending.

  The same figure gives the same bytes: no file says when it was made.
  """
  import matplotlib

  content = BytesIO()
  kind = Path(path).suffix.lower().lstrip(".")
  undated: dict[str, Any] = {"svg": {"Date": None}}
  undated["pdf"] = {"CreationDate": None}
  with matplotlib.rc_context({"svg.hashsalt": "graves_jax"}):
    figure.savefig(
      content, format=kind, dpi=DOTS_PER_INCH, metadata=undated.get(kind)
    )
  data = content.getvalue()
  # In a palette the fine steps of a map of colors would be bands.
  has_map = any(axes.images for axes in figure.axes)
  is_smaller = kind == "png" and not has_map
  write_atomically(path, _smaller(data) if is_smaller else data)


def _smaller(png: bytes) -> bytes:
  """The picture with a palette, in a third of the bytes."""
  from PIL import Image

  content = BytesIO()
  with Image.open(BytesIO(png)) as image:
    few = image.convert("RGB").quantize(_PNG_COLORS, dither=Image.Dither.NONE)
    few.save(content, "PNG", optimize=True)
  return content.getvalue()
