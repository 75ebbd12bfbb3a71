"""A synthesis network's weights as bytes that the page carries.

Matrices are turned, so that a row holds what one unit multiplies its inputs
with, and each row of 8-bit integers has its own scale.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

WeightType = Literal["int8", "float32"]
_MOST = 127


class PackedArray(NamedTuple):
  """One array of the bytes: its name, its shape and its type.

  Arrays follow one another in the order in which they are listed; scales
  [rows], float32, follow the integers that they belong to.
  """

  name: str
  rows: int
  columns: int
  type: WeightType


def named_arrays(params: Mapping[str, Any]) -> dict[str, np.ndarray]:
  """The weights by the names that network.js reads, each array [rows, columns].

  Args:
    params: of a `SynthesisNetwork`: layers, window and output, by name.
  """
  arrays = {}
  layers = [name for name in params if name.startswith("layer_")]
  for number in range(1, len(layers) + 1):
    layer = params[f"layer_{number}"]
    arrays[f"inputs {number}"] = layer.inputs.T
    arrays[f"recurrent {number}"] = layer.recurrent.T
    arrays[f"peephole {number}"] = layer.peephole
    arrays[f"bias {number}"] = layer.bias[None]
  for name in ("window", "output"):
    arrays[name] = params[name].weights.T
    arrays[f"{name} bias"] = params[name].bias[None]
  return {name: np.asarray(x, np.float32) for name, x in arrays.items()}


def pack(
  arrays: Mapping[str, np.ndarray], kind: WeightType
) -> tuple[bytes, list[PackedArray]]:
  """Packs weights, and lists what the bytes hold.

  Args:
    arrays: as `named_arrays` gives them.
    kind: of the matrices that are multiplied; all else stays float32.
  """
  parts, listed = [], []
  for name, values in arrays.items():
    is_matrix = name.startswith(("inputs", "recurrent", "output"))
    is_rounded = kind == "int8" and is_matrix and len(values) > 1
    if is_rounded:
      whole, scales = quantized(values)
      parts += [whole.tobytes(), scales.tobytes()]
    else:
      parts.append(values.astype("<f4").tobytes())
    type_: WeightType = "int8" if is_rounded else "float32"
    rows, columns = values.shape
    listed.append(PackedArray(name, rows, columns, type_))
  return b"".join(parts), listed


def quantized(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Whole numbers [rows, columns] int8 and the scale of each row [rows].

  >>> quantized(np.array([[1.0, -2.0]]))[0].tolist()
  [[64, -127]]
  """
  scales = np.abs(values).max(axis=1) / _MOST
  scales = np.maximum(scales, np.finfo(np.float32).tiny).astype("<f4")
  return np.rint(values / scales[:, None]).astype(np.int8), scales
