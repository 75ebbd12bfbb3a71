"""Page setup: paper, margins, sizes, and how lines stand."""

import dataclasses
from typing import Literal

import numpy as np

from graves_jax.rendering.sheet import LETTER_HEIGHT

Align = Literal["left", "center", "right", "justify"]
Ruling = Literal["none", "ruled", "squared"]

LINE_SPACING = 1.75  # From baseline to baseline, in letter heights.
MARGIN = 15.0  # In millimeters, but at most an eighth of the paper's width.
EDGE = 0.8  # Around the ink without paper, in letter heights.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
  """How words are set; sizes in millimeters.

  paper: width and height; None makes one sheet as large as the lines need,
    which then stay as they were written.
  margin: on all sides; None is `MARGIN`, or without paper `EDGE`.
  letter_height: of tall letters, as an h.
  line_spacing: from baseline to baseline; None is `LINE_SPACING` letter
    heights.
  align: where lines stand that are shorter than others.
  ruling: what is printed on the paper.
  raw: leaves baselines, sizes and gaps as they were written.

  Raises:
    ValueError: if a size is out of range.
  """

  paper: tuple[float, float] | None = None
  margin: float | None = None
  letter_height: float = LETTER_HEIGHT
  line_spacing: float | None = None
  align: Align = "left"
  ruling: Ruling = "none"
  raw: bool = False

  def __post_init__(self):
    for name, least, most in (
      ("letter_height", 0.5, 200),
      ("line_spacing", 0.5, 500),
      ("margin", 0, 500),
    ):
      value = getattr(self, name)
      if value is not None and not least <= value <= most:
        raise ValueError(
          f"{name} (={value:g}) must be from {least} to {most} mm."
        )
    if self.paper and min(self.measure, self.depth) < self.letter_height:
      raise ValueError(
        f"margins of {self.edge:g} mm leave no room for letters of "
        f"{self.letter_height:g} mm on paper of {self.paper[0]:g} x "
        f"{self.paper[1]:g} mm; make the margin or the letters smaller."
      )

  @property
  def edge(self) -> float:
    """The margin on all sides."""
    if self.margin is not None:
      return self.margin
    if self.paper is None:
      return EDGE * self.letter_height
    return min(MARGIN, self.paper[0] / 8)

  @property
  def measure(self) -> float:
    """Width between the margins."""
    return self.paper[0] - 2 * self.edge if self.paper else np.inf

  @property
  def depth(self) -> float:
    """Height between the margins."""
    return self.paper[1] - 2 * self.edge if self.paper else np.inf

  @property
  def spacing(self) -> float:
    """From baseline to baseline."""
    return self.line_spacing or LINE_SPACING * self.letter_height
