"""Checkpoints on disk, read with distrust: which one is meant, and whether it
is as it was written. What differs is named, and never restored."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp

from graves_jax.checkpoints.checksums import array_checksums, unsigned
from graves_jax.checkpoints.metadata import Metadata, from_json
from graves_jax.checkpoints.same import require_same
from graves_jax.config import Config
from graves_jax.networks.build import build_network, example_inputs
from graves_jax.pretrained import NAMES, find

# 16 MB hold a vocabulary of a million words; damage of that size is soon read.
MOST_JSON_BYTES = 2**24
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


@dataclasses.dataclass(frozen=True)
class WrittenCheckpoint:
  """A checkpoint whose metadata are whole; its arrays were not read yet.

  folder: its own.
  checksums: of each part of a state, the SHA-256 of every array by name.
  """

  folder: Path
  metadata: Metadata
  checksums: dict[str, dict[str, str]]

  @classmethod
  def read(cls, folder: Path) -> "WrittenCheckpoint":
    """Reads the metadata of the checkpoint in a folder.

    Raises:
      DamagedCheckpointError: if they are not as they were written.
      ValueError: if they are not ours.
    """
    values = _read_json(folder / "metadata" / "metadata")
    if not isinstance(values, dict):
      raise ValueError(f"{folder} is not a checkpoint of graves_jax.")
    values = unsigned(values)
    if values is None:
      raise DamagedCheckpointError(
        f"{folder} is damaged, or not a checkpoint of graves_jax: its metadata "
        "do not match their checksum; use another checkpoint of the run."
      )
    checksums = values.pop("checksums", None)
    if not isinstance(checksums, dict):
      raise ValueError(
        f"{folder} has no checksums of its arrays: another version of "
        "graves_jax wrote it; use that one, or another checkpoint."
      )
    return cls(folder, from_json(values), checksums)

  def weights(self) -> Restored:
    """Reads all that sampling and evaluation need: the average of the weights
    where one was kept.

    Raises:
      DamagedCheckpointError: if an array is not as it was written.
      ValueError: if the weights are not those of the metadata's network.
    """
    network = build_network(
      self.metadata.config.network, self.metadata.codec.size
    )
    shapes = jax.eval_shape(
      network.init, jax.random.key(0), *example_inputs(network)
    )
    self._require_size(shapes)
    params = self.part("params", shapes)
    if "average" in self.checksums:
      params = self.part("average", shapes)
    stddev = self.part("stddev", shapes) if "stddev" in self.checksums else None
    return Restored(params, self.metadata, stddev)

  def part(self, name: str, template: Any) -> Any:
    """The arrays (NumPy) of one part of a state; raises as `weights`.

    Args:
      name: "params", "optimizer", ...
      template: a tree of arrays of the shapes and types to restore.
    """
    tree = _restore_arrays(self.folder / name, template)
    expected = self.checksums.get(name)
    for array, checksum in array_checksums(tree).items():
      if not isinstance(expected, dict) or expected.get(array) != checksum:
        raise DamagedCheckpointError(
          f"{self.folder} is damaged: {name}{array} does not match its "
          "checksum; use another checkpoint of the run."
        )
    return tree

  def require_metrics(self) -> None:
    """Raises DamagedCheckpointError unless Orbax, which chooses the best by a
    copy of the scores, has the same ones."""
    scores = self.metadata.scores
    path = self.folder / "metrics" / "metrics"
    if scores is not None and _read_json(path) != scores:
      raise DamagedCheckpointError(
        f"{self.folder} is damaged: its metrics are not the scores of its "
        "metadata."
      )

  def _require_size(self, shapes: Any) -> None:
    """Raises unless there are bytes enough for weights of these shapes."""
    files = (self.folder / "params").rglob("*")
    needed = sum(math.prod(x.shape) * 4 for x in jax.tree.leaves(shapes))
    held = sum(p.stat().st_size for p in files if p.is_file())
    if needed > _SMALL_BYTES + _MOST_COMPRESSION * held:
      raise DamagedCheckpointError(
        f"{self.folder / 'params'} has {held:,} bytes, too few for the network "
        f"of {needed // 4:,} weights that its metadata name."
      )


def alone() -> ocp.options.MultiprocessingOptions:
  """No other process of the run reads or writes what this one does."""
  own = jax.process_index()
  return ocp.options.MultiprocessingOptions(
    primary_host=own,
    active_processes={own},
    barrier_sync_key_prefix=f"process_{own}",
  )


def first_line(error: Exception) -> str:
  """Of what an error says, or its type if it says nothing."""
  return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _read_json(path: Path) -> Any:
  try:
    with path.open("rb") as file:
      content = file.read(MOST_JSON_BYTES + 1)
    if len(content) > MOST_JSON_BYTES:
      raise ValueError(f"it is longer than {MOST_JSON_BYTES:,} bytes.")
    values = json.loads(content)
    json.dumps(values)  # what nests too deeply to be written is not ours
    return values
  except (ValueError, OSError, RecursionError) as error:
    raise DamagedCheckpointError(
      f"{path} is damaged, or was never finished: {first_line(error)}"
    ) from None


def _restore_arrays(folder: Path, template: Any) -> Any:
  template = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), template)
  try:
    with ocp.StandardCheckpointer(multiprocessing_options=alone()) as reader:
      tree = reader.restore(folder.absolute(), template)
  except Exception as error:
    raise DamagedCheckpointError(
      f"{folder} is damaged, or was never finished: {first_line(error)}"
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


FOLDER = "checkpoints"


def restore_checkpoint(path: Path) -> Restored:
  """Weights and metadata for sampling and evaluation, on any device.

  Args:
    path: one checkpoint, or a run's folder: then the best one by score, else
      the newest; or the name of weights that ship.

  Raises:
    FileNotFoundError: if there is no checkpoint.
    ValueError: if it is damaged, half written, or not ours.
  """
  given, path = path, find(path)
  if not path.is_dir():
    raise FileNotFoundError(
      f"there is no checkpoint at {path}; give a run's folder (the --workdir "
      "of graves-jax train), one folder of its checkpoints, or a name of the "
      f"weights that ship: {', '.join(NAMES)}."
    )
  try:
    folder = _choose(path.absolute())
  except FileNotFoundError as error:
    if ships := NAMES.get(str(given)):
      raise FileNotFoundError(
        f"{error} The weights that ship of that name are {ships}."
      ) from None
    raise
  run = folder.parent.parent if folder.parent.name == FOLDER else folder
  return WrittenCheckpoint.read(folder).weights()._replace(run=run.name)


def require_same_run(workdir: Path, config: Config) -> Metadata | None:
  """Raises ValueError unless a run of a config can go on in a folder, as far as
  the newest checkpoint tells without the data and the arrays.

  Returns:
    What that checkpoint says of itself; None if there is none.
  """
  folder = (workdir / FOLDER).absolute()
  for _, path in step_folders(folder):
    try:
      saved = WrittenCheckpoint.read(path).metadata
    except DamagedCheckpointError:
      continue
    require_same(saved, dataclasses.replace(saved, config=config), folder)
    return saved
  return None


def step_folders(folder: Path) -> list[tuple[int, Path]]:
  """Checkpoints in a run's folder of checkpoints, newest first, by step."""
  if not folder.is_dir():
    return []
  found = [p for p in folder.iterdir() if p.is_dir() and p.name.isdecimal()]
  return sorted(((int(p.name), p) for p in found), reverse=True)


def _choose(path: Path) -> Path:
  if (path / "metadata").is_dir():
    return path
  folder = path / FOLDER if (path / FOLDER).is_dir() else path
  steps = [p for _, p in step_folders(folder) if (p / "metadata").is_dir()]
  if not steps:
    raise FileNotFoundError(
      f"{path} holds no finished checkpoint; give a run's folder (the "
      "--workdir of graves-jax train) or one folder of its checkpoints."
    )
  scored = [(_score(p), p) for p in steps]
  scored = [(score, p) for score, p in scored if not math.isnan(score)]
  return min(scored, key=lambda pair: pair[0])[1] if scored else steps[0]


def _score(folder: Path) -> float:
  """The score that the best is chosen by, NaN if there is none."""
  metadata = WrittenCheckpoint.read(folder).metadata
  return (metadata.scores or {}).get(metadata.score_name, math.nan)
