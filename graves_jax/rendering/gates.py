"""How long gates are open or shut, and for how long cells remember: a figure.

As the saturation plots of Karpathy, Johnson & Li (2015), with the memory beside
them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graves_jax.rendering.panels import (
  check_figure_path,
  line_color,
  panel_rows,
  save,
)

MARKERS = "o^sDvP"
_WIDTH, _HEIGHT = 7.0, 3.2  # inches; of a row of two panels


def write_gates(
  path: str | Path,
  layers: Sequence[int],
  kinds: Sequence[str],
  shares_open: np.ndarray,
  shares_shut: np.ndarray,
  memory: np.ndarray,
) -> None:
  """Draws a panel for each kind of gate, a mark for each unit; and the memory.

  Args:
    path: a .png, .svg or .pdf file.
    layers: units of each layer; N in all.
    kinds: names of the G kinds of gates.
    shares_open, shares_shut: of the time, [G, N].
    memory: in steps, [N].

  Raises:
    ValueError: if the path has another ending.
    OSError: if the file cannot be written.
  """
  check_figure_path(path)
  rows = -(-(len(kinds) + 1) // 2)
  figure, grid = panel_rows(_WIDTH, [_HEIGHT] * rows, 2)
  panels = grid.flatten()
  parts = np.split(np.arange(sum(layers)), np.cumsum(layers)[:-1])
  for panel, kind, is_open, is_shut in zip(
    panels, kinds, shares_open, shares_shut, strict=False
  ):
    panel.plot([0, 1], [1, 0], color="0.75", linewidth=1)
    for k, own in enumerate(parts):
      panel.scatter(
        is_shut[own], is_open[own], s=12, alpha=0.6, linewidths=0, **_look(k)
      )
    panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    panel.set_title(f"{kind} gates", fontsize=11)
    panel.set_xlabel("shut (below 0.1), share of time")
    panel.set_ylabel("open (above 0.9), share of time")
  last, *empty = panels[len(kinds) :]
  _draw_memory(last, [memory[own] for own in parts])
  last.legend(frameon=False)
  for panel in empty:
    panel.remove()
  save(figure, path)


def _draw_memory(panel: Any, layers: Sequence[np.ndarray]) -> None:
  """The units of each layer, from the one that remembers least."""
  for k, memory in enumerate(layers):
    share = (np.arange(len(memory)) + 0.5) / len(memory)
    style = ("-", "--", "-.", ":")[k % 4]
    panel.plot(
      share,
      np.sort(memory),
      style,
      **_look(k),
      markersize=5,
      markevery=max(len(memory) // 8, 1),
      label=f"layer {k + 1}",
    )
  panel.set_yscale("log")
  panel.set_xlim(0, 1)
  panel.set_box_aspect(1)
  panel.set_title("memory", fontsize=11)
  panel.set_xlabel("share of a layer's cells")
  panel.set_ylabel("steps that a cell remembers")
  panel.grid(alpha=0.3)


def _look(layer: int) -> dict[str, str]:
  return {
    "color": line_color(layer),
    "marker": MARKERS[layer % len(MARKERS)],
  }
