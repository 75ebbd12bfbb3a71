"""Checksums of what a checkpoint holds: of every array, and of its metadata."""

import hashlib
import json
from typing import Any

import jax
import numpy as np


def array_checksums(tree: Any) -> dict[str, str]:
  """SHA-256 of every array of a tree: its type, shape and numbers.

  Returns:
    By the name of the array in the tree, such as ".layers[0].inputs".
  """
  return {
    jax.tree_util.keystr(path): _array_checksum(np.asarray(leaf))
    for path, leaf in jax.tree.leaves_with_path(tree)
  }


def signed(values: dict[str, Any]) -> dict[str, Any]:
  """Values for JSON, with a checksum of themselves."""
  return values | {"sha256": _text_checksum(values)}


def unsigned(values: dict[str, Any]) -> dict[str, Any] | None:
  """The inverse of `signed`; None if the checksum is not theirs."""
  content = {name: value for name, value in values.items() if name != "sha256"}
  is_whole = values.get("sha256") == _text_checksum(content)
  return content if is_whole else None


def _array_checksum(array: np.ndarray) -> str:
  digest = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
  digest.update(np.ascontiguousarray(array).data)
  return digest.hexdigest()


def _text_checksum(values: dict[str, Any]) -> str:
  text = json.dumps(values, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()
