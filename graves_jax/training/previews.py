"""Sample pictures during training: one can watch the network learn to write."""

from pathlib import Path
from typing import Any

import jax

from graves_jax.rendering.figures import write_attention, write_samples
from graves_jax.sampling.writer import Writer
from graves_jax.training.experiment import Experiment
from graves_jax.training.metadata import Metadata

_BIAS = 1.0
_FOLDER = "samples"
_SCRIBBLE_POINTS = 700
_SCRIBBLES = 3


class Previews:
  """Writes the config's sample texts, and draws them under the workdir.

  samples/step_000400.png shows the writing, and for a synthesis network
  samples/window_000400.png what it reads while it writes the first text.
  """

  def __init__(self, experiment: Experiment, workdir: Path):
    """Prepares to write; nothing is drawn yet."""
    self._experiment = experiment
    self._folder = workdir / _FOLDER

  def __call__(self, params: Any, metadata: Metadata) -> None:
    """Draws samples of `params` (NumPy), at the step of `metadata`."""
    network, texts = self._experiment.network, self._experiment.sample_texts
    writer = Writer.of(network, jax.device_put(params), metadata)
    step = f"{metadata.step:06d}"
    self._folder.mkdir(parents=True, exist_ok=True)
    picture = self._folder / f"step_{step}.png"
    if not writer.reads:
      lines = writer.scribble(_SCRIBBLE_POINTS, lines=_SCRIBBLES, bias=_BIAS)
      write_samples(picture, [line.points for line in lines])
    elif texts:
      lines = [line for line, _ in writer.write(texts, bias=_BIAS)]
      write_samples(picture, [line.points for line in lines], texts)
      first = lines[0]
      write_attention(
        self._folder / f"window_{step}.png",
        writer.trace_window(first),
        first.text,
        first.points,
      )
