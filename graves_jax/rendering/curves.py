"""Learning curves: losses over the updates of one run, or several, or over the
minutes that these took."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from graves_jax.rendering.panels import (
  check_figure_path,
  finite,
  line_color,
  panels,
  save,
)

_POINTS = 300  # of a training curve, each the mean of the updates around it
_TOP_PERCENTILE = 97  # the first updates' losses would flatten all others
_WIDTH, _HEIGHT = 7.5, 4.2


class Curve(NamedTuple):
  """Losses of one run.

  name: of the run.
  train_steps, train: updates, or minutes of them, [N], and the loss of each
    one's own batch [N].
  validation_steps, validation: the same, [V], and the loss after them [V].
  """

  name: str
  train_steps: np.ndarray
  train: np.ndarray
  validation_steps: np.ndarray
  validation: np.ndarray


def write_curves(
  path: str | Path, curves: Sequence[Curve], unit: str, over: str = "updates"
) -> None:
  """Draws training losses as thin lines and validation losses as marked ones.

  Args:
    path: a .png, .svg or .pdf file.
    curves: at least one, each with at least one update.
    unit: of all losses.
    over: of all steps.

  Raises:
    ValueError: if a loss is not finite, or there is none.
    OSError: if the file cannot be written.
  """
  check_figure_path(path)
  if not any(len(curve.train) for curve in curves):
    raise ValueError("there is no update to draw.")
  figure, (panel,) = panels(_WIDTH, [_HEIGHT])
  shown = []
  for number, curve in enumerate(curves):
    color = line_color(number)
    train = _means(finite("train", curve.train, 1))
    validation = finite("validation", curve.validation, 1)
    steps = _means(np.asarray(curve.train_steps, np.float64))
    panel.plot(steps, train, color=color, alpha=0.45, linewidth=1)
    label = curve.name
    if len(validation):
      label = f"{label}: validation {validation[-1]:.4g}"
      if validation.argmin() != len(validation) - 1:
        label += f" at its end, {validation.min():.4g} at its best"
    panel.plot(
      curve.validation_steps,
      validation,
      marker="o",
      markersize=4,
      color=color,
      label=label,
    )
    shown += [train, validation]
  values = np.concatenate(shown)
  low, high = values.min(), np.percentile(values, _TOP_PERCENTILE)
  if high > low:
    panel.set_ylim(low - 0.05 * (high - low), high)
  panel.set_xlabel(f"{over} (thin: training, dots: validation)")
  panel.set_ylabel(unit)
  panel.grid(alpha=0.25)
  panel.legend(frameon=False)
  save(figure, path)


def _means(values: np.ndarray) -> np.ndarray:
  """Means of as many equal parts as are drawn."""
  parts = np.array_split(values, min(_POINTS, max(len(values), 1)))
  return np.array([part.mean() for part in parts if len(part)])
