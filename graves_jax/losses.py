"""What every loss is: sums over a batch, and a state that is carried on.

A loss is a sum of nats, never a mean: with several devices the sums add up,
and derivative clipping inside the network acts on each sequence's own loss.
"""

from collections.abc import Callable
from typing import Any, Protocol

from jax import Array


class Sums(Protocol):
  """A NamedTuple of scalars, float32, to be added up elementwise.

  nats: negative log likelihood.
  elements: pen points or symbols scored.
  sequences: rows that hold any of them.
  """

  nats: Array
  elements: Array
  sequences: Array


# (params, carry, batch, keys) to (sums, carry). What is carried from one batch
# to the next has rows as the batch has. Keys are random, one a row, [B]; None
# asks for no randomness.
LossFn = Callable[[Any, Any, Any, Array | None], tuple[Sums, Any]]
