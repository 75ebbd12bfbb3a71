"""What all data come in: batches, of which training step is a function."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol


class InOrder(Protocol):
  """Data to be read once.

  elements: pen points or symbols, all of which `in_order` yields once.
  """

  @property
  def elements(self) -> int: ...

  def in_order(self) -> Iterator[Any]:
    """Everything once, in order."""


class Batches(InOrder, Protocol):
  """Data in batches.

  sequences: rows of batches that hold any of them, in an epoch of training.
  batch_size: rows of a batch.
  """

  @property
  def sequences(self) -> int: ...

  @property
  def batch_size(self) -> int: ...

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


class ReadingTest(NamedTuple):
  """The same lines with their own texts, and with those of other lines."""

  own: Batches
  other: Batches
