"""Stops a run by signals, after the update that is under way."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator

_STOPPING = (
  "Stopping: this update is finished and saved first. A second Ctrl-C ends at "
  "once, and loses what is not saved."
)


@contextlib.contextmanager
def stopping_on_signals(
  say: Callable[[str], None],
) -> Iterator[Callable[[], bool]]:
  """Yields a function that says whether SIGINT or SIGTERM came; a second signal
  ends the process at once.

  A thread of its own notes them: it does so even while the main thread waits
  for a device or a compiler, where Python's handlers have to wait too.

  Args:
    say: called with a line of text at the first signal, in another thread, so
      that a second one still ends the process if the console hangs.
  """
  came: list[int] = []
  ours, signals = socket.socketpair()
  signals.setblocking(False)

  def watch() -> None:
    while number := ours.recv(1):
      if came:
        os._exit(128 + number[0])
      came.append(number[0])
      threading.Thread(target=say, args=(_STOPPING,), daemon=True).start()

  numbers = (signal.SIGINT, signal.SIGTERM)
  handlers = [signal.signal(n, lambda *_: None) for n in numbers]
  wakeup = signal.set_wakeup_fd(signals.fileno(), warn_on_full_buffer=False)
  watcher = threading.Thread(target=watch, daemon=True)
  watcher.start()
  try:
    yield lambda: bool(came)
  finally:
    signal.set_wakeup_fd(wakeup)
    for number, handler in zip(numbers, handlers, strict=True):
      signal.signal(number, handler)
    signals.close()
    watcher.join()
    ours.close()
