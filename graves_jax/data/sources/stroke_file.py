"""Anybody's own pen strokes, in one file of JSON lines.

One handwritten line is one line of the file, one JSON object:

  {"text": "hello", "strokes": [[[0, 0], [3, 9]], [[20, 4], [22, 9]]]}

  text: what was written: 1 to 1,000 characters, no control characters.
  strokes: in writing order, each one list of [x, y], from where the pen goes
    down to where it is lifted. Positions are absolute, in any pen unit, x to
    the right and y downwards, as canvases have them, within ±8,388,608. All
    points may have a time, or a time and a pressure, as well ([x, y, t] or
    [x, y, t, pressure]), which are not used. A dot is a stroke of one point;
    one stroke at least has two. Dots before the first longer stroke are left
    out, as are strokes without points.
  split: optional, "train" (the default) or "validation".
  name: optional, unique in its split; "line-N" for line N where it is missing.

The file is UTF-8, or UTF-16 or UTF-32 with a byte-order mark, plain or
compressed with gzip.
Empty lines are skipped. If no line says "validation", the last twentieth of
the lines, at least one, is held out as validation; a file with one line
trains and validates on that line. If every line says "validation", the
training split is empty: the file can be scored, and not trained on.

Why JSON lines rather than a NumPy archive: a browser, a tablet app or a shell
script writes them without a library; people read them; they stream, append
with `cat`, and need no pickle for ragged arrays; and damage can be named by
its line. Compressed, all of IAM-OnDB takes 3 to 4 bytes a point.
"""

import gzip
import itertools
import json
import os
import reprlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from graves_jax.data.sources.ink_limits import (
  MAX_POINTS,
  MAX_POSITION,
  as_positions,
  check_string,
  require_few_points,
  require_room,
)
from graves_jax.data.sources.json_lines import (
  MAX_FILE_BYTES,
  decode_object,
  kind,
  numbered_lines,
)
from graves_jax.data.strokes import (
  Line,
  offsets_from_strokes,
  strokes_from_offsets,
)

SPLITS = ("train", "validation")

_POINT_WIDTHS = (2, 3, 4)  # x, y, and perhaps a time and a pressure
_KEYS = ("text", "strokes", "split", "name")


def read_stroke_file(
  path: str | os.PathLike,
  *,
  progress: Callable[[int, int], None] | None = None,
  text: str | None = None,
) -> dict[str, list[Line]]:
  """Reads a file of JSON lines, see the top of this file.

  Args:
    path: the file; it may be compressed with gzip.
    progress: called now and then with the bytes read and the file's bytes.
    text: if given, the text of every line, whatever the file says.

  Returns:
    The lines of each split, under "train" and "validation".

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: names the file, the line, what is wrong and what is allowed.
  """
  path = Path(path)
  splits: dict[str, list[Line]] = {split: [] for split in SPLITS}
  seen: dict[tuple[str, str], int] = {}
  points = 0
  for number, data in numbered_lines(path, progress):
    try:
      split, line = _parse(data, number, text)
      first = seen.setdefault((split, line.name), number)
      if first != number:
        raise ValueError(
          f'"name" ({line.name!r}) is taken by line {first}; give each line '
          "of a split its own, or none."
        )
    except ValueError as error:
      raise ValueError(f"{path}, line {number}: {error}") from None
    splits[split].append(line)
    points += len(line.points)
    require_room(path, len(seen), points)
  train, validation = splits["train"], splits["validation"]
  if not train and not validation:
    raise ValueError(
      f"{path} is empty; it must hold one JSON object per handwritten line, "
      'such as {"text": "hi", "strokes": [[[0, 0], [3, 9]]]}.'
    )
  if not validation:
    held_out = max(1, len(train) // 20)
    splits["validation"] = train[-held_out:]
    splits["train"] = train[:-held_out] or train
  return splits


def write_stroke_file(
  path: str | os.PathLike, splits: Mapping[str, Sequence[Line]]
) -> None:
  """Writes lines as JSON lines, each starting at position (0, 0).

  Positions that are whole numbers are written as such and come back exactly;
  others are rounded to a ten-millionth of the line's largest coordinate. The
  file appears when it is whole; equal lines give equal bytes.

  Args:
    path: the file; gzip-compressed if its name ends in .gz. Missing folders are
      made.
    splits: lines under "train", "validation" or both. Without validation
      lines, reading holds some out.

  Raises:
    ValueError: if a line could not be read back; nothing is written then.
    OSError: naming the path, if it cannot be written.
  """
  path = Path(path)
  if unknown := sorted(set(splits) - set(SPLITS)):
    raise ValueError(f"splits {unknown} are unknown; use {list(SPLITS)}.")
  if not any(splits.values()):
    raise ValueError("there are no lines to write; give one at least.")
  partial = path.with_name(f".{secrets.token_hex(8)}.partial")
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
      _write_whole(partial, splits, path.suffix.lower() == ".gz")
      partial.replace(path)
    finally:
      partial.unlink(missing_ok=True)
  except OSError as error:
    reason = error.strerror or str(error)
    raise OSError(f"cannot write '{path}': {reason}.") from error


def _parse(data: bytes, number: int, text: str | None) -> tuple[str, Line]:
  """One line of the file to its split and its `Line`, or ValueError."""
  value = decode_object(data, _NESTING)
  if text is not None:
    value["text"] = text
  for key in ("text", "strokes"):
    if key not in value:
      raise ValueError(f'"{key}" is missing; "text" and "strokes" are needed.')
  if unknown := [key for key in value if key not in _KEYS]:
    raise ValueError(
      f"key {reprlib.repr(unknown[0])} is unknown; use {list(_KEYS)}."
    )
  split = value.get("split", "train")
  if split not in SPLITS:
    raise ValueError(
      f'"split" ({reprlib.repr(split)}) must be one of {list(SPLITS)}.'
    )
  text, name = value["text"], value.get("name", f"line-{number}")
  check_string("text", text)
  check_string("name", name)
  return split, Line(_offsets(value["strokes"]), text, name)


_NESTING = (
  '"strokes" must be a list of strokes, a stroke a list of points, a point '
  "two numbers [x, y], or up to four [x, y, t, pressure], as many in each."
)


def _offsets(strokes: object) -> np.ndarray:
  """Nested lists to elements [T, 3]; types are checked at the speed of C."""
  if not isinstance(strokes, list) or set(map(type, strokes)) - {list}:
    raise ValueError(_wrong_nesting(strokes))
  points = list(itertools.chain.from_iterable(strokes))
  require_few_points(len(points))
  if set(map(type, points)) - {list}:
    raise ValueError(_wrong_nesting(strokes))
  widths = set(map(len, points))
  numbers = list(itertools.chain.from_iterable(points))
  if (
    len(widths) > 1
    or widths - set(_POINT_WIDTHS)
    or set(map(type, numbers)) - {int, float}
  ):
    raise ValueError(_wrong_nesting(strokes))
  width = widths.pop() if widths else 2
  positions = as_positions(numbers[::width], numbers[1::width])
  ends = itertools.accumulate(map(len, strokes), initial=0)
  return offsets_from_strokes(
    [positions[start:end] for start, end in itertools.pairwise(ends)]
  )


def _wrong_nesting(strokes: object) -> str:
  """Says where the first thing is that does not belong, and what it is."""
  found, width = f'"strokes" is a {kind(strokes)}', None
  for s, stroke in enumerate(strokes if isinstance(strokes, list) else ()):
    if not isinstance(stroke, list):
      return f"stroke {s + 1} is a {kind(stroke)}; {_NESTING}"
    for p, point in enumerate(stroke):
      if isinstance(point, list) and width is None:
        width = len(point)
      if (
        not isinstance(point, list)
        or len(point) != width
        or width not in _POINT_WIDTHS
        or set(map(type, point)) - {int, float}
      ):
        shown = reprlib.repr(point)
        return f"point {p + 1} of stroke {s + 1} is {shown}; {_NESTING}"
  return f"{found}; {_NESTING}"


def _write_whole(
  path: Path, splits: Mapping[str, Sequence[Line]], is_packed: bool
) -> None:
  """Writes a file, and waits until it is on the disk."""
  with path.open("wb") as file:
    if is_packed:
      # Level 6 takes four times as long as 4 and saves 4 % of the bytes.
      with gzip.GzipFile("", "wb", 4, file, mtime=0) as compressed:
        _write_lines(compressed, splits)
    else:
      _write_lines(file, splits)
    file.flush()
    os.fsync(file.fileno())


def _write_lines(
  file: BinaryIO | gzip.GzipFile, splits: Mapping[str, Sequence[Line]]
) -> None:
  total = 0
  for split in SPLITS:
    names = set()
    for line in splits.get(split, ()):
      try:
        check_string("text", line.text)
        check_string("name", line.name)
        if line.name in names:
          raise ValueError("the name occurs twice in its split.")
        strokes = _writable(line.points)
      except ValueError as error:
        raise ValueError(f"line {line.name!r} of {split!r}: {error}") from None
      names.add(line.name)
      value = {
        "text": line.text,
        "name": line.name,
        "split": split,
        "strokes": strokes,
      }
      data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
      total += file.write(data.encode() + b"\n")
      if total > MAX_FILE_BYTES:
        raise ValueError(
          f"the file is longer than {MAX_FILE_BYTES:,} bytes before "
          "compression, the most that is read; write several files."
        )


def _writable(points: np.ndarray) -> list[list[list[float]]]:
  """Elements [T, 3] to nested lists of absolute positions."""
  points = np.asarray(points)
  if points.ndim != 2 or points.shape[1] != 3 or not len(points):
    raise ValueError(f"points have shape {points.shape}; it must be [T, 3].")
  if not points[-1, 2] > 0.5:
    raise ValueError("the last point must end a stroke: 1 in its third column.")
  if len(points) >= MAX_POINTS:
    raise ValueError(
      f"{len(points):,} points are too many; fewer than {MAX_POINTS:,} are "
      "allowed in one line."
    )
  strokes = strokes_from_offsets(points)
  positions = np.concatenate(strokes)
  largest = np.abs(positions).max()
  if not largest <= MAX_POSITION:  # also refuses what is not a number
    raise ValueError(
      f"positions reach {largest:g}; they must lie within ±{MAX_POSITION:,}."
    )
  if (positions == np.rint(positions)).all():
    return [stroke.astype(np.int64).tolist() for stroke in strokes]
  decimals = 8 - int(np.ceil(np.log10(largest)))
  return [stroke.round(decimals).tolist() for stroke in strokes]
