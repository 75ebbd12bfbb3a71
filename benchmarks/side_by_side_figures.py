"""The two figures of side_by_side.py, from what it measured."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from graves_jax.rendering.panels import LINE_COLORS, panels, save

_WIDTH, _HEIGHT = 7.0, 2.7  # inches
_COLORS = {"lstm": LINE_COLORS[0], "rnn": LINE_COLORS[1]}
_NAMES = {"lstm": "LSTM", "rnn": "RNN (tanh)"}
_STYLES = (":", "--", "-")  # of one, two and three layers
_HIGHEST = 2.6  # nats; what is above is the first minute
_LEAST_EXCESS = 1e-3  # nats; less is noise
_LOSS = "nats per character"


def draw(results: Sequence[dict], folder: Path) -> list[Path]:
  """Writes both figures.

  Args:
    results: one for each network, as side_by_side.py has them.
    folder: made if missing.
  """
  losses = folder / "side_by_side.png"
  memory = folder / "remembering.png"
  write_losses(losses, results)
  write_memory(memory, results)
  return [losses, memory]


def write_losses(path: Path, results: Sequence[dict]) -> None:
  """Validation losses against symbols read, and against minutes."""
  figure, (by_symbols, by_minutes) = panels(_WIDTH, [_HEIGHT] * 2)
  for result in results:
    updates = [n / result["symbols_per_update"] for n in result["symbols"]]
    minutes = [n * result["seconds_per_update"] / 60 for n in updates]
    millions = [n / 1e6 for n in result["symbols"]]
    _line(by_symbols, millions, result["nats"], result)
    _line(by_minutes, minutes, result["nats"], result)
  by_symbols.set_xlabel("million characters read")
  by_minutes.set_xlabel("minutes of one core")
  ends = [result["nats"][-1] for result in results]
  for axes in (by_symbols, by_minutes):
    axes.set_ylim(min(ends) - 0.05, _HIGHEST)
    axes.set_xlim(left=0)
  _finish((by_symbols, by_minutes))
  save(figure, path)


def write_memory(path: Path, results: Sequence[dict]) -> None:
  """Losses of the same characters after ever more of what is before them; and
  how much more they are than after the most."""
  figure, (losses, excesses) = panels(_WIDTH, [_HEIGHT] * 2)
  marks: dict[str, Any] = {"marker": "o", "markersize": 3}
  for result in results:
    contexts, nats = result["contexts"], result["nats_after_context"]
    excess = [max(loss - nats[-1], _LEAST_EXCESS / 10) for loss in nats[:-1]]
    _line(losses, contexts, nats, result, **marks)
    _line(excesses, contexts[:-1], excess, result, **marks)
  ticks = results[0]["contexts"]
  for axes in (losses, excesses):
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, map(str, ticks))
    axes.set_xlim(ticks[0] / 1.2, ticks[-1] * 1.2)
  excesses.set_yscale("log")
  excesses.set_ylim(bottom=_LEAST_EXCESS)
  excesses.set_xlabel("characters read before the one that is scored")
  _finish((losses, excesses))
  excesses.set_ylabel(f"nats more than after {ticks[-1]}")
  excesses.get_legend().remove()
  save(figure, path)


def _line(axes: Any, x: Sequence[float], y: Sequence[float], result, **style):
  layers = len(result["hidden"])
  axes.plot(
    x,
    y,
    linestyle=_STYLES[layers - 1],
    color=_COLORS[result["cell"]],
    linewidth=1.6,
    label=f"{_NAMES[result['cell']]}, {layers} × {result['hidden'][0]}",
    **style,
  )


def _finish(panels_: Iterable[Any]) -> None:
  for axes in panels_:
    axes.set_ylabel(_LOSS)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, ncols=2, fontsize=9)
