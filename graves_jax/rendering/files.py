"""Output files: checked before the work, afterwards complete or not there."""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path


def check_writable(path: str | Path, suffixes: Sequence[str]) -> None:
  """Refuses a file that could not be written, before any work is lost on it.

  Creates nothing. A missing folder is fine if it can be made.

  Args:
    path: the file to be written later.
    suffixes: the endings allowed, such as (".svg", ".jsonl.gz"); case is
      ignored.

  Raises:
    ValueError: if the path has another ending.
    OSError: if the path is a folder, or cannot be written where it is.
  """
  path = Path(path)
  name = path.name.lower()
  if not name.endswith(tuple(suffixes)) or name in suffixes:
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
  partial = _partial(path)
  with _naming(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
      partial.write_bytes(content)
      partial.replace(path)
    except BaseException:
      partial.unlink(missing_ok=True)
      raise


@contextlib.contextmanager
def writing_text(path: str | Path) -> Iterator[Callable[[str], object]]:
  """Yields a function that writes a piece of text to a file, in UTF-8.

  Missing folders are made. The text goes to a temporary file in the same
  folder, which becomes the file at the end of the block. After Ctrl-C it does
  so, too, with the text so far, if there is any. After an error it is removed,
  and an old file stays as it was. A pipe, a device or a link is written to
  directly.

  Raises:
    OSError: naming the path, if it cannot be written.
  """
  path = Path(path)
  if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
    with _naming(path):
      direct = path.open("w", encoding="utf-8", newline="")

    def write_directly(piece: str) -> None:
      with _naming(path):
        direct.write(piece)

    with direct:
      yield write_directly
      with _naming(path):
        direct.flush()
    return
  partial, is_empty = _partial(path), True
  with _naming(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    file = partial.open("w", encoding="utf-8", newline="")

  def write(piece: str) -> None:
    nonlocal is_empty
    with _naming(path):
      file.write(piece)
    is_empty = is_empty and not piece

  def keep() -> None:
    with _naming(path):
      file.close()
      partial.replace(path)

  try:
    try:
      yield write
    except KeyboardInterrupt:
      if not is_empty:
        keep()
      raise
    keep()
  finally:
    with contextlib.suppress(OSError):  # A full disk is met again.
      file.close()
    partial.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
  """The temporary file beside a path.

  Not of tempfile, whose files are private, whatever the user's umask says.
  """
  return path.with_name(f".{secrets.token_hex(8)}.partial")


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
  """Errors of the system, told of a file that cannot be written."""
  try:
    yield
  except OSError as error:
    raise _unwritable(path, error.strerror or str(error)) from error


def _unwritable(path: Path, reason: str) -> OSError:
  return OSError(
    f"cannot write '{path}': {reason}. Choose a file in a folder that you may "
    "write to and that has space left."
  )
