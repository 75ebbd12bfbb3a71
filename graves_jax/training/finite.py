"""What an update does where its loss or gradient is not finite: nothing.

All of it is inside the compiled step, beside work that is done anyway.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


def layer_norms(gradient: Any) -> dict[str, Array]:
  """The norm of each layer's gradient, by the layer's name.

  Args:
    gradient: a tree like `TrainState.trained`: of a layer's weights or, with
      adaptive weight noise, of their means and deviations.
  """
  squares: dict[str, Array] = {}
  for path, leaf in jax.tree.leaves_with_path(gradient):
    name = _layer(path)
    squares[name] = squares.get(name, 0) + jnp.sum(jnp.square(leaf))
  return jax.tree.map(jnp.sqrt, squares)


def global_norm(norms: Mapping[str, Array]) -> Array:
  """The norm of the whole gradient; not finite if a layer's is not."""
  return jnp.sqrt(sum(jnp.square(norm) for norm in norms.values()))


def where(is_kept: Array, new: Any, old: Any) -> Any:
  """The new tree or the old one, array by array."""
  return jax.tree.map(lambda n, o: jnp.where(is_kept, n, o), new, old)


def finite_rows(carry: Any) -> Any:
  """A carry [B, ...] whose rows are zero where any of their numbers, in any
  array, is not finite: such a stream begins anew."""
  arrays = jax.tree.leaves(carry)
  if not arrays:
    return carry
  is_finite = jnp.all(
    jnp.stack([jnp.isfinite(x).reshape(x.shape[0], -1).all(1) for x in arrays]),
    axis=0,
  )

  def keep(x: Array) -> Array:
    rows = is_finite.reshape(-1, *(1,) * (x.ndim - 1))
    return jnp.where(rows, x, 0)

  return jax.tree.map(keep, carry)


def layers_not_finite(norms: Mapping[str, Array]) -> list[str]:
  """The layers whose gradient is not finite, the first one first.

  Gradients are computed from the output down, and what is not finite in a
  layer is passed on to those below it.
  """
  from_above = sorted(norms, key=_height, reverse=True)
  return [name for name in from_above if not np.isfinite(norms[name])]


def _layer(path: tuple) -> str:
  names = (key.key for key in path if isinstance(key, jax.tree_util.DictKey))
  return next((name for name in names if name != "params"), "all")


def _height(name: str) -> float:
  """Where a layer is in the network: the output is above the layers, the
  window between the first layer and the second."""
  kind, _, number = name.partition("_")
  if number.isdecimal():
    return int(number)
  return {"window": 1.5, "output": np.inf}.get(kind, 0)
