"""The text files of a folder, joined to one in the order of their names."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from graves_jax.data.plain_text import encode
from graves_jax.data.sources.text_blocks import (
  MAX_UNPACKED_BYTES,
  Progress,
  character_blocks,
)

MOST_FILES = 100_000
_MOST_NAMED = 3


class Joined(NamedTuple):
  """A folder's text.

  path: of the file that all of it was joined in, in UTF-8.
  files: how many there are in it.
  left_out: names of those that are no text, or damaged.
  """

  path: Path
  files: int
  left_out: tuple[str, ...]

  def note(self) -> str:
    """One sentence for people."""
    note = "1 file is the text"
    if self.files > 1:
      note = f"{self.files:,} files are joined, in the order of their names"
    if self.left_out:
      named = ", ".join(self.left_out[:_MOST_NAMED])
      more = len(self.left_out) - _MOST_NAMED
      if more > 0:
        named += f" and {more:,} more"
      note += f"; left out, as they are no text, or damaged: {named}"
    return f"{note}."


def join(
  folder: Path,
  glob: str,
  prepared_dir: Path,
  progress: Progress | None = None,
) -> Joined:
  """Joins the files of a folder that fit a pattern, once.

  They stand in the order of their paths below the folder, compared character
  by character, and each begins on a new line. Files that are compressed with
  gzip are unpacked. What has null characters, or cannot be decoded, is no text
  and left out, as are links, empty files, and what lies in `prepared_dir`.

  Args:
    folder: where to look, in all folders below, too.
    glob: a pattern of names, such as "*.c", or of paths, such as "net/*.c".
    prepared_dir: where the joined text is kept; a folder that has not changed
      is not read again.
    progress: called with how many files are read, and all.

  Raises:
    ValueError: if no file fits, or too many or too large ones do, or none of
      them is text.
    OSError: if a file cannot be read, or the joined one not written.
  """
  names = _names(folder, glob, prepared_dir)
  path = prepared_dir / f"joined_{_digest(folder, glob, names)}.txt"
  if kept := _kept(path):
    return kept
  known = path.with_suffix(".json")
  part, known_part = (
    each.with_name(f"{each.name}.{os.getpid()}.part") for each in (path, known)
  )
  prepared_dir.mkdir(parents=True, exist_ok=True)
  try:
    left_out = _write(part, folder, names, progress)
    if len(left_out) == len(names):
      raise ValueError(
        f"none of the {len(names):,} files of {folder} that fit {glob!r} is "
        "text; give another folder, or train with another --data.glob."
      )
    joined = Joined(path, len(names) - len(left_out), tuple(left_out))
    known_part.write_text(json.dumps(joined[1:]), "utf-8")
    known_part.replace(known)
    part.replace(path)
  finally:
    part.unlink(missing_ok=True)
    known_part.unlink(missing_ok=True)
  return joined


def _kept(path: Path) -> Joined | None:
  """What was joined before; None if it is not there whole."""
  try:
    files, left_out = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return Joined(path, int(files), tuple(left_out)) if path.is_file() else None
  except (FileNotFoundError, ValueError, TypeError):
    return None


def _write(
  part: Path, folder: Path, names: list[str], progress: Progress | None
) -> list[str]:
  """Writes all that is text into one file; the names of what is not."""
  left_out = []
  with part.open("wb") as out:
    for number, name in enumerate(names, start=1):
      start = out.tell()
      _require_room(start + (folder / name).stat().st_size, folder, name)
      try:
        for block in _text_of(folder / name):
          out.write(block)
      except ValueError:
        out.seek(start)
        out.truncate()
        left_out.append(name)
      _require_room(out.tell(), folder, name)
      if progress:
        progress(number, len(names))
  return left_out


def _require_room(size: int, folder: Path, name: str) -> None:
  if size > MAX_UNPACKED_BYTES:
    raise ValueError(
      f"the files of {folder} up to {name} have more than "
      f"{MAX_UNPACKED_BYTES:,} bytes; give a smaller folder, or train with a "
      "narrower --data.glob."
    )


def _names(folder: Path, glob: str, prepared_dir: Path) -> list[str]:
  """Paths below the folder of the files that fit, in their order."""
  parts = Path(glob).parts
  if not parts or Path(glob).is_absolute() or ".." in parts:
    raise ValueError(
      f"data.glob (={glob!r}) must be a pattern of names below the folder, "
      'such as "*.c".'
    )
  names, passed_over, prepared = [], 0, prepared_dir.resolve()
  own = folder.resolve()
  for path in folder.rglob(glob):
    if not path.is_file() or path.is_symlink() or not path.stat().st_size:
      continue
    if (own / path.relative_to(folder)).is_relative_to(prepared):
      passed_over += 1
    else:
      names.append(path.relative_to(folder).as_posix())
    if len(names) > MOST_FILES:
      raise ValueError(
        f"{folder} has more than {MOST_FILES:,} files that fit {glob!r}; give "
        "a smaller folder, or train with a narrower --data.glob."
      )
  if passed_over and not names:
    raise ValueError(
      f"all {passed_over:,} files of {folder} that fit {glob!r} lie in "
      f"{prepared_dir}, where prepared text is kept, which is not read; give "
      "another folder, or train with another --data.prepared-dir."
    )
  if not names:
    raise ValueError(
      f"{folder} has no file that fits {glob!r}; give another folder, or train "
      "with another --data.glob."
    )
  return sorted(names)


def _digest(folder: Path, glob: str, names: list[str]) -> str:
  """Tells this folder, as it is now, from all others."""
  files = []
  for name in names:
    status = (folder / name).stat()
    files.append([name, status.st_size, status.st_mtime_ns])
  key = json.dumps([str(folder.resolve()), glob, files])
  return hashlib.sha256(encode(key)).hexdigest()[:32]


def _text_of(path: Path) -> Iterator[bytes]:
  """A file's characters in UTF-8, with an end of its last line.

  Raises:
    ValueError: if it is no text.
  """
  last = ""
  for block in character_blocks(path):
    if "\0" in block:
      raise ValueError(f"{path} has null characters.")
    last = block[-1:] or last
    yield encode(block)
  if last != "\n":
    yield b"\n"
