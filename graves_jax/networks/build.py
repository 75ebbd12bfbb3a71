"""Builds the network that a config names."""

import numpy as np
from flax import linen as nn

from graves_jax.config import NetworkConfig, TextNetworkConfig
from graves_jax.distributions import bivariate_mixture, categorical
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.prediction import PredictionNetwork
from graves_jax.networks.synthesis import SynthesisNetwork


def build_network(
  config: NetworkConfig | TextNetworkConfig, classes: int
) -> nn.Module:
  """A handwriting network (Sections 4, 5) or a text network (Section 3).

  Args:
    config: kind and sizes.
    classes: of text: K; of the text to write: A, which a prediction network
      of handwriting does not read.
  """
  shared = {
    "hidden": tuple(config.hidden),
    "lstm_clip": config.lstm_clip,
    "output_clip": config.output_clip,
    "precision": config.precision,
    "weight_range": config.weight_range,
    "forget_bias": config.forget_bias,
    "recurrent_dropout": config.recurrent_dropout,
  }
  if isinstance(config, TextNetworkConfig):
    return PredictionNetwork(
      inputs=classes,
      outputs=categorical.width(classes),
      cell=config.cell,
      dropout=config.dropout,
      **shared,
    )
  shared["inputs"] = 3
  shared["outputs"] = bivariate_mixture.width(config.mixtures)
  match config.kind:
    case "prediction":
      return PredictionNetwork(**shared)
    case "synthesis":
      return SynthesisNetwork(
        alphabet_size=classes,
        windows=config.windows,
        window_bias=tuple(config.window_bias),
        **shared,
      )


def example_inputs(network: nn.Module) -> tuple:
  """One element of zeros, and one character for a network that reads: what
  `network.init` needs to know its parameters' shapes."""
  elements = np.zeros((1, 1, network.inputs), np.float32)
  if not isinstance(network, SynthesisNetwork):
    return (elements,)
  text = Text(np.zeros((1, 1), np.int32), np.ones((1, 1), np.float32))
  return elements, text
