"""Where results go as they come, so that a run that is cut off leaves them.

A few files, none of them large: a machine that is lent gives back no more.
"""

import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

MOST_FILES = 8
MOST_BYTES = 15_000_000  # of a file
_REPORT = "report.json"


class ResultFolder:
  """A new folder of results: report.json, and what is added to it."""

  def __init__(self, path: Path):
    """Makes the folder.

    Raises:
      ValueError: if it holds a report already.
    """
    if (path / _REPORT).exists():
      raise ValueError(f"--out (={path}) holds a report; name a new folder.")
    path.mkdir(parents=True, exist_ok=True)
    self.path = path
    self._report: dict[str, Any] = {}

  def note(self, name: str, value: Any) -> None:
    """Writes one of the report's values, in place of an earlier one."""
    self._report[name] = value
    text = json.dumps(self._report, indent=1, default=str)
    self.write(_REPORT, text.encode())

  def write(self, name: str, data: bytes) -> None:
    """Writes a file; it is there when it is whole.

    Raises:
      ValueError: if it is too large, or one file too many.
    """
    if len(data) > MOST_BYTES:
      raise ValueError(
        f"{name} has {len(data):,} bytes; a file of results has at most "
        f"{MOST_BYTES:,}."
      )
    others = [p for p in self.path.iterdir() if p.name != name]
    if len(others) >= MOST_FILES:
      raise ValueError(f"{name} would be one of over {MOST_FILES} files.")
    part = self.path / f"{name}.part"
    part.write_bytes(data)
    part.replace(self.path / name)

  def copy(self, source: Path) -> None:
    """Copies a file, if it is there."""
    if source.exists():
      self.write(source.name, source.read_bytes())

  def pack(self, folder: Path) -> None:
    """Adds a folder as NAME.tar.gz, in parts .0, .1, ... if it is large:
    cat NAME.tar.gz.* | tar xz."""
    name, archive = f"{folder.name}.tar.gz", io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as file:
      file.add(folder, folder.name)
    data = archive.getvalue()
    for earlier in self.path.glob(f"{name}*"):
      earlier.unlink()
    starts = range(0, len(data), MOST_BYTES)
    for k, start in enumerate(starts):
      end = f".{k}" if len(starts) > 1 else ""
      self.write(name + end, data[start : start + MOST_BYTES])

  def add(self, folder: Path) -> None:
    """Copies a folder as it is, in place of an earlier one of its name."""
    part, whole = self.path / f"{folder.name}.part", self.path / folder.name
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(folder, part)
    shutil.rmtree(whole, ignore_errors=True)
    part.rename(whole)

  def sizes(self) -> dict[str, int]:
    """Bytes of every file."""
    return {p.name: p.stat().st_size for p in sorted(self.path.iterdir())}
