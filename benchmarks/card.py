"""All that a lent graphics card is for, in minutes: a check, weights, a table.

In order: whether the card computes what the processor does; one row of the
table of gpu_table.py; the synthesis network, trained from scratch or from
trained weights; the other rows, as long as there is time. Every result is in
--out as soon as it is known, in at most eight files of at most 15 MB:
report.json, table.md, metrics.jsonl, weights.tar.gz of the best validation and
later.tar.gz (or parts of them).

Nothing is fetched from anywhere. Without --data the handwriting is synthetic.
"""

import dataclasses
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import launch
import tyro
from card_clock import Clock
from card_folder import ResultFolder
from card_inputs import (
  SMALL,
  Sizes,
  describe,
  initial_weights,
  pad_to_whole_chunks,
  read,
)
from ranges import require_least
from rich.console import Console
from same_memory import restart_with_kept_memory


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Checks, trains and measures on one graphics card; the results are files in
  --out."""

  parts: tuple[Literal["agreement", "training", "table"], ...] = (
    "agreement",
    "training",
    "table",
  )
  """What to do of all that, in this order."""
  works: tuple[Literal["synthesis", "prediction", "sampling"], ...] = (
    "synthesis",
    "prediction",
    "sampling",
  )
  """Rows of the table."""
  minutes: float = 9.0
  """For everything; what does not fit is left out, and named."""
  train_minutes: float | None = None
  """Of these, for training, compilation and validations included; by default
  half."""
  data: Path | None = None
  """A stroke file, as graves-jax prepare --out writes it; else synthetic."""
  out: Path = Path("runs/card")
  """A new folder."""
  batch_size: int = 128
  """Lines an update of training; of the curriculum twice as many."""
  buckets: int = 3
  """Lengths that whole lines are padded to: each is compiled for."""
  learning_rate: float | None = None
  """Of training; by default the recipe's."""
  init_from: Path | None = None
  """Weights to go on from, by configs/handwriting_synthesis_dropout.py: a run's
  folder, a checkpoint, or a name of weights that ship; else training begins
  from scratch, by configs/handwriting_synthesis.py."""
  recurrent_dropout: float | None = None
  """Of training; by default the recipe's. Without it training lines are learned
  by heart after 20 epochs."""
  steps: int | None = None
  """Updates; by default as many as there is time for, which takes a minute or
  two to find out."""
  anywhere: bool = False
  """Runs on whatever JAX runs on, all of it small: to try this script, not for
  figures."""

  def __post_init__(self):
    require_least(self, batch_size=1, buckets=1)
    for name in ("minutes", "train_minutes"):
      value = getattr(self, name)
      if value is not None and not 0 < value <= 24 * 60:
        raise ValueError(f"--{name} (={value}) must be above 0, in minutes.")
    for name in ("parts", "works"):
      if not getattr(self, name):
        raise ValueError(f"--{name}: name one at least.")
    if not 0 <= (self.recurrent_dropout or 0) < 1:
      raise ValueError(
        f"--recurrent-dropout (={self.recurrent_dropout}) must be in [0, 1)."
      )
    if self.steps is not None and self.steps < 2:
      raise ValueError(f"--steps (={self.steps}) must be 2 or more.")
    if self.learning_rate is not None and not self.learning_rate > 0:
      raise ValueError(
        f"--learning-rate (={self.learning_rate}) must be above 0."
      )


class Card:
  """One session on a card: what it measured, and what it had no time for."""

  def __init__(self, arguments: Arguments, console: Console):
    """Looks for the card.

    Raises:
      ValueError: if there is none.
    """
    import jax

    self.device = jax.devices()[0]
    if self.device.platform != "gpu" and not arguments.anywhere:
      raise ValueError(
        f"JAX sees no GPU here (its device is: {self.device.device_kind}); "
        "--anywhere tries this script without one."
      )
    self.clock = Clock(arguments.minutes)
    self.folder = ResultFolder(arguments.out)
    self.console = console
    self._parts: dict[str, str] = {}

  def do(self, name: str, part: Callable[[], None], needs: float = 0.0) -> None:
    """Does a part if more seconds are left than it needs; notes how it went.

    A part that fails is told of and the next one is done: the card is lent for
    minutes.
    """
    if self.clock.left() <= needs:
      outcome = f"left out: {self.clock.left():.0f} s were left"
    else:
      self.console.rule(f"{name}, after {self.clock.spent():.0f} s")
      started = time.monotonic()
      try:
        part()
        outcome = f"{time.monotonic() - started:.0f} s"
      except Exception as error:
        traceback.print_exc()
        outcome = f"failed: {type(error).__name__}: {error}"[:500]
    self._parts[name] = outcome
    self.console.print(f"{name}: {outcome}", markup=False, highlight=False)
    self.folder.note("parts", self._parts)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  initial = initial_weights(arguments.init_from, "synthesis")
  card = Card(arguments, console)
  from graves_jax.commands import runtime

  runtime.use_compilation_cache()
  pad_to_whole_chunks()
  sizes = SMALL if arguments.anywhere else Sizes()
  card.folder.note("command", argv)
  card.folder.note("device", describe())
  lines = read(arguments.data, sizes, console)
  rows = (
    Rows(card, sizes, arguments.works) if "table" in arguments.parts else None
  )
  with ThreadPoolExecutor() as beside:
    compiling = beside.submit(rows.compile) if rows else None
    if "agreement" in arguments.parts:
      card.do("agreement", lambda: check(card, lines, sizes))
  if compiling:
    card.folder.note("seconds_to_compile_the_table", compiling.result())
  measure_and_train(card, arguments, sizes, lines, initial, rows)
  for name, size in card.folder.sizes().items():
    console.print(f"{name}: {size:,} bytes", highlight=False)


def measure_and_train(
  card: Card, arguments, sizes: Sizes, lines, initial, rows: "Rows | None"
) -> None:
  """A row, the weights, and all other rows that there is time for."""
  if rows:
    rows.measure_first()
  if "training" in arguments.parts:
    minutes = arguments.train_minutes or arguments.minutes / 2
    card.do(
      "training",
      lambda: train(card, arguments, sizes, lines, initial, minutes),
    )
  if rows:
    rows.measure_others()


class Rows:
  """The table's measurements; none is begun that is likely to be cut off."""

  def __init__(self, card: Card, sizes: Sizes, works: Sequence[str]):
    """Measures nothing yet."""
    import card_table
    import gpu_table

    settings = gpu_table.Arguments(
      length=sizes.length,
      sampled=sizes.sampled,
      rounds=sizes.rounds,
      hidden=sizes.hidden,
    )
    self._card = card
    self._table = card_table.Table(
      settings, card.device, card.folder, card.console
    )
    self._first, *self._others = card_table.items(
      works, sizes.batch_sizes, sizes.sampled_lines
    )
    self._longest = 0.0  # seconds of a measurement

  def compile(self) -> float:
    """Compiles all rows but PyTorch's; tells how many seconds it took."""
    started = time.monotonic()
    self._table.compile([self._first, *self._others])
    return round(time.monotonic() - started, 1)

  def measure_first(self) -> None:
    """Measures the most telling row."""
    self._measure(self._first)

  def measure_others(self) -> None:
    """Measures all others."""
    for item in self._others:
      self._measure(item)

  def _measure(self, item) -> None:
    started = time.monotonic()
    self._card.do(
      str(item), lambda: self._table.measure(item), needs=self._longest
    )
    self._longest = max(self._longest, time.monotonic() - started)


def check(card: Card, lines, sizes: Sizes) -> None:
  """Compares the card with the processor, and says how far they are apart."""
  from card_agreement import agreements

  found = agreements(card.device, lines.validation, *sizes.checked)
  card.folder.note(
    "agreement", [x._asdict() | {"agrees": x.agrees} for x in found]
  )
  for x in found:
    verdict = "agrees" if x.agrees else "DIFFERS"
    card.console.print(
      f"{x.what}, {x.precision}: {x.error:.1e} of {x.limit:g}, {verdict}",
      highlight=False,
    )


def train(
  card: Card, arguments, sizes: Sizes, lines, initial, minutes: float
) -> None:
  """Trains; the weights are among the results."""
  from card_plan import Size
  from card_training import Asked, Session, train_on_card

  hidden = sizes.hidden
  if initial is not None:
    hidden = initial.metadata.of_handwriting()[0].network.hidden
  size = Size(
    sizes.train_batch or arguments.batch_size,
    sizes.buckets or arguments.buckets,
    hidden,
    sizes.evaluation_batch,
    arguments.learning_rate,
    arguments.recurrent_dropout,
  )
  session = Session(card.device, card.clock, card.folder, card.console)
  seconds = min(60 * minutes, card.clock.left())
  asked = Asked(lines, size, initial)
  train_on_card(session, asked, seconds, arguments.steps)


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
