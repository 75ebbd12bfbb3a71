"""The sources of the HTML pages, which lie beside this file in page/.

A page is one file: its style and its scripts are put into it as they are, and
its security policy names them by their digests and admits nothing else.
"""

import base64
import functools
import hashlib
import json
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent / "page"


@functools.cache
def read_source(name: str) -> str:
  """The text of a source, such as "colors.css"."""
  return (_FOLDER / name).read_text("utf-8")


def read_template(name: str) -> Template:
  """A document with places for its parts, such as "replay.html"."""
  return Template(read_source(name))


def style_of(*names: str) -> str:
  """One style sheet of several sources, in this order."""
  return "\n" + "\n".join(map(read_source, names))


def script_of(*names: str) -> str:
  """One script of several sources, in this order."""
  return '\n"use strict";\n' + "\n".join(map(read_source, names))


def digest(content: str) -> str:
  """The source expression of an inline element in a security policy."""
  hashed = hashlib.sha256(content.encode()).digest()
  return f"'sha256-{base64.b64encode(hashed).decode()}'"


def embeddable(data: object) -> str:
  """JSON that no HTML parser can take for the end of its script element."""
  text = json.dumps(data, separators=(",", ":"))
  for character in "<>&":
    text = text.replace(character, f"\\u{ord(character):04x}")
  return text
