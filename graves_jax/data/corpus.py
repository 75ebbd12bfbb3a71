"""A text for learning: its codec, and its splits as classes."""

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from graves_jax.data.codec import TextCodec
from graves_jax.data.number_file import NumberFile

_FINGERPRINT_SYMBOLS = 100_000
_BLOCK_SYMBOLS = 100_000


class Classes(Protocol):
  """Classes of a text: an array, or something that is sliced like one."""

  def __len__(self) -> int: ...

  def __getitem__(self, part: slice) -> np.ndarray:
    """The classes of a part, int32."""


class CodedText:
  """Classes of a text that stays where it is, mostly a file, until sliced."""

  def __init__(
    self,
    codes: np.ndarray | NumberFile,
    class_of_code: np.ndarray | None = None,
  ):
    """Wraps `codes`.

    Args:
      codes: [N] unsigned integers.
      class_of_code: the class of every code; nothing: codes are classes.
    """
    self._codes = codes
    self._class_of_code = class_of_code

  def __len__(self) -> int:
    return len(self._codes)

  def __getitem__(self, part: slice) -> np.ndarray:
    codes = self._codes[part]
    if self._class_of_code is None:
      return codes.astype(np.int32)
    return self._class_of_code[codes].astype(np.int32, copy=False)

  def part(self, start: int, end: int) -> "CodedText":
    """The text from `start` to before `end`, which also stays in its place."""
    if isinstance(self._codes, NumberFile):
      return CodedText(self._codes.part(start, end), self._class_of_code)
    return CodedText(self._codes[start:end], self._class_of_code)


def beginning(text: Classes, symbols: int | None) -> Classes:
  """The first so many symbols of a text, or all of it."""
  if symbols is None or symbols >= len(text):
    return text
  if isinstance(text, CodedText):
    return text.part(0, symbols)
  return text[:symbols]


class TextCounts(NamedTuple):
  """Of a text as it is decoded.

  characters: spaces between words count.
  words: what stands between white space, and ends of lines.
  undecoded: places where bytes are no UTF-8.
  """

  characters: int = 0
  words: int = 0
  undecoded: int = 0


def count_text(text: Classes, codec: TextCodec) -> TextCounts:
  """Reads a text once, in parts."""
  decode, counts, is_in_word = codec.decoder(), TextCounts(), False
  for start in range(0, len(text), _BLOCK_SYMBOLS):
    end = start + _BLOCK_SYMBOLS
    block = decode(text[start:end], end >= len(text))
    if not block:
      continue
    goes_on = is_in_word and not block[0].isspace()
    words = len(block.split()) - goes_on + block.count("\n")
    here = TextCounts(len(block), words, block.count("\ufffd"))
    counts = TextCounts(*map(sum, zip(counts, here, strict=True)))
    is_in_word = not block[-1].isspace()
  return counts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Corpus:
  """A text in splits that share one codec.

  codec: its symbols are those of all splits.
  train, validation: classes of the splits.
  test: likewise; None where a corpus has no such split.
  words: by split, the words with each end of a sentence counted: perplexity
    per word is 2^(bits / words). Empty where text is not counted in words.
  convention: what a symbol is, in short; scores of different conventions
    cannot be compared.
  sentence_end: the text with which each sentence ends; None where a corpus is
    not in sentences.
  notes: sentences about the text that its user should know.
  """

  codec: TextCodec
  train: Classes
  validation: Classes
  test: Classes | None = None
  words: Mapping[str, int] = dataclasses.field(default_factory=dict)
  convention: str
  sentence_end: str | None = None
  notes: tuple[str, ...] = ()

  @property
  def fingerprint(self) -> str:
    """What tells one training text from another: its length, and a checksum
    of its beginning and its end."""
    count = len(self.train)
    digest = hashlib.sha256()
    for start in (0, max(count - _FINGERPRINT_SYMBOLS, 0)):
      digest.update(self.train[start : start + _FINGERPRINT_SYMBOLS].tobytes())
    return f"{count} symbols, {digest.hexdigest()}"

  def split(self, name: str) -> Classes:
    """The classes of "train", "validation" or "test".

    Raises:
      ValueError: if the corpus has no such split.
    """
    splits = {"train": self.train, "validation": self.validation}
    if self.test is not None:
      splits["test"] = self.test
    if name not in splits:
      raise ValueError(
        f"split (={name!r}) must be one of {', '.join(splits)} of this corpus."
      )
    return splits[name]


def require_sentence_end(sentence_end: str | None) -> str:
  """Returns with what each sentence ends.

  Raises:
    ValueError: if the text is not in sentences.
  """
  if sentence_end is None:
    raise ValueError(
      "this text is not in sentences; read it as a stream (sequences = stream)."
    )
  return sentence_end


def vocabulary_warning(codec: TextCodec, symbols: int) -> str | None:
  """One sentence if the vocabulary is too large to be learned, else None.

  Args:
    codec: of the text.
    symbols: N, the length of the text.
  """
  if codec.units == "characters" and codec.size > 1_000:
    return (
      f"the text has {codec.size:,} different characters, each an output of "
      "the network; --data.units bytes needs 256 at most."
    )
  if codec.units != "words":
    return None
  if codec.size > 100_000 or codec.size > max(1_000, symbols // 5):
    fewer = min(10_000, codec.size // 2)
    return (
      f"the text has {codec.size:,} different words in {symbols:,}, each an "
      f"output of the network; --data.vocabulary {fewer} keeps the most "
      "frequent, and --data.units characters has no such limit."
    )
  return None
