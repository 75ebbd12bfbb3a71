"""How legible writing is over its bias, beside real lines."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from graves_jax.rendering.panels import (
  check_figure_path,
  finite,
  line_color,
  panels,
  save,
)

_WIDTH, _HEIGHT = 7, 4


def write_legibility(
  path: str | Path,
  biases: Sequence[float],
  series: Mapping[str, Sequence[float]],
  real: float,
) -> None:
  """Draws character errors over the bias, and that of real lines.

  Args:
    path: a .png, .svg or .pdf file.
    biases: of the writing, [N].
    series: for each name its errors [N], shares of the characters.
    real: that of real lines, read by the same reader.

  Raises:
    ValueError: if the shapes do not agree, or a value is not finite.
    OSError: if the file cannot be written.
  """
  check_figure_path(path)
  order = np.argsort(finite("biases", np.asarray(biases), 1))
  values = {k: finite(k, np.asarray(v), 1) for k, v in series.items()}
  for name, errors in values.items():
    if errors.shape != order.shape:
      raise ValueError(
        f"the series '{name}' has {len(errors)} errors; it must have one for "
        f"each of the {len(order)} biases."
      )
  figure, (axes,) = panels(_WIDTH, [_HEIGHT])
  at = np.asarray(biases, float)[order]
  for number, (name, errors) in enumerate(values.items()):
    style = "o-" if number % 2 else "o--"
    color = line_color(number // 2)
    axes.plot(at, 100 * errors[order], style, color=color, ms=4, label=name)
  axes.axhline(100 * real, color="k", lw=1, label="real lines")
  axes.set_ylim(bottom=0)
  axes.set_xticks(at)
  axes.set_xlabel("bias")
  axes.set_ylabel("characters read wrongly, %")
  axes.grid(alpha=0.3)
  axes.legend(frameon=False)
  save(figure, path)
