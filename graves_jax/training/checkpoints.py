"""Checkpoints: the only place that knows Orbax.

A checkpoint holds the weights, the optimizer's state, what the loss carries
from batch to batch and, as JSON, all that sampling needs: config, codec,
scores, and checksums of the arrays.
"""

import contextlib
import hashlib
import itertools
import json
import math
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp

from graves_jax.networks.build import build_network, example_inputs
from graves_jax.training.metadata import (
  Metadata,
  from_json,
  require_same,
  to_json,
)
from graves_jax.training.state import TrainState

_ARRAYS = ("params", "stddev", "optimizer", "carry")
_FOLDER = "checkpoints"
# 16 MB hold a vocabulary of a million words; as damage they are read in no time.
_MOST_JSON_BYTES = 2**24
# Weights take at least a 16th of their size on disk, however they compress.
_MOST_COMPRESSION = 16
_SMALL_BYTES = 2**20


class Restored(NamedTuple):
  """Weights (NumPy) and metadata of a checkpoint.

  stddev: after adaptive weight noise, the weights' standard deviations, a tree
    like `params`; else None.
  run: the name of the run's folder.
  """

  params: Any
  metadata: Metadata
  stddev: Any = None
  run: str = ""


class DamagedCheckpointError(ValueError):
  """A checkpoint that is half written, or not as it was written."""


class SaveError(OSError):
  """A checkpoint that could not be written; the whole ones are intact."""


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
    if len(json.dumps(to_json(metadata))) > _MOST_JSON_BYTES // 2:
      raise ValueError(
        f"a checkpoint cannot hold the names of {metadata.codec.size:,} "
        "symbols; take fewer with data.vocabulary, or other data.units."
      )
    folder = (workdir / _FOLDER).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    self._folder, self._is_saving = folder, False
    newest, damaged = _newest_whole(folder, template, metadata)
    self.restored, self.metadata = newest or (None, metadata)
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
      item_names=(*_arrays(template), "metadata"),
      options=ocp.CheckpointManagerOptions(
        preservation_policy=ocp.checkpoint_managers.AnyPreservationPolicy(
          [ocp.checkpoint_managers.LatestN(2), best]
        ),
        best_fn=lambda metrics: metrics[score],
        best_mode="min",
        cleanup_tmp_directories=True,
        create=False,
        multiprocessing_options=_alone(),
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
    arrays = _arrays(state)
    sums = {f"{name}_sha256": _checksum(x) for name, x in arrays.items()}
    with self._named_errors():
      self._manager.save(
        metadata.step,
        args=ocp.args.Composite(
          **{name: ocp.args.StandardSave(x) for name, x in arrays.items()},
          metadata=ocp.args.JsonSave(_signed(to_json(metadata) | sums)),
        ),
        metrics=metadata.scores,
      )
    self._is_saving = True

  def check(self) -> None:
    """Raises SaveError if the last save has failed; does not wait for it."""
    if self._is_saving and not self._manager.is_saving_in_progress():
      self.wait()

  def wait(self) -> None:
    """Returns when all that was saved is on disk; raises as `check`."""
    self._is_saving = False
    with self._named_errors():
      self._manager.wait_until_finished()

  def close(self) -> None:
    """Waits, then lets go; `wait` tells of errors, this does not."""
    for finish in (self._manager.wait_until_finished, self._manager.close):
      with contextlib.suppress(Exception):
        finish()

  @contextlib.contextmanager
  def _named_errors(self):
    try:
      yield
    except Exception as error:  # the disk's have many types in TensorStore
      raise SaveError(
        f"cannot save a checkpoint in {self._folder}: {_reason(error)}; "
        "those saved before are intact, and a new start goes on from the last."
      ) from error


def restore_checkpoint(path: Path) -> Restored:
  """Weights and metadata for sampling and evaluation, on any device.

  Args:
    path: one checkpoint, or a run's folder: then the best one by score, else
      the newest.

  Raises:
    FileNotFoundError: if there is no checkpoint.
    ValueError: if it is damaged, half written, or not ours.
  """
  path = Path(path).expanduser()
  if not path.is_dir():
    raise FileNotFoundError(
      f"there is no checkpoint at {path}; give a run's folder (the --workdir "
      "of train.py) or one folder of its checkpoints."
    )
  folder = _choose(path.absolute())
  run = folder.parent.parent if folder.parent.name == _FOLDER else folder
  return _restore_folder(folder)._replace(run=run.name)


def export_weights(source: Path, target: Path) -> None:
  """Copies a checkpoint without its optimizer's state: a third of the size.

  Args:
    source: as for `restore_checkpoint`.
    target: a folder that does not exist yet.

  Raises:
    FileNotFoundError, ValueError: as `restore_checkpoint`; also if `target`
      exists.
  """
  target = Path(target).expanduser().absolute()
  if target.exists():
    raise ValueError(f"{target} exists already; name a new folder.")
  params, metadata, *_ = restore_checkpoint(source)
  values = to_json(metadata) | {"params_sha256": _checksum(params)}
  path = values["config"]["data"]["path"]
  if path is not None:  # where data lie is nobody else's business
    values["config"]["data"]["path"] = Path(path).name
  values["config"]["data"]["prepared_dir"] = None
  with ocp.Checkpointer(
    ocp.CompositeCheckpointHandler("params", "metadata")
  ) as writer:
    writer.save(
      target,
      args=ocp.args.Composite(
        params=ocp.args.StandardSave(params),
        metadata=ocp.args.JsonSave(_signed(values)),
      ),
    )
  for mark in target.rglob("commit_success.txt"):  # Orbax notes the path there
    mark.write_text("Checkpoint commit was successful.\n")


def _newest_whole(folder: Path, template: TrainState, wanted: Metadata):
  """The newest whole state with its metadata, and {step: error} of the damaged
  ones."""
  newest, damaged = None, {}
  for step, path in _step_folders(folder):
    try:
      restored = _restore_folder(path)
      _require_metrics(path, restored.metadata)
      if newest is None:
        require_same(restored.metadata, wanted, folder)
        arrays = {
          name: _restore_array(path, name, like)
          for name, like in _arrays(template).items()
          if name != "params"
        }
        state = template.replace(
          step=np.asarray(step, np.int32), params=restored.params, **arrays
        )
        newest = state, restored.metadata
    except DamagedCheckpointError as error:
      damaged[step] = error
  if damaged and newest is None:
    raise ValueError(
      f"no checkpoint in {folder} is whole ({next(iter(damaged.values()))}); "
      "move that folder away to start afresh, or choose another --workdir."
    )
  return newest, damaged


def _arrays(state: TrainState) -> dict[str, Any]:
  """The parts of a state that are saved: those that hold any array."""
  parts = {name: getattr(state, name) for name in _ARRAYS}
  return {name: part for name, part in parts.items() if jax.tree.leaves(part)}


def _free_name(folder: Path, name: str) -> Path:
  names = itertools.chain([name], (f"{name}_{k}" for k in itertools.count(2)))
  return next(p for p in (folder / n for n in names) if not p.exists())


def _step_folders(folder: Path) -> list[tuple[int, Path]]:
  """Checkpoints in a run's folder of checkpoints, newest first."""
  if not folder.is_dir():
    return []
  found = [p for p in folder.iterdir() if p.is_dir() and p.name.isdecimal()]
  return sorted(((int(p.name), p) for p in found), reverse=True)


def _choose(path: Path) -> Path:
  if (path / "metadata").is_dir():
    return path
  folder = path / _FOLDER if (path / _FOLDER).is_dir() else path
  steps = [p for _, p in _step_folders(folder) if (p / "metadata").is_dir()]
  if not steps:
    raise FileNotFoundError(
      f"{path} holds no finished checkpoint; give a run's folder (the "
      "--workdir of train.py) or one folder of its checkpoints."
    )
  scored = [(_score(p), p) for p in steps]
  scored = [(score, p) for score, p in scored if not math.isnan(score)]
  return min(scored, key=lambda pair: pair[0])[1] if scored else steps[0]


def _score(folder: Path) -> float:
  """The score that the best is chosen by, NaN if there is none."""
  metadata = from_json(_read_metadata(folder))
  return (metadata.scores or {}).get(metadata.score_name, math.nan)


def _restore_folder(folder: Path) -> Restored:
  values = _read_metadata(folder)
  metadata = from_json(values)
  network = build_network(metadata.config.network, metadata.codec.size)
  shapes = jax.eval_shape(
    network.init, jax.random.key(0), *example_inputs(network)
  )
  _require_size(folder / "params", shapes)
  params = _restore_array(folder, "params", shapes)
  stddev = None
  if "stddev_sha256" in values:
    stddev = _restore_array(folder, "stddev", shapes)
  return Restored(params, metadata, stddev)


def _restore_array(folder: Path, name: str, template: Any) -> Any:
  """A part of a state, whose checksum is right."""
  tree = _restore_item(folder / name, template)
  if _checksum(tree) != _read_metadata(folder).get(f"{name}_sha256"):
    raise DamagedCheckpointError(
      f"{folder} is damaged: its {name} do not match their checksum; use "
      "another checkpoint of the run."
    )
  return tree


def _read_metadata(folder: Path) -> dict[str, Any]:
  values = _read_json(folder / "metadata" / "metadata")
  if not isinstance(values, dict):
    raise ValueError(f"{folder} is not a checkpoint of graves_jax.")
  if values.pop("sha256", None) != _text_checksum(values):
    raise DamagedCheckpointError(
      f"{folder} is damaged, or not a checkpoint of graves_jax: its metadata "
      "do not match their checksum; use another checkpoint of the run."
    )
  return values


def _read_json(path: Path) -> Any:
  try:
    with path.open("rb") as file:
      content = file.read(_MOST_JSON_BYTES + 1)
    if len(content) > _MOST_JSON_BYTES:
      raise ValueError(f"it is longer than {_MOST_JSON_BYTES:,} bytes.")
    values = json.loads(content)
    json.dumps(values)  # what nests too deeply to be written is not ours
    return values
  except (ValueError, OSError, RecursionError) as error:
    raise DamagedCheckpointError(
      f"{path} is damaged, or was never finished: {_first_line(error)}"
    ) from None


def _require_metrics(folder: Path, metadata: Metadata) -> None:
  """Orbax chooses the best checkpoint by a copy of the scores."""
  if metadata.scores is None:
    return
  copy = _read_json(folder / "metrics" / "metrics")
  if copy != metadata.scores:
    raise DamagedCheckpointError(
      f"{folder} is damaged: its metrics are not the scores of its metadata."
    )


def _require_size(folder: Path, shapes: Any) -> None:
  """Raises unless a folder is large enough to hold arrays of these shapes."""
  needed = sum(math.prod(x.shape) * 4 for x in jax.tree.leaves(shapes))
  held = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
  if needed > _SMALL_BYTES + _MOST_COMPRESSION * held:
    raise DamagedCheckpointError(
      f"{folder} has {held:,} bytes, too few for the network of "
      f"{needed // 4:,} weights that its metadata name."
    )


def _restore_item(folder: Path, template: Any) -> Any:
  template = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), template)
  try:
    with ocp.StandardCheckpointer(multiprocessing_options=_alone()) as reader:
      tree = reader.restore(folder.absolute(), template)
  except Exception as error:
    raise DamagedCheckpointError(
      f"{folder} is damaged, or was never finished: {_first_line(error)}"
    ) from None
  for (path, wanted), got in zip(
    jax.tree.leaves_with_path(template), jax.tree.leaves(tree), strict=True
  ):
    if got.shape != wanted.shape:
      raise ValueError(
        f"{folder} is of another network: {jax.tree_util.keystr(path)} has "
        f"the shape {got.shape}, not {wanted.shape}."
      )
  return tree


def _alone() -> ocp.options.MultiprocessingOptions:
  """No other process of the run reads or writes what this one does."""
  own = jax.process_index()
  return ocp.options.MultiprocessingOptions(
    primary_host=own,
    active_processes={own},
    barrier_sync_key_prefix=f"process_{own}",
  )


def _reason(error: Exception) -> str:
  """What the system says; TensorStore has it at the end of a long line."""
  number = re.search(r"os_error_code='(\d+)'", str(error))
  return os.strerror(int(number[1])) if number else _first_line(error)


def _first_line(error: Exception) -> str:
  return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _checksum(params: Any) -> str:
  """SHA-256 of the names and numbers of the weights."""
  digest = hashlib.sha256()
  for path, leaf in jax.tree.leaves_with_path(params):
    digest.update(jax.tree_util.keystr(path).encode())
    digest.update(np.ascontiguousarray(leaf).tobytes())
  return digest.hexdigest()


def _signed(values: dict[str, Any]) -> dict[str, Any]:
  """Values for JSON, with a checksum of themselves."""
  return values | {"sha256": _text_checksum(values)}


def _text_checksum(values: dict[str, Any]) -> str:
  text = json.dumps(values, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()
