"""Builds the network that a config names."""

from typing import Any

import numpy as np
from flax import linen as nn

from graves_jax.config import (
  NetworkConfig,
  ReadingNetworkConfig,
  TextNetworkConfig,
)
from graves_jax.distributions import bivariate_mixture, categorical
from graves_jax.fast.implementation import Choice, resolve
from graves_jax.fast.kernels.library import Kernels
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.prediction import PredictionNetwork
from graves_jax.networks.reading import ReadingNetwork
from graves_jax.networks.synthesis import SynthesisNetwork


def build_network(
  config: NetworkConfig | TextNetworkConfig | ReadingNetworkConfig,
  classes: int,
  implementation: Choice = "auto",
  kernels: Kernels | None = None,
) -> nn.Module:
  """Builds a network of handwriting (Sections 4, 5), of text (Section 3), or a
  reader of handwriting.

  Args:
    config: kind and sizes.
    classes: of text: K; of the text to write, which a prediction network of
      handwriting does not see, or to read: A.
    implementation: of its layers. "auto": the kernels, if they are given and
      form products of the config's precision; else all layers in one scan
      ("wavefront") where JAX runs programs on a GPU; else "scan".
    kernels: what `library.load` returned.

  Raises:
    ValueError: if "kernels" are asked for where there are none.
  """
  shared: dict[str, Any] = {
    "hidden": tuple(config.hidden),
    "lstm_clip": config.lstm_clip,
    "precision": config.precision,
    "weight_range": config.weight_range,
    "forget_bias": config.forget_bias,
    "recurrent_dropout": config.recurrent_dropout,
    "implementation": resolve(implementation, config.precision, kernels),
  }
  if isinstance(config, ReadingNetworkConfig):
    return ReadingNetwork(
      inputs=3,
      outputs=classes + 1,  # the blank
      joined=config.joined,
      dropout=config.dropout,
      **shared,
    )
  shared["output_clip"] = config.output_clip
  if isinstance(config, TextNetworkConfig):
    if implementation == "kernels" and config.cell != "lstm":
      raise ValueError(
        "implementation (='kernels') is for LSTM layers; with cell "
        f"(={config.cell!r}) choose 'auto', 'scan' or 'reference'."
      )
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
      shared["window_bias"] = tuple(config.window_bias)
      return SynthesisNetwork(
        alphabet_size=classes,
        windows=config.windows,
        **shared,
      )


def example_inputs(network: Any) -> tuple[Any, ...]:
  """One element of zeros, with its length or a character where the network
  takes one: what `network.init` needs to know its parameters' shapes."""
  elements = np.zeros((1, 1, network.inputs), np.float32)
  if isinstance(network, ReadingNetwork):
    return elements, np.ones(1, np.int32)
  if not isinstance(network, SynthesisNetwork):
    return (elements,)
  characters: Any = np.zeros((1, 1), np.int32)
  mask: Any = np.ones((1, 1), np.float32)
  return elements, Text(characters, mask)
