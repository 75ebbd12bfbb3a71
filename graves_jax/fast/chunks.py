"""Runs over time in chunks: blocks of steps whose products are formed at once.

Axes: T time, N chunks, C steps of a chunk.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

# Time steps per chunk. On a processor, all that the chunk's weight gradient is
# formed of stays in the cache until then; a graphics card is the faster the
# fewer chunks there are.
CHUNK = 20
CHUNK_ON_A_CARD = 60


def chunk_length() -> int:
  """Time steps per chunk, for the device that JAX runs programs on."""
  return CHUNK_ON_A_CARD if jax.default_backend() == "gpu" else CHUNK


def run(
  unroll_chunks: Callable[[int, Any, Any], tuple[Any, Any]],
  state: Any,
  inputs: Any,
) -> tuple[Any, Any]:
  """Runs `unroll_chunks(chunk, state, inputs)` on any number of time steps.

  Whole chunks first, what is left over as one shorter chunk.

  Args:
    unroll_chunks: gives a state and a tree of outputs [T, ...].
    state: where to start.
    inputs: a tree of arrays [T, ...].

  Raises:
    ValueError: if there is no time step.
  """
  steps = jax.tree.leaves(inputs)[0].shape[0]
  if not steps:
    raise ValueError("the inputs have no time step; give one or more.")
  length = chunk_length()
  whole = steps - steps % length
  pieces = []
  for start, stop, chunk in ((0, whole, length), (whole, steps, steps - whole)):
    if start < stop:
      part = jax.tree.map(lambda x, a=start, b=stop: x[a:b], inputs)
      state, outputs = unroll_chunks(chunk, state, part)
      pieces.append(outputs)
  if len(pieces) == 1:
    return state, pieces[0]
  return state, jax.tree.map(lambda *xs: jnp.concatenate(xs), *pieces)


def split(x: Array, chunk: int) -> Array:
  """[T, ...] to [T / chunk, chunk, ...]."""
  return x.reshape(x.shape[0] // chunk, chunk, *x.shape[1:])


def join(x: Array) -> Array:
  """The inverse of `split`."""
  return x.reshape(-1, *x.shape[2:])


def pick(tree: Any, k: Array) -> Any:
  """Chunk k of every array of a tree."""
  return jax.tree.map(
    lambda x: lax.dynamic_index_in_dim(x, k, 0, keepdims=False), tree
  )


def shift(x: Array, first: Array, k: Array) -> Array:
  """Chunk k of x [N, C, ...], one step earlier; `first` precedes it all."""
  before = lax.dynamic_index_in_dim(x, jnp.maximum(k - 1, 0), 0, False)[-1]
  before = jnp.where(k > 0, before, first)
  return jnp.concatenate([before[None], pick(x, k)[:-1]])
