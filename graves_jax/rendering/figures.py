"""The paper's figures: arrays in, files out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graves_jax.rendering.density import summed_densities
from graves_jax.rendering.layout import grid
from graves_jax.rendering.panels import (
  LINE_COLORS,
  check_figure_path,
  elements,
  finite,
  panels,
  save,
  share_time,
)
from graves_jax.rendering.png import write_png
from graves_jax.rendering.sheet import sheet_around

COLORS = "magma"
# Densities span many powers of ten; this power of them shows both the narrow
# ones inside a stroke and the wide ones before the next.
DENSITY_POWER = 0.3
CHARACTER_INCHES = 0.17


def write_attention(
  path: str | Path, phi: np.ndarray, text: str, points: np.ndarray
) -> None:
  """Draws the window over the text while it is written (Figure 13).

  Above, the weight of every character at every step; below, on the same axis
  of time, the pen trace. The letters keep their shapes: they are only moved so
  far sideways that each stands under the steps in which it is written.

  Args:
    path: a .png, .svg or .pdf file.
    phi: window weights φ(t, u) of Eq. (46), [T, U].
    text: the U characters.
    points: the elements [T, 3] written, in pen units (Eq. 15).

  Raises:
    ValueError: if the shapes do not agree, or a value is not finite.
    OSError: if the file cannot be written.
  """
  check_figure_path(path)
  phi, points = finite("phi", phi, 2), elements(points)
  if phi.shape != (len(points), len(text)) or not text:
    raise ValueError(
      f"phi of shape {phi.shape} must have one row for each of the "
      f"{len(points)} points and one column for each of the {len(text)} "
      "characters, at least one of both."
    )
  x, y, steps_per_pen_unit = _trace_over_time(points)
  border = 0.01 * len(x)
  low, high = min(0, x.min()) - border, max(len(x) - 1, x.max()) + border
  width = float(np.clip((high - low) / 75, 5, 20))
  row = min(CHARACTER_INCHES, 12 / len(text))
  trace_height = np.ptp(y) * steps_per_pen_unit * width / (high - low)
  heights = [max(row * len(text), 0.5), float(np.clip(trace_height, 0.3, 3))]
  figure, (window, trace) = panels(width, heights)

  image = _heat_map(window, phi.T, _typical_maximum(phi))
  window.set_facecolor(image.cmap(0.0))
  labels = ["␣" if c == " " else c for c in text]
  # Without parse_math a dollar sign would begin a formula.
  size = min(9, 55 * row)
  window.set_yticks(range(len(text)), labels, fontsize=size, parse_math=False)
  window.tick_params(axis="y", length=0)
  window.set_ylabel("character u")
  figure.colorbar(image, ax=window, pad=0.01, aspect=30, label="φ(t, u)")

  cuts = np.flatnonzero(points[:-1, 2] > 0.5) + 1
  for part in np.split(np.arange(len(x)), cuts):
    style = "k." if len(part) == 1 else "k-"
    trace.plot(x[part], y[part], style, markersize=3, linewidth=1.3)
  trace.invert_yaxis()
  trace.set_yticks([])
  share_time((window, trace), low, high)
  save(figure, path)


def write_densities(
  path: str | Path,
  points: np.ndarray,
  end_of_stroke: np.ndarray,
  weights: np.ndarray,
  means: np.ndarray,
  stddevs: np.ndarray,
  correlations: np.ndarray,
) -> None:
  """Draws what the network expected while a word was written (Figures 10, 14).

  Above, the densities of all predictions, added up over the written word;
  below, over time, the weights of the mixture's components, and the probability
  that the stroke ends, with marks where it did.

  Args:
    path: a .png, .svg or .pdf file.
    points: the elements [T, 3] written, in pen units (Eq. 15). Prediction t is
      the one made of element t, from where the pen was before it.
    end_of_stroke: probabilities e of Eq. (18), [T].
    weights: π of Eq. (19), [T, M].
    means: μ of Eq. (20), [T, M, 2], in pen units.
    stddevs: σ of Eq. (21), [T, M, 2], in pen units.
    correlations: ρ of Eq. (22), [T, M].

  Raises:
    ValueError: if the shapes do not agree, or a value is not finite.
    OSError: if the file cannot be written.
  """
  check_figure_path(path)
  points, weights = elements(points), finite("weights", weights, 2)
  steps, mixtures = len(points), weights.shape[1]
  given = {
    "weights": (weights, (steps, mixtures)),
    "end_of_stroke": (end_of_stroke, (steps,)),
    "means": (means, (steps, mixtures, 2)),
    "stddevs": (stddevs, (steps, mixtures, 2)),
    "correlations": (correlations, (steps, mixtures)),
  }
  checked = []
  for name, (array, shape) in given.items():
    array = finite(name, array, len(shape))
    if array.shape != shape:
      raise ValueError(
        f"{name} has shape {array.shape}; for {steps} points and {mixtures} "
        f"mixture components it must have {shape}."
      )
    checked.append(array)
  weights, end_of_stroke, means, stddevs, correlations = checked
  if not (stddevs.min() > 0 and np.abs(correlations).max() <= 1):
    raise ValueError("stddevs must be above 0, correlations between -1 and 1.")

  after = points[:, :2].cumsum(axis=0)
  low, high = after.min(axis=0), after.max(axis=0)
  margin = 0.03 * (high - low).max() or 3 * stddevs.max()
  density, extent = summed_densities(
    low - margin,
    high + margin,
    after - points[:, :2],
    weights,
    means,
    stddevs,
    correlations,
  )
  width = 7.0
  height = np.clip(width * density.shape[0] / density.shape[1], 0.8, 9)
  figure, (word, mixture, ends) = panels(width, [height, 1.8, 0.6])
  brightest = np.quantile(density, 0.998) or 1.0
  image = _heat_map(word, density, brightest, DENSITY_POWER)
  image.set_extent(extent)
  word.set(aspect="equal", xlabel="x, pen units", ylabel="y, pen units")
  word.set_title(
    "densities of the next pen position, added up: per 1,000 square pen units",
    fontsize=10,
  )
  ticks = [0.0, brightest / 10, brightest]
  bar = figure.colorbar(image, ax=word, pad=0.01, aspect=12 * height / 1.8)
  bar.set_ticks(ticks, labels=[f"{1000 * tick:.2g}" for tick in ticks])
  bar.minorticks_off()
  image = _heat_map(mixture, weights.T, 1.0)
  mixture.set(yticks=[0, mixtures - 1], ylabel="component")
  mixture.set_yticklabels([1, mixtures])
  figure.colorbar(image, ax=mixture, pad=0.01, aspect=12, label="weight π")
  ends.fill_between(
    range(steps), end_of_stroke, step="mid", color=LINE_COLORS[1], lw=0
  )
  marks = np.flatnonzero(points[:, 2] > 0.5)
  ends.plot(marks, np.full(len(marks), 1.15), "kv", markersize=3)
  ends.set(ylim=(0, 1.3), yticks=[0, 1], ylabel="stroke\nends, e")
  share_time((mixture, ends), -0.5, steps - 0.5)
  save(figure, path)


def write_samples(
  path: str | Path,
  samples: Sequence[np.ndarray | Sequence[np.ndarray]],
  captions: Sequence[str] = (),
  *,
  columns: int = 1,
) -> None:
  """Draws samples one below the other, each under its text (Figures 11, 15).

  It does without Matplotlib.

  Args:
    path: a .png file.
    samples: each elements [T, 3] (Eq. 15) or strokes [n, 2], in pen units.
    captions: one text per sample, or none at all.
    columns: number of samples side by side.

  Raises:
    ValueError: if there is no ink, or a coordinate is not finite.
    OSError: if the file cannot be written.
  """
  page, labels = grid(samples, captions, columns=columns)
  write_png(path, [sheet_around(page, labels)])


def _heat_map(axes, values: np.ndarray, brightest: float, power: float = 1.0):
  """Shows a power of values [rows, columns], at least 0, the first row on
  top."""
  from matplotlib.colors import PowerNorm

  return axes.imshow(
    values,
    aspect="auto",
    interpolation="nearest",
    cmap=COLORS,
    norm=PowerNorm(power, vmin=0, vmax=brightest),
  )


def _trace_over_time(
  points: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, float]:
  """The pen trace with its letters where their time is.

  Returns:
    Horizontal places [T] in time steps, heights [T] in pen units, and how many
    steps wide one pen unit is drawn.
  """
  x, y = points[:, :2].cumsum(axis=0).T
  steps_per_pen_unit = len(x) / (np.ptp(x) or len(x))
  # Where the pen is on average during some letters; what remains is the shape
  # of the letters, which is put over the time of writing.
  window = min(61, len(x) // 4 | 1)
  padded = np.pad(x, window // 2, mode="reflect", reflect_type="odd")
  average = np.convolve(padded, np.full(window, 1 / window), mode="valid")
  moved = np.arange(len(x)) + (x - average) * steps_per_pen_unit
  return moved, y, float(steps_per_pen_unit)


def _typical_maximum(phi: np.ndarray) -> float:
  """The brightest color's value: one spike shall not darken all the rest."""
  return float(np.quantile(phi.max(axis=1), 0.9)) or 1.0
