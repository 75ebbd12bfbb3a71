"""A run's checkpoints, which its first process keeps for all of them.

Only the first process needs to see the run's folder: what it restores, the
others get from it. A checkpoint is the same whatever the number of processes.
"""

import json
from pathlib import Path

from graves_jax.checkpoints.metadata import Metadata, from_json, to_json
from graves_jax.checkpoints.save import Checkpoints
from graves_jax.checkpoints.state import TrainState
from graves_jax.devices.processes import (
  is_first,
  text_from_first,
  together,
  tree_from_first,
)


class KeptCheckpoints:
  """`Checkpoints` for runs of any number of processes.

  state: the newest whole checkpoint's, or that which the run begins with.
  metadata: likewise.
  is_new: whether there was no checkpoint.
  messages: one line for each damaged checkpoint that was set aside.
  """

  def __init__(self, workdir: Path, begin: TrainState, metadata: Metadata):
    """Opens or creates `workdir`/checkpoints.

    Args:
      workdir: the run's folder; only the first process reads it.
      begin: the state that the run begins with, NumPy arrays of all rows.
      metadata: of the run as it begins.

    Raises:
      OSError, ValueError: as `Checkpoints`; in all processes at once.
    """
    self._kept, restored = None, None
    with together():
      if is_first():
        self._kept = Checkpoints(workdir, begin, metadata)
        restored, metadata = self._kept.restored, self._kept.metadata
    self.messages = self._kept.messages if self._kept else []
    told = {"is_new": restored is None, "metadata": to_json(metadata)}
    told = json.loads(text_from_first(json.dumps(told)))
    self.is_new, self.metadata = told["is_new"], from_json(told["metadata"])
    self.state = tree_from_first(begin if restored is None else restored)

  def save(self, state: TrainState, metadata: Metadata) -> None:
    """Starts to save `state`; it is safe once `wait` returns.

    Raises:
      OSError: if this, or what was saved before, cannot be written.
    """
    if self._kept:
      self._kept.save(state, metadata)

  def check(self) -> None:
    """Raises OSError if what was saved could not be written."""
    if self._kept:
      self._kept.check()

  def wait(self) -> None:
    """Returns when all that was saved is on disk; raises as `check`."""
    if self._kept:
      self._kept.wait()

  def close(self) -> None:
    """Lets go."""
    if self._kept:
      self._kept.close()
