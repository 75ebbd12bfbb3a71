"""Times several sides of a comparison in turn, so that they share the weather.

Clock speed, page cache and other work on the machine drift over minutes. Every
round runs every side once, every other round in the opposite order, and the
ratio of two sides is taken round by round.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import Progress

OURS = "ours"


@dataclasses.dataclass(frozen=True)
class Side:
  """One of those that are compared.

  who: "ours", "torch", ...
  precision: of its matrix products.
  """

  who: str
  precision: str

  def __str__(self) -> str:
    return f"{self.who} {self.precision}"


class Timings(NamedTuple):
  """What was measured.

  seconds: of each side's call in each round, [rounds].
  not_run: peers that cannot run here, and why.
  """

  seconds: dict[Side, np.ndarray]
  not_run: dict[Side, str]


def interleave(
  sides: Mapping[Side, Callable[[], object]],
  rounds: int,
  console: Console,
  what: str = "Timing",
) -> Timings:
  """Calls every side once to warm up, then once a round.

  A peer that fails while it warms up (no compiler, a precision that this
  processor lacks) is left out, whatever it raised, and its reason kept: the
  machine may be lent for minutes. Ours must run.

  Args:
    sides: what to call; a call returns when its work is done.
    rounds: how often.
    console: where progress is shown.
    what: is being timed.
  """
  not_run: dict[Side, str] = {}
  seconds: dict[Side, list[float]] = {side: [] for side in sides}
  total = len(sides) * (rounds + 1)
  # Drawn between the calls only: a thread that draws would take a core.
  with Progress(console=console, transient=True, auto_refresh=False) as bars:
    task = bars.add_task(what, total=total)

    def show(side: Side, doing: str) -> None:
      bars.update(task, description=f"{what}: {side}, {doing}")
      bars.refresh()
      bars.advance(task)

    for side, call in sides.items():
      show(side, "warming up")
      try:
        call()
      except Exception as error:
        if side.who == OURS:
          raise
        not_run[side] = _first_line(error)
        del seconds[side]
    for number in range(rounds):
      order = list(seconds) if number % 2 else list(reversed(seconds))
      for side in order:
        show(side, f"round {number + 1}/{rounds}")
        started = time.perf_counter()
        sides[side]()
        seconds[side].append(time.perf_counter() - started)
  return Timings({s: np.array(t) for s, t in seconds.items()}, not_run)


def _first_line(error: Exception) -> str:
  lines = str(error).strip().splitlines() or [type(error).__name__]
  return lines[0][:200]
