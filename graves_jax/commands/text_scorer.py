"""A text network on devices, and the text that it is scored on."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import jax
from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands.console import loading
from graves_jax.commands.dynamic_scoring import choose_numbers
from graves_jax.commands.telling import tell
from graves_jax.config import DynamicConfig, TextDataConfig
from graves_jax.data.batches import Batches
from graves_jax.data.corpus import beginning, require_sentence_end
from graves_jax.data.sentences import SentenceBatches
from graves_jax.data.sources.text import (
  TextSplit,
  is_corpus,
  load_text_split,
)
from graves_jax.data.streams import StreamBatches
from graves_jax.devices.parallel import (
  fitting,
  over_devices,
  require_divisible,
)
from graves_jax.fast.kernels.library import Kernels
from graves_jax.losses.sums import Sums
from graves_jax.losses.text import text_loss, text_scores
from graves_jax.networks.build import build_network
from graves_jax.tasks.text import initial_text_carry
from graves_jax.training.dynamic import DynamicEvaluation
from graves_jax.training.evaluate import evaluate
from graves_jax.training.experiment import loss_summer

# What --sequences changes of the settings in training.
_SEQUENCES: dict[str, dict[str, Any]] = {
  "stream": {"sequences": "stream"},
  "sentence": {
    "sequences": "sentence",
    "length": TextDataConfig.length,
    "reset_every": TextDataConfig.reset_every,
  },
}


class TextScorer:
  """A text network on devices, and the text that it is scored on."""

  def __init__(
    self,
    arguments: Any,
    restored: Restored,
    devices: Sequence[jax.Device],
    console: Console,
    kernels: Kernels | None,
  ):
    """Reads the text.

    Raises:
      FileNotFoundError, ValueError: if an argument cannot be used.
    """
    self.console = console
    config, self.codec = restored.metadata.of_text()
    self.data = config.data
    if arguments.sequences is not None:
      self.data = dataclasses.replace(
        self.data, **_SEQUENCES[arguments.sequences]
      )
    self.reads_sentences = self.data.sequences == "sentence"
    length = arguments.dynamics.length
    if self.reads_sentences and length != DynamicConfig.length:
      raise ValueError(
        f"dynamics.length (={length}) is of streams; of sentences each is a "
        "segment. Leave it out, or give --sequences stream."
      )
    self.path = arguments.data.path and str(arguments.data.path)
    self.text = self.load(arguments.split, self.path)
    self.corpus_path = None
    if self.path and (
      arguments.split or is_corpus(self.data.source, self.path)
    ):
      self.corpus_path = self.path
    self.streams = arguments.batch_size
    if self.streams is None:
      self.streams = 1 if arguments.dynamic else 100
      if not self.reads_sentences:
        most = len(self.text.classes) // 10_000
        self.streams = max(1, min(most, self.streams))
    if self.streams < 1:
      raise ValueError(f"batch_size (={self.streams}) must be 1 or more.")
    if not arguments.devices:
      devices = fitting(devices, self.streams)
    require_divisible("batch_size", self.streams, len(devices))
    self.mapped = over_devices(devices)
    self.params = restored.params
    self.network = build_network(
      config.network, self.codec.size, kernels=kernels
    )

  def load(self, split: str | None, path: str | None) -> TextSplit:
    """A split of the corpus, or another text."""
    with loading(self.console) as progress:
      return load_text_split(self.data, self.codec, split, path, progress)

  def load_beginning(self, split: str, symbols: int) -> TextSplit:
    """The first symbols of a split of the text that the network learned."""
    text = self.load(split, self.corpus_path)
    return text._replace(classes=beginning(text.classes, symbols))

  @property
  def reset_symbols(self) -> int | None:
    """After how many symbols training, and so scoring, has a zero state again;
    None: only at a stream's start."""
    every = self.data.reset_every
    return None if every is None else every * self.data.length

  def batches(
    self, text: TextSplit, length: int
  ) -> StreamBatches | SentenceBatches:
    """The text in segments of a length, or in sentences.

    Raises:
      ValueError: if resets would not fall between segments.
    """
    if self.reads_sentences:
      mark = self.codec.encode(require_sentence_end(text.sentence_end))
      return SentenceBatches(text.classes, mark, batch_size=self.streams)
    reset_every = None
    if self.reset_symbols is not None:
      reset_every, rest = divmod(self.reset_symbols, length)
      if rest:
        raise ValueError(
          f"dynamics.length (={length}) must divide {self.reset_symbols:,}, "
          "the symbols after which this network's state is reset."
        )
    return StreamBatches(
      text.classes,
      batch_size=self.streams,
      length=length,
      reset_every=reset_every,
    )

  def carry(self) -> Any:
    """The state before the first symbol, on the devices."""
    return self.mapped.shard(initial_text_carry(self.network, self.streams))

  def score(self) -> Sums:
    """Sums with fixed weights."""
    with loading(self.console, "Scoring") as progress:
      return evaluate(
        loss_summer(text_loss(self.network), self.mapped),
        self.mapped.replicate(self.params),
        self.carry(),
        self.batches(self.text, self.data.length),
        progress,
      )

  def score_dynamically(
    self, config: DynamicConfig, tune_symbols: int | None
  ) -> tuple[Sums, DynamicConfig]:
    """Sums with weights that learn on the way, and what they learned by.

    Args:
      config: the rule and its numbers.
      tune_symbols: of the validation split, to choose numbers on; nothing:
        those of the config.
    """
    dynamic = DynamicEvaluation(
      text_loss(self.network), self.params, self.mapped
    )
    rms = None
    if config.rule == "rms":
      batches = self.batches(
        self.load("train", self.corpus_path), config.length
      )
      first = itertools.islice(batches.in_order(), config.rms_segments)
      with loading(self.console, "Gradients of training text"):
        rms = dynamic.gradient_rms(first, self.carry())

    def score(batches: Batches, config: DynamicConfig, what: str) -> Sums:
      with loading(self.console, what) as progress:
        return dynamic(
          config, batches, self.carry(), rms=rms, progress=progress
        )

    if tune_symbols is not None:
      beginning = self.load_beginning("validation", tune_symbols)
      validation = self.batches(beginning, config.length)

      def bits(config: DynamicConfig) -> float:
        return text_scores(score(validation, config, "Trying")).bits_per_symbol

      config = choose_numbers(config, bits, "bits/symbol", self.say)
    text = self.batches(self.text, config.length)
    return score(text, config, "Scoring"), config

  def name_sequences(self, sums: Sums) -> str:
    """How the text is read, in words."""
    if self.reads_sentences:
      return (
        f"{round(sums.sequences):,} sentences, each from a zero state, "
        f"{self.streams} at a time"
      )
    reset = self.reset_symbols
    resets = f" and reset every {reset:,} symbols" if reset else ""
    return (
      f"{self.streams} stream{'s' * (self.streams > 1)}, each from its first "
      f"to its last symbol, the state carried on{resets}"
    )

  def say(self, text: str) -> None:
    tell(self.console, text)
