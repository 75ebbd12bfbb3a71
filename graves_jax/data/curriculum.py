"""A curriculum of lengths: the starts of lines first, then whole lines."""

import copy
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from graves_jax.data.lines import LineBatches, StrokeBatch


class LengthStage(NamedTuple):
  """A part of a run: its updates and their batches."""

  updates: int
  batches: LineBatches


class StagedLineBatches:
  """Batches of stages of so many updates each, then of whole lines for ever.

  Still a pure function of (seed, step). Everything but the batches and their
  row names is that of the whole lines.
  """

  def __init__(self, stages: Sequence[LengthStage], whole: LineBatches):
    """Joins stages.

    Args:
      stages: the first ones of a run, in order.
      whole: what follows.

    `batch_size` is the largest by which all their batches can be divided.
    """
    self._stages = tuple(stages)
    self._whole = whole
    sizes = [stage.batches.batch_size for stage in stages]
    self.batch_size = math.gcd(whole.batch_size, *sizes)
    self.lines = whole.lines
    self.sequences = whole.sequences
    self.elements = whole.elements

  def __len__(self) -> int:
    """Batches an epoch of whole lines."""
    return len(self._whole)

  def epochs(self, step: int) -> float:
    """Passes over the lines, whole or not, in so many updates."""
    passes = 0.0
    for stage in self._stages:
      passes += stage.batches.epochs(min(step, stage.updates))
      step = max(step - stage.updates, 0)
    return passes + self._whole.epochs(step)

  def batch(self, step: int) -> StrokeBatch:
    """The batch of training step `step`, counted from 0 over all stages."""
    batches, step = self._at(step)
    return batches.batch(step)

  def row_names(self, step: int) -> list[str]:
    """The names of the lines of that batch."""
    batches, step = self._at(step)
    return batches.row_names(step)

  def share(self, rows: slice) -> "StagedLineBatches":
    """The same batches, of which only these rows are read: of larger batches
    as many times more."""
    shared = copy.copy(self)
    shared._whole = self._share_of(self._whole, rows)
    shared._stages = tuple(
      stage._replace(batches=self._share_of(stage.batches, rows))
      for stage in self._stages
    )
    return shared

  def in_order(self) -> Iterator[StrokeBatch]:
    """Every whole line once, shortest first."""
    return self._whole.in_order()

  def _at(self, step: int) -> tuple[LineBatches, int]:
    for updates, batches in self._stages:
      if step < updates:
        return batches, step
      step -= updates
    return self._whole, step

  def _share_of(self, batches: LineBatches, rows: slice) -> LineBatches:
    times = batches.batch_size // self.batch_size
    start, stop, _ = rows.indices(self.batch_size)
    return batches.share(slice(start * times, stop * times))
