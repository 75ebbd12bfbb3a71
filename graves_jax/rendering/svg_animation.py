"""SVG in which the pen writes: CSS alone, no script.

Every path waits for its moment, and is then drawn from its start to its end. It
plays once, on screens, and not for those who asked their system for less
motion; what is printed, and programs that know no CSS, such as those of
plotters, show all of the ink.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from graves_jax.rendering.drawing import Drawing, inked
from graves_jax.rendering.sheet import Sheet
from graves_jax.rendering.timing import MAX_SECONDS, pen_times

# A path is 1 long; what waits is 0.01 further, so that no round end shows.
STYLE = (
  "<style>@media screen and (prefers-reduced-motion: no-preference) {"
  "path { stroke-dasharray: 1 2; animation: write var(--for) linear "
  "var(--at) both } "
  "@keyframes write { from { stroke-dashoffset: 1.01 } "
  "to { stroke-dashoffset: 0 } } }</style>"
)
_PAUSE = 0.5  # seconds between sheets


def path_attributes(sheets: Sequence[Sheet], drawing: Drawing) -> Iterator[str]:
  """What each path of an animated document has besides, in their order.

  Long writing is shown faster, so that it takes `MAX_SECONDS`.
  """
  moments: list[tuple[float, float]] = []
  start = 0.0
  for sheet in sheets:
    times = pen_times(sheet.lines)
    for run, number in inked(sheet, drawing.ink):
      places = np.arange(len(times[number]))
      begin, end = np.interp(run.at[[0, -1]], places, times[number])
      moments.append((start + begin, end - begin))
    start += float(times[-1][-1]) + _PAUSE if times else 0.0
  pace = max(1.0, start / MAX_SECONDS)
  for begin, seconds in moments:
    at, last = begin / pace, max(seconds / pace, 0.01)
    yield f' pathLength="1" style="--at:{at:.2f}s;--for:{last:.2f}s"'
