"""Updates that were skipped: how they are recorded and told."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from graves_jax.checkpoints.metadata import History
from graves_jax.training.finite import layers_not_finite
from graves_jax.training.step import StepMetrics

_MOST_NAMED = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Skipped:
  """An update that left the weights as they were.

  step: its number; it counts as an update.
  skipped: such updates of the run so far, this one included.
  in_a_row: of these, the ones since the last update that was made.
  loss_is_finite: whether only the gradient was not.
  layers: whose gradient was not finite, the first one (the uppermost) first.
  rows: what the batch held: names of lines, or places in the text.
  """

  step: int
  skipped: int
  in_a_row: int
  loss_is_finite: bool
  layers: tuple[str, ...]
  rows: tuple[str, ...]

  @classmethod
  def of(
    cls,
    step: int,
    metrics: StepMetrics,
    history: History,
    rows: Sequence[str],
  ) -> "Skipped":
    return cls(
      step=step,
      skipped=history.skipped,
      in_a_row=history.skipped_in_a_row,
      loss_is_finite=bool(np.isfinite(metrics.sums.nats)),
      layers=tuple(layers_not_finite(metrics.layer_norms)),
      rows=tuple(rows),
    )

  def __str__(self) -> str:
    what = "gradient" if self.loss_is_finite else "loss"
    where = f" (first in {self.layers[0]})" if self.layers else ""
    rows = ", ".join(self.rows[:_MOST_NAMED])
    if len(self.rows) > _MOST_NAMED:
      rows += f" and {len(self.rows) - _MOST_NAMED} more"
    return (
      f"step {self.step:,}: skipped, because its {what} is not finite"
      f"{where if self.loss_is_finite else ''}; the batch: {rows}. Skipped so "
      f"far: {self.skipped:,}, {self.in_a_row:,} in a row."
    )


def require_progress(skipped: Skipped, most: int) -> None:
  """Raises ValueError after too many skipped updates in a row."""
  if skipped.in_a_row < most:
    return
  raise ValueError(
    f"{skipped.in_a_row} updates in a row, up to step {skipped.step}, had a "
    "loss or gradient that is not finite, and were skipped; the last "
    "checkpoint is intact. Start another run from it (--init-from and another "
    "--workdir) with a lower optimizer.learning_rate or an "
    "optimizer.max_gradient_norm; --debug-nans names the operation that is to "
    "blame."
  )
