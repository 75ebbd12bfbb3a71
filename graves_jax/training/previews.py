"""Sample pictures during training: one can watch the network learn to write."""

from pathlib import Path
from typing import Any

import jax

from graves_jax.data.strokes import Line
from graves_jax.rendering.figures import write_attention, write_samples
from graves_jax.sampling.transcript import require_known
from graves_jax.sampling.writer import Writer
from graves_jax.training.experiment import Experiment
from graves_jax.training.metadata import Metadata

_BIAS = 1.0
_FOLDER = "samples"
_SCRIBBLE_POINTS = 700


class Previews:
  """Writes the config's sample texts, and draws them under the workdir.

  samples/step_000400.png shows the writing, and for a synthesis network
  samples/window_000400.png what it reads while it writes the first text.
  """

  def __init__(self, experiment: Experiment, workdir: Path):
    """Prepares to write.

    Raises:
      ValueError: if a sample text holds a character the alphabet lacks.
    """
    self._experiment = experiment
    self._folder = workdir / _FOLDER
    self._texts = experiment.metadata.config.training.sample_texts
    for text in self._texts:
      require_known(text, experiment.metadata.alphabet)

  def __call__(self, params: Any, metadata: Metadata) -> None:
    """Draws samples of `params` (NumPy), at the step of `metadata`."""
    if not self._texts:
      return
    writer = Writer(
      network=self._experiment.network,
      params=jax.device_put(params),
      alphabet=metadata.alphabet,
      normalization=metadata.normalization,
      sigma_floor=metadata.config.network.sigma_floor,
    )
    step = f"{metadata.step:06d}"
    self._folder.mkdir(parents=True, exist_ok=True)
    picture = self._folder / f"step_{step}.png"
    if not writer.reads:
      scribbles = writer.scribble(
        _SCRIBBLE_POINTS, lines=len(self._texts), bias=_BIAS
      )
      write_samples(picture, [line.points for line in scribbles])
      return
    lines: list[Line] = [
      line for line, _ in writer.write(self._texts, bias=_BIAS)
    ]
    write_samples(picture, [line.points for line in lines], self._texts)
    phi, _ = writer.trace(lines[0])
    write_attention(
      self._folder / f"window_{step}.png", phi, lines[0].text, lines[0].points
    )
