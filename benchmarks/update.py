"""What every side of a training benchmark hands over to be timed."""

from collections.abc import Callable
from typing import NamedTuple


def _compile_nothing() -> None:
  pass


class Update(NamedTuple):
  """Whole training updates of one model on one batch.

  run: makes one update; it is finished when the call returns.
  weights: how many the model has, biases and peepholes included.
  compile: compiles an update without making it; with JAX's compilation cache
    the first one then finds it on disk.
  """

  run: Callable[[], None]
  weights: int
  compile: Callable[[], object] = _compile_nothing
