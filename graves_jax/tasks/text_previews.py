"""Samples of text during training: one can read the network learn to write."""

from pathlib import Path
from typing import Any

import jax
from flax import linen as nn

from graves_jax.checkpoints.metadata import Metadata
from graves_jax.sampling.text import TextWriter

_FOLDER = "samples"


class TextPreviews:
  """Writes what the config asks for into samples/step_0000400.txt and so on."""

  def __init__(self, network: nn.Module, workdir: Path):
    """Prepares to write; nothing is written yet."""
    self._network = network
    self._folder = workdir / _FOLDER

  def __call__(self, params: Any, metadata: Metadata) -> None:
    """Writes a sample of `params` (NumPy), at the step of `metadata`."""
    training = metadata.config.training
    writer = TextWriter(self._network, jax.device_put(params), metadata.codec)
    (text,) = writer.write(
      training.sample_length,
      prime=training.sample_prime,
      temperature=training.sample_temperature,
      seed=training.seed,
    )
    self._folder.mkdir(parents=True, exist_ok=True)
    path = self._folder / f"step_{metadata.step:07d}.txt"
    codec = metadata.codec
    before = codec.decoder()(codec.encode(training.sample_prime))
    path.write_text(before + text, encoding="utf-8")
