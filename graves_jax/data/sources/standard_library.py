"""Text that every Python has: the sources of its standard library."""

import sysconfig
from pathlib import Path

import numpy as np

from graves_jax.data.codec import TextCodec, Units
from graves_jax.data.corpus import CodedText, Corpus
from graves_jax.data.sources.text_file import (
  as_corpus,
  count_words,
  require_words,
  word_codec,
)

_MAX_FILE_BYTES = 100_000


def load(
  *,
  units: Units = "characters",
  vocabulary: int | None = None,
  validation_share: float = 0.1,
  codec: TextCodec | None = None,
) -> Corpus:
  """A few MB of Python; arguments as for `text_file.load`.

  Raises:
    ValueError: if this Python comes without sources, or the given codec lacks
      symbols that they have.
  """
  text = read_all()
  require_words(units, vocabulary)
  if codec is None and units == "words":
    codec = word_codec(count_words([text]), vocabulary)
  elif codec is None:
    codec = TextCodec.of(text, units)
  classes = CodedText(codec.encode(text).astype(np.uint32))
  return as_corpus(codec, classes, validation_share, "the standard library")


def read_all() -> str:
  """The standard library of the Python that runs, as one text."""
  return read_sources(Path(sysconfig.get_path("stdlib")))


def read_sources(folder: Path) -> str:
  """The modules of a folder by name, with a blank line between two.

  Large modules are left out, and those that are not ASCII: they are few, and
  mostly tables of foreign letters, each of which would be a symbol.
  """
  sources = []
  for path in sorted(folder.glob("*.py")):
    if path.stat().st_size <= _MAX_FILE_BYTES:
      source = path.read_bytes()
      if source.strip() and source.isascii():
        sources.append(source.decode("ascii"))
  if not sources:
    raise ValueError(
      f"this Python has no sources of its standard library in {folder}; give a "
      "text file with --data.path."
    )
  return "\n".join(sources)
