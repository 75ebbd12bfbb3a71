"""Muon for recurrent layers: momentum whose matrices are made orthogonal.

After K. Jordan, *Muon: an optimizer for hidden layers* (2024); its size is that
of J. Liu et al., *Muon is scalable for LLM training* (2025), so that one
learning rate serves these matrices and Adam's weights alike; its iteration
that of N. Amsel et al., *The Polar Express* (2025).
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from graves_jax.layers.lstm import LSTMParams
from graves_jax.layers.products import Precision, product
from graves_jax.layers.tanh import RNNParams

# Each step x <- p x + q (x x') x + r (x x')^2 x has its (p, q, r): those of the
# polynomial that stays closest to 1 over the singular values that the step may
# meet. For the first step these are SMALLEST to 1; for a later one, what the
# step before makes of them, and 2 % above, because bfloat16 rounds.
SMALLEST = 0.002
STEPS = (
  (8.4268, -24.9361, 18.4925),
  (4.0344, -2.8859, 0.5214),
  (3.6617, -2.6352, 0.4947),
  (2.7787, -2.0040, 0.4287),
)
# The root mean square of Adam's updates, in learning rates.
_SIZE = 0.2
_LAYERS = LSTMParams, RNNParams


def scale_by_muon(
  momentum: float = 0.95,
  first_decay: float = 0.9,
  second_decay: float = 0.99,
  eps: float = 1e-8,
  precision: Precision = "float32",
  axis: str | None = None,
) -> optax.GradientTransformation:
  """Scales gradients by Muon where a layer reads a layer, by Adam elsewhere.

  Muon takes the recurrent weights of every layer and, above the first layer,
  those of its inputs; each gate's matrix is orthogonalized on its own. All
  else goes by Adam: the first layer's inputs, window, output, biases,
  peepholes, and the standard deviations of adaptive weight noise.

  Differs from `optax.contrib.scale_by_muon` in that matrices are shared out
  over the devices, that bfloat16 products are summed in float32, and that four
  steps, with other numbers, stand in for its five.

  Args:
    momentum: of the matrices, as Nesterov has it.
    first_decay: of Adam's average of gradients.
    second_decay: of Adam's average of squared gradients.
    eps: added to the root of that average.
    precision: of the products that orthogonalize.
    axis: of the map over devices that updates are made in; None: one device
      orthogonalizes all matrices.
  """
  return optax.partition(
    {
      "muon": optax.chain(
        optax.trace(momentum, nesterov=True),
        _orthogonalize_gates(precision, axis),
      ),
      "adam": optax.scale_by_adam(first_decay, second_decay, eps),
    },
    _label,
  )


def orthogonal(matrix: Array, precision: Precision = "float32") -> Array:
  """Brings the singular values of a matrix [R, C] close to 1.

  Four steps of polynomials of degree 5: values of at least `SMALLEST` times the
  matrix's norm come out between 0.65 and 1.35, smaller ones between 0 and that.
  """
  rows, columns = matrix.shape
  x = matrix if rows <= columns else matrix.T
  # Below 1 by 1 %: bfloat16 rounds, and steps diverge not far above 1.
  x = x / (1.01 * jnp.linalg.norm(x) + 1e-8)
  for p, q, r in STEPS:
    square = product(x, x.T, precision)
    both = q * square + r * product(square, square, precision)
    x = p * x + product(both, x, precision)
  return x if rows <= columns else x.T


def _is_layer(node: Any) -> bool:
  return isinstance(node, _LAYERS)


def _label(trained: Any) -> Any:
  """Which rule each array goes by: a tree of "muon" and "adam"."""

  def label(path, node):
    labels = jax.tree.map(lambda _: "adam", node)
    names = jax.tree_util.keystr(path, simple=True, separator="/").split("/")
    if not _is_layer(node) or "stddev" in names:
      return labels
    labels = labels._replace(recurrent="muon")
    return labels if "layer_1" in names else labels._replace(inputs="muon")

  return jax.tree_util.tree_map_with_path(label, trained, is_leaf=_is_layer)


def _orthogonalize_gates(
  precision: Precision, axis: str | None
) -> optax.GradientTransformation:
  """Orthogonalizes each gate's [D, H] of the layers' arrays [D, gates * H]."""

  def update(updates, state, params=None):
    del params
    by_array = [
      jnp.split(array, array.shape[1] // len(layer.recurrent), axis=1)
      for layer in jax.tree.leaves(updates, is_leaf=_is_layer)
      for array in jax.tree.leaves(layer)
    ]
    every = [gate for gates in by_array for gate in gates]
    gates = iter(_orthogonalize(every, precision, axis))
    arrays = [
      jnp.concatenate([next(gates) for _ in array], axis=1)
      for array in by_array
    ]
    return jax.tree.unflatten(jax.tree.structure(updates), arrays), state

  return optax.GradientTransformation(_no_state, update)


def _no_state(params: Any) -> optax.EmptyState:
  del params
  return optax.EmptyState()


def _orthogonalize(
  matrices: Sequence[Array], precision: Precision, axis: str | None
) -> list[Array]:
  """Orthogonal matrices, as large as Adam's updates are."""
  results: list[Array] = list(matrices)
  for shape in dict.fromkeys(x.shape for x in matrices):
    places = [k for k, x in enumerate(matrices) if x.shape == shape]
    stacked = jnp.stack([matrices[k] for k in places])
    scale = _SIZE * math.sqrt(max(shape))
    made = _shared_out(stacked, precision, axis)
    for row, place in enumerate(places):
      results[place] = scale * made[row]
  return results


def _shared_out(
  stacked: Array, precision: Precision, axis: str | None
) -> Array:
  """`orthogonal` of matrices [N, R, C], each device's share of them; rows of
  zeros follow where N is no multiple of the devices."""
  if axis is None:
    return _one_after_another(stacked, precision)
  each = -(-len(stacked) // lax.psum(1, axis))
  missing = each * lax.psum(1, axis) - len(stacked)
  padded = jnp.pad(stacked, ((0, missing), (0, 0), (0, 0)))
  own = lax.dynamic_slice_in_dim(padded, lax.axis_index(axis) * each, each)
  return lax.all_gather(_one_after_another(own, precision), axis, tiled=True)


def _one_after_another(stacked: Array, precision: Precision) -> Array:
  one = functools.partial(orthogonal, precision=precision)
  return lax.platform_dependent(
    stacked,
    cpu=lambda x: lax.map(one, x),  # XLA's batched products are slower
    default=jax.vmap(one),
  )
