"""Scores a set of lines with fixed weights."""

from collections.abc import Callable
from typing import Any

import numpy as np

from graves_jax.data.batches import LineBatches
from graves_jax.losses import HandwritingScores, LossSums, scores


def evaluate(
  sum_losses: Callable[[Any, Any], LossSums],
  params: Any,
  batches: LineBatches,
  progress: Callable[[int, int], None] | None = None,
) -> HandwritingScores:
  """Scores every line once, none dropped or cut.

  Args:
    sum_losses: of parameters and a batch, compiled.
    params: the network's weights.
    batches: the lines.
    progress: called with the number of lines done and of all.

  Raises:
    ValueError: if the loss is not finite.
  """
  total = np.zeros(len(LossSums._fields))
  for batch in batches.in_order():
    total += np.array(sum_losses(params, batch), np.float64)
    if progress:
      progress(round(LossSums(*total).sequences), batches.lines)
  if not np.isfinite(total).all():
    raise ValueError(
      f"the loss over {batches.lines} lines is {total[0]} nats; the weights or "
      "the data hold numbers that are not finite."
    )
  return scores(LossSums(*total))
