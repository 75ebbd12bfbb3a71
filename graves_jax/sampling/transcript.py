"""Text to write: its characters made ones that can be written, its words
wrapped into lines."""

import textwrap
import unicodedata
from collections.abc import Mapping, Sequence

from graves_jax.data.plain_text import BYTE_ORDER_MARK
from graves_jax.data.strokes import Alphabet

_MOST_NAMED = 20
_BLANKS = str.maketrans("\t\x1f", "  ")  # those that end no line
# Decompositions that change what is meant: 10² is not 102, nor 1½ 11/2.
_NOT_NEAR = ("<super>", "<sub>", "<fraction>", "<circle>", "<square>")
# The same signs in other typography, which Unicode does not decompose.
_NEAR = {
  "‘": "'",
  "’": "'",
  "‚": ",",
  "‛": "'",
  "′": "'",
  "`": "'",
  "´": "'",
  "ʼ": "'",
  "‹": "'",
  "›": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "‟": '"',
  "″": '"',
  "«": '"',
  "»": '"',
  "‐": "-",
  "‑": "-",
  "‒": "-",
  "–": "-",
  "—": "-",
  "―": "-",
  "−": "-",
  "⁄": "/",
  "∕": "/",
  "…": "...",
  "·": ".",
  "•": "-",
  "×": "x",
  "ß": "ss",
  "ẞ": "SS",
  "æ": "ae",
  "Æ": "AE",
  "œ": "oe",
  "Œ": "OE",
  "ı": "i",
  "ð": "d",
  "Ð": "D",
  "þ": "th",
  "Þ": "Th",
}
# What people write in place of a sign.
_WORDS = {
  "&": "and",
  "%": "percent",
  "@": "at",
  "=": "equals",
  "*": "x",
  "+": "plus",
  "#": "no.",
  "°": "degrees",
  "§": "section",
  "$": "USD",
  "£": "GBP",
  "€": "EUR",
  "¥": "JPY",
  "[": "(",
  "]": ")",
  "{": "(",
  "}": ")",
  "<": "(",
  ">": ")",
  "_": "-",
  "~": "-",
  "|": "/",
  "\\": "/",
}


def fit_text(
  text: str, alphabet: Alphabet, strict: bool = False
) -> tuple[str, dict[str, str]]:
  """Makes a text one that can be written, and tells what it replaced.

  White space between words becomes one space, at the ends of lines it goes;
  lines stay, also empty ones between others. If characters are unknown, they
  are composed (NFC); those that have a near one, see `near`, are replaced.

  Args:
    text: any text.
    alphabet: the characters that can be written.
    strict: refuses unknown characters, except tabs, in place of replacing
      them.

  Returns:
    The text, and which characters were replaced by what.

  Raises:
    ValueError: names the characters of all lines that cannot be written.
  """
  text = text.replace(BYTE_ORDER_MARK, "").translate(_BLANKS)
  lines = [compose(line, alphabet) for line in text.splitlines()]
  replaced: dict[str, str] = {}
  if not strict:
    text, replaced = replace_unknown("\n".join(lines), alphabet)
    lines = text.split("\n")
  require_known("".join(lines), alphabet)
  return "\n".join(" ".join(x.split()) for x in lines).strip("\n"), replaced


def replace_unknown(
  text: str, alphabet: Alphabet
) -> tuple[str, dict[str, str]]:
  """Replaces characters that are unknown by near ones, where there are such.

  Returns:
    The text, and what was replaced by what.
  """
  found = {c: near(c, alphabet) for c in alphabet.unknown(text) if c != "\n"}
  replaced = {c: other for c, other in found.items() if other is not None}
  return "".join(replaced.get(c, c) for c in text), replaced


def compose(text: str, alphabet: Alphabet) -> str:
  """Joins letters and their accents to one character (NFC), if any character
  of the text is unknown."""
  unknown = alphabet.unknown(text)
  return unicodedata.normalize("NFC", text) if unknown else text


def name_replaced(replaced: Mapping[str, str]) -> str:
  """Says in a few words which characters were replaced by what."""
  named = [f"{_name(c)} by {other!r}" for c, other in replaced.items() if other]
  left_out = [_name(c) for c, other in replaced.items() if not other]
  parts = [f"replaced {_join(named)}"] if named else []
  return "; ".join(
    parts + ([f"left out {_join(left_out)}"] if left_out else [])
  )


def name_characters(characters: Sequence[str]) -> str:
  """Names characters, in quotes."""
  return _join([_name(c) for c in characters])


def near(character: str, alphabet: Alphabet) -> str | None:
  """Finds the same character in plainer typography.

  That is: quotes, dashes and spaces of other kinds, ligatures, letters without
  their accents, and nothing for marks that are not seen by themselves. None if
  there is no such thing, or the alphabet lacks it.
  """
  if unicodedata.category(character) in ("Cf", "Mn", "Me"):
    return ""
  if unicodedata.decomposition(character).startswith(_NOT_NEAR):
    return None
  name = unicodedata.name(character, "")
  others = [_NEAR.get(character) or _decomposed(character)]
  if character.isalpha() and " WITH " in name:  # letters with a stroke
    others.append(_named(name.partition(" WITH ")[0]))
  return _first_known(others, alphabet)


def substitute(character: str, alphabet: Alphabet) -> str | None:
  """Finds what may be written in place of an unknown character, or None."""
  other = near(character, alphabet)
  if other is not None:
    return other
  others = [_WORDS.get(character, ""), _decomposed(character)]
  return _first_known([*others, character.swapcase()], alphabet)


def _decomposed(character: str) -> str:
  """The plain characters that make up one, without accents."""
  if character.isspace():
    return " "
  parts = unicodedata.normalize("NFKD", character)
  plain = "".join(
    _NEAR.get(part, part) for part in parts if not unicodedata.combining(part)
  )
  return plain.strip()


def _named(name: str) -> str:
  try:
    return unicodedata.lookup(name)
  except KeyError:
    return ""


def _first_known(others: Sequence[str], alphabet: Alphabet) -> str | None:
  known = (other for other in others if other and not alphabet.unknown(other))
  return next(known, None)


def require_known(text: str, alphabet: Alphabet) -> None:
  """Raises ValueError unless every character of `text` can be written.

  The message names each unknown character, and a substitute if it has one.
  """
  unknown = alphabet.unknown(text)
  if not unknown:
    return
  named = []
  for character in unknown[:_MOST_NAMED]:
    other = substitute(character, alphabet)
    advice = f" (write {other!r})" if other else ""
    advice = " (leave it out)" if other == "" else advice
    named.append(f"{_name(character)}{advice}")
  more = len(unknown) - _MOST_NAMED
  raise ValueError(
    f"these weights cannot write {', '.join(named)}"
    f"{f' and {more:,} more' if more > 0 else ''}; they know "
    f"{''.join(alphabet.characters)!r}."
  )


def _name(character: str) -> str:
  """A character in quotes; one that is not seen by itself by its number."""
  is_seen = character.isprintable() and not unicodedata.combining(character)
  return repr(character) if is_seen else f"U+{ord(character):04X}"


def _join(names: list[str]) -> str:
  more = len(names) - _MOST_NAMED
  named = ", ".join(names[:_MOST_NAMED])
  return f"{named} and {more:,} more" if more > 0 else named


def wrap(text: str, width: int) -> list[str]:
  """Lines of at most `width` characters; line ends of the text are kept.

  White space within a line is one space. A word longer than `width` is broken.
  Blank lines come back as empty ones;
  before the first word and after the last they are left out.

  Raises:
    ValueError: if there is nothing to write, or `width` is below 1.
  """
  if width < 1:
    raise ValueError(f"width (={width}) must be 1 character or more.")
  lines: Sequence[str] = [
    line
    for part in text.splitlines()
    for line in textwrap.wrap(" ".join(part.split()), width) or [""]
  ]
  inked = [number for number, line in enumerate(lines) if line]
  if not inked:
    raise ValueError("there is no text to write; give at least one character.")
  return list(lines[inked[0] : inked[-1] + 1])
