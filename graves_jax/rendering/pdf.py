"""PDF: the strokes as vectors, one page a sheet, in the size of the paper.

Written by hand, because a document of lines needs few parts of PDF 1.4: a
catalog, pages, and for each page its drawing, compressed.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graves_jax.rendering.drawing import (
  RULE_COLOR,
  RULE_WIDTH,
  Drawing,
  inked,
)
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.ink import Ink
from graves_jax.rendering.page_of_strokes import storable
from graves_jax.rendering.sheet import Sheet, checked_sheets

_POINTS = 72 / 25.4  # PDF's units in a millimeter


def write_pdf(
  path: str | Path, sheets: Sequence[Sheet], drawing: Drawing = Drawing()
) -> None:
  """Writes sheets as a PDF document.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    sheets: at least one; captions are left out.
    drawing: texts and ink.

  Raises:
    ValueError: on sheets that are empty or not finite.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".pdf",))
  sheets = checked_sheets(sheets)
  # The catalog is object 1, the pages 2, what is said of them 3.
  numbers = [4 + 2 * k for k in range(len(sheets))]
  kids = " ".join(f"{number} 0 R" for number in numbers)
  objects = [
    b"<< /Type /Catalog /Pages 2 0 R >>",
    f"<< /Type /Pages /Kids [{kids}] /Count {len(sheets)} >>".encode(),
    f"<< /Title {_text(drawing.text)} /Subject {_text(drawing.description)} "
    "/Creator (graves_jax) >>".encode(),
  ]
  for number, sheet in zip(numbers, sheets, strict=True):
    box = f"{sheet.width * _POINTS:.3f} {sheet.height * _POINTS:.3f}"
    objects.append(
      f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {box}] /Resources << >> "
      f"/Contents {number + 1} 0 R >>".encode()
    )
    content = zlib.compress(_content(sheet, drawing.ink).encode(), 9)
    head = f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n"
    objects.append(head.encode() + content + b"\nendstream")
  write_atomically(path, _document(objects))


def _document(objects: Sequence[bytes]) -> bytes:
  """The file of some objects, numbered from 1, and a table of their places."""
  parts, places = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"], []
  for number, content in enumerate(objects, start=1):
    places.append(sum(map(len, parts)))
    parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, content))
  table = "".join(f"{place:010d} 00000 n \n" for place in places)
  count = len(objects) + 1
  parts.append(
    f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} "
    f"/Root 1 0 R /Info 3 0 R >>\nstartxref\n{sum(map(len, parts))}\n"
    "%%EOF\n".encode()
  )
  return b"".join(parts)


def _content(sheet: Sheet, ink: Ink) -> str:
  """What draws a page: y grows downwards, and units are millimeters."""
  lines = [
    f"{_POINTS:.6f} 0 0 {-_POINTS:.6f} 0 {sheet.height * _POINTS:.3f} cm",
    "1 J 1 j",
  ]
  if sheet.rules:
    lines.append(f"{_color(Ink(color=RULE_COLOR))} RG {RULE_WIDTH:g} w")
    lines += [_path(rule) for rule in sheet.rules]
  lines.append(f"{_color(ink)} RG")
  width = None
  for run, _ in inked(sheet, ink):
    if run.width != width:
      width = run.width
      lines.append(f"{width:.3f} w")
    lines.append(_path(run.points))
  return "\n".join(lines)


def _path(points: np.ndarray) -> str:
  first, *others = [f"{x:.3f} {y:.3f}" for x, y in points]
  others = others or [first]  # Round caps make this a dot.
  return f"{first} m " + " ".join(f"{point} l" for point in others) + " S"


def _color(ink: Ink) -> str:
  return " ".join(f"{level / 255:.3f}" for level in ink.rgb)


def _text(text: str) -> str:
  """A string of PDF, in UTF-16 with its byte-order mark."""
  return f"<feff{storable(text).encode('utf-16-be').hex()}>"
