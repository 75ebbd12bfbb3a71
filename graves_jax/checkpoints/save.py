"""A run's checkpoints: saved, kept, and cleared of damaged ones.

A checkpoint holds the weights, the optimizer's state, what the loss carries
from batch to batch and, as JSON, all that sampling needs: config, codec,
scores, and a checksum of every array.
"""

import contextlib
import itertools
import json
import os
import re
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from graves_jax.checkpoints.checksums import array_checksums, signed
from graves_jax.checkpoints.metadata import Metadata, from_json, to_json
from graves_jax.checkpoints.read import (
  FOLDER,
  MOST_JSON_BYTES,
  DamagedCheckpointError,
  WrittenCheckpoint,
  alone,
  first_line,
  step_folders,
)
from graves_jax.checkpoints.same import require_same
from graves_jax.checkpoints.state import TrainState
from graves_jax.devices.processes import (
  is_first,
  text_from_first,
  together,
  tree_from_first,
)

_PARTS = ("params", "stddev", "optimizer", "carry", "average")


class SaveError(OSError):
  """A checkpoint that could not be written; those before it stay."""


class Checkpoints:
  """The checkpoints of one run: the latest two, and the best by score.

  restored: the state of the newest whole checkpoint, or None.
  metadata: of that one, or of the run as it begins.
  messages: one line for each damaged checkpoint that was set aside.
  """

  def __init__(self, workdir: Path, template: TrainState, metadata: Metadata):
    """Opens or creates `workdir`/checkpoints.

    Damaged checkpoints are set aside, as damaged_STEP, so that training can
    go on from the newest whole one and save anew.

    Args:
      workdir: the run's folder.
      template: a state of the shapes to restore, NumPy arrays.
      metadata: of the run, which the checkpoints must be of.

    Raises:
      OSError: if the folder cannot be made.
      ValueError: if no checkpoint is whole, the newest is of another run, or
        the vocabulary too large for any; nothing is changed then.
    """
    if len(json.dumps(to_json(metadata))) > MOST_JSON_BYTES // 2:
      raise ValueError(
        f"a checkpoint cannot hold the names of {metadata.codec.size:,} "
        "symbols; take fewer with data.vocabulary, or other data.units."
      )
    folder = (workdir / FOLDER).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    self._folder = folder
    newest, damaged = _newest_whole(folder, template, metadata)
    self.restored = None if newest is None else newest[0]
    self.metadata = metadata if newest is None else newest[1]
    self._saving: int | None = None  # the step that is being saved
    self._saved = None if newest is None else self.metadata.step
    self.messages = []
    for step, error in damaged.items():
      aside = _free_name(folder, f"damaged_{step}")
      (folder / str(step)).rename(aside)
      self.messages.append(f"Set aside as {aside}: {error}")
    score = metadata.score_name
    best = ocp.checkpoint_managers.BestN(
      get_metric_fn=lambda metrics: metrics[score],
      reverse=True,
      n=1,
      keep_checkpoints_without_metrics=False,
    )
    self._manager = ocp.CheckpointManager(
      folder,
      item_names=(*_parts(template), "metadata"),
      options=ocp.CheckpointManagerOptions(
        preservation_policy=ocp.checkpoint_managers.AnyPreservationPolicy(
          [ocp.checkpoint_managers.LatestN(2), best]
        ),
        best_fn=lambda metrics: metrics[score],
        best_mode="min",
        cleanup_tmp_directories=True,
        create=False,
        # Else, where the folder of a step cannot be made, threads that are to
        # write into it wait for it, and keep the process for five minutes.
        async_options=ocp.AsyncOptions(create_directories_asynchronously=False),
        multiprocessing_options=alone(),
      ),
    )

  def save(self, state: TrainState, metadata: Metadata) -> None:
    """Starts to save `state`; it is safe once `wait` returns.

    Args:
      state: at the end of an update, NumPy arrays.
      metadata: of this step; with scores it takes part in the choice of the
        best.

    Raises:
      SaveError: if this checkpoint, or the one before, cannot be written.
      ValueError: if a weight is not finite; what was saved before stays.
    """
    if not all(np.isfinite(x).all() for x in jax.tree.leaves(state.trained)):
      raise ValueError(
        f"the weights of step {metadata.step} are not finite; the last "
        "checkpoint is intact. Lower optimizer.learning_rate."
      )
    parts = _parts(state)
    checksums = {name: array_checksums(x) for name, x in parts.items()}
    values = signed(to_json(metadata) | {"checksums": checksums})
    with self._named_errors():
      self._require_saved()
      self._manager.save(
        metadata.step,
        args=ocp.args.Composite(
          **{name: ocp.args.StandardSave(x) for name, x in parts.items()},
          metadata=ocp.args.JsonSave(values),
        ),
        metrics=metadata.scores,
      )
    self._saving = metadata.step

  def check(self) -> None:
    """Raises SaveError if the last save has failed; does not wait for it."""
    if self._saving is not None and not self._manager.is_saving_in_progress():
      self.wait()

  def wait(self) -> None:
    """Returns when all that was saved is on disk; raises as `check`."""
    saving, self._saving = self._saving, None
    with self._named_errors():
      self._manager.wait_until_finished()
    self._saved = self._saved if saving is None else saving

  def close(self) -> None:
    """Waits, then lets go; `wait` tells of errors, this does not."""
    for finish in (self._manager.wait_until_finished, self._manager.close):
      with contextlib.suppress(Exception):
        finish()

  def _require_saved(self) -> None:
    """Raises OSError if what was saved last is not there any more: what lies
    there now may be another run's, and is not to be cleared away."""
    if self._saved is None or (self._folder / str(self._saved)).is_dir():
      return
    raise OSError(
      f"the checkpoint of step {self._saved:,} is gone; the folder was removed "
      "while training went on, or replaced"
    )

  @contextlib.contextmanager
  def _named_errors(self):
    try:
      yield
    except Exception as error:  # the disk's have many types in TensorStore
      raise SaveError(
        f"cannot save a checkpoint in {self._folder}: {_reason(error)}; "
        f"{self._what_is_left()}."
      ) from error

  def _what_is_left(self) -> str:
    left = []
    with contextlib.suppress(OSError):
      left = step_folders(self._folder)
    if not left:
      return "no checkpoint is left there"
    return (
      f"that of step {left[0][0]:,} is intact, and a new start goes on from it"
    )


def _newest_whole(folder: Path, template: TrainState, wanted: Metadata):
  """The newest whole state with its metadata, and {step: error} of the damaged
  ones."""
  newest: tuple[TrainState, Metadata] | None = None
  damaged: dict[int, DamagedCheckpointError] = {}
  for step, path in step_folders(folder):
    try:
      written = WrittenCheckpoint.read(path)
      written.require_metrics()
      if newest is not None:
        written.weights()
        continue
      require_same(written.metadata, wanted, folder)
      parts = {
        name: written.part(name, like)
        for name, like in _parts(template).items()
      }
      state = template.replace(step=np.asarray(step, np.int32), **parts)
      newest = state, written.metadata
    except DamagedCheckpointError as error:
      damaged[step] = error
  if damaged and newest is None:
    raise ValueError(
      f"no checkpoint in {folder} is whole ({next(iter(damaged.values()))}); "
      "move that folder away to start afresh, or choose another --workdir."
    )
  return newest, damaged


def _parts(state: TrainState) -> dict[str, Any]:
  """The parts of a state that are saved: those that hold any array."""
  parts = {name: getattr(state, name) for name in _PARTS}
  return {name: part for name, part in parts.items() if jax.tree.leaves(part)}


def _free_name(folder: Path, name: str) -> Path:
  names = itertools.chain([name], (f"{name}_{k}" for k in itertools.count(2)))
  return next(p for p in (folder / n for n in names) if not p.exists())


def _reason(error: Exception) -> str:
  """What the system says; TensorStore has it at the end of a long line."""
  number = re.search(r"os_error_code='(\d+)'", str(error))
  return os.strerror(int(number[1])) if number else first_line(error)


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
