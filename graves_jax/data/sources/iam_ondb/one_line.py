"""Reads one XML file of IAM-OnDB as it lies unpacked, a line of ink."""

import os
from pathlib import Path

from graves_jax.data.sources import untrusted_xml
from graves_jax.data.sources.iam_ondb.archive import parse_strokes
from graves_jax.data.sources.iam_ondb.repairs import repair
from graves_jax.data.sources.ink_limits import check_string
from graves_jax.data.strokes import Line, offsets_from_strokes


def read_one_line(path: str | os.PathLike, text: str | None = None) -> Line:
  """Reads a file such as lineStrokes/a01/a01-000/a01-000u-01.xml.

  Its strokes are repaired as those of the whole database are.

  Args:
    path: the file.
    text: what the ink says.

  Raises:
    FileNotFoundError: if there is no such file.
    ValueError: names the file, what is wrong and what is allowed.
  """
  path = Path(path)
  try:
    if text is None:
      raise ValueError(
        "IAM-OnDB keeps what the lines of a form say in a file of its own, in "
        "ascii, below CSR:; give the one of this line with --style-text."
      )
    check_string("text", text)
    strokes = parse_strokes(untrusted_xml.read_bounded(path), "it")
    points = offsets_from_strokes(repair(strokes).strokes)
    return Line(points, text, path.stem)
  except ValueError as error:
    raise ValueError(f"{path}: {error}") from None
