"""A checkpoint's weights alone, to share them."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from graves_jax.checkpoints.checksums import array_checksums, signed
from graves_jax.checkpoints.metadata import Metadata, to_json
from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.layers.products import Precision


def export_weights(
  source: Path, target: Path, precision: Precision = "float32"
) -> None:
  """Copies a checkpoint without its optimizer's state: a third of the size.

  Args:
    source: as for `restore_checkpoint`.
    target: a folder that does not exist yet.
    precision: in which the weights are kept. Their type stays float32: where
      bfloat16 ends, zeros follow, which Orbax compresses away.

  Raises:
    FileNotFoundError, ValueError: as `restore_checkpoint`; also if `target`
      exists.
  """
  target = Path(target).expanduser().absolute()
  if target.exists():
    raise ValueError(f"{target} exists already; name a new folder.")
  params, metadata, *_ = restore_checkpoint(source)
  if precision == "bfloat16":
    params = jax.tree.map(bfloat16_values, params)
  write_weights(params, metadata, target)


def write_weights(params: Any, metadata: Metadata, target: Path) -> None:
  """Writes weights alone, as `restore_checkpoint` reads them.

  Args:
    params: the weights, NumPy.
    metadata: what they say of themselves; of the path of the data only the
      name is kept.
    target: a new folder, an absolute path.
  """
  values = to_json(metadata)
  values["checksums"] = {"params": array_checksums(params)}
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
        metadata=ocp.args.JsonSave(signed(values)),
      ),
    )
  for mark in target.rglob("commit_success.txt"):  # Orbax notes the path there
    mark.write_text("Checkpoint commit was successful.\n")


def bfloat16_values(array: np.ndarray) -> np.ndarray:
  """Rounds to bfloat16; the type stays what it is."""
  return np.asarray(array).astype(jnp.bfloat16).astype(array.dtype)
