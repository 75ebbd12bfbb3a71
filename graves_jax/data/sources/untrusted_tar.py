"""Reads .tar.gz archives from outside without unpacking them to disk.

Members are read one after another. Names that leave the archive, links and
devices are refused, and the number and sizes of members are bounded.
"""

import contextlib
import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

Progress = Callable[[int, int], None]

# IAM-OnDB's largest file has 0.1 MB, and all of it 434 MB in 14,055 members.
MEMBER_BYTES = 4 << 20
HEADER_BYTES = 1 << 14
ARCHIVE_BYTES = 2 << 30
ARCHIVE_MEMBERS = 100_000


def members(
  archive: Path,
  suffix: str,
  wanted: Callable[[str], bool],
  progress: Progress | None = None,
  member_bytes: int | None = None,
) -> Iterator[tuple[str, bytes]]:
  """Yields (name without folder and suffix, content) of the wanted files.

  Args:
    archive: the .tar.gz file.
    suffix: of the names of the files to yield, such as ".xml".
    wanted: says of a name without folder and suffix whether to yield it.
    progress: called after each member with the bytes of the archive read so
      far and in all.
    member_bytes: the most that a member may have, by default `MEMBER_BYTES`.

  Raises:
    ValueError: names the archive, if it is truncated or no archive at all, if
      a name leaves the archive, if a member is a link or a device, or if there
      are more or larger members than allowed.
  """
  size = archive.stat().st_size
  member_bytes = member_bytes or MEMBER_BYTES
  with contextlib.ExitStack() as stack:
    packed = stack.enter_context(archive.open("rb"))
    unpacked = _Bounded(
      stack.enter_context(gzip.GzipFile(fileobj=packed)), archive
    )
    stream: Any = unpacked  # of a file, tarfile calls these methods alone
    try:
      tar: Any = stack.enter_context(tarfile.open(fileobj=stream, mode="r:"))
      for count, member in enumerate(tar):
        _check(member, count, archive, member_bytes)
        member_path = PurePosixPath(member.name)
        if (
          member.isfile()
          and member_path.suffix == suffix
          and wanted(member_path.stem)
        ):
          with unpacked.reading(member.size):
            content = tar.extractfile(member).read()
          yield member_path.stem, content
        tar.members.clear()  # it would remember all of their headers
        if progress:
          progress(packed.tell(), size)
      while unpacked.read(HEADER_BYTES):  # to the checksum at the end
        pass
    except _RefusedError:
      raise
    except _DAMAGE as error:
      reason = str(error) or type(error).__name__
      raise ValueError(
        f"{archive} is truncated or no .tar.gz archive ({reason[:200]}); "
        "download it again."
      ) from None


class _RefusedError(ValueError):
  """An archive that could do harm."""


# What tarfile and gzip raise on archives that are none.
_DAMAGE = (
  tarfile.TarError,
  gzip.BadGzipFile,
  zlib.error,
  EOFError,
  ValueError,
  ArithmeticError,
  LookupError,
  RecursionError,
)


def _check(
  member: tarfile.TarInfo, count: int, archive: Path, member_bytes: int
) -> None:
  """Refuses members that could do harm."""
  rule = None
  parts = PurePosixPath(member.name.replace("\\", "/"))
  if parts.is_absolute() or ".." in parts.parts:
    rule = "names must stay inside the archive"
  elif not (member.isfile() or member.isdir()):
    rule = "only plain files and folders are allowed, no links or devices"
  elif not 0 <= member.size <= member_bytes:
    rule = f"it has {member.size} bytes and {member_bytes} are allowed"
  elif count >= ARCHIVE_MEMBERS:
    rule = f"it is one more than the {ARCHIVE_MEMBERS} members allowed"
  if rule:
    raise _RefusedError(
      f"{archive} has the member {member.name[:200]!r}: {rule}. This is not "
      "the archive that was published; download it again."
    )


class _Bounded:
  """A gzip stream that refuses to unpack more than is allowed."""

  def __init__(self, stream: gzip.GzipFile, archive: Path):
    self._stream, self._archive = stream, archive
    self._most = HEADER_BYTES
    self.tell = stream.tell

  @contextlib.contextmanager
  def reading(self, size: int) -> Iterator[None]:
    """Within it a member's content is read, of so many bytes."""
    self._most = max(size, HEADER_BYTES)
    yield
    self._most = HEADER_BYTES

  def read(self, size: int = -1) -> bytes:
    # tarfile reads long headers whole, whatever size they claim.
    if not 0 <= size <= self._most:
      self._refuse(f"a header of {size} bytes")
    if self._stream.tell() > ARCHIVE_BYTES:
      self._refuse(f"more than {ARCHIVE_BYTES} bytes")
    return self._stream.read(size)

  def seek(self, position: int, whence: int = 0) -> int:
    if whence or position > ARCHIVE_BYTES:
      self._refuse(f"{position} bytes")
    return self._stream.seek(position)

  def _refuse(self, what: str) -> NoReturn:
    raise _RefusedError(
      f"{self._archive} unpacks to {what}; at most {HEADER_BYTES} per header "
      f"and {ARCHIVE_BYTES} in all are allowed. Download it again."
    )
