"""The networks inside Flax NNX, and the cell inside Flax's own RNNs."""

import jax
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx

from graves_jax.fast.lstm import unroll
from graves_jax.layers.inputs import net_input
from graves_jax.layers.lstm import init_lstm, lstm_step, zero_state
from graves_jax.networks.prediction import PredictionNetwork

ELEMENTS = jax.random.normal(jax.random.key(0), (5, 2, 3))  # [T, B, 3]
PARAMS = init_lstm(jax.random.key(1), inputs=3, hidden=4)


def test_a_network_wrapped_for_nnx_is_the_same_network():
  network = PredictionNetwork(inputs=3, outputs=7, hidden=(4, 4))
  wrapped = nnx.bridge.ToNNX(network, rngs=nnx.Rngs(0)).lazy_init(ELEMENTS)
  names = ("layer_1", "layer_2", "output")
  params = {name: getattr(wrapped, name).get_value() for name in names}
  expected = network.apply({"params": params}, ELEMENTS)
  np.testing.assert_allclose(wrapped(ELEMENTS), expected, atol=1e-6)


class LinenCell(nn.RNNCellBase):
  """The package's cell, with fixed weights, as a Linen RNN cell."""

  @nn.compact
  def __call__(self, carry, inputs):
    return lstm_step(PARAMS, carry, net_input(PARAMS, [inputs]))

  def initialize_carry(self, rng, input_shape):
    return zero_state(4, *input_shape[:-1])

  @property
  def num_feature_axes(self):
    return 1


class NNXCell(nnx.RNNCellBase):
  """The package's cell, with fixed weights, as an NNX RNN cell."""

  def __call__(self, carry, inputs):
    return lstm_step(PARAMS, carry, net_input(PARAMS, [inputs]))

  def initialize_carry(self, input_shape, rngs=None, **_):
    return zero_state(4, *input_shape[:-1])

  @property
  def num_feature_axes(self):
    return 1


@pytest.mark.parametrize("library", ["linen", "nnx"])
def test_the_cell_in_a_flax_rnn_equals_unroll(library):
  _, expected = unroll(PARAMS, zero_state(4, 2), [ELEMENTS])
  if library == "linen":
    rnn = nn.RNN(LinenCell(), time_major=True)
    outputs = rnn.apply({}, ELEMENTS)
  else:
    outputs = nnx.RNN(NNXCell(), time_major=True)(ELEMENTS)
  np.testing.assert_allclose(outputs, expected, atol=1e-6)
