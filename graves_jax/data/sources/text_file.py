"""Any text file, by characters, bytes or words, of hundreds of megabytes.

Bytes, and characters that are all ASCII, are read where they lie. Other
characters, words, and what is compressed with gzip are coded once, into a file
of their classes that is kept. Either way the file is read in blocks and never
held as a whole. Line ends are symbols like any other and stay as they are; a
byte-order mark is no symbol, except among bytes.
"""

import collections
import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from graves_jax.data.codec import (
  UNKNOWN,
  TextCodec,
  Units,
  split_symbols,
)
from graves_jax.data.corpus import CodedText, Corpus
from graves_jax.data.number_file import NumberFile
from graves_jax.data.plain_text import is_packed
from graves_jax.data.sources import class_file
from graves_jax.data.sources.text_blocks import (
  Progress,
  byte_blocks,
  character_blocks,
  require_text_file,
  start_of_plain_bytes,
  word_blocks,
)

DEFAULT_FOLDER = "~/.cache/graves_jax"


def load(
  path: str | Path,
  *,
  units: Units = "characters",
  vocabulary: int | None = None,
  validation_share: float = 0.1,
  codec: TextCodec | None = None,
  prepared_dir: str | Path | None = None,
  progress: Progress | None = None,
) -> Corpus:
  """A text file as training text and, its last part, validation text.

  Args:
    path: the file, also compressed with gzip; unless by bytes, UTF-8, or
      UTF-16 or UTF-32 with a byte-order mark.
    units: what a symbol is.
    vocabulary: keeps so many words, the most frequent, and "<unk>" for the
      others; of words only.
    validation_share: see `split_off`.
    codec: of a network that was trained before. By default it is made of the
      whole file, so that validation text has no unknown symbols.
    prepared_dir: where coded text is kept, by default ~/.cache/graves_jax.
    progress: called with the bytes read and the bytes there are, from the
      start again if the file is read twice.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: if the file is a folder, empty, not UTF-8 (says where), or has
      only one symbol, or symbols that the given codec lacks (names them).
  """
  codec, text = read_text(
    path,
    codec=codec,
    units=units,
    vocabulary=vocabulary,
    prepared_dir=prepared_dir,
    progress=progress,
  )
  return as_corpus(codec, text, validation_share, str(path))


def as_corpus(
  codec: TextCodec, text: CodedText, validation_share: float, name: str
) -> Corpus:
  """A text as a corpus whose last part is for validation.

  Raises:
    ValueError: if the text `name` has fewer than two symbols, or only one
      that is repeated.
  """
  if len(text) < 2:
    raise ValueError(
      f"{name} has {len(text)} {codec.units}; a text has two symbols or more."
    )
  if codec.size < 2:
    raise ValueError(
      f"{name} has only the symbol {codec.symbols[0]!r}, {len(text):,} times; "
      "there is nothing to predict."
    )
  train, validation = split_off(text, validation_share)
  words = {}
  if codec.units == "words":
    words = {"train": len(train), "validation": len(validation)}
  return Corpus(
    codec=codec,
    train=train,
    validation=validation,
    words=words,
    convention=codec.units,
  )


def split_off(
  text: CodedText, validation_share: float
) -> tuple[CodedText, CodedText]:
  """Cuts the last part off a text, for validation.

  Both parts have two symbols or more. A text of fewer than four, or a share
  of 0, gives the whole text twice.
  """
  count = len(text)
  if count < 4 or not validation_share:
    return text, text
  cut = count - min(max(round(count * validation_share), 2), count - 2)
  return text.part(0, cut), text.part(cut, count)


def read_text(
  path: str | Path,
  *,
  codec: TextCodec | None = None,
  units: Units = "characters",
  vocabulary: int | None = None,
  prepared_dir: str | Path | None = None,
  progress: Progress | None = None,
) -> tuple[TextCodec, CodedText]:
  """A whole text file in classes, and their codec; arguments as for `load`.

  With a codec, `units` and `vocabulary` are not read, words that it lacks
  become "<unk>" if it has that, and where `prepared_dir` cannot be written to,
  coded text is kept for as long as it is used.
  """
  is_learned = codec is None
  path = require_text_file(path, is_learned=is_learned)
  if codec is not None:
    units, vocabulary = codec.units, None
  require_words(units, vocabulary)
  start = start_of_plain_bytes(path)
  if units == "bytes" and not is_packed(path):
    return _open_bytes(path, codec, progress)
  folder = Path(prepared_dir or DEFAULT_FOLDER).expanduser() / "text"
  status = path.stat()
  key = {
    "path": str(path.resolve()),
    "size": status.st_size,
    "modified_ns": status.st_mtime_ns,
    "units": units,
    "vocabulary": vocabulary,
    "codec": None,
  }
  found = class_file.read(folder, key)
  if codec is not None and not (found and found[0] == codec):
    key["codec"] = codec.to_json()
    found = class_file.read(folder, key)
  if found:
    return found
  if units == "words":
    counts = count_words(_blocks(path, units, progress, is_learned))
    if codec is None:
      codec = word_codec(counts, vocabulary)
    elif UNKNOWN not in codec.symbols:
      _require(codec, counts)
    count = counts.total()
  else:
    symbols, count = _symbols_of(_blocks(path, units, progress, is_learned))
    if not count:
      raise ValueError(f"{path} is empty; a text has two symbols or more.")
    if codec is None:
      codec = TextCodec(units, symbols)
    else:
      _require(codec, symbols)
    if start is not None and max(symbols) < "\x80":
      return codec, _open(path, codec, start)
  blocks = _blocks(path, units, progress, is_learned)
  classes = (codec.encode(block) for block in blocks)
  advice = "; make room there"
  if is_learned:
    advice = "; choose another folder with --data.prepared_dir"
  with contextlib.ExitStack() as stack:
    if not is_learned and not _make_writable(folder):
      # The text stays readable: it is opened before its folder is deleted.
      temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
      folder = Path(stack.enter_context(temporary))
    return codec, class_file.write(folder, key, codec, classes, count, advice)


def _blocks(
  path: Path, units: Units, progress: Progress | None, is_learned: bool
) -> Iterator[Any]:
  """A file's bytes, or its characters, in pieces that cut no symbol."""
  if units == "bytes":
    return byte_blocks(path, progress)
  read = word_blocks if units == "words" else character_blocks
  return read(path, progress, is_learned)


def _make_writable(folder: Path) -> bool:
  """Makes a folder if it is missing; False if it cannot be written to."""
  try:
    folder.mkdir(parents=True, exist_ok=True)
  except OSError:
    return False
  return os.access(folder, os.W_OK | os.X_OK)


def require_words(units: Units, vocabulary: int | None) -> None:
  """ValueError if a vocabulary is asked for where nothing reads it."""
  if vocabulary is not None and units != "words":
    raise ValueError(
      f"data.vocabulary (={vocabulary}) is a number of words, and the symbols "
      f"are {units}; add --data.units words, or leave it out."
    )


def count_words(texts: Iterable[str]) -> collections.Counter[str]:
  """How often each word occurs in pieces of text that cut no word.

  Raises:
    ValueError: if there is no word.
  """
  counts: collections.Counter[str] = collections.Counter()
  for text in texts:
    counts.update(split_symbols(text, "words"))
  if not counts:
    raise ValueError("the text has no words; it is all white space.")
  return counts


def word_codec(
  counts: collections.Counter[str], vocabulary: int | None
) -> TextCodec:
  """The codec of all words, or of the most frequent ones and "<unk>".

  Of equally frequent words, those that came first are kept.
  """
  words = set(counts)
  if vocabulary is not None:
    words = {word for word, _ in counts.most_common(vocabulary)} | {UNKNOWN}
  return TextCodec("words", tuple(sorted(words)))


def _require(codec: TextCodec, symbols) -> None:
  known = set(codec.symbols)
  if unknown := [symbol for symbol in symbols if symbol not in known]:
    codec.refuse(unknown)


def _symbols_of(texts) -> tuple[tuple[str, ...], int]:
  """The distinct characters or bytes of pieces of text, sorted, and how many
  symbols there are in all."""
  seen, seen_low, count = np.zeros(0x110000, bool), b"", 0
  for text in texts:
    if isinstance(text, bytes):
      seen_low += _others(text, seen_low)
    elif text.isascii():  # ten times faster
      seen_low += _others(text.encode("ascii"), seen_low)
    else:
      seen[np.frombuffer(text.encode("utf-32-le"), "<u4")] = True
    count += len(text)
  seen[list(seen_low)] = True
  return tuple(map(chr, np.flatnonzero(seen).tolist())), count


def _others(data: bytes, seen: bytes) -> bytes:
  """The distinct bytes of `data` that are not among those seen."""
  return bytes(set(data.translate(None, seen)))


def _open_bytes(
  path: Path, codec: TextCodec | None, progress: Progress | None
) -> tuple[TextCodec, CodedText]:
  symbols, _ = _symbols_of(byte_blocks(path, progress))
  if codec is None:
    codec = TextCodec("bytes", symbols)
  _require(codec, symbols)
  return codec, _open(path, codec, 0)


def _open(path: Path, codec: TextCodec, start: int) -> CodedText:
  """Opens a file of bytes, each a symbol by itself, from an offset on."""
  class_of_byte = np.zeros(256, np.int32)
  for k, symbol in enumerate(codec.symbols):
    if ord(symbol) < 256:
      class_of_byte[ord(symbol)] = k
  return CodedText(NumberFile(path, np.uint8, start), class_of_byte)
