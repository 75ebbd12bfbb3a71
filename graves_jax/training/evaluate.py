"""Scores data with fixed weights."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from graves_jax.data.batches import Batches, InOrder, ReadingTest
from graves_jax.losses.sums import Sums


class NotFiniteError(ValueError):
  """A loss that is not finite, with fixed weights."""


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
  batches: InOrder,
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
    NotFiniteError: if the loss is not finite.
  """
  total: Any = None
  for batch in batches.in_order():
    sums, carry = sum_losses(params, carry, batch)
    sums = jax.tree.map(lambda x: np.asarray(x, np.float64)[()], sums)
    total = sums if total is None else jax.tree.map(np.add, total, sums)
    if progress:
      progress(round(total.elements), batches.elements)
  if not all(np.isfinite(x).all() for x in jax.tree.leaves(total)):
    raise NotFiniteError(
      f"the loss over {batches.elements:,} elements is {total.nats} nats; the "
      "weights or the data hold numbers that are not finite."
    )
  return total
