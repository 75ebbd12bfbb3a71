"""JSON lines: each written line with its text, as stroke files have them.

What is written may be shown to a network as a style, or as data. Positions are
hundredths of a millimeter from the upper left corner of the sheet.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graves_jax.rendering.drawing import Drawing
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.page_of_strokes import storable
from graves_jax.rendering.sheet import Sheet, checked_sheets

UNITS = 100  # in a millimeter


def write_stroke_lines(
  path: str | Path, sheets: Sequence[Sheet], drawing: Drawing = Drawing()
) -> None:
  """Writes the lines of sheets as JSON lines (`data/sources/stroke_file`).

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    sheets: at least one, with texts.
    drawing: its text stands for lines that have none of their own.

  Raises:
    ValueError: on sheets that are empty or not finite, or several lines that
      share one text.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".jsonl",))
  rows = [
    json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    for row in _rows(checked_sheets(sheets), " ".join(drawing.text.split()))
  ]
  content = storable("\n".join(rows) + "\n")
  write_atomically(path, content.encode())


def _rows(sheets: Sequence[Sheet], otherwise: str) -> Iterator[dict[str, Any]]:
  """What is said of each line; one of dots alone would not be read back."""
  inked = sum(bool(line) for sheet in sheets for line in sheet.lines)
  if otherwise and inked > 1 and not all(sheet.texts for sheet in sheets):
    raise ValueError(
      f"{inked} lines of ink have the one text {otherwise[:40]!r}; a .jsonl "
      "file says of each line what it says: give as many lines of text."
    )
  for page, sheet in enumerate(sheets, start=1):
    texts = sheet.texts or [""] * len(sheet.lines)
    for number, line in enumerate(sheet.lines):
      if any(len(stroke) > 1 for stroke in line):
        yield {
          "text": texts[number] or otherwise or "?",
          "name": f"page-{page}-line-{number + 1}",
          "strokes": [np.rint(s * UNITS).astype(int).tolist() for s in line],
        }
