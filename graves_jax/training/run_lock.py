"""Keeps a run's folder to one run at a time.

Two runs that save into one folder delete each other's checkpoints. So a run
holds a lock on a file of its folder, which names its process; a second run is
refused.

The lock is flock's: the kernel gives it back however a process ends, and a
file that a killed run left behind locks nothing. That holds on every local
file system, and on network file systems that pass locks on to their server
(NFS 4, Lustre mounted with `flock`). On others a lock is seen by its own host
alone, or is not to be had at all. There the file itself tells: a run that lives
touches it every few seconds, and where one is named that nobody saw end, it is
watched for a while.
"""

import contextlib
import dataclasses
import datetime
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

try:
  import fcntl
except ImportError:  # on Windows
  fcntl = None  # type: ignore[assignment]

FILE = "train.lock"

_SECONDS_BETWEEN_TOUCHES = 5.0
_SECONDS_WATCHED = 30.0


class LockedError(OSError):
  """A run's folder that another process trains in."""


@dataclasses.dataclass(frozen=True)
class Holder:
  """Who trains in a folder.

  process: its number on its host.
  host: the name of its machine.
  since: when it began, local time.
  """

  process: int
  host: str
  since: str

  @classmethod
  def this(cls) -> "Holder":
    """This process, from now on."""
    now = datetime.datetime.now().isoformat(" ", "seconds")
    return cls(os.getpid(), socket.gethostname(), now)

  @classmethod
  def read(cls, file: TextIO) -> "Holder | None":
    """The holder that a file of a lock names; None if it names nobody."""
    file.seek(0)
    try:
      return cls(**json.loads(file.read(1000)))
    except (ValueError, TypeError):
      return None

  def __str__(self) -> str:
    return f"process {self.process} on {self.host}, since {self.since}"


@contextlib.contextmanager
def locked(
  workdir: Path,
  say: Callable[[str], None],
  *,
  watched: float = _SECONDS_WATCHED,
  between: float = _SECONDS_BETWEEN_TOUCHES,
) -> Iterator[None]:
  """Keeps other runs out of a run's folder, which is made if there is none.

  Args:
    workdir: the folder.
    say: told why it takes a while, where it does.
    watched: seconds for which a run that may live or not is watched.
    between: seconds between two signs of life.

  Raises:
    LockedError: if another process trains there.
    OSError: if the file of the lock cannot be written.
  """
  is_new, path = not workdir.exists(), workdir / FILE
  workdir.mkdir(parents=True, exist_ok=True)

  def is_alive(holder: Holder) -> bool:
    return _is_alive(path, holder, say, watched)

  with _taken(path, is_alive) as file:
    file.truncate(0)
    file.write(json.dumps(dataclasses.asdict(Holder.this())))
    file.flush()
    is_over = threading.Event()
    touching = threading.Thread(
      target=_touch, args=(path, between, is_over), daemon=True
    )
    touching.start()
    try:
      yield
    finally:
      is_over.set()
      touching.join(timeout=1)  # where the folder hangs, it does not end
      with contextlib.suppress(OSError):
        if _is_at(path, file):
          file.truncate(0)
          path.unlink()
        if is_new:
          workdir.rmdir()  # unless the run left something in it


@contextlib.contextmanager
def _taken(path: Path, is_alive: Callable[[Holder], bool]) -> Iterator[TextIO]:
  """Yields the file of a lock, which is ours then.

  Args:
    path: where it lies, or will.
    is_alive: asked where the kernel cannot tell whether its holder lives.
  """
  while True:
    with path.open("a+", encoding="utf-8") as file:
      holder = Holder.read(file)
      try:
        is_known = _lock(file)
        is_stale = is_known and holder and holder.host == socket.gethostname()
        is_held = holder and not is_stale and is_alive(holder)
      except BlockingIOError:
        is_held = True
      if is_held:
        raise LockedError(
          f"{path.parent} is in use by {holder or 'another process'}; wait "
          "until that ends, or give another --workdir."
        )
      if _is_at(path, file):  # not one that its holder has just removed
        yield file
        return


def _lock(file: TextIO) -> bool:
  """Takes the kernel's lock; false where there are no locks.

  Raises:
    BlockingIOError: if another process has it.
  """
  if fcntl is None:
    return False
  try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError:
    raise
  except OSError:
    return False
  return True


def _is_at(path: Path, file: TextIO) -> bool:
  """Whether an open file is still the one at a path."""
  try:
    return os.path.samestat(path.stat(), os.fstat(file.fileno()))
  except FileNotFoundError:
    return False


def _is_alive(
  path: Path, holder: Holder, say: Callable[[str], None], seconds: float
) -> bool:
  """Watches a lock for so many seconds; true as soon as it is touched."""
  say(
    f"{path} names {holder}, and nobody saw it end: watching for "
    f"{seconds:.0f} s whether it still runs."
  )
  before, end = _touched(path), time.monotonic() + seconds
  while time.monotonic() < end:
    time.sleep(min(1.0, seconds / 10))
    now = _touched(path)
    if now != before:
      return bool(now)
  return False


def _touched(path: Path) -> int:
  """When a file was touched; 0 if it is gone. It is opened, as a client of NFS
  asks the server only then."""
  try:
    with path.open("rb") as file:
      return os.fstat(file.fileno()).st_mtime_ns
  except FileNotFoundError:
    return 0


def _touch(path: Path, between: float, is_over: threading.Event) -> None:
  while not is_over.wait(between):
    with contextlib.suppress(OSError):
      os.utime(path)
