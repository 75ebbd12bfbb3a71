"""Keeps a text's classes in a file, to be read in parts.

The first line is a JSON object, padded with spaces, of the key that the file
was written for, the codec, and the number of classes. These follow, as the
smallest unsigned integers that hold all classes. A file that is cut short or
damaged in its first line, or is another one, counts as absent.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from graves_jax.data.codec import TextCodec
from graves_jax.data.corpus import CodedText
from graves_jax.data.number_file import NumberFile

_FORMAT = "graves_jax classes 2"
_ALIGNMENT = 64
_MAX_HEADER_BYTES = 2**30


def write(
  folder: Path,
  key: object,
  codec: TextCodec,
  blocks: Iterable[np.ndarray],
  count: int,
  otherwise: str = "",
) -> CodedText:
  """Writes classes, and opens them; the file appears when it is whole.

  Args:
    folder: made if missing.
    key: a JSON value, of which the file's name is a digest.
    codec: of the classes.
    blocks: the classes, [n] each.
    count: how many there are in all.
    otherwise: what to do where the folder cannot be written to, for errors.

  Raises:
    ValueError: if the folder cannot be written to, or there are not `count`
      classes.
    OSError: if taking a block raises it.
  """
  path = _path(folder, key)
  part = path.with_name(f"{path.name}.{os.getpid()}.part")
  dtype, written = _dtype(codec), 0
  with _keeping(folder, otherwise):
    folder.mkdir(parents=True, exist_ok=True)
    file = part.open("wb")
  try:
    with _keeping(folder, otherwise):
      file.write(_header(key, codec, count))
    for block in blocks:
      content = block.astype(dtype).tobytes()
      with _keeping(folder, otherwise):
        file.write(content)
      written += len(block)
    if written != count:
      raise ValueError(
        f"the text changed while it was read: it had {count:,} symbols and "
        f"has {written:,}; try again when it is complete."
      )
    with _keeping(folder, otherwise):
      file.flush()
      os.fsync(file.fileno())
      file.close()
      part.replace(path)
  finally:
    with contextlib.suppress(OSError):  # A full disk is met again.
      file.close()
    part.unlink(missing_ok=True)
  found = read(folder, key)
  if found is None:
    raise ValueError(
      f"{path} is not as it was written; is another process writing it?"
    )
  return found[1]


def read(folder: Path, key: object) -> tuple[TextCodec, CodedText] | None:
  """Opens what was written for a key; None if there is nothing of use."""
  path = _path(folder, key)
  start = json.dumps({"format": _FORMAT})[:-1].encode()
  try:
    with path.open("rb") as file:
      if file.read(len(start)) != start:
        return None
      line = start + file.readline(_MAX_HEADER_BYTES)
    header = json.loads(line)
    if header["key"] != json.loads(json.dumps(key)):
      return None
    codec = TextCodec.from_json(header["codec"])
    count, dtype = header["count"], _dtype(codec)
    if _header(key, codec, count) != line:
      return None
    if path.stat().st_size != len(line) + count * dtype.itemsize:
      return None
    classes = NumberFile(path, dtype, len(line), count)
  except (OSError, ValueError, KeyError, TypeError, RecursionError):
    return None
  return codec, CodedText(classes)


@contextlib.contextmanager
def _keeping(folder: Path, otherwise: str) -> Iterator[None]:
  """Errors of the system, told of a folder that cannot be written to."""
  try:
    yield
  except OSError as error:
    raise ValueError(
      f"coded text cannot be kept in {folder} ({error}){otherwise}."
    ) from error


def _path(folder: Path, key: object) -> Path:
  digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
  return folder / f"{digest[:32]}.classes"


def _dtype(codec: TextCodec) -> np.dtype:
  return np.min_scalar_type(codec.size - 1).newbyteorder("<")


def _header(key: object, codec: TextCodec, count: int) -> bytes:
  header = {
    "format": _FORMAT,
    "key": key,
    "count": count,
    "codec": codec.to_json(),
  }
  line = json.dumps(header).encode()
  return line + b" " * (-(len(line) + 1) % _ALIGNMENT) + b"\n"
