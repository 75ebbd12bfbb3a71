"""Reads ink of any format that is known, chosen by what a file holds."""

import os
import re
from pathlib import Path

from graves_jax.data.sources import (
  inkml,
  quickdraw,
  stroke_file,
  svg_ink,
  xournal,
)
from graves_jax.data.sources.iam_ondb.one_line import read_one_line
from graves_jax.data.sources.json_lines import decode_object, numbered_lines
from graves_jax.data.strokes import Line

# After byte order marks of UTF-8 and UTF-16, of which zeros are left out.
_XML_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff<")
_PICTURE_STARTS = (
  b"\x89PNG",
  b"\xff\xd8\xff",
  b"GIF8",
  b"RIFF",
  b"%PDF",
  b"BM",
)


def read_ink(path: str | os.PathLike, text: str | None = None) -> list[Line]:
  """Reads the lines of a file of ink: SVG, InkML, Xournal++, Quick, Draw!, the
  XML of a line of IAM-OnDB, or a stroke file.

  Args:
    path: the file; what begins with < is SVG if it is named .svg or has an
      <svg> at its start, IAM-OnDB's if it has a <WhiteboardCaptureSession>
      there, else InkML; .xopp and .xoj are Xournal++; all else is JSON lines.
    text: if given, the text of every line, whatever the file says.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: names the file, what is wrong and what is allowed.
  """
  path = Path(path)
  with path.open("rb") as file:
    start = file.read(2048).replace(b"\0", b"").lstrip()
  if start.startswith(_PICTURE_STARTS):
    raise ValueError(
      f"{path} is a picture or a PDF, which does not tell how the pen moved; "
      "give ink as SVG, InkML, Xournal++, Quick, Draw!, or a stroke file."
    )
  if path.suffix.lower() in (".xopp", ".xoj"):
    return [xournal.read_xournal(path, text)]
  is_svg = start.startswith(_XML_STARTS) and b"<svg" in start
  if is_svg or path.suffix.lower() == ".svg":
    return [svg_ink.read_svg(path, text)]
  if start.startswith(_XML_STARTS) and b"<WhiteboardCaptureSession" in start:
    return [read_one_line(path, text)]
  if path.suffix.lower() == ".inkml" or start.startswith(_XML_STARTS):
    return [inkml.read_inkml(path, text)]
  if _is_by_column(path):
    return quickdraw.read_quickdraw(path, text)
  splits = stroke_file.read_stroke_file(path, text=text)
  lines = splits["train"] + splits["validation"]
  # A file with one line trains and validates on it.
  return lines[:1] if lines[0] is lines[-1] else lines


def _is_by_column(path: Path) -> bool:
  """Whether the first line of a file is a drawing by column."""
  for _, data in numbered_lines(path):
    if re.search(rb'"drawing"\s*:', data):
      return True  # without decoding it twice
    try:
      return quickdraw.is_by_column(decode_object(data, ""))
    except ValueError:
      break  # the stroke file's reader says what is wrong
  return False
