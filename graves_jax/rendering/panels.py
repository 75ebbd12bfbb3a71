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
DOTS_PER_INCH = 150


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
  from matplotlib.backends.backend_agg import FigureCanvasAgg
  from matplotlib.figure import Figure

  labels = 0.6 + 0.2 * len(heights)  # Room for them, in inches.
  size = (width + 1, sum(heights) + labels)
  figure = Figure(figsize=size, layout="constrained")
  FigureCanvasAgg(figure)
  axes = figure.subplots(
    len(heights), squeeze=False, gridspec_kw={"height_ratios": heights}
  )
  return figure, axes[:, 0]


def share_time(axes: Sequence[Any], low: float, high: float) -> None:
  """Gives the panels one horizontal axis, labelled below the last of them."""
  from matplotlib.ticker import MaxNLocator

  for panel in axes[:-1]:
    panel.sharex(axes[-1])
    panel.tick_params(labelbottom=False)
  axes[-1].set_xlim(low, high)
  axes[-1].set_xlabel("time step t")
  axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))


def save(figure: Any, path: str | Path) -> None:
  """Writes the figure in the format of the path's ending."""
  content = BytesIO()
  kind = Path(path).suffix.lower().lstrip(".")
  figure.savefig(content, format=kind, dpi=DOTS_PER_INCH)
  write_atomically(path, content.getvalue())
