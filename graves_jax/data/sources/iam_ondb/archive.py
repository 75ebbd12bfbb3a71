"""Reads the files of the IAM On-Line Handwriting Database as distributed.

They come from outside and are read with suspicion: see `untrusted_tar` for the
archives; the XML parser refuses document types, the only place for entities.
"""

import hashlib
import itertools
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from xml.parsers import expat

import numpy as np

from graves_jax.data.sources.untrusted_tar import Progress, members

STROKES = "lineStrokes-all.tar.gz"
TRANSCRIPTS = "ascii-all.tar.gz"
SPLITS = ("trainset", "testset_v", "testset_t", "testset_f")

INSTRUCTIONS = f"""\
Register at the IAM On-Line Handwriting Database site of the research group on
computer vision and artificial intelligence (FKI) of the University of Bern
(free, for non-commercial research) and put these files, still packed, in one
folder: {STROKES}, {TRANSCRIPTS}, and of the task's lists
{", ".join(f"{split}.txt" for split in SPLITS)}."""

_LIST_BYTES = 1 << 20
_MOST_POINTS = 20_000  # of one line; the longest has 1,941
_COORDINATE = 1e9  # pen units and seconds; real ones are below 2e7


def files(path: str | Path) -> list[Path]:
  """The six files of the database in the folder `path`.

  Raises:
    FileNotFoundError: if one is missing, naming it and where to get it.
  """
  folder = Path(path).expanduser()
  names = [STROKES, TRANSCRIPTS, *(f"{split}.txt" for split in SPLITS)]
  missing = [name for name in names if not (folder / name).is_file()]
  if missing:
    raise FileNotFoundError(
      f"{', '.join(missing)} not found in {folder}. "
      + " ".join(INSTRUCTIONS.split())
    )
  return [folder / name for name in names]


def fingerprint(path: str | Path) -> str:
  """SHA-256 of the six files, in hexadecimal."""
  whole = hashlib.sha256()
  for file in files(path):
    with file.open("rb") as stream:
      digest = hashlib.file_digest(stream, "sha256").hexdigest()
    whole.update(f"{digest} {file.name}\n".encode())
  return whole.hexdigest()


def read_forms(path: str | Path) -> dict[str, str]:
  """The official split of each form, e.g. {"a01-000u": "testset_t"}.

  Raises:
    ValueError: if a list is empty, or names what cannot be a form or a form
      of another split.
  """
  split_of: dict[str, str] = {}
  for split, file in zip(SPLITS, files(path)[2:], strict=True):
    with file.open("rb") as stream:
      content = stream.read(_LIST_BYTES + 1)
    forms = content[:_LIST_BYTES].decode("ascii", "replace").split()
    if not forms or len(content) > _LIST_BYTES:
      raise ValueError(
        f"{file} must be a list of forms, one per line; it has "
        f"{len(content)} bytes and {len(forms)} entries."
      )
    for form in forms:
      if not re.fullmatch(r"\w+(-\w+)+", form, re.ASCII):
        raise ValueError(
          f"{file} must list forms such as a01-000u, one per line; it has "
          f"{form[:80]!r}."
        )
      if split_of.setdefault(form, split) != split:
        raise ValueError(
          f"form {form} is listed in both {split_of[form]}.txt and "
          f"{split}.txt; the splits must be disjoint."
        )
  return split_of


def read_transcripts(
  path: str | Path, forms: Collection[str]
) -> dict[str, list[str]]:
  """The text of each line of the given forms."""
  transcripts = {}
  for name, content in members(files(path)[1], ".txt", forms.__contains__):
    if name in transcripts:
      raise ValueError(f"{TRANSCRIPTS} has two files of form {name}.")
    transcripts[name] = parse_transcript(content, name)
  return transcripts


def parse_transcript(content: bytes, name: str) -> list[str]:
  """The lines below `CSR:` (the text as written); blank ones are no lines.

  In a08-551z a run of % stands where a line break is missing: eight lines of
  the transcript are nine lines of ink. No other transcript has a %.
  """
  try:
    text = content.decode("utf-8")
  except UnicodeDecodeError as error:
    raise ValueError(f"the transcript of form {name}: {error}.") from None
  _, mark, written = text.partition("CSR:")
  if not mark:
    raise ValueError(
      f"the transcript of form {name} lacks the line 'CSR:' that precedes "
      "the text as written."
    )
  lines = (line.strip() for line in re.split(r"%+|\r?\n|\r", written))
  return [line for line in lines if line]


def read_strokes(
  path: str | Path, forms: Collection[str], progress: Progress | None = None
) -> Iterator[tuple[str, list[np.ndarray]]]:
  """Yields (name, strokes) of every line of the given forms.

  Args:
    path: the folder of the database.
    forms: names of forms; lines of others are skipped unread.
    progress: called with the bytes of the archive read so far and in all.

  Yields:
    A name such as "a01-000u-01" and per stroke its readings [n, 3]: x and y in
    pen units, y growing downwards, and the time in seconds.
  """

  def wanted(name: str) -> bool:
    return form_of(name) in forms

  for name, content in members(files(path)[0], ".xml", wanted, progress):
    yield name, parse_strokes(content, f"{name}.xml in {STROKES}")


def form_of(name: str) -> str:
  """The form of a line: "a01-000u" of "a01-000u-01"."""
  return name.rpartition("-")[0]


def parse_strokes(content: bytes, name: str) -> list[np.ndarray]:
  """The strokes [n, 3] (x, y, seconds) of one XML file; empty ones left out.

  Raises:
    ValueError: naming `name`, if the XML is malformed, has a document type
      (the only place for entities), or has other things than numbers.
  """
  points: list[str] = []  # of each point x, its value, y, ..., time, its value
  begins: list[int] = []  # of each stroke its place in `points`
  parser = expat.ParserCreate()
  parser.ordered_attributes = True
  extend = points.extend

  def start(tag: str, attributes: list[str]):
    if tag == "Point":
      extend(attributes)
    elif tag == "Stroke":
      begins.append(len(points))

  def refuse(*_):
    raise ValueError(
      f"{name} declares a document type or entities; the database has none, "
      "so this file is not from it."
    )

  parser.StartElementHandler = start
  parser.StartDoctypeDeclHandler = refuse
  parser.EntityDeclHandler = refuse
  try:
    parser.Parse(content, True)
  except (expat.ExpatError, LookupError, UnicodeError) as error:
    raise ValueError(
      f"{name} is malformed XML ({error}); copy or download it again."
    ) from None
  readings = _readings(points, name)
  if not len(readings):
    raise ValueError(f"{name} has no Point; a line has two at least.")
  if begins[:1] != [0]:
    raise ValueError(f"{name} has a Point before the first Stroke.")
  places = itertools.pairwise([*begins, len(points)])
  strokes = [readings[begin // 6 : end // 6] for begin, end in places]
  return [stroke for stroke in strokes if len(stroke)]


def _readings(points: list[str], name: str) -> np.ndarray:
  """Names and values of the attributes of n points to [n, 3]."""
  if len(points) > 6 * _MOST_POINTS:
    raise ValueError(
      f"{name} has more than {_MOST_POINTS:,} points, the most allowed."
    )
  if points[::2] != ["x", "y", "time"] * (len(points) // 6):
    raise ValueError(
      f"{name} has a Point with other attributes than x, y and time, in this "
      "order."
    )
  try:
    readings = np.array(list(map(float, points[1::2]))).reshape(-1, 3)
  except ValueError as error:
    raise ValueError(f"{name} has a Point with a {str(error)[:80]}.") from None
  if not (np.abs(readings) < _COORDINATE).all():
    raise ValueError(
      f"{name} has a Point whose x, y or time is not a number below "
      f"{_COORDINATE:g}."
    )
  return readings
