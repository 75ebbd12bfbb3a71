"""Reads text files of any size in blocks, and says where one is damaged."""

import gzip
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from graves_jax.data.codec import MAX_WORD_CHARACTERS
from graves_jax.data.plain_text import (
  UNPACKING_ERRORS,
  decode_blocks,
  encoding_of,
  is_packed,
)

Progress = Callable[[int, int], None]

BLOCK_BYTES = 2**18
MAX_UNPACKED_BYTES = 2**32  # forty times enwik8


def require_text_file(
  path: str | Path, name: str = "data.path", is_learned: bool = False
) -> Path:
  """The path, home folder expanded, of a file that is not empty.

  Args:
    path: the file.
    name: of the option that gives it, for errors.
    is_learned: whether it is to be learned, so that errors may name settings
      of training.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: if it is a folder, a device or empty.
  """
  path = Path(path).expanduser()
  try:
    status = path.stat()
  except (FileNotFoundError, NotADirectoryError):
    raise FileNotFoundError(
      f"{name} (={path}) does not exist; give a text file."
    ) from None
  except ValueError as error:  # a null character
    raise ValueError(f"{name} (={str(path)!r}): {error}.") from None
  if stat.S_ISDIR(status.st_mode):
    rule = f"{name} (={path}) is a folder; give a text file"
    if is_learned:
      rule += ', or name its text files with --data.glob, such as "*.c"'
    raise ValueError(f"{rule}.")
  if not stat.S_ISREG(status.st_mode):
    raise ValueError(
      f"{name} (={path}) is no regular file; save the text to one."
    )
  if not status.st_size:
    raise ValueError(f"{path} is empty; a text has two symbols or more.")
  return path


def byte_blocks(
  path: Path, progress: Progress | None = None
) -> Iterator[bytes]:
  """Yields a file's bytes, unpacked if it is compressed with gzip.

  Args:
    path: the file.
    progress: gets how many bytes of the file are read, and how many it has.

  Raises:
    ValueError: if a compressed file is damaged, or unpacks to more than
      `MAX_UNPACKED_BYTES`.
    OSError: naming the file, if it cannot be read.
  """
  size, packed = path.stat().st_size, is_packed(path)
  done = unpacked = 0
  with path.open("rb", buffering=0) as raw:
    file = gzip.GzipFile(fileobj=raw) if packed else raw
    while True:
      try:
        block = file.read(BLOCK_BYTES)
      except UNPACKING_ERRORS as error:
        raise ValueError(
          f"{path} is not a whole gzip file ({error}); copy it again, or drop "
          "the .gz if it is not compressed."
        ) from None
      except OSError as error:
        error.filename = str(path)  # Reading does not say which file it was.
        raise
      if not block:
        return
      done, unpacked = raw.tell(), unpacked + len(block)
      if packed and unpacked > MAX_UNPACKED_BYTES:
        raise ValueError(
          f"{path} unpacks to more than {MAX_UNPACKED_BYTES:,} bytes, the most "
          "allowed; give a part of it."
        )
      yield block
      if progress:
        progress(done, max(done, size))


def character_blocks(
  path: Path, progress: Progress | None = None, is_learned: bool = False
) -> Iterator[str]:
  """Yields a file's characters, line ends as they are, no byte-order mark.

  Args:
    path: the file.
    progress: as of `byte_blocks`.
    is_learned: as of `require_text_file`.

  Raises:
    ValueError: where the file cannot be decoded: names the byte and the line.
  """
  blocks = byte_blocks(path, progress)
  advice = ", or learn its bytes with --data.units bytes" * is_learned
  return decode_blocks(blocks, str(path), advice)


def start_of_plain_bytes(path: Path) -> int | None:
  """Where UTF-8 starts in a file, after a mark; None: it must be unpacked or
  decoded first."""
  with path.open("rb") as file:
    encoding = encoding_of(file.read(4))
  is_plain = encoding.name == "utf-8" and not is_packed(path)
  return encoding.mark if is_plain else None


def word_blocks(
  path: Path, progress: Progress | None = None, is_learned: bool = False
) -> Iterator[str]:
  """Yields a file's characters in pieces that cut no word.

  Args:
    path: the file.
    progress: as of `byte_blocks`.
    is_learned: as of `require_text_file`.

  Raises:
    ValueError: if the file cannot be decoded, or a word is longer than
      allowed.
  """
  rest = ""
  for block in character_blocks(path, progress, is_learned):
    text = rest + block
    rest = "" if text[-1].isspace() else text.rsplit(None, 1)[-1]
    if len(rest) > MAX_WORD_CHARACTERS:
      break
    if len(rest) < len(text):
      yield text[: len(text) - len(rest)]
  if len(rest) > MAX_WORD_CHARACTERS:
    advice = ", or learn its characters with --data.units characters"
    raise ValueError(
      f"{path} has a word of more than {MAX_WORD_CHARACTERS:,} characters, "
      f"{rest[:20]!r}...; put spaces between words{advice * is_learned}."
    )
  if rest:
    yield rest
