"""Dynamic evaluation of handwriting: weights learn along each writer's lines.

A line is scored, then learned from; each writer is met by the trained weights.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from graves_jax.config import DynamicConfig
from graves_jax.data.batches import InOrder
from graves_jax.losses.sums import Sums
from graves_jax.training.dynamic import DynamicEvaluation


def evaluate_writers(
  dynamic: DynamicEvaluation,
  config: DynamicConfig,
  writers: Sequence[InOrder],
  *,
  rms: Any = None,
  progress: Callable[[int, int], None] | None = None,
) -> list[Sums]:
  """Sums the losses of every line once, writer by writer.

  Args:
    dynamic: starts from the trained weights at each call.
    config: the rule and its numbers.
    writers: the lines of each, one a batch, in the order of writing.
    rms: of `gradient_rms`, for the rule "rms".
    progress: called with the number of elements done and of all.

  Returns:
    The sums of each writer.

  Raises:
    DivergedError: as soon as a loss or gradient is not finite.
  """
  sums, done = [], 0
  elements = sum(writer.elements for writer in writers)
  for writer in writers:
    sums.append(dynamic(config, writer, (), rms=rms))
    done += writer.elements
    if progress:
      progress(done, elements)
  return sums


def added_up(sums: Sequence[Sums]) -> Any:
  """The sums of all, elementwise."""
  return jax.tree.map(lambda *values: np.sum(values), *sums)
