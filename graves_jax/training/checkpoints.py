"""Checkpoints: the only place that knows Orbax.

A checkpoint holds the weights, the optimizer's state and, as JSON, all that
sampling needs: config, alphabet, normalization, scores, and a checksum of the
weights.
"""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp

from graves_jax.config import Config, from_dict, to_dict
from graves_jax.data.strokes import Alphabet, Normalization
from graves_jax.networks.build import build_network
from graves_jax.training.state import TrainState

_ITEMS = ("params", "optimizer", "metadata")
_FOLDER = "checkpoints"
SCORE = "nats_per_sequence"


@dataclasses.dataclass(frozen=True)
class Metadata:
  """What a checkpoint says of itself.

  config: the whole experiment.
  alphabet: classes of the characters.
  normalization: of the training offsets.
  step: updates made.
  scores: averages over the validation lines, if it was scored at this step.
  """

  config: Config
  alphabet: Alphabet
  normalization: Normalization
  step: int = 0
  scores: dict[str, float] | None = None


class Restored(NamedTuple):
  """Weights (NumPy) and metadata of a checkpoint."""

  params: Any
  metadata: Metadata


class Checkpoints:
  """The checkpoints of one run: the latest two, and the best by score."""

  def __init__(self, workdir: Path):
    """Opens or creates `workdir`/checkpoints."""
    self._manager = ocp.CheckpointManager(
      (workdir / _FOLDER).absolute(),
      item_names=_ITEMS,
      options=ocp.CheckpointManagerOptions(
        preservation_policy=ocp.checkpoint_managers.AnyPreservationPolicy(
          [
            ocp.checkpoint_managers.LatestN(2),
            ocp.checkpoint_managers.BestN(
              get_metric_fn=lambda metrics: metrics[SCORE],
              reverse=True,
              n=1,
              keep_checkpoints_without_metrics=False,
            ),
          ]
        ),
        best_fn=lambda metrics: metrics[SCORE],
        best_mode="min",
        cleanup_tmp_directories=True,
      ),
    )

  @property
  def folder(self) -> Path:
    """Where they lie."""
    return Path(self._manager.directory)

  @property
  def saved_steps(self) -> list[int]:
    """Steps of the checkpoints on disk."""
    return sorted(self._manager.all_steps())

  def save(self, state: TrainState, metadata: Metadata) -> None:
    """Starts to save `state`; it is safe once `wait` returns.

    Args:
      state: at the end of an update.
      metadata: of this step; with scores it takes part in the choice of the
        best.
    """
    params = jax.device_get(state.params)
    step = int(state.step)
    if step in self._manager.all_steps():
      return
    self._manager.save(
      step,
      args=ocp.args.Composite(
        params=ocp.args.StandardSave(params),
        optimizer=ocp.args.StandardSave(jax.device_get(state.optimizer)),
        metadata=ocp.args.JsonSave(_to_json(metadata, params)),
      ),
      metrics=metadata.scores,
    )

  def restore(self, template: TrainState, skipped: list[str]) -> Any:
    """The newest whole checkpoint as (state, metadata), or None.

    Args:
      template: a state of the shapes to restore.
      skipped: one line is added for every damaged checkpoint passed over.
    """
    for step in reversed(self.saved_steps):
      try:
        folder = self.folder / str(step)
        restored = _restore_folder(folder)
        optimizer = _restore_item(
          folder / "optimizer", jax.device_get(template.optimizer)
        )
      except (ValueError, OSError) as error:
        skipped.append(f"Checkpoint {folder} passed over: {error}")
        continue
      state = TrainState(
        np.asarray(restored.metadata.step, np.int32),
        restored.params,
        optimizer,
      )
      return state, restored.metadata
    return None

  def wait(self) -> None:
    """Returns when all that was saved is on disk."""
    self._manager.wait_until_finished()

  def close(self) -> None:
    """Waits, then lets go."""
    self._manager.wait_until_finished()
    self._manager.close()


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
  return _restore_folder(_choose(path))


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
  params, metadata = restore_checkpoint(source)
  with ocp.Checkpointer(
    ocp.CompositeCheckpointHandler("params", "metadata")
  ) as writer:
    writer.save(
      target,
      args=ocp.args.Composite(
        params=ocp.args.StandardSave(params),
        metadata=ocp.args.JsonSave(_to_json(metadata, params)),
      ),
    )


def _choose(path: Path) -> Path:
  if (path / "metadata").is_dir():
    return path
  folder = path / _FOLDER if (path / _FOLDER).is_dir() else path
  steps = [p for p in folder.iterdir() if p.is_dir() and p.name.isdecimal()]
  steps = [p for p in steps if (p / "metadata").is_dir()]
  if not steps:
    raise FileNotFoundError(
      f"{path} holds no finished checkpoint; give a run's folder (the "
      "--workdir of train.py) or one folder of its checkpoints."
    )
  newest_first = sorted(steps, key=lambda p: -int(p.name))
  scored = [(_score(p), p) for p in newest_first]
  scored = [(score, p) for score, p in scored if score is not None]
  return min(scored, key=lambda pair: pair[0])[1] if scored else newest_first[0]


def _score(folder: Path) -> float | None:
  try:
    return _read_metadata(folder)["scores"][SCORE]
  except (ValueError, TypeError, KeyError):
    return None


def _restore_folder(folder: Path) -> Restored:
  values = _read_metadata(folder)
  try:
    metadata = _from_json(values)
    network = build_network(metadata.config.network, metadata.alphabet.size)
    shapes = _parameter_shapes(network)
    params = _restore_item(folder / "params", shapes)
  except (KeyError, TypeError) as error:
    raise ValueError(f"{folder} is not a checkpoint of ours: {error}") from None
  if _checksum(params) != values["sha256"]:
    raise ValueError(
      f"{folder} is damaged: its weights do not match their checksum; use "
      "another checkpoint of the run."
    )
  return Restored(params, metadata)


def _read_metadata(folder: Path) -> dict[str, Any]:
  try:
    with ocp.Checkpointer(ocp.JsonCheckpointHandler()) as reader:
      values = reader.restore((folder / "metadata").absolute())
  except Exception as error:
    raise ValueError(
      f"{folder} is not a whole checkpoint: {_first_line(error)}"
    ) from None
  if not isinstance(values, dict):
    raise ValueError(f"{folder} is not a checkpoint of graves_jax.")
  return values


def _restore_item(folder: Path, template: Any) -> Any:
  template = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), template)
  try:
    with ocp.StandardCheckpointer() as reader:
      tree = reader.restore(folder.absolute(), template)
  except Exception as error:
    raise ValueError(
      f"{folder} cannot be restored; it is half written or of another "
      f"network: {_first_line(error)}"
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


def _first_line(error: Exception) -> str:
  return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _parameter_shapes(network) -> Any:
  """Shapes of a network's parameters, without computing any."""
  element = np.zeros((1, 1, 3), np.float32)
  inputs = (element,)
  if hasattr(network, "alphabet_size"):
    from graves_jax.networks.window_layer import Text

    text = Text(np.zeros((1, 1), np.int32), np.ones((1, 1), np.float32))
    inputs = (element, text)
  return jax.eval_shape(network.init, jax.random.key(0), *inputs)


def _checksum(params: Any) -> str:
  digest = hashlib.sha256()
  for path, leaf in jax.tree.leaves_with_path(params):
    digest.update(jax.tree_util.keystr(path).encode())
    digest.update(np.ascontiguousarray(leaf).tobytes())
  return digest.hexdigest()


def _to_json(metadata: Metadata, params: Any) -> dict[str, Any]:
  return {
    "config": to_dict(metadata.config),
    "alphabet": list(metadata.alphabet.characters),
    "normalization": {
      "mean": np.asarray(metadata.normalization.mean).tolist(),
      "std": np.asarray(metadata.normalization.std).tolist(),
    },
    "step": metadata.step,
    "scores": metadata.scores,
    "sha256": _checksum(params),
  }


def _from_json(values: dict[str, Any]) -> Metadata:
  return Metadata(
    config=from_dict(values["config"]),
    alphabet=Alphabet(tuple(values["alphabet"])),
    normalization=Normalization(
      np.array(values["normalization"]["mean"], np.float64),
      np.array(values["normalization"]["std"], np.float64),
    ),
    step=int(values["step"]),
    scores=values["scores"],
  )
