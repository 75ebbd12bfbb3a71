"""Text on its way out: to standard output as it is made, and to a file."""

import contextlib
import io
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from graves_jax.rendering.files import writing_text

# Control characters as a reader sees them: ESC as ␛, CSI as \x9b.
_VISIBLE = {code: chr(0x2400 + code) for code in range(0x20)}
_VISIBLE |= {code: f"\\x{code:02x}" for code in range(0x80, 0xA0)}
_VISIBLE |= {0x7F: "␡", ord("\n"): "\n", ord("\t"): "\t"}


def write_out(
  pieces: Iterable[str], path: Path | None = None
) -> tuple[str, ...]:
  """Writes pieces of text to standard output, each one at once.

  A terminal is shown `visible` text, which it ends on a new line; a pipe or a
  file gets the text as it is. Characters that the output's encoding lacks are
  replaced by ?. Once the reader of a pipe has gone, as `head` does, no more is
  written, and nothing is said.

  The file gets its name when all is written, when the reader of a pipe has
  gone, or after Ctrl-C: with the text so far, if there is any. After an error
  an old file of that name stays as it was. Where standard output is closed, the
  text goes to the file alone.

  Args:
    pieces: of the text.
    path: a file to write it to as well, in UTF-8; its folder is made.

  Returns:
    The characters that were replaced, in order of appearance.

  Raises:
    ValueError: if standard output is closed, and there is no file.
    OSError: if something cannot be written.
  """
  screen = sys.stdout
  if screen is None:
    if path is None:
      raise ValueError("standard output is closed; give --out FILE.")
    with writing_text(path) as write:
      for piece in pieces:
        write(piece)
    return ()
  if isinstance(screen, io.TextIOWrapper):
    screen.reconfigure(errors="replace")
  is_terminal = screen.isatty()
  last = "\n"
  lost: dict[str, None] = {}
  with _writing_if_any(path) as write:
    try:
      for piece in filter(None, pieces):
        write(piece)
        shown = visible(piece) if is_terminal else piece
        lost |= dict.fromkeys(_not_in(shown, screen.encoding))
        screen.write(shown)
        screen.flush()
        last = piece[-1]
      if is_terminal and last != "\n":
        screen.write("\n")
    except BrokenPipeError:
      # What is left in the buffer would break the pipe again at exit.
      with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), screen.fileno())
      return ()
  return tuple(lost)


def visible(text: str) -> str:
  """Text without control characters, which could command a terminal.

  Each is replaced by a picture of it or by its number; newlines and tabs stay.
  """
  return text.translate(_VISIBLE)


def _not_in(text: str, encoding: str) -> list[str]:
  """The characters of a text that an encoding lacks."""
  try:
    text.encode(encoding)
  except UnicodeEncodeError:
    return [c for c in text if c.encode(encoding, "ignore") == b""]
  return []


def _writing_if_any(path: Path | None):
  """Yields what writes a piece to a file; nothing if there is none."""
  if path is None:
    return contextlib.nullcontext(lambda piece: None)
  return writing_text(path)
