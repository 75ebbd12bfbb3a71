"""Reads ink as InkML, the W3C's markup for it: one document, one line of ink.

Every trace is a stroke. The trace format says which channels are X and Y (its
default: X, then Y, which grows downwards); all others are not used. Values are
as they stand, or differences from those before them (marked ' and "); traces of
a lifted pen are left out. The text is that of the annotations whose type is
one of `TEXT_TYPES`: of the whole ink or, where it has none, of its parts.
"""

import os
import re
from pathlib import Path

import numpy as np

from graves_jax.data.sources import untrusted_xml
from graves_jax.data.sources.ink_limits import (
  as_positions,
  check_string,
  require_few_points,
  require_few_strokes,
)
from graves_jax.data.strokes import Line, offsets_from_strokes

TEXT_TYPES = ("label", "text", "truth", "transcription", "transcript")

_MOST_CHARACTERS = 2**20  # of all traces
_VALUE = re.compile(
  r"""\s*(?:([!'"])\s*)?(\*|\?|[TF]|\#[0-9A-Fa-f]+|"""
  r"""[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"""
)
# Of a value so marked the differences, of which order, are given.
_ORDERS = {"!": 0, "'": 1, '"': 2}


def read_inkml(path: str | os.PathLike, text: str | None = None) -> Line:
  """Reads one document of InkML, see the top of this file.

  Args:
    path: the file.
    text: if given, the text of the ink, whatever the document says.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: names the file, what is wrong and what is allowed.
  """
  path = Path(path)
  try:
    return _Document(untrusted_xml.read_bounded(path)).line(text)
  except ValueError as error:
    raise ValueError(f"{path}: {error}") from None


class _Document:
  """What a document of InkML says.

  formats: of each trace format its channels: name, and 1 or, where the axis
    is turned round, -1.
  texts: depth and text of the annotations, in order.
  traces: the content of each, and whether it goes on the one before it.
  """

  def __init__(self, content: bytes):
    self.formats: list[list[tuple[str, int]]] = []
    self.texts: list[tuple[int, str]] = []
    self.traces: list[tuple[str, bool]] = []
    self._depth = 0
    self._intermittent = False
    self._read: list[str] | None = None  # of the element that is being read
    self._attributes: dict[str, str] = {}
    untrusted_xml.parse(content, self._start, self._end, self._characters)

  def line(self, text: str | None) -> Line:
    """The ink, with its own text or the one that is given."""
    if text is None:
      if not self.texts:
        raise ValueError(
          "no annotation says what was written; give it with --style-text, or "
          f"as an annotation whose type is one of {', '.join(TEXT_TYPES)}."
        )
      highest = min(depth for depth, _ in self.texts)
      texts = [part for depth, part in self.texts if depth == highest]
      text = " ".join(" ".join(texts).split())
    check_string("text", text)
    if not self.traces:
      raise ValueError("there is no trace; every stroke must be one.")
    x, y, channels = self._axes()
    require_few_strokes(len(self.traces))
    characters = sum(len(content) for content, _ in self.traces)
    if characters > _MOST_CHARACTERS:
      raise ValueError(
        f"its traces have {characters:,} characters; at most "
        f"{_MOST_CHARACTERS:,} are allowed; save one line of ink as a document "
        "of its own."
      )
    strokes: list[np.ndarray] = []
    points = 0
    for number, (content, is_continued) in enumerate(self.traces, start=1):
      rows = _rows(content, channels, number)
      points += len(rows)
      require_few_points(points)
      if not rows:
        continue
      stroke = as_positions(
        [row[x[0]] * x[1] for row in rows], [row[y[0]] * y[1] for row in rows]
      )
      if is_continued and strokes:
        strokes[-1] = np.concatenate([strokes[-1], stroke])
      else:
        strokes.append(stroke)
    return Line(offsets_from_strokes(strokes), text, "ink")

  def _axes(self) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Place and direction of X and of Y, and how many values are needed."""
    formats = self.formats or [[("X", 1), ("Y", 1)]]
    if any(channels != formats[0] for channels in formats):
      raise ValueError(
        "its trace formats differ; save the ink with one trace format."
      )
    names = [name for name, _ in formats[0]]
    if names.count("X") != 1 or names.count("Y") != 1:
      raise ValueError(
        f"its trace format has the channels {', '.join(names)[:80]!r}; it must "
        "have one X and one Y."
      )
    x, y = names.index("X"), names.index("Y")
    return (x, formats[0][x][1]), (y, formats[0][y][1]), max(x, y) + 1

  def _start(self, tag: str, attributes: dict[str, str]) -> None:
    self._depth += 1
    if self._depth == 1 and tag != "ink":
      raise ValueError(f"it begins with <{tag[:40]}>; InkML has <ink>.")
    if tag == "traceFormat":
      self.formats.append([])
    elif tag == "intermittentChannels":
      self._intermittent = True
    elif tag == "channel" and self.formats and not self._intermittent:
      sign = -1 if attributes.get("orientation") == "-ve" else 1
      self.formats[-1].append((attributes.get("name", ""), sign))
    elif tag in ("trace", "annotation"):
      self._read, self._attributes = [], attributes

  def _end(self, tag: str) -> None:
    self._depth -= 1
    attributes = self._attributes
    if tag == "intermittentChannels":
      self._intermittent = False
    elif tag == "trace" and self._read is not None:
      if attributes.get("type", "penDown") != "penUp":
        is_continued = attributes.get("continuation") in ("middle", "end")
        self.traces.append(("".join(self._read), is_continued))
    elif (
      tag == "annotation"
      and self._read is not None
      and attributes.get("type", "").lower() in TEXT_TYPES
    ):
      self.texts.append((self._depth, "".join(self._read)))
    if tag in ("trace", "annotation"):
      self._read = None

  def _characters(self, content: str) -> None:
    if self._read is not None:
      self._read.append(content)


def _rows(content: str, channels: int, trace: int) -> list[list[float]]:
  """The first `channels` values of each point of a trace, differences added.

  Raises:
    ValueError: if a value cannot be read, or a point has too few.
  """
  rows: list[list[float]] = []
  orders = [0] * channels
  speeds, last = [0.0] * channels, [0.0] * channels
  for point in content.split(","):
    given = _values(point, trace)
    if not given:
      continue
    if len(given) < channels:
      raise ValueError(
        f"a point of trace {trace} is {point.strip()[:40]!r}; it must have "
        f"{channels} values or more."
      )
    before = rows[-1] if rows else [0.0] * channels
    row = []
    for k, (mark, value) in enumerate(given[:channels]):
      orders[k] = _ORDERS.get(mark, orders[k])
      if value != "*":
        last[k] = _number(value, trace)
      elif not orders[k]:
        last[k] = before[k]
      if orders[k]:
        speeds[k] = last[k] + (speeds[k] if orders[k] == 2 else 0.0)
        row.append(before[k] + speeds[k])
      else:
        speeds[k] = last[k] - before[k]
        row.append(last[k])
    rows.append(row)
    require_few_points(len(rows))
  return rows


def _values(point: str, trace: int) -> list[tuple[str, str]]:
  """Marks and values of one point."""
  values, place = [], 0
  point = point.rstrip()
  while place < len(point):
    match = _VALUE.match(point, place)
    if not match:
      raise ValueError(
        f"trace {trace} has {point[place:].strip()[:40]!r} where a value is "
        "expected."
      )
    mark, value = match.groups()
    values.append((mark or "", value))
    place = match.end()
  return values


def _number(value: str, trace: int) -> float:
  """The value of X or Y."""
  if value[0] == "#":
    return float(int(value[1:9], 16))
  try:
    return float(value)
  except ValueError:
    raise ValueError(
      f"trace {trace} has {value!r} where X or Y is expected."
    ) from None
