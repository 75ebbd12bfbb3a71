"""Reads ink of Xournal++ (.xopp) and Xournal (.xoj): strokes of pens.

The first page with ink is one line of it. What it says the file does not tell.
"""

import os
from pathlib import Path

from graves_jax.data.sources import untrusted_xml
from graves_jax.data.sources.ink_limits import (
  as_positions,
  check_string,
  require_few_points,
  require_few_strokes,
)
from graves_jax.data.strokes import Line, offsets_from_strokes


def read_xournal(path: str | os.PathLike, text: str | None = None) -> Line:
  """Reads the pen strokes of one document.

  Args:
    path: the file, compressed with gzip or not.
    text: what the ink says.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: names the file, what is wrong and what is allowed.
  """
  path = Path(path)
  try:
    if text is None:
      raise ValueError(
        "Xournal++ does not keep what ink says; give it with --style-text."
      )
    check_string("text", text)
    pages = _Pages(untrusted_xml.read_bounded(path)).pages
    strokes = next(filter(None, pages), [])
    if not strokes:
      raise ValueError("no page has a stroke of a pen.")
    require_few_strokes(len(strokes))
    require_few_points(sum(len(stroke) for stroke in strokes) // 2)
    positions = [as_positions(s[::2], s[1::2]) for s in strokes]
    return Line(offsets_from_strokes(positions), text, "ink")
  except ValueError as error:
    raise ValueError(f"{path}: {error}") from None


class _Pages:
  """The strokes of each page, a stroke its numbers x, y, x, y, …"""

  def __init__(self, content: bytes):
    self.pages: list[list[list[float]]] = []
    self._read: list[str] | None = None  # of the stroke that is being read
    self._depth = 0
    untrusted_xml.parse(content, self._start, self._end, self._characters)

  def _start(self, tag: str, attributes: dict[str, str]) -> None:
    self._depth += 1
    if self._depth == 1 and tag != "xournal":
      raise ValueError(f"it begins with <{tag[:40]}>; Xournal++ has <xournal>.")
    if tag == "page":
      self.pages.append([])
    elif tag == "stroke" and attributes.get("tool", "pen") == "pen":
      self._read = []

  def _end(self, tag: str) -> None:
    self._depth -= 1
    if tag == "stroke" and self._read is not None:
      if not self.pages:
        raise ValueError("a stroke is on no page.")
      values = "".join(self._read).split()
      try:
        numbers = [float(value) for value in values]
      except ValueError as error:
        raise ValueError(f"a stroke has what is no number ({error}).") from None
      if len(numbers) % 2:
        raise ValueError("a stroke has an x without a y.")
      if numbers:
        self.pages[-1].append(numbers)
      self._read = None

  def _characters(self, content: str) -> None:
    if self._read is not None:
      self._read.append(content)
