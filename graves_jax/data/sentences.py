"""Batches of sentences, each one a sequence of its own (Section 3.1)."""

import copy
from collections.abc import Iterator

import numpy as np

from graves_jax.data.corpus import Classes
from graves_jax.data.streams import NOTHING, TextBatch

# Padded lengths: so many, which share out the sentences evenly.
_BUCKETS = 10


class SentenceBatches:
  """A text in sentences that share nothing.

  Each row of a batch is one sentence, read from the null vector and a zero
  state on, and padded at its end; every symbol of it is a target, the end mark
  included. A batch is padded to its longest sentence's bucket: a few shapes to
  compile. Each epoch holds every sentence once, those of similar length
  together, in an order drawn from the seed.
  """

  def __init__(
    self,
    text: Classes,
    end_mark: np.ndarray,
    *,
    batch_size: int,
    seed: int = 0,
  ):
    """Reads the text once, to find its sentences.

    Args:
      text: classes [N].
      end_mark: the classes, one or more, with which each sentence ends. Symbols
        behind the last mark are a sentence, too.
      batch_size: B, sentences of a batch.
      seed: of the order.

    Raises:
      ValueError: if batch_size is below 1, or there is no symbol.
    """
    if batch_size < 1:
      raise ValueError(f"batch_size (={batch_size}) must be 1 or more.")
    if not len(text):
      raise ValueError("the text has no symbol; give one or more.")
    self.batch_size = batch_size
    self._text = text
    self._seed = seed
    ends = _find(text[0 : len(text)], end_mark) + len(end_mark)
    self._starts = np.unique([0, *ends, len(text)])
    self._rows = slice(None)
    self._planned: int | None = None  # the epoch shuffled last
    self._current: list[np.ndarray] = []
    lengths = np.diff(self._starts)
    quantiles = np.quantile(lengths, np.arange(1, _BUCKETS + 1) / _BUCKETS)
    self._edges = np.unique(np.ceil(quantiles).astype(int))
    self._bucket = np.searchsorted(self._edges, lengths)

  def __len__(self) -> int:
    """Batches an epoch."""
    return -(-self.sequences // self.batch_size)

  def epochs(self, step: int) -> float:
    """Passes over the text in so many updates."""
    return step / len(self)

  @property
  def elements(self) -> int:
    """Symbols an epoch, N."""
    return len(self._text)

  @property
  def sequences(self) -> int:
    """Sentences an epoch."""
    return len(self._bucket)

  def batch(self, step: int) -> TextBatch:
    """The batch of training step `step`, counted from 0 over all epochs."""
    epoch, index = divmod(step, len(self))
    return self._collate(self._plan(epoch)[index])

  def share(self, rows: slice) -> "SentenceBatches":
    """The same batches, of which only these rows are read."""
    shared = copy.copy(self)
    shared._rows = rows
    return shared

  def row_names(self, step: int) -> list[str]:
    """The sentences of that batch, by their places in the text."""
    epoch, index = divmod(step, len(self))
    return [
      f"symbols {self._starts[k]:,} to {self._starts[k + 1] - 1:,}"
      for k in self._plan(epoch)[index]
    ]

  def in_order(self) -> Iterator[TextBatch]:
    """Every sentence once, in the order of the text."""
    for start in range(0, self.sequences, self.batch_size):
      end = min(start + self.batch_size, self.sequences)
      yield self._collate(np.arange(start, end))

  def _plan(self, epoch: int) -> list[np.ndarray]:
    """The sentences of each batch of an epoch."""
    if self._planned != epoch:
      random = np.random.default_rng((self._seed, epoch))
      order = random.permutation(self.sequences)
      order = order[np.argsort(self._bucket[order], kind="stable")]
      cuts = range(self.batch_size, self.sequences, self.batch_size)
      batches = np.split(order, cuts)
      shuffled = random.permutation(len(batches))
      self._current = [batches[k] for k in shuffled]
      self._planned = epoch
    return self._current

  def _collate(self, sentences: np.ndarray) -> TextBatch:
    length = self._edges[self._bucket[sentences].max()]
    size = len(range(self.batch_size)[self._rows])
    inputs = np.full((size, length), NOTHING, np.int32)
    targets = np.full((size, length), NOTHING, np.int32)
    for row, k in enumerate(sentences[self._rows]):
      symbols = self._text[self._starts[k] : self._starts[k + 1]]
      targets[row, : len(symbols)] = symbols
      inputs[row, 1 : len(symbols)] = symbols[:-1]
    return TextBatch(inputs, targets, np.ones(size, bool))


def _find(text: np.ndarray, part: np.ndarray) -> np.ndarray:
  """The places in a text where a part of it begins."""
  places = max(len(text) - len(part) + 1, 0)
  is_here = np.ones(places, bool)
  for k, symbol in enumerate(part):
    is_here &= text[k : k + places] == symbol
  return np.flatnonzero(is_here)
