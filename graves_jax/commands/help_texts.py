"""Help texts of options as paragraphs, for tyro.

tyro breaks lines by the width of the terminal, and besides wherever a line of a
docstring begins with another character than a letter, such as a blank.
"""

import contextlib
import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

import docstring_parser

_BREAK = re.compile(r"[ \t]*\n[ \t]*(?=\S)")


@contextlib.contextmanager
def whole_paragraphs() -> Iterator[None]:
  """Within it tyro is given each paragraph on an option as one line."""
  parse = docstring_parser.parse
  parse_from_object = docstring_parser.parse_from_object
  docstring_parser.parse = _joining(parse)
  docstring_parser.parse_from_object = _joining(parse_from_object)
  try:
    yield
  finally:
    docstring_parser.parse = parse
    docstring_parser.parse_from_object = parse_from_object


def _joining(parse: Callable[..., Any]) -> Callable[..., Any]:
  @functools.wraps(parse)
  def parse_and_join(*args: Any, **kwargs: Any) -> Any:
    parsed = parse(*args, **kwargs)
    for part in parsed.meta:
      if part.description is not None:
        part.description = in_paragraphs(part.description)
    return parsed

  return parse_and_join


def in_paragraphs(text: str) -> str:
  """A text without the line breaks inside of its paragraphs."""
  paragraphs = re.split(r"\n[ \t]*\n", text)
  return "\n\n".join(_BREAK.sub(" ", x.strip()) for x in paragraphs)
