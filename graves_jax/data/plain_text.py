"""Bytes from outside as text: UTF-8, or what a byte-order mark says.

Every plain text passes here: standard input and arguments of the commands, and
text files. Editors and shells put a mark in front of a text, which is
no part of it, and some write UTF-16, always with a mark. Other encodings
cannot be told apart, and are refused.
"""

import codecs
import gzip
import itertools
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

BYTE_ORDER_MARK = "\ufeff"
UNPACKING_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)

_MARKS = (
  (codecs.BOM_UTF8, "utf-8"),
  (codecs.BOM_UTF32_LE, "utf-32-le"),  # starts as the next one does
  (codecs.BOM_UTF16_LE, "utf-16-le"),
  (codecs.BOM_UTF16_BE, "utf-16-be"),
  (codecs.BOM_UTF32_BE, "utf-32-be"),
)
_GZIP = b"\x1f\x8b\x08"
_HEAD_BYTES = 1024
# The first bytes of Latin, Greek, Cyrillic, Hebrew and Arabic letters in
# UTF-16; no text in UTF-8 has many of them.
_HIGH_BYTES = bytes(range(8))


class Encoding(NamedTuple):
  """How a text is encoded.

  name: as `codecs` knows it.
  mark: bytes of the byte-order mark in front of it.
  """

  name: str
  mark: int

  @property
  def title(self) -> str:
    """UTF-8, UTF-16 or UTF-32."""
    return self.name[:6].removesuffix("-").upper()


def encoding_of(head: bytes) -> Encoding:
  """Reads the byte-order mark in front of a text; without one it is UTF-8."""
  for mark, name in _MARKS:
    if head.startswith(mark):
      return Encoding(name, len(mark))
  return Encoding("utf-8", 0)


def lacks_mark(head: bytes) -> bool:
  """Whether bytes seem to be UTF-16 or UTF-32 without a byte-order mark.

  In these encodings of alphabets, every other byte is a small number.
  """
  pairs = len(head) // 2
  high, low = (
    sum(byte in _HIGH_BYTES for byte in head[start : 2 * pairs : 2])
    for start in (0, 1)
  )
  if encoding_of(head).mark or pairs < 2:
    return False
  return max(high, low) > 0.7 * pairs and abs(high - low) > 0.4 * pairs


def decode(content: bytes, name: str) -> str:
  """Decodes a whole text; see `decode_blocks`."""
  return "".join(decode_blocks([content], name))


def decode_blocks(
  blocks: Iterable[bytes], name: str, otherwise: str = ""
) -> Iterator[str]:
  """Decodes a text that comes in blocks, and drops its byte-order mark.

  Line ends stay as they are.

  Args:
    blocks: the bytes, cut anywhere.
    name: of the text, for errors.
    otherwise: what to do besides saving it as UTF-8, for errors.

  Returns:
    Pieces of the text, none empty.

  Raises:
    ValueError: where bytes cannot be decoded: names the byte and the line.
  """
  blocks = iter(blocks)
  head = b""
  for block in blocks:
    head += block
    if len(head) >= _HEAD_BYTES:
      break
  what_to_do = f"save it as UTF-8{otherwise}."
  if head.startswith(_GZIP):
    raise ValueError(f"{name} is compressed with gzip; unpack it first.")
  if lacks_mark(head[:_HEAD_BYTES]):
    raise ValueError(
      f"{name} seems to be UTF-16 or UTF-32 without a byte-order mark; "
      f"{what_to_do}"
    )
  encoding = encoding_of(head)
  decoder = codecs.getincrementaldecoder(encoding.name)()
  offset, line = encoding.mark, 1  # of the bytes that are not decoded yet
  rest: Iterable[bytes | None] = itertools.chain(
    [head[encoding.mark :]], blocks, [None]
  )
  for part in rest:
    waiting = len(decoder.getstate()[0]) + len(part or b"")
    try:
      text = decoder.decode(part or b"", part is None)
    except UnicodeDecodeError as error:
      raise ValueError(
        f"{name} is not {encoding.title}: "
        f"{_place(error, encoding, offset, line)}; {what_to_do}"
      ) from None
    offset += waiting - len(decoder.getstate()[0])
    line += text.count("\n")
    if text:
      yield text


def _place(
  error: UnicodeDecodeError, encoding: Encoding, offset: int, line: int
) -> str:
  """Names the byte that is wrong; its data start at an offset and a line."""
  data, start = error.object, error.start
  lines = data[:start].decode(encoding.name).count("\n")
  place = f"byte 0x{data[start]:02X} at offset {offset + start:,}"
  place += f", line {line + lines:,}"
  letter = chr(data[start])
  is_alone = data[start + 1 : start + 2] < b"\x80"
  if encoding.title == "UTF-8" and letter.isalpha() and is_alone:
    place += f" ({letter!r} if it is Latin-1)"
  return place


def encode(text: str) -> bytes:
  """Encodes text in UTF-8; bytes that a command line could not decode return.

  Raises:
    ValueError: if the text has half of a surrogate pair otherwise.
  """
  try:
    return text.encode("utf-8", "surrogateescape")
  except UnicodeEncodeError as error:
    raise ValueError(
      f"the text has U+{ord(text[error.start]):04X}, half of a surrogate pair, "
      "which is no character."
    ) from None


def is_packed(path: Path) -> bool:
  """Whether a file is compressed with gzip, by its name or its first bytes."""
  with path.open("rb") as file:
    return path.suffix == ".gz" or file.read(len(_GZIP)) == _GZIP
