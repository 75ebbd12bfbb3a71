"""Output files: checked before the work, afterwards complete or not there."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path


def check_writable(path: str | Path, suffixes: Sequence[str]) -> None:
  """Refuses a file that could not be written, before any work is lost on it.

  Creates nothing. A missing folder is fine if it can be made.

  Args:
    path: the file to be written later.
    suffixes: the endings allowed, such as (".svg", ".png"); case is ignored.

  Raises:
    ValueError: if the path has another ending.
    OSError: if the path is a folder, or cannot be written where it is.
  """
  path = Path(path)
  if path.suffix.lower() not in suffixes:
    allowed = ", ".join(suffixes)
    raise ValueError(
      f"the output path '{path}' must end in one of {allowed}; its ending "
      "chooses the format."
    )
  try:
    path.lstat()
  except (FileNotFoundError, NotADirectoryError):
    pass  # The usual case, and one that the folders below tell better.
  except OSError as error:
    raise _unwritable(path, error.strerror or str(error)) from error
  if path.is_dir():
    raise _unwritable(path, "it is a folder")
  folder = path.absolute().parent
  while not os.path.lexists(folder):
    folder = folder.parent
  if not folder.is_dir():
    raise _unwritable(path, f"'{folder}' is not a folder")
  if not os.access(folder, os.W_OK | os.X_OK):
    raise _unwritable(path, f"no permission to write in '{folder}'")


def write_atomically(path: str | Path, content: bytes) -> None:
  """Writes a file that at every moment is the old one, absent or complete.

  Missing folders are made. The bytes go to a temporary file in the same folder
  first, which is removed again if anything goes wrong, Ctrl-C included.

  Raises:
    OSError: naming the path, if it cannot be written.
  """
  path = Path(path)
  partial = path.with_name(f".{secrets.token_hex(8)}.partial")
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
      # Not tempfile: its files are private, whatever the user's umask says.
      partial.write_bytes(content)
      partial.replace(path)
    except BaseException:
      partial.unlink(missing_ok=True)
      raise
  except OSError as error:
    raise _unwritable(path, error.strerror or str(error)) from error


def _unwritable(path: Path, reason: str) -> OSError:
  return OSError(
    f"cannot write '{path}': {reason}. Choose a file in a folder that you may "
    "write to and that has space left."
  )
