"""Chooses the code that runs an LSTM layer: an argument, resolved once.

"reference" is the plain scan that JAX differentiates, "scan" what XLA compiles
for any device with an explicit backward pass, "wavefront" the same with all
layers of a stack in one scan, and kernels are C++ for processors. All agree
with the reference, gradients included.

Axes: B batch, H hidden.
"""

from typing import Any, Literal, TypeGuard

import jax
import jax.numpy as jnp
from jax import Array

from graves_jax.fast.kernels.library import Kernels
from graves_jax.layers.products import Precision

# What a user asks for, and what a network and its layers are given.
Choice = Literal["auto", "reference", "scan", "wavefront", "kernels"]
Implementation = Literal["reference", "scan", "wavefront"] | Kernels

# Rows of a batch on one device from which on kernels are faster than XLA.
# Kernels share out rows among threads, XLA the columns of a weight matrix: of
# few rows it makes more.
FEWEST_ROWS = 4  # for many time steps
FEWEST_ROWS_OF_ONE_STEP = 16  # for a step by itself, as in sampling


def resolve(
  choice: Choice, precision: Precision, kernels: Kernels | None = None
) -> Implementation:
  """Resolves what a user asks for to what a network is built with.

  Args:
    choice: "auto" is the kernels if they form products of this precision, else
      "wavefront" where JAX runs programs on a GPU, else "scan".
    precision: of the network's products.
    kernels: what `library.load` returned.

  Raises:
    ValueError: if there is no such choice, or "kernels" are asked for where
      they were not loaded for this precision.
  """
  match choice:
    case "reference" | "scan" | "wavefront":
      return choice
    case "auto" | "kernels":
      if kernels is not None and precision in kernels.precisions:
        return kernels
      if choice == "auto":
        return "wavefront" if jax.default_backend() == "gpu" else "scan"
      raise ValueError(
        "implementation (='kernels') needs kernels loaded for products in "
        f"{precision}; give what graves_jax.fast.kernels.library.load returns "
        "(None where they do not fit the processor), or choose 'auto'."
      )
  raise ValueError(
    f"implementation (={choice!r}) must be 'auto', 'reference', 'scan', "
    "'wavefront' or 'kernels'."
  )


def require_resolved(implementation: Implementation) -> None:
  """Raises a ValueError unless a network can be built with it."""
  names = "reference", "scan", "wavefront"
  if implementation not in names and not isinstance(implementation, Kernels):
    raise ValueError(
      f"implementation (={implementation!r}) must be 'reference', 'scan', "
      "'wavefront' or the kernels that graves_jax.fast.kernels.library.load "
      "returns; build_network also takes 'auto'."
    )


def kernels_fit(
  implementation: Implementation,
  cell: Array,
  precision: Precision,
  others: Any = (),
) -> TypeGuard[Kernels]:
  """Tells whether to run kernels: they are given, and fit arrays like these.

  They take float32 alone, of one batch axis, and enough rows to be the faster
  ones; where they do not fit, the scan runs.

  Args:
    implementation: that of the network.
    cell: of a state, [B, H].
    precision: of the products.
    others: a tree of other arrays that enter the steps.

  Raises:
    ValueError: if the implementation is not resolved.
  """
  require_resolved(implementation)
  dtypes = {x.dtype for x in jax.tree.leaves((cell, others))}
  return (
    isinstance(implementation, Kernels)
    and precision in implementation.precisions
    and dtypes == {jnp.dtype("float32")}
    and cell.ndim == 2
    and len(cell) >= FEWEST_ROWS
  )
