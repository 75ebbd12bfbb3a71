"""What every side of a training benchmark hands over to be timed."""

from collections.abc import Callable
from typing import NamedTuple


def _nothing() -> None:
  pass


class Update(NamedTuple):
  """Whole training updates of one model on one batch.

  run: makes one update; it is finished when the call returns.
  weights: how many the model has, biases and peepholes included.
  compile: compiles an update, so that the first one finds it on disk.
  """

  run: Callable[[], None]
  weights: int
  compile: Callable[[], object] = _nothing
