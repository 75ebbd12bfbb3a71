"""The prediction network as a Flax user would write it."""

import jax.numpy as jnp
from flax import linen as nn
from jax import Array


class FlaxPrediction(nn.Module):
  """Stacked `nn.RNN`s with the skip connections of Eqs. (1)-(4).

  Differs from ours: no peepholes, and no derivative is clipped.

  Attributes:
    hidden: cells in each layer.
    outputs: width of y-hat.
    inputs: width of an element.
  """

  hidden: tuple[int, ...]
  outputs: int
  inputs: int = 3

  @nn.compact
  def __call__(self, elements: Array) -> Array:
    """y-hat [T, B, outputs] of elements [T, B, 3]."""
    outputs = []
    for width in self.hidden:
      below = jnp.concatenate([elements, *outputs[-1:]], axis=-1)
      layer = nn.RNN(nn.OptimizedLSTMCell(width), time_major=True)
      outputs.append(layer(below))
    return nn.Dense(self.outputs)(jnp.concatenate(outputs, axis=-1))
