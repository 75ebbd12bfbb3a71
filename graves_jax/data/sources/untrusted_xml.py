"""Parses XML from outside: bounded in size, without entities of its own.

A document type that only names itself, as many SVG files have, is passed over;
nothing that it names is fetched.
"""

import zlib
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from graves_jax.data import plain_text

MAX_BYTES = 4 * 2**20  # unpacked
MAX_ELEMENTS = 50_000


def read_bounded(path: Path) -> bytes:
  """The bytes of a file, unpacked if it is compressed with gzip.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: if it is too long, or damaged.
  """
  is_packed = plain_text.is_packed(path)
  with path.open("rb") as file:
    content = file.read(MAX_BYTES + 1)
  if is_packed and len(content) <= MAX_BYTES:
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
      content = unpacker.decompress(content, MAX_BYTES + 1)
    except zlib.error as error:
      raise ValueError(f"it is not a whole gzip file ({error}).") from None
    if not unpacker.eof and len(content) <= MAX_BYTES:
      raise ValueError("it is not a whole gzip file; copy it again.")
  if len(content) > MAX_BYTES:
    raise ValueError(
      f"it is longer than {MAX_BYTES:,} bytes, the most allowed; save one line "
      "of ink as a document of its own."
    )
  return content


def parse(
  content: bytes,
  start: Callable[[str, dict[str, str]], None],
  end: Callable[[str], None],
  characters: Callable[[str], None],
) -> None:
  """Calls functions for the elements of a document, and their texts.

  Args:
    content: the document.
    start: given the name of an element, without namespace, and attributes.
    end: given its name.
    characters: given parts of its text.

  Raises:
    ValueError: if it is no XML, is too large, or declares entities.
  """
  elements = 0

  def count_and_start(tag: str, attributes: dict[str, str]) -> None:
    nonlocal elements
    elements += 1
    if elements > MAX_ELEMENTS:
      raise ValueError(
        f"it has more than {MAX_ELEMENTS:,} elements, the most allowed; save "
        "one line of ink as a document of its own."
      )
    start(tag.rpartition(" ")[2], attributes)

  parser = expat.ParserCreate(namespace_separator=" ")
  parser.StartElementHandler = count_and_start
  parser.EndElementHandler = lambda tag: end(tag.rpartition(" ")[2])
  parser.CharacterDataHandler = characters
  parser.StartDoctypeDeclHandler = _refuse_subset
  parser.EntityDeclHandler = lambda *_: _refuse_subset("", None, None, True)
  parser.SkippedEntityHandler = _refuse_skipped
  try:
    parser.Parse(content, True)
  except (expat.ExpatError, LookupError, UnicodeError) as error:
    raise ValueError(
      f"it is malformed XML ({error}); save the ink again."
    ) from None


def _refuse_skipped(name: str, is_parameter: bool) -> None:
  """Refuses what a document type elsewhere would have to declare."""
  del is_parameter
  raise ValueError(
    f"it has the entity &{name[:40]};, which is declared elsewhere, if at all; "
    "save the ink without it."
  )


def _refuse_subset(
  name: str, system: str | None, public: str | None, has_subset: bool
) -> None:
  if has_subset:
    raise ValueError(
      "it declares entities or a document type of its own, which are not read; "
      "save the ink without them."
    )
