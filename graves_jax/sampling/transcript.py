"""Text to write: its characters checked, its words wrapped into lines."""

import difflib
import textwrap
import unicodedata
from collections.abc import Sequence

from graves_jax.data.strokes import Alphabet

_LOOKALIKES = {
  "‘": "'",
  "’": "'",
  "‚": ",",
  "“": '"',
  "”": '"',
  "„": '"',
  "«": '"',
  "»": '"',
  "–": "-",
  "—": "-",
  "−": "-",
  "…": "...",
  "·": ".",
  "\t": " ",
  "\u00a0": " ",
  "ß": "ss",
  "æ": "ae",
  "Æ": "AE",
  "œ": "oe",
  "ø": "o",
  "Ø": "O",
  "×": "x",
  "[": "(",
  "]": ")",
  "{": "(",
  "}": ")",
  "&": "+",
}


def require_known(text: str, alphabet: Alphabet) -> None:
  """Raises ValueError unless every character of `text` can be written.

  The message names each unknown character, and the nearest known ones.
  """
  unknown = alphabet.unknown(text)
  if not unknown:
    return
  named = []
  for character in unknown[:8]:
    other = replacement(character, alphabet)
    advice = f" (write {other!r})" if other else ""
    named.append(f"{character!r}{advice}")
  more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
  raise ValueError(
    f"these weights cannot write {', '.join(named)}{more}; they know "
    f"{''.join(alphabet.characters)!r}."
  )


def replacement(character: str, alphabet: Alphabet) -> str | None:
  """The nearest known text for a character, or None if there is none."""
  plain = unicodedata.normalize("NFKD", character)
  plain = "".join(c for c in plain if not unicodedata.combining(c))
  for other in (
    _LOOKALIKES.get(character, ""),
    plain,
    character.swapcase(),
  ):
    if other and not alphabet.unknown(other):
      return other
  names = {unicodedata.name(c, ""): c for c in alphabet.characters}
  name = unicodedata.name(character, "")
  close = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
  return names[close[0]] if close else None


def wrap(text: str, width: int) -> list[str]:
  """Lines of at most `width` characters; line ends of the text are kept.

  A word longer than `width` is broken. Blank lines come back as empty ones;
  before the first word and after the last they are left out.

  Raises:
    ValueError: if there is nothing to write, or `width` is below 1.
  """
  if width < 1:
    raise ValueError(f"width (={width}) must be 1 character or more.")
  lines: Sequence[str] = [
    line
    for part in text.splitlines()
    for line in textwrap.wrap(part, width) or [""]
  ]
  inked = [number for number, line in enumerate(lines) if line]
  if not inked:
    raise ValueError("there is no text to write; give at least one character.")
  return list(lines[inked[0] : inked[-1] + 1])
