"""Reads batches one ahead, so that lost data end a run and not only a process.

A process that cannot read its rows of a batch must say so before the others
begin to wait for it: what it could read is still made, and saved.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from graves_jax.data.batches import Batches
from graves_jax.devices.processes import ask


class StoppedError(Exception):
  """What was going on was told to stop."""


class Failure:
  """The first error of this process that it cannot go on after.

  error: it, or None.
  """

  def __init__(self):
    self.error: Exception | None = None

  @contextlib.contextmanager
  def noted(self) -> Iterator[None]:
    """Keeps an error of the block for when all processes have saved."""
    try:
      yield
    except (OSError, ValueError) as error:
      self.error = self.error or error

  def is_there(self) -> bool:
    """Whether there was an error."""
    return self.error is not None


class ReadAhead:
  """Batches for `evaluate`, each of which is read before the one before it is
  given away."""

  def __init__(self, batches: Batches, failure: Failure):
    """Reads nothing yet.

    Args:
      batches: the data.
      failure: keeps what goes wrong while they are read.
    """
    self.elements = batches.elements
    self._batches = batches
    self._failure = failure

  def in_order(self) -> Iterator[Any]:
    """Everything once.

    Raises:
      StoppedError: if the first batch cannot be read, in any process.
    """
    unread = iter(self._batches.in_order())
    following = self._next(unread)
    if ask(self._failure.is_there)():
      raise StoppedError
    while following is not None:
      batch, following = following, self._next(unread)
      yield batch

  def _next(self, unread: Iterator[Any]) -> Any:
    with self._failure.noted():
      return next(unread, None)
