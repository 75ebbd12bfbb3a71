"""Reading handwriting as a task: batches of lines, CTC, readings in files."""

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from flax import linen as nn

from graves_jax.checkpoints.metadata import Metadata
from graves_jax.checkpoints.read import Restored
from graves_jax.checkpoints.state import initial_params
from graves_jax.config import ReadingConfig
from graves_jax.data.distortion import Distortion
from graves_jax.data.lines import LineBatches
from graves_jax.data.strokes import Alphabet, Line, Normalization, StrokeCodec
from graves_jax.losses.reading import (
  ReadingScores,
  reading_loss,
  reading_scores,
)
from graves_jax.losses.sums import LossFn, Sums
from graves_jax.networks.build import build_network, example_inputs
from graves_jax.networks.reading import steps_of
from graves_jax.recognition.reader import HandwritingReader
from graves_jax.tasks.handwriting import is_kept, points_per_character
from graves_jax.training.records import StepReport
from graves_jax.training.task import WriteSamples

_PREVIEW_LINES = 10


@dataclasses.dataclass(frozen=True)
class ReadingTask:
  """A `Task` whose elements are pen points and whose sequences are lines.

  previews: lines to read while training.
  """

  metadata: Metadata
  network: nn.Module
  train_batches: LineBatches
  validation_batches: LineBatches
  previews: tuple[Line, ...]
  reading_test: None = None

  @property
  def loss_fn(self) -> LossFn:
    network: Any = self.network
    return reading_loss(network)

  def initial_params(self, seed: int) -> Any:
    return initial_params(self.network, seed, *example_inputs(self.network))

  def initial_carry(self, batch_size: int) -> tuple[()]:
    del batch_size
    return ()

  def scores(self, sums: Sums) -> ReadingScores:
    return reading_scores(sums)

  def sample_writer(self, workdir: Path) -> WriteSamples:
    return ReadingPreviews(self.previews, workdir)

  def introduction(self) -> tuple[str, ...]:
    return (
      f"{self.train_batches.lines:,} training lines in "
      f"{len(self.train_batches):,} batches, "
      f"{self.validation_batches.lines:,} validation lines; "
      f"{self.metadata.codec.size - 1:,} characters.",
      "Each layer has so many cells in each direction of time. The error is "
      "that of greedy reading: insertions, deletions and substitutions a "
      "character.",
    )

  def progress(self, report: StepReport) -> str:
    return (
      f"{report.nats_per_sequence:.1f} nats/sequence  "
      f"gradient {report.gradient_norm:.3g}  "
      f"{report.elements_per_second:,.0f} points/s"
    )

  def outcome(self, scores: ReadingScores) -> str:
    return (
      f"{scores.nats_per_sequence:.1f} nats/sequence  "
      f"{scores.nats_per_character:.3f} nats/character  character error "
      f"{100 * scores.character_error:.1f} %  ({scores.sequences:,} lines)"
    )


def reading_task(
  config: ReadingConfig, train: Sequence[Line], validation: Sequence[Line]
) -> ReadingTask:
  """Makes a config of reading concrete.

  Args:
    config: the experiment.
    train: training lines; those longer than the config allows, and those that
      have fewer steps than their texts need, are left out.
    validation: validation lines; all are scored.

  Raises:
    ValueError: if no line is left.
  """
  data, training = config.data, config.training
  codec = StrokeCodec(
    Alphabet.of(line.text for line in train),
    Normalization.of(train),
    points_per_character(train),
  )
  joined = config.network.joined
  kept = [x for x in train if is_kept(x, data) and has_path(x, joined)]
  batches = functools.partial(
    LineBatches,
    alphabet=codec.alphabet,
    normalization=codec.normalization,
    buckets=data.buckets,
    seed=training.seed,
  )
  by_length = sorted(validation, key=lambda line: len(line.points))
  places = np.linspace(0, len(by_length) - 1, _PREVIEW_LINES).astype(int)
  return ReadingTask(
    metadata=Metadata(config, codec),
    network=build_network(config.network, codec.size),
    train_batches=batches(
      kept,
      batch_size=data.batch_size,
      distortion=Distortion(
        scale_range=data.scale_range,
        slant_range=data.slant_range,
        point_noise=data.point_noise,
      ),
    ),
    validation_batches=batches(
      validation, batch_size=training.evaluation_batch_size
    ),
    previews=tuple(by_length[k] for k in np.unique(places)),
  )


def has_path(line: Line, joined: int) -> bool:
  """Whether a line has steps enough for its text: one a character, and one
  more, for a blank, between two of the same."""
  text = line.text
  repeated = sum(a == b for a, b in itertools.pairwise(text))
  return steps_of(len(line.points), joined) >= len(text) + repeated


_FOLDER = "samples"


class ReadingPreviews:
  """Reads lines, and writes what it read below what they say, under the
  workdir: samples/step_000400.txt."""

  def __init__(self, lines: Sequence[Line], workdir: Path):
    """Prepares to read; nothing is read yet."""
    self._lines = lines
    self._folder = workdir / _FOLDER

  def __call__(self, params: Any, metadata: Metadata) -> None:
    """Reads greedily by `params` (NumPy), at the step of `metadata`."""
    reader = HandwritingReader.from_checkpoint(Restored(params, metadata))
    read = reader.read(self._lines, beam=None)
    pairs = zip(self._lines, read, strict=True)
    self._folder.mkdir(parents=True, exist_ok=True)
    path = self._folder / f"step_{metadata.step:06d}.txt"
    content = "\n".join(f"{x.name}: {x.text}\n  {text}" for x, text in pairs)
    path.write_text(content + "\n", encoding="utf-8")
