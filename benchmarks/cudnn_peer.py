"""The prediction network on `jax.experimental.rnn`: cuDNN's LSTM, from JAX.

It runs on NVIDIA's cards only, and in float32 only.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import our_training
from flax import linen as nn
from jax import Array, lax
from jax.experimental import rnn

from graves_jax.data.lines import StrokeBatch
from graves_jax.distributions import bivariate_mixture
from graves_jax.layers.products import Precision


class CudnnPrediction(nn.Module):
  """Stacked layers with the skip connections of Eqs. (1)-(4).

  Differs from ours: no peepholes, a second bias per gate, and no derivative is
  clipped.

  Attributes:
    hidden: cells in each layer.
    outputs: width of y-hat.
    inputs: width of an element.
    precision: of the products, no other.
  """

  hidden: tuple[int, ...]
  outputs: int
  inputs: int = 3
  precision: Precision = "float32"

  @nn.compact
  def __call__(
    self, elements: Array, dropout_keys: Array | None = None
  ) -> Array:
    """y-hat [T, B, outputs] of elements [T, B, 3]; drops nothing."""
    del dropout_keys
    elements = jnp.swapaxes(elements, 0, 1)  # as cuDNN has them here
    outputs = []
    for number, width in enumerate(self.hidden, start=1):
      below = jnp.concatenate([elements, *outputs[-1:]], axis=-1)
      outputs.append(self._layer(f"layer_{number}", below, width))
    joined = jnp.swapaxes(jnp.concatenate(outputs, axis=-1), 0, 1)
    return nn.Dense(self.outputs, precision=lax.Precision.HIGHEST)(joined)

  def _layer(self, name: str, below: Array, width: int) -> Array:
    """Outputs [B, T, H] of inputs [B, T, D]."""
    rows, steps, inputs = below.shape
    sizes = inputs, width, 1  # layers
    weights = self.param(name, rnn.init_lstm_weight, *sizes, False)
    zeros = jnp.zeros((1, rows, width))
    lengths = jnp.full(rows, steps, jnp.int32)
    options = 0.0, False, lax.Precision.HIGHEST  # dropout, two ways, no TF32
    return rnn.lstm(below, zeros, zeros, weights, lengths, *sizes, *options)[0]


def cudnn_update(
  hidden: Sequence[int], batch: StrokeBatch, devices: Sequence[jax.Device]
) -> Callable[[], None]:
  """Makes an update a call; the first one also prepares.

  The call raises NotImplementedError where there is no cuDNN.
  """
  update = None

  def run() -> None:
    nonlocal update
    if devices[0].platform != "gpu":
      raise NotImplementedError("cuDNN runs on NVIDIA's cards only")
    if update is None:
      network = CudnnPrediction(tuple(hidden), bivariate_mixture.width(20))
      update = our_training.handwriting_update(network, batch, devices)
    update.run()

  return run
