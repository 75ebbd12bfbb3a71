"""Text as a task: streams or sentences, a softmax, samples in files."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import numpy as np
from flax import linen as nn

from graves_jax.checkpoints.metadata import Metadata
from graves_jax.checkpoints.read import Restored
from graves_jax.checkpoints.state import initial_params
from graves_jax.config import TextConfig
from graves_jax.data.codec import name_symbols
from graves_jax.data.corpus import (
  Classes,
  Corpus,
  beginning,
  require_sentence_end,
)
from graves_jax.data.sentences import SentenceBatches
from graves_jax.data.streams import StreamBatches
from graves_jax.losses.sums import LossFn, Sums
from graves_jax.losses.text import TextScores, text_loss, text_scores
from graves_jax.networks.build import build_network, example_inputs
from graves_jax.sampling.text import TextWriter
from graves_jax.training.records import StepReport
from graves_jax.training.task import WriteSamples


@dataclasses.dataclass(frozen=True)
class TextTask:
  """A `Task` whose elements are symbols and whose sequences are sentences, or
  what an update reads of each stream.

  convention: what a symbol is, in words.
  notes: sentences about the text.
  """

  metadata: Metadata
  network: nn.Module
  train_batches: StreamBatches | SentenceBatches
  validation_batches: StreamBatches | SentenceBatches
  convention: str
  notes: tuple[str, ...] = ()
  reading_test: None = None

  @property
  def loss_fn(self) -> LossFn:
    return text_loss(self.network)

  def initial_params(self, seed: int) -> Any:
    return initial_params(self.network, seed, *example_inputs(self.network))

  def initial_carry(self, batch_size: int) -> Any:
    return initial_text_carry(self.network, batch_size)

  def scores(self, sums: Sums) -> TextScores:
    return text_scores(sums)

  def sample_writer(self, workdir: Path) -> WriteSamples:
    return TextPreviews(workdir)

  def introduction(self) -> tuple[str, ...]:
    return (
      f"{self.train_batches.elements:,} training symbols ({self.convention}) "
      f"in {len(self.train_batches):,} batches, "
      f"{self.validation_batches.elements:,} validation symbols; "
      f"{self.metadata.codec.size:,} different ones.",
      *self.notes,
    )

  def progress(self, report: StepReport) -> str:
    return (
      f"{report.nats_per_element:.3f} nats/symbol  "
      f"{report.nats_per_element / np.log(2):.3f} bits/symbol  "
      f"gradient {report.gradient_norm:.3g}  "
      f"{report.elements_per_second:,.0f} symbols/s"
    )

  def outcome(self, scores: TextScores) -> str:
    return (
      f"{scores.nats_per_symbol:.4f} nats/symbol  "
      f"{scores.bits_per_symbol:.4f} bits/symbol  "
      f"error {scores.error_percent:.1f} %  ({scores.symbols:,} symbols)"
    )


def initial_text_carry(network: nn.Module, batch_size: int) -> Any:
  """A network's state before the first symbol, as NumPy arrays [B, ...]."""
  key = jax.random.key(0)
  state, _ = jax.eval_shape(
    lambda: network.init_with_output(key, batch_size, method="initial_state")
  )
  return jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), state)


def text_task(config: TextConfig, corpus: Corpus) -> TextTask:
  """Makes a config of text concrete.

  Raises:
    ValueError: if the text is too short for its batches, or samples cannot
      begin as the config says.
  """
  data, training = config.data, config.training
  if unknown := corpus.codec.unknown(training.sample_prime):
    raise ValueError(
      f"training.sample_prime has {name_symbols(unknown, corpus.codec.units)}, "
      "which the vocabulary does not have."
    )
  validation = beginning(corpus.validation, training.evaluation_symbols)
  network = build_network(config.network, corpus.codec.size)

  def batches(
    text: Classes, batch_size: int
  ) -> StreamBatches | SentenceBatches:
    if data.sequences == "sentence":
      mark = corpus.codec.encode(require_sentence_end(corpus.sentence_end))
      return SentenceBatches(
        text, mark, batch_size=batch_size, seed=training.seed
      )
    return StreamBatches(
      text,
      batch_size=batch_size,
      length=data.length,
      reset_every=data.reset_every,
    )

  return TextTask(
    metadata=Metadata(config, corpus.codec, corpus.fingerprint),
    network=network,
    train_batches=batches(corpus.train, data.batch_size),
    validation_batches=batches(
      validation,
      max(min(training.evaluation_batch_size, len(validation) // 2), 1),
    ),
    convention=corpus.convention,
    notes=corpus.notes,
  )


_FOLDER = "samples"


class TextPreviews:
  """Writes what the config asks for into samples/step_0000400.txt and so on."""

  def __init__(self, workdir: Path):
    """Prepares to write; nothing is written yet."""
    self._folder = workdir / _FOLDER

  def __call__(self, params: Any, metadata: Metadata) -> None:
    """Writes a sample of `params` (NumPy), at the step of `metadata`."""
    config, codec = metadata.of_text()
    training = config.training
    writer = TextWriter.from_checkpoint(Restored(params, metadata))
    (text,) = writer.write(
      training.sample_length,
      prime=training.sample_prime,
      temperature=training.sample_temperature,
      seed=training.seed,
    )
    self._folder.mkdir(parents=True, exist_ok=True)
    path = self._folder / f"step_{metadata.step:07d}.txt"
    before = codec.decoder()(codec.encode(training.sample_prime))
    path.write_text(before + text, encoding="utf-8")
