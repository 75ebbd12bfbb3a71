"""Turns timings into a table for people and one line of JSON."""

import json
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import machine
import numpy as np
from interleave import OURS, Side, Timings
from rich.console import Console
from rich.table import Table


def fastest(timings: Timings, who: str) -> Side | None:
  """The side of `who` with the least median time; None if none ran."""
  sides = [s for s in timings.seconds if s.who.split()[0] == who]
  return min(
    sides, key=lambda s: float(np.median(timings.seconds[s])), default=None
  )


def ratio(timings: Timings, ours: Side | None, peer: Side | None):
  """How many times faster ours is: median, lower and upper quartile.

  Of the rounds' own ratios. None if one of the two did not run.
  """
  if ours not in timings.seconds or peer not in timings.seconds:
    return None
  ratios = timings.seconds[peer] / timings.seconds[ours]
  return tuple(float(x) for x in np.quantile(ratios, (0.5, 0.25, 0.75)))


def rate(timings: Timings, side: Side | None, work: float) -> float | None:
  """`work` over the side's median time; None if it did not run."""
  if side not in timings.seconds:
    return None
  return rounded(work / float(np.median(timings.seconds[side])))


def figures(timings: Timings, work: float) -> dict:
  """The comparison in numbers: our fastest side against PyTorch's fastest.

  Args:
    timings: of all sides.
    work: points, steps or characters of one call.
  """
  best, peer = fastest(timings, OURS), fastest(timings, "torch")
  compared = ratio(timings, best, peer)
  return {
    "ours": rate(timings, best, work),
    "peer": rate(timings, peer, work),
    "ratio": rounded(compared[0]) if compared else None,
    "ratio_quartiles": [rounded(x) for x in compared[1:]] if compared else None,
    "ours_is": str(best),
    "peer_is": str(peer) if peer else None,
    "ratio_at_same_precision": ratios_by_precision(timings),
    "sides": {str(side): rate(timings, side, work) for side in timings.seconds},
    "not_run": {str(side): why for side, why in timings.not_run.items()},
  }


def ratios_by_precision(timings: Timings) -> dict[str, float]:
  """How many times faster ours is than PyTorch's fastest, precision alike."""
  ratios = {}
  for precision in dict.fromkeys(side.precision for side in timings.seconds):
    same = only(timings, precision)
    compared = ratio(same, fastest(same, OURS), fastest(same, "torch"))
    if compared:
      ratios[precision] = rounded(compared[0])
  return ratios


def only(timings: Timings, precision: str) -> Timings:
  """The sides of one precision."""

  def pick(sides: dict) -> dict:
    return {s: value for s, value in sides.items() if s.precision == precision}

  return Timings(*map(pick, timings))


def print_table(
  console: Console, title: str, timings: Timings, work: float, unit: str
) -> None:
  """A row a side: its rate, and how far our best is ahead of it.

  The spread is half the distance between the quartiles.
  """
  best = fastest(timings, OURS)
  table = Table(title=title, title_justify="left")
  table.add_column("side", no_wrap=True)
  for name in (unit, "spread", "seconds", "ratio"):
    table.add_column(name, justify="right", no_wrap=True)
  for side, seconds in timings.seconds.items():
    median = float(np.median(seconds))
    low, high = np.quantile(seconds, (0.25, 0.75))
    ahead = ratio(timings, best, side)
    table.add_row(
      str(side),
      f"{work / median:,.0f}",
      f"±{50 * (high - low) / median:.0f} %",
      f"{median:.3f}",
      f"{ahead[0]:.2f}",
    )
  console.print(table)
  for side, why in timings.not_run.items():
    console.print(f"{side} was not run: {why}", markup=False, highlight=False)


def print_json(values: Mapping[str, Any]) -> None:
  """The last line of every benchmark; says also where it ran, and on what."""
  print(json.dumps({**values, "device": machine.describe(), **_versions()}))


def rounded(number: float) -> float:
  """Four digits are more than any of these figures repeats to."""
  return float(f"{number:.4g}")


def _versions() -> dict[str, str | None]:
  found = {}
  for name in ("jax", "flax", "torch"):
    try:
      found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
      found[name] = None
  return {"versions": found}
