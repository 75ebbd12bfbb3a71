"""When the pen is where, for pictures that move."""

import numpy as np

from graves_jax.rendering.geometry import line_height
from graves_jax.rendering.page_of_strokes import Page

# The pen as the whiteboard of IAM-OnDB recorded it: the middle interval between
# two points, and between strokes a pause and a speed, in line heights.
SECONDS_PER_POINT = 1 / 64
SECONDS_PEN_UP = 0.1
LINE_HEIGHTS_PER_SECOND_PEN_UP = 3
# Faster than a hand writes: slows strokes down that have few points.
LINE_HEIGHTS_PER_SECOND_PEN_DOWN = 40
MAX_SECONDS = 24.0  # Pictures show longer writing faster.


def pen_times(page: Page) -> list[np.ndarray]:
  """When the pen is at each point of each stroke, in seconds from the start.

  Points of a stroke follow one another at the recorder's steady rate; between
  strokes the pen is lifted, and travels for longer the farther it goes.

  Args:
    page: as `checked_page` returns it.

  Returns:
    For each stroke, in the order of writing, increasing times [n].
  """
  height = line_height(page)
  times = []
  clock, end = -SECONDS_PEN_UP, None
  for stroke in (stroke for line in page for stroke in line):
    way = 0.0 if end is None else np.hypot(*(stroke[0] - end)) / height
    clock += SECONDS_PEN_UP + way / LINE_HEIGHTS_PER_SECOND_PEN_UP
    lengths = np.hypot(*np.diff(stroke, axis=0).T) / height
    steps = lengths / LINE_HEIGHTS_PER_SECOND_PEN_DOWN
    steps = np.maximum(steps, SECONDS_PER_POINT)
    times.append(clock + np.concatenate([[0.0], np.cumsum(steps)]))
    clock, end = times[-1][-1], stroke[-1]
  return times
