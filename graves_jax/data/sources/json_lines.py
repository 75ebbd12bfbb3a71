"""Files of JSON lines, one object a line, read with bounds on their size."""

import gzip
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from graves_jax.data import plain_text

MAX_LINE_BYTES = 4 * 2**20  # of one line, decompressed
MAX_FILE_BYTES = 2**30  # decompressed, about ten times IAM-OnDB


def numbered_lines(
  path: Path, progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[int, bytes]]:
  """Yields the number and content of every line that is not blank.

  Args:
    path: the file; it may be compressed with gzip.
    progress: called now and then with the bytes read and the file's bytes.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: if a line or the file is too long, gzip's data are damaged, or
      the file is not what its byte-order mark says.
  """
  number, total, read_line = 0, 0, None
  with path.open("rb") as raw:
    size = os.fstat(raw.fileno()).st_size
    file = gzip.GzipFile(fileobj=raw) if plain_text.is_packed(path) else raw
    while True:
      try:
        read_line = read_line or _line_reader(file)
        data = read_line(MAX_LINE_BYTES + 1)
      except UnicodeDecodeError as error:
        raise ValueError(
          f"{path}, after line {number}: not what its byte-order mark says "
          f"({error}); save it as UTF-8."
        ) from None
      except plain_text.UNPACKING_ERRORS as error:
        raise ValueError(
          f"{path}, after line {number}: not a whole gzip file ({error}); "
          "copy it again, or drop the .gz if it is not compressed."
        ) from None
      if not data:
        break
      number, total = number + 1, total + len(data)
      for what, bytes_, limit in (
        ("the line", len(data), MAX_LINE_BYTES),
        ("the file so far", total, MAX_FILE_BYTES),
      ):
        if bytes_ > limit:
          raise ValueError(
            f"{path}, line {number}: {what} is longer than {limit:,} bytes, "
            "the most allowed; write one object per handwritten line."
          )
      if data.strip():
        yield number, data
      if progress and number % 100 == 0:
        progress(raw.tell(), size)
  if progress:
    progress(size, size)


def decode_object(data: bytes, nesting: str) -> dict:
  """Decodes the JSON object on one line of a file.

  Args:
    data: the line.
    nesting: a sentence that says how values must be nested.

  Raises:
    ValueError: if the line is not UTF-8, not JSON, not an object, or has
      numbers that are not finite.
  """
  if plain_text.lacks_mark(data[:100]):
    raise ValueError(
      "seems to be UTF-16 or UTF-32 without a byte-order mark; save it as "
      "UTF-8."
    )
  try:
    # Files with a byte-order mark may be joined to one.
    value = _DECODER.decode(data.decode("utf-8-sig"))
  except UnicodeDecodeError as error:
    raise ValueError(f"not UTF-8 ({error}); save it as UTF-8.") from None
  except json.JSONDecodeError as error:
    raise ValueError(
      f"not JSON ({error.msg}, column {error.colno}); write one object on one "
      "line."
    ) from None
  except RecursionError:
    raise ValueError(f"brackets nest too deeply; {nesting}") from None
  if not isinstance(value, dict):
    raise ValueError(f"holds a {kind(value)}; it must be an object.")
  return value


def kind(value: object) -> str:
  """Names the type of a decoded value in JSON's words."""
  kinds = {dict: "object", list: "list", str: "text", type(None): "null"}
  return kinds.get(type(value), "number or truth value")


def _line_reader(file: BinaryIO | gzip.GzipFile) -> Callable[[int], bytes]:
  """Reads lines in UTF-8, whatever the byte-order mark says they are in."""
  encoding = plain_text.encoding_of(file.read(4))
  file.seek(encoding.mark)
  if encoding.name == "utf-8":
    return file.readline
  text = io.TextIOWrapper(file, encoding=encoding.name, newline="\n")
  return lambda most: text.readline(most).encode()


def _refuse_constant(constant: str) -> None:
  raise ValueError(f"{constant} is not a number; positions must be finite.")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
