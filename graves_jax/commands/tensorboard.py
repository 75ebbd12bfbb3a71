"""Figures of a run for TensorBoard, which are not worth the run itself."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path


class TensorboardFigures:
  """Writes figures as long as they can be written."""

  def __init__(self, workdir: Path, complain: Callable[[str], None]):
    """Opens a file in `workdir`.

    Args:
      workdir: the run's.
      complain: told, once, that no more is written.

    Raises:
      ValueError: if tensorboardX is not installed.
      OSError: if no file can be opened.
    """
    try:
      from tensorboardX import SummaryWriter
    except ImportError:
      raise ValueError(
        "--tensorboard needs tensorboardX; install the extra: "
        'pip install -e ".[tensorboard]"'
      ) from None
    self._writer = SummaryWriter(str(workdir))
    self._complain = complain

  def add(self, group: str, values: Mapping[str, float], step: int) -> None:
    """Writes figures under group/name."""
    if not self._is_written():
      return
    for name, value in values.items():
      self._writer.add_scalar(f"{group}/{name}", value, step)

  def close(self) -> None:
    """Writes what is still waiting."""
    if self._is_written():
      with contextlib.suppress(OSError):
        self._writer.close()

  def _is_written(self) -> bool:
    """Whether the thread that writes still does: it ends at an error (a full
    disk), and then everybody waits who adds more than its queue holds."""
    if self._writer is None:
      return False
    thread = self._writer.file_writer.event_writer._worker
    if thread is not None and thread.is_alive():
      return True
    self._writer = None
    self._complain("TensorBoard gets no more figures: they cannot be written.")
    return False
