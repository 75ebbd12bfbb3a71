"""Properties of a text that units may follow, symbol by symbol.

Most are known once the symbol is read: the quote that opens a quotation is
inside of it, the one that closes it is not. The share of a line, and the first
characters of an address, of three quotes or of /*, also need what follows.
NumPy alone.
"""

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from graves_jax.data.codec import END_OF_LINE, Units

Language = Literal["python", "c", "latex", "prose"]
_LANGUAGES: dict[str, Language] = {
  **dict.fromkeys((".py", ".pyi"), "python"),
  **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".hpp", ".js", ".java"), "c"),
  **dict.fromkeys((".tex", ".bib", ".sty"), "latex"),
}
_TRIPLE = "|".join(
  rf"{quotes}(?:\\[\s\S]|[^\\])*?(?:{quotes}|\Z)" for quotes in ('"""', "'''")
)
_QUOTED = "|".join(
  rf"{quote}(?:\\[\s\S]|[^{quote}\\\n])*{quote}?" for quote in "\"'"
)
_FORMULA = r"\$\$(?:\\[\s\S]|[^$\\])*(?:\$\$)?|\$(?:\\[\s\S]|[^$\\])+\$?"
# In LaTeX, what follows a backslash opens nothing: \$ is a dollar. Of \\$ the
# second backslash follows one, and the dollar does not.
_ESCAPED = r"\\[\s\S]"
# By language, what hides all else inside of it; of those that begin at one
# place the first one is meant.
_REGIONS: dict[Language, dict[str, str]] = {
  "python": {
    "comment": r"#[^\n]*",
    "triple-quoted string": _TRIPLE,
    "one-line string": _QUOTED,
  },
  "c": {
    "comment": r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)",
    "string": _QUOTED,
  },
  "latex": {"comment": r"%[^\n]*", "formula": _FORMULA},
  # A quotation ends with its paragraph, if not before.
  "prose": {"quotes": r'"(?:[^"\n]|\n(?!\s*\n))*"?|“(?:[^”\n]|\n(?!\s*\n))*”?'},
}
# What closes a region is no longer inside of it; ends of lines are no part.
_CLOSED = {
  "triple-quoted string",
  "one-line string",
  "string",
  "formula",
  "quotes",
}
_URL = re.compile(r"(?:https?://|ftp://|www\.)[^\s<>\"'`]*")
_BRACKETS = ("()", "[]", "{}")


def language_of(name: str) -> Language:
  """The language that the ending of a file's name, or of a pattern of names
  such as "*.[ch]", tells; else prose."""
  name = re.sub(r"\[(\w)[^\]]*\]", r"\1", name.lower())
  ending = re.search(r"\.\w+(?=(?:\.gz)?$)", name)
  return _LANGUAGES.get(ending[0] if ending else "", "prose")


def text_properties(
  symbols: Sequence[str], units: Units, language: Language
) -> dict[str, np.ndarray]:
  """Values of each property after each symbol.

  Args:
    symbols: characters, bytes (as in `TextCodec`) or words; N of them.
    units: which of these.
    language: which comments and strings there are.

  Returns:
    For each property its values [N] float32; of words, those after their last
    letter, but whether the first one is a capital.
  """
  if units != "words":
    # Bytes beyond ASCII are parts of characters, and none are letters.
    text = "".join(symbols)
    if units == "bytes":
      text = "".join(c if c.isascii() else "\0" for c in text)
    return character_properties(text, language)
  symbols = ["\n" if s == END_OF_LINE else s for s in symbols]
  parts = [
    s if not k or "\n" in (s, symbols[k - 1]) else f" {s}"
    for k, s in enumerate(symbols)
  ]
  values = character_properties("".join(parts), language)
  last = np.cumsum([len(p) for p in parts]) - 1
  found = {name: value[last] for name, value in values.items()}
  capitals = [s[:1].isupper() for s in symbols]
  return found | {"capital letter": np.array(capitals, np.float32)}


def character_properties(
  text: str, language: Language
) -> dict[str, np.ndarray]:
  """Values [N] float32 of each property after each character of a text.

  A text that begins inside of a docstring has "inside a triple-quoted string"
  the wrong way round: its first quotes are taken for those that open one.
  """
  regions = _regions(text, language)
  is_code = language in ("python", "c")
  hidden = np.zeros(len(text), bool)
  if is_code:
    hidden = np.any(list(regions.values()), axis=0)
  found = {f"inside a {name}": inside for name, inside in regions.items()}
  if "inside a quotes" in found:
    found = {"inside quotes": found.pop("inside a quotes")}
  depths = _depths(text, hidden)
  for pair, depth in depths.items():
    found[f"inside {pair[0]} {pair[1]}"] = depth > 0
  found["depth of brackets"] = np.sum(list(depths.values()), axis=0)
  inside = np.zeros(len(text), bool)
  for match in _URL.finditer(text):
    inside[slice(*match.span())] = True
  found["inside a URL"] = inside
  found |= _places(text)
  found["capital letter"] = np.array([c.isupper() for c in text], bool)
  found["after a full stop"] = _after_stop(text)
  return {name: np.asarray(v, np.float32) for name, v in found.items()}


def _regions(text: str, language: Language) -> dict[str, np.ndarray]:
  """Where the text is inside of comments, strings and the like."""
  rules = _REGIONS[language]
  found = {name: np.zeros(len(text), bool) for name in rules}
  names = list(rules)
  alternatives = [f"({rules[name]})" for name in names]
  if language == "latex":
    alternatives.append(_ESCAPED)
  for match in re.finditer("|".join(alternatives), text):
    if match.lastindex is None:  # escaped
      continue
    name = names[match.lastindex - 1]
    start, end = match.span()
    closed = name in _CLOSED and end - start > 1
    if closed and text[end - 1] in "\"'”$":
      end -= 1
    found[name][start:end] = True
  return found


def _depths(text: str, hidden: np.ndarray) -> dict[str, np.ndarray]:
  """How many brackets of each kind are open, but for those in code's comments
  and strings."""
  codes = np.array([ord(c) for c in text], np.int64)
  found = {}
  for pair in _BRACKETS:
    steps = (codes == ord(pair[0])).astype(int) - (codes == ord(pair[1]))
    steps[hidden] = 0
    total = np.cumsum(steps)
    # A bracket that closes nothing is passed over.
    found[pair] = total - np.minimum(np.minimum.accumulate(total), 0)
  return found


def _places(text: str) -> dict[str, np.ndarray]:
  """Where in its line, and in its word, each character is."""
  column = np.zeros(len(text), int)
  share = np.zeros(len(text))
  indentation = np.zeros(len(text), int)
  is_blank = np.zeros(len(text), bool)
  start = 0
  for line in text.split("\n"):
    own = slice(start, start + len(line))
    blank = len(line) - len(line.lstrip(" \t"))
    count = np.arange(1, len(line) + 1)
    column[own], share[own] = count, count / (len(line) + 1)
    indentation[own] = np.minimum(count, blank)
    is_blank[own.start : own.stop + 1] = True  # the end of the line, too
    is_blank[start + blank : own.stop] = False
    start += len(line) + 1
  letters = np.array([c.isalnum() or c == "_" for c in text], bool)
  at = np.arange(len(text))
  since = at - np.maximum.accumulate(np.where(letters, -1, at))
  return {
    "line length so far": column,
    "share of the line read": share,
    "indentation": indentation,
    "inside the indentation": is_blank,
    "word length so far": since,
  }


def _after_stop(text: str) -> np.ndarray:
  """Whether the last character that is no white space ends a sentence."""
  found = np.zeros(len(text), bool)
  is_after = False
  for k, character in enumerate(text):
    if not character.isspace():
      is_after = character in ".!?"
    found[k] = is_after
  return found
