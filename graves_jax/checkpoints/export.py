"""A checkpoint's weights alone, to share them."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from graves_jax.checkpoints.checksums import array_checksums, signed
from graves_jax.checkpoints.metadata import PLACES, Metadata, to_json
from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.checkpoints.same import require_same_weights
from graves_jax.layers.products import Precision


def export_weights(
  source: Path,
  target: Path,
  precision: Precision = "float32",
  mean_with: Sequence[Path] = (),
) -> None:
  """Copies a checkpoint without its optimizer's state: a third of the size.

  Args:
    source: as for `restore_checkpoint`.
    target: a folder that does not exist yet.
    precision: in which the weights are kept. Their type stays float32: where
      bfloat16 ends, zeros follow, which Orbax compresses away.
    mean_with: other checkpoints of such a network; what is copied is the mean
      of their weights and of these. Runs that went on from the same weights can
      have one that is better than each (Wortsman et al., *Model soups*, 2022).

  Raises:
    FileNotFoundError, ValueError: as `restore_checkpoint`; also if `target`
      exists, or a checkpoint is of another network or other data.
  """
  target = Path(target).expanduser().absolute()
  if target.exists():
    raise ValueError(f"{target} exists already; name a new folder.")
  params, metadata, *_ = restore_checkpoint(source)
  if mean_with:
    others = [_restored_like(metadata, path) for path in mean_with]
    params = jax.tree.map(_mean, params, *others)
    metadata = dataclasses.replace(metadata, scores=None)  # of source alone
  if precision == "bfloat16":
    params = jax.tree.map(bfloat16_values, params)
  write_weights(params, metadata, target)


def _restored_like(metadata: Metadata, path: Path) -> Any:
  """Weights of another checkpoint of the same network."""
  other = restore_checkpoint(path)
  try:
    require_same_weights(other.metadata, metadata)
  except ValueError as error:
    raise ValueError(f"{path} can be in no mean with these: {error}") from None
  return other.params


def _mean(*arrays: np.ndarray) -> np.ndarray:
  return np.mean(arrays, axis=0, dtype=np.float64).astype(arrays[0].dtype)


def write_weights(
  params: Any, metadata: Metadata, target: Path, stddev: Any = None
) -> None:
  """Writes weights alone, as `restore_checkpoint` reads them.

  Args:
    params: the weights, NumPy.
    metadata: what they say of themselves; of the path of the data only the
      name is kept.
    target: a new folder, an absolute path.
    stddev: after adaptive weight noise, their standard deviations, from which
      another run can go on; None: these are left out.
  """
  parts = {"params": params}
  if stddev is not None:
    parts["stddev"] = stddev
  values = to_json(metadata)
  values["checksums"] = {k: array_checksums(x) for k, x in parts.items()}
  data = values["config"]["data"]
  path = data["path"]  # where data lie is nobody else's business
  data |= dict.fromkeys(PLACES & data.keys())
  data["path"] = None if path is None else Path(path).name
  with ocp.Checkpointer(
    ocp.CompositeCheckpointHandler(*parts, "metadata")
  ) as writer:
    writer.save(
      target,
      args=ocp.args.Composite(
        **{k: ocp.args.StandardSave(x) for k, x in parts.items()},
        metadata=ocp.args.JsonSave(signed(values)),
      ),
    )
  for mark in target.rglob("commit_success.txt"):  # Orbax notes the path there
    mark.write_text("Checkpoint commit was successful.\n")


def bfloat16_values(array: np.ndarray) -> np.ndarray:
  """Rounds to bfloat16; the type stays what it is."""
  return np.asarray(array).astype(jnp.bfloat16).astype(array.dtype)
