"""Sample pictures during training: one can watch the network learn to write."""

from pathlib import Path
from typing import Any

import jax
from flax import linen as nn

from graves_jax.checkpoints.metadata import Metadata
from graves_jax.rendering.figures import write_attention, write_samples
from graves_jax.sampling.writer import Writer

_BIAS = 1.0
_FOLDER = "samples"
_SCRIBBLE_POINTS = 700
_SCRIBBLES = 3


class HandwritingPreviews:
  """Writes sample texts, and draws them under the workdir.

  samples/step_000400.png shows the writing, and for a synthesis network
  samples/window_000400.png what it reads while it writes the first text.
  """

  def __init__(self, network: nn.Module, texts: tuple[str, ...], workdir: Path):
    """Prepares to write; nothing is drawn yet.

    Args:
      network: a prediction network (which scribbles) or a synthesis network.
      texts: for a synthesis network to write.
      workdir: the run's folder.
    """
    self._network = network
    self._texts = texts
    self._folder = workdir / _FOLDER

  def __call__(self, params: Any, metadata: Metadata) -> None:
    """Draws samples of `params` (NumPy), at the step of `metadata`."""
    texts = self._texts
    writer = Writer.of(self._network, jax.device_put(params), metadata)
    step = f"{metadata.step:06d}"
    self._folder.mkdir(parents=True, exist_ok=True)
    picture = self._folder / f"step_{step}.png"
    if not writer.reads:
      lines = writer.scribble(_SCRIBBLE_POINTS, lines=_SCRIBBLES, bias=_BIAS)
      write_samples(picture, [line.points for line in lines])
    elif texts:
      lines = [each.line for each in writer.write(texts, bias=_BIAS)]
      write_samples(picture, [line.points for line in lines], texts)
      first = lines[0]
      write_attention(
        self._folder / f"window_{step}.png",
        writer.trace_window(first),
        first.text,
        first.points,
      )
