"""What every loss is: sums over a batch, and a state that is carried on.

A loss is a sum of nats, never a mean: with several devices the sums add up,
and derivative clipping inside the network acts on each sequence's own loss.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from jax import Array


class Sums(Protocol):
  """A NamedTuple of scalars, float32, to be added up elementwise.

  On the host they are numbers of NumPy, in float64.

  nats: negative log likelihood.
  elements: pen points or symbols scored.
  sequences: rows that hold any of them.
  """

  @property
  def nats(self) -> Any: ...

  @property
  def elements(self) -> Any: ...

  @property
  def sequences(self) -> Any: ...

  def __iter__(self) -> Iterator[Any]: ...


class Keys(NamedTuple):
  """The randomness of one update: JAX random keys, independent of each other.

  batch: one key, the same for all rows on all devices.
  rows: a row's own, [B]; rows are counted over all devices, so that the number
    of devices changes nothing.
  """

  batch: Array
  rows: Array


# (params, carry, batch, keys) to (sums, carry). What is carried from one batch
# to the next has rows as the batch has. No keys: no randomness.
LossFn = Callable[[Any, Any, Any, Keys | None], tuple[Sums, Any]]
