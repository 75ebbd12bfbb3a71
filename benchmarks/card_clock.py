"""How much of the time on a lent card is left."""

import time


class Clock:
  """Counts down from the moment that it is made."""

  def __init__(self, minutes: float):
    """Starts."""
    self._start = time.monotonic()
    self._seconds = 60 * minutes
    self._longest = 0.0

  def spent(self) -> float:
    """Seconds since the start."""
    return time.monotonic() - self._start

  def left(self) -> float:
    """Seconds until the end; below 0 after it."""
    return self._seconds - self.spent()

  def has_room(self) -> bool:
    """Whether there is time for as long a measurement as the longest yet."""
    return self.left() > self._longest

  def took(self, seconds: float) -> None:
    """Notes how long a measurement took."""
    self._longest = max(self._longest, seconds)
