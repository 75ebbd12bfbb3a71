"""Symbols of text as classes, and back (Section 3)."""

import codecs
import dataclasses
import functools
import reprlib
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np

from graves_jax.data import plain_text

Units = Literal["characters", "bytes", "words"]

END_OF_LINE = "</s>"  # among words
UNKNOWN = "<unk>"  # stands for every word that a vocabulary lacks
MAX_WORDS = 2**24
MAX_WORD_CHARACTERS = 10_000

_MOST_SYMBOLS = {"characters": 0x110000, "bytes": 256, "words": MAX_WORDS}
_MOST_NAMED = 10
_NO_CLASS = -1


@dataclasses.dataclass(frozen=True)
class TextCodec:
  """The K symbols of a text, each one class of the softmax of Eq. (12).

  >>> codec = TextCodec.of("hello")
  >>> codec.encode("hole").tolist(), codec.decode([1, 0, 2, 2, 3])
  ([1, 3, 2, 0], 'hello')

  units: what a symbol is.
  symbols: of each class. The symbol of byte b is chr(b). The end of a line is
    the word "</s>"; the word "<unk>", if it is among the symbols, stands for
    all words that are not.

  Raises:
    ValueError: if symbols occur twice, or one cannot be such a symbol.
  """

  units: Units
  symbols: tuple[str, ...]

  def __post_init__(self):
    if self.units not in typing.get_args(Units):
      raise ValueError(
        f"units (={self.units!r}) must be one of "
        f"{', '.join(typing.get_args(Units))}."
      )
    if not 1 <= len(self.symbols) <= _MOST_SYMBOLS[self.units]:
      raise ValueError(
        f"there are {len(self.symbols):,} symbols; {self.units} take 1 to "
        f"{_MOST_SYMBOLS[self.units]:,}."
      )
    seen = set()
    for symbol in self.symbols:
      if not _fits(symbol, self.units):
        raise ValueError(
          f"{reprlib.repr(symbol)} is no symbol of {self.units}: "
          f"{_RULE[self.units]}."
        )
      if symbol in seen:
        raise ValueError(
          f"the symbol {name_symbols([symbol], self.units)} occurs twice."
        )
      seen.add(symbol)

  @classmethod
  def of(cls, text: str | bytes, units: Units = "characters") -> "TextCodec":
    """The codec of the distinct symbols of a text, sorted."""
    return cls(units, tuple(sorted(set(split_symbols(text, units)))))

  @classmethod
  def from_json(cls, value: object) -> "TextCodec":
    """The inverse of `to_json`; ValueError on anything else."""
    if not isinstance(value, dict) or set(value) != {"units", "symbols"}:
      raise ValueError('a codec must be an object of "units" and "symbols".')
    units, symbols = value["units"], value["symbols"]
    if not isinstance(units, str):
      raise ValueError(f'"units" ({reprlib.repr(units)}) must be text.')
    if not isinstance(symbols, list):
      raise ValueError('"symbols" must be a list.')
    return cls(typing.cast(Units, units), tuple(symbols))  # which checks both

  def to_json(self) -> dict[str, object]:
    """A value that `json` writes, and `from_json` reads."""
    return {"units": self.units, "symbols": list(self.symbols)}

  @property
  def size(self) -> int:
    """The number of classes K."""
    return len(self.symbols)

  def encode(self, text: str | bytes) -> np.ndarray:
    """Text of N symbols to classes [N] int32.

    Text is encoded in UTF-8 for bytes, and bytes are decoded from it for
    characters and words. Words lie between white space; every newline is the
    word "</s>" too; a word that is not in the vocabulary becomes "<unk>".

    Raises:
      ValueError: names the symbols that the codec lacks.
    """
    if self.units == "words":
      words = split_symbols(text, self.units)
      other = self._classes.get(UNKNOWN, _NO_CLASS)
      get = self._classes.get
      classes = np.array([get(word, other) for word in words], np.int32)
    else:
      codes = _codes(text, self.units)
      classes = self._class_of_code[
        np.minimum(codes, len(self._class_of_code) - 1)
      ]
    if (classes == _NO_CLASS).any():
      self.refuse(self.unknown(text))
    return classes

  def unknown(self, text: str | bytes) -> tuple[str, ...]:
    """The symbols of a text that are no class, in order of appearance."""
    symbols = dict.fromkeys(split_symbols(text, self.units))
    return tuple(s for s in symbols if s not in self._classes)

  def refuse(self, symbols: Sequence[str]) -> typing.NoReturn:
    """Raises the ValueError that names symbols as unknown."""
    raise ValueError(
      f"the text has {self.units} that the vocabulary of {self.size:,} lacks: "
      f"{name_symbols(symbols, self.units)}; leave them out, or train on a "
      "text that has them."
    )

  def decode(self, classes: Sequence[int] | np.ndarray) -> str:
    """Classes [N] to text.

    Bytes that are no UTF-8 become U+FFFD; words are joined by spaces, "</s>"
    is a newline.

    Raises:
      ValueError: if a number is no class.
    """
    return self.decoder()(classes, True)

  def decoder(self) -> Callable[..., str]:
    """A function that decodes a text piece by piece.

    It takes classes [n], and whether they are the last (by default not), and
    returns the text that they make known: a character of several bytes comes
    with the last of them. All pieces joined are `decode` of all classes.
    """
    if self.units == "bytes":
      utf8 = codecs.getincrementaldecoder("utf-8")("replace")

      def decode_bytes(classes, final=False):
        return utf8.decode(
          "".join(self._look_up(classes)).encode("latin-1"), final
        )

      return decode_bytes
    if self.units == "words":
      within_line = False

      def decode_words(classes, final=False):
        nonlocal within_line
        pieces = []
        for word in self._look_up(classes):
          ends = word == END_OF_LINE
          if within_line and not ends:
            pieces.append(" ")
          pieces.append("\n" if ends else word)
          within_line = not ends
        return "".join(pieces)

      return decode_words
    return lambda classes, final=False: "".join(self._look_up(classes))

  def _look_up(self, classes: Sequence[int] | np.ndarray) -> list[str]:
    classes = np.asarray(classes).reshape(-1)
    if classes.size and not 0 <= classes.min() <= classes.max() < self.size:
      raise ValueError(
        f"classes reach from {classes.min()} to {classes.max()}; this codec "
        f"has 0 to {self.size - 1}."
      )
    return [self.symbols[k] for k in classes.tolist()]

  @functools.cached_property
  def _classes(self) -> dict[str, int]:
    return {symbol: k for k, symbol in enumerate(self.symbols)}

  @functools.cached_property
  def _class_of_code(self) -> np.ndarray:
    """Class of each code point or byte, -1 for none and for all above."""
    codes = [ord(symbol) for symbol in self.symbols]
    table = np.full(max(codes) + 2, _NO_CLASS, np.int32)
    table[codes] = np.arange(self.size)
    return table


def split_symbols(text: str | bytes, units: Units) -> Sequence[str]:
  """The symbols of a text in their order; see `TextCodec.encode`."""
  if units == "bytes":
    return _as_bytes(text).decode("latin-1")
  text = _as_text(text)
  if units == "characters":
    return text
  words = []
  for k, line in enumerate(text.split("\n")):
    if k:
      words.append(END_OF_LINE)
    words += line.split()
  return words


def name_symbols(symbols: Iterable[str], units: Units) -> str:
  """Names symbols to a reader, unprintable ones by their numbers."""
  symbols = list(symbols)
  names = [_name(symbol, units) for symbol in symbols[:_MOST_NAMED]]
  if len(symbols) > _MOST_NAMED:
    return f"{', '.join(names)} and {len(symbols) - _MOST_NAMED:,} more"
  return ", ".join(names)


def _name(symbol: str, units: Units) -> str:
  if units == "words":
    return repr(symbol if len(symbol) <= 40 else symbol[:40] + "...")
  code = ord(symbol)
  if units == "bytes":
    return repr(symbol) if 32 < code < 127 else f"0x{code:02X}"
  return repr(symbol) if symbol.isprintable() else f"U+{code:04X}"


_RULE = {
  "characters": "it must be one character",
  "bytes": "it must be one character, U+0000 to U+00FF",
  "words": f"it must have 1 to {MAX_WORD_CHARACTERS:,} characters, none of "
  "them white space",
}


def _fits(symbol: object, units: Units) -> bool:
  if not isinstance(symbol, str) or any(
    "\ud800" <= c <= "\udfff" for c in symbol
  ):
    return False
  if units == "words":
    return len(symbol) <= MAX_WORD_CHARACTERS and symbol.split() == [symbol]
  return len(symbol) == 1 and (units == "characters" or ord(symbol) < 256)


def _codes(text: str | bytes, units: Units) -> np.ndarray:
  """The number of each byte or code point, [N]."""
  if units == "bytes":
    return np.frombuffer(_as_bytes(text), np.uint8).astype(np.intp)
  points = _as_text(text).encode("utf-32-le", "surrogatepass")
  return np.frombuffer(points, "<u4").astype(np.intp)


def _as_text(text: str | bytes) -> str:
  if isinstance(text, str):
    return text
  try:
    return text.decode("utf-8")
  except UnicodeDecodeError as error:
    raise ValueError(
      f"the text is not UTF-8: byte 0x{text[error.start]:02X} at offset "
      f"{error.start:,}."
    ) from None


def _as_bytes(text: str | bytes) -> bytes:
  return text if isinstance(text, bytes) else plain_text.encode(text)
