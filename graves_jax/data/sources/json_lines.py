"""Files of JSON lines, one object a line, read with bounds on their size."""

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

MAX_LINE_BYTES = 4 * 2**20  # of one line, decompressed
MAX_FILE_BYTES = 2**30  # decompressed, about ten times IAM-OnDB


def numbered_lines(
  path: Path, progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[int, bytes]]:
  """Yields the number and content of every line that is not blank.

  Args:
    path: the file; gzip-compressed if its name ends in .gz.
    progress: called now and then with the bytes read and the file's bytes.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: if a line or the file is too long, or gzip's data are damaged.
  """
  number, total = 0, 0
  with path.open("rb") as raw:
    size = os.fstat(raw.fileno()).st_size
    file = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
    while True:
      try:
        data = file.readline(MAX_LINE_BYTES + 1)
      except (EOFError, gzip.BadGzipFile, zlib.error) as error:
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


def decode_object(data: bytes, number: int, nesting: str) -> dict:
  """Decodes the JSON object on line `number` of a file.

  Args:
    data: the line.
    number: from 1; the first line may begin with a byte order mark.
    nesting: a sentence that says how values must be nested.

  Raises:
    ValueError: if the line is not UTF-8, not JSON, not an object, or has
      numbers that are not finite.
  """
  try:
    # Windows editors put a byte order mark in front of the first line.
    value = _DECODER.decode(
      data.decode("utf-8-sig" if number == 1 else "utf-8")
    )
  except UnicodeDecodeError as error:
    raise ValueError(
      f"not UTF-8 ({error}); save it as UTF-8, and end the name of a "
      "compressed file in .gz."
    ) from None
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


def _refuse_constant(constant: str) -> None:
  raise ValueError(f"{constant} is not a number; positions must be finite.")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
