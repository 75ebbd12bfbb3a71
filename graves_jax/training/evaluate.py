"""Scores data with fixed weights."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from graves_jax.losses.sums import Sums


class Batches(Protocol):
  """Data in batches.

  elements: pen points or symbols, all of which `in_order` yields once.
  sequences: rows of batches that hold any of them, in an epoch of training.
  batch_size: rows of a batch.
  """

  elements: int
  sequences: int
  batch_size: int

  def __len__(self) -> int:
    """Batches an epoch of training."""

  def epochs(self, step: int) -> float:
    """Passes over the training data in so many updates."""

  def batch(self, step: int) -> Any:
    """The batch of training step `step`, counted from 0 over all epochs."""

  def row_names(self, step: int) -> Sequence[str]:
    """What the rows of that batch are, to be told to a person."""

  def share(self, rows: slice) -> "Batches":
    """The same batches, of which only these rows are read."""

  def in_order(self) -> Iterator[Any]:
    """Everything once, in order."""


class ReadingTest(NamedTuple):
  """The same lines with their own texts, and with those of other lines."""

  own: Batches
  other: Batches


def nats_gained_by_reading(
  score: Callable[[Batches], Sums], test: ReadingTest
) -> float:
  """Measures in nats a line how much the network makes of a line's text.

  Args:
    score: sums the losses of batches.
    test: of lines of both texts.
  """
  own, other = map(score, test)
  return float((other.nats - own.nats) / own.sequences)


def evaluate(
  sum_losses: Callable[[Any, Any, Any], tuple[Sums, Any]],
  params: Any,
  carry: Any,
  batches: Batches,
  progress: Callable[[int, int], None] | None = None,
) -> Sums:
  """Sums the losses of everything once, nothing dropped or cut.

  Args:
    sum_losses: (params, carry, batch) to sums and carry, compiled.
    params: the network's weights.
    carry: what the first batch starts from.
    batches: the data.
    progress: called with the number of elements done and of all.

  Returns:
    The sums, in float64.

  Raises:
    ValueError: if the loss is not finite.
  """
  total = None
  for batch in batches.in_order():
    sums, carry = sum_losses(params, carry, batch)
    values = np.array(sums, np.float64)
    total = values if total is None else total + values
    if progress:
      progress(round(type(sums)(*total).elements), batches.elements)
  total = type(sums)(*total)
  if not np.isfinite(np.array(total)).all():
    raise ValueError(
      f"the loss over {batches.elements:,} elements is {total.nats} nats; the "
      "weights or the data hold numbers that are not finite."
    )
  return total
