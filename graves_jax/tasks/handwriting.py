"""Handwriting as a task: batches of lines, a mixture density, pictures."""

import dataclasses
import functools
import hashlib
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from flax import linen as nn

from graves_jax.checkpoints.metadata import Metadata
from graves_jax.checkpoints.read import Restored
from graves_jax.checkpoints.state import initial_params
from graves_jax.config import DataConfig, HandwritingConfig, LinesConfig
from graves_jax.data.batches import ReadingTest
from graves_jax.data.curriculum import LengthStage, StagedLineBatches
from graves_jax.data.distortion import Distortion
from graves_jax.data.lines import LineBatches
from graves_jax.data.rare_characters import repeat_rare
from graves_jax.data.sources.iam_ondb.wrong_transcripts import WRONG_TRANSCRIPTS
from graves_jax.data.strokes import (
  PAPER_CHARACTERS,
  Alphabet,
  Line,
  Normalization,
  StrokeCodec,
)
from graves_jax.losses.handwriting import (
  HandwritingScores,
  handwriting_loss,
  handwriting_scores,
)
from graves_jax.losses.sums import LossFn, Sums
from graves_jax.networks.build import build_network, example_inputs
from graves_jax.rendering.figures import write_attention, write_samples
from graves_jax.sampling.writer import HandwritingWriter
from graves_jax.training.records import StepReport
from graves_jax.training.task import WriteSamples

# Of the validation set: enough for a figure, a tenth of a validation's work.
_READING_LINES = 128


@dataclasses.dataclass(frozen=True)
class HandwritingTask:
  """A `Task` whose elements are pen points and whose sequences are lines.

  sample_texts: to write while training.
  """

  metadata: Metadata
  network: nn.Module
  train_batches: LineBatches | StagedLineBatches
  validation_batches: LineBatches
  sample_texts: tuple[str, ...]
  reading_test: ReadingTest | None = None

  @property
  def loss_fn(self) -> LossFn:
    config, _ = self.metadata.of_handwriting()
    return handwriting_loss(self.network, config.network.sigma_floor)

  def initial_params(self, seed: int) -> Any:
    return initial_params(self.network, seed, *example_inputs(self.network))

  def initial_carry(self, batch_size: int) -> tuple[()]:
    del batch_size
    return ()

  def scores(self, sums: Sums) -> HandwritingScores:
    return handwriting_scores(sums)

  def sample_writer(self, workdir: Path) -> WriteSamples:
    return HandwritingPreviews(self.sample_texts, workdir)

  def introduction(self) -> tuple[str, ...]:
    config, _ = self.metadata.of_handwriting()
    floor = config.network.sigma_floor
    return (
      f"{self.train_batches.lines:,} training lines in "
      f"{len(self.train_batches):,} batches, "
      f"{self.validation_batches.lines:,} validation lines.",
      "Losses are in nats over offsets of standard deviation 1; sigma is "
      f"floored at {floor:g} of it.",
    )

  def progress(self, report: StepReport) -> str:
    return (
      f"{report.nats_per_sequence:.1f} nats/sequence  "
      f"{report.nats_per_element:.3f} nats/point  "
      f"gradient {report.gradient_norm:.3g}  "
      f"{report.elements_per_second:,.0f} points/s"
    )

  def outcome(self, scores: HandwritingScores) -> str:
    gained = ""
    if scores.nats_gained_by_reading is not None:
      gained = f"  {scores.nats_gained_by_reading:.0f} gained by reading"
    return (
      f"{scores.nats_per_sequence:.1f} nats/sequence  "
      f"{scores.nats_per_point:.4f} nats/point  squared error "
      f"{scores.squared_error_per_coordinate:.3f} a coordinate{gained}  "
      f"({scores.sequences:,} lines)"
    )


def handwriting_task(
  config: HandwritingConfig,
  train: Sequence[Line],
  validation: Sequence[Line],
  *,
  codec: StrokeCodec | None = None,
  mixed: Sequence[Line] = (),
) -> HandwritingTask:
  """Makes a config of handwriting concrete.

  Args:
    config: the experiment.
    train: training lines; those longer than the config allows are left out.
    validation: validation lines; all are scored.
    codec: with data.keep_codec, that of the weights to start or go on from.
    mixed: other training lines, some of which are mixed in.

  Raises:
    ValueError: if no line is left, or a sample text cannot be written.
  """
  data, training = config.data, config.training
  if data.keep_codec != (codec is not None):
    raise ValueError(
      "data.keep_codec keeps the alphabet and the normalization of the weights "
      "to start from; name those with --init-from."
    )
  codec = codec or _codec_of(train, data)
  alphabet = codec.alphabet
  kept = [line for line in train if is_kept(line, data)]
  if mixed and not kept:
    raise ValueError(
      "no line of data.path is left beside those of data.mixed_path; relax "
      "data.max_points or data.max_characters, or give other data."
    )
  kept += _some(mixed, data, training.seed)
  own_data = _fingerprint(kept, validation) if data.keep_codec else ""
  kept = repeat_rare(kept, alphabet, data.rare_share)
  kept = _starts(kept, data.crop_points)
  network = build_network(config.network, alphabet.size)

  batches = functools.partial(
    LineBatches,
    alphabet=alphabet,
    normalization=codec.normalization,
    buckets=data.buckets,
    seed=training.seed,
  )

  return HandwritingTask(
    metadata=Metadata(config, codec, own_data),
    network=network,
    train_batches=_train_batches(
      kept,
      data,
      functools.partial(
        batches,
        distortion=Distortion(
          scale_range=data.scale_range, slant_range=data.slant_range
        ),
      ),
    ),
    validation_batches=batches(
      validation, batch_size=training.evaluation_batch_size
    ),
    sample_texts=_sample_texts(config, alphabet, validation),
    reading_test=None
    if config.network.kind == "prediction"
    else reading_test(
      validation,
      functools.partial(batches, batch_size=training.evaluation_batch_size),
    ),
  )


def _codec_of(lines: Sequence[Line], data: DataConfig) -> StrokeCodec:
  alphabet = (
    Alphabet(PAPER_CHARACTERS)
    if data.alphabet == "paper"
    else Alphabet.of(line.text for line in lines)
  )
  return StrokeCodec(
    alphabet, Normalization.of(lines), points_per_character(lines)
  )


def _fingerprint(*splits: Sequence[Line]) -> str:
  """SHA-256 of the points and texts of lines, which tells data apart where the
  codec does not."""
  digest = hashlib.sha256()
  for lines in splits:
    digest.update(f"{len(lines)}\n".encode())
    for line in lines:
      points = np.asarray(line.points, "<f4")
      digest.update(f"{len(points)} {line.text!r}\n".encode())
      digest.update(points.tobytes())
  return digest.hexdigest()


def _some(lines: Sequence[Line], data: DataConfig, seed: int) -> list[Line]:
  """As many lines as are to be mixed in, the same ones for a seed."""
  kept = [line for line in lines if is_kept(line, data)]
  order = np.random.default_rng(seed).permutation(len(kept))
  return [kept[k] for k in order[: data.mixed_lines]]


def _train_batches(
  lines: Sequence[Line],
  data: DataConfig,
  batches: Callable[..., LineBatches],
) -> LineBatches | StagedLineBatches:
  """Whole lines in batches, after those of the config's curriculum."""
  whole = batches(lines, batch_size=data.batch_size)
  if not data.crop_schedule:
    return whole
  stages = [
    LengthStage(updates, batches(_starts(lines, points), batch_size=size))
    for updates, points, size in data.crop_schedule
  ]
  return StagedLineBatches(stages, whole)


def _starts(lines: Sequence[Line], points: int | None) -> list[Line]:
  """The first so many points of each line, with all its text."""
  return [line._replace(points=line.points[:points]) for line in lines]


def reading_test(
  lines: Sequence[Line], batches: Callable[[Sequence[Line]], LineBatches]
) -> ReadingTest | None:
  """Chooses lines of all lengths, each beside another one's text.

  The other text is that of the line next in length among those chosen, so that
  it is about as long; None if all lines have the same text.

  Args:
    lines: to choose among, evenly.
    batches: makes batches of lines.
  """
  by_length = sorted(lines, key=lambda line: len(line.points))
  places = np.linspace(0, len(lines) - 1, min(_READING_LINES, len(lines)))
  chosen = [by_length[k] for k in np.unique(places.astype(int))]
  texts = [line.text for line in chosen]
  if len(set(texts)) < 2:
    return None
  others = [
    line._replace(text=text)
    for line, text in zip(chosen, texts[1:] + texts[:1], strict=True)
  ]
  return ReadingTest(batches(chosen), batches(others))


def points_per_character(lines: Sequence[Line]) -> float:
  """Average number of pen elements a character of text."""
  characters = sum(len(line.text) for line in lines)
  return sum(len(line.points) for line in lines) / max(characters, 1)


def is_kept(line: Line, data: LinesConfig) -> bool:
  """Whether a training line is within the config's limits, and says what its
  transcript says, as far as is known."""
  if not data.keep_wrong_transcripts and line.name in WRONG_TRANSCRIPTS:
    return False
  return (data.max_points is None or len(line.points) <= data.max_points) and (
    data.max_characters is None or len(line.text) <= data.max_characters
  )


def _sample_texts(
  config: HandwritingConfig, alphabet: Alphabet, validation: Sequence[Line]
) -> tuple[str, ...]:
  if config.network.kind == "prediction":
    return ()
  for text in config.training.sample_texts:
    if alphabet.unknown(text):
      raise ValueError(
        f"training.sample_texts: {text!r} has the characters "
        f"{alphabet.unknown(text)}, which no training line has; "
        "give --training.sample-texts a text of theirs."
      )
  known = (x.text for x in validation if not alphabet.unknown(x.text))
  return config.training.sample_texts or tuple(itertools.islice(known, 3))


_BIAS = 1.0
_FOLDER = "samples"
_SCRIBBLE_POINTS = 700
_SCRIBBLES = 3


class HandwritingPreviews:
  """Writes sample texts, and draws them under the workdir.

  samples/step_000400.png shows the writing, and for a synthesis network
  samples/window_000400.png what it reads while it writes the first text.
  """

  def __init__(self, texts: tuple[str, ...], workdir: Path):
    """Prepares to write; nothing is drawn yet.

    Args:
      texts: for a synthesis network to write; a prediction network scribbles.
      workdir: the run's folder.
    """
    self._texts = texts
    self._folder = workdir / _FOLDER

  def __call__(self, params: Any, metadata: Metadata) -> None:
    """Draws samples of `params` (NumPy), at the step of `metadata`."""
    texts = self._texts
    writer = HandwritingWriter.from_checkpoint(Restored(params, metadata))
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
