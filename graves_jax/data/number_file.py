"""Numbers in a file of any size, of which only what is asked for is read.

A memory map would do as much, but where its file is cut short, or its disk is
gone, the system ends the whole process; here that is an OSError.
"""

from pathlib import Path

import numpy as np


class NumberFile:
  """A file of numbers [N], sliced like an array of one dimension.

  The file stays open: deleting it changes nothing.
  """

  def __init__(
    self,
    path: Path,
    dtype: np.dtype | type,
    offset: int = 0,
    count: int | None = None,
  ):
    """Opens the file.

    Args:
      path: the file.
      dtype: of each number.
      offset: bytes before the first number.
      count: N; by default all that follow.

    Raises:
      OSError: if it cannot be opened.
    """
    self._path = path
    self._dtype = np.dtype(dtype)
    self._offset = offset
    if count is None:
      count = (path.stat().st_size - offset) // self._dtype.itemsize
    self._count = count
    self._file = path.open("rb", buffering=0)

  def __len__(self) -> int:
    return self._count

  def __getitem__(self, part: slice) -> np.ndarray:
    """The numbers of a part, without gaps.

    Raises:
      OSError: if the file does not hold them any more.
    """
    start, end, step = part.indices(self._count)
    if step != 1:
      raise ValueError(f"step (={step}) must be 1.")
    size = max(end - start, 0) * self._dtype.itemsize
    self._file.seek(self._offset + start * self._dtype.itemsize)
    content = b""
    while len(content) < size:
      more = self._file.read(size - len(content))
      if not more:
        raise OSError(
          f"{self._path} is shorter than when it was opened; it was changed or "
          "its disk is lost."
        )
      content += more
    return np.frombuffer(content, self._dtype)

  def part(self, start: int, end: int) -> "NumberFile":
    """The numbers from `start` to before `end`; none is read."""
    start, end, _ = slice(start, end).indices(self._count)
    part = object.__new__(NumberFile)
    part.__dict__ |= self.__dict__
    part._offset = self._offset + start * self._dtype.itemsize
    part._count = max(end - start, 0)
    return part
