"""Reads text files of any size in blocks, and says where one is damaged."""

import codecs
import itertools
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from graves_jax.data.text_codec import MAX_WORD_CHARACTERS

Progress = Callable[[int, int], None]

BLOCK_BYTES = 2**18


def require_text_file(path: str | Path, name: str = "data.path") -> Path:
  """The path, home folder expanded, of a file that is not empty.

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
    raise ValueError(
      f"{name} (={path}) is a folder; give a text file, one in which all "
      "text is joined."
    )
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
  """Yields a file's bytes; `progress` gets how many are read and there are."""
  size = path.stat().st_size
  done = 0
  with path.open("rb", buffering=0) as file:
    while block := file.read(BLOCK_BYTES):
      done += len(block)
      yield block
      if progress:
        progress(done, max(done, size))


def character_blocks(
  path: Path, progress: Progress | None = None
) -> Iterator[str]:
  """Yields a file's characters, line ends as they are.

  Raises:
    ValueError: where the file is not UTF-8: names the byte and the line.
  """
  decoder = codecs.getincrementaldecoder("utf-8")()
  start, lines = 0, 1  # of the undecoded bytes: offset, line
  for block in itertools.chain(byte_blocks(path, progress), [b""]):
    data = decoder.getstate()[0] + block
    try:
      text = decoder.decode(block, not block)
    except UnicodeDecodeError as error:
      line = lines + data.count(b"\n", 0, error.start)
      raise ValueError(
        f"{path} is not UTF-8: byte 0x{data[error.start]:02X} at offset "
        f"{start + error.start:,}, line {line:,}; save it as UTF-8, or learn "
        "its bytes with --data.units bytes."
      ) from None
    left = len(decoder.getstate()[0])
    start += len(data) - left
    lines += text.count("\n")
    if text:
      yield text


def word_blocks(path: Path, progress: Progress | None = None) -> Iterator[str]:
  """Yields a file's characters in pieces that cut no word.

  Raises:
    ValueError: if the file is not UTF-8, or a word is longer than allowed.
  """
  rest = ""
  for block in character_blocks(path, progress):
    text = rest + block
    rest = "" if text[-1].isspace() else text.rsplit(None, 1)[-1]
    if len(rest) > MAX_WORD_CHARACTERS:
      break
    if len(rest) < len(text):
      yield text[: len(text) - len(rest)]
  if len(rest) > MAX_WORD_CHARACTERS:
    raise ValueError(
      f"{path} has a word of more than {MAX_WORD_CHARACTERS:,} characters, "
      f"{rest[:20]!r}...; learn its characters with --data.units characters."
    )
  if rest:
    yield rest
