"""How much of the time on a lent card is left."""

import time


class Clock:
  """Counts down from the moment that it is made."""

  def __init__(self, minutes: float):
    """Starts."""
    self._start = time.monotonic()
    self._seconds = 60 * minutes

  def spent(self) -> float:
    """Seconds since the start."""
    return time.monotonic() - self._start

  def left(self) -> float:
    """Seconds until the end; below 0 after it."""
    return self._seconds - self.spent()
