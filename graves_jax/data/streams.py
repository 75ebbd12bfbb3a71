"""Batches of a text in contiguous streams: a pure function of the step."""

import copy
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from graves_jax.data.corpus import Classes

NOTHING = -1


class TextBatch(NamedTuple):
  """T symbols of each of B streams.

  inputs: [B, T] int32, the symbol before each target; -1, the null vector of
    Section 2, before the first one of the text, and where there is no target.
  targets: [B, T] int32, the symbols to predict; -1 where a stream has ended.
  resets: [B] bool, whether a stream's state is zero before this batch, rather
    than what the batch before left.
  """

  inputs: np.ndarray
  targets: np.ndarray
  resets: np.ndarray


class StreamBatches:
  """A text cut into contiguous streams that are read side by side.

  Stream b of B streams of a text of N symbols has the symbols from b S to
  (b+1) S, with S = N / B rounded up; the text ends in the last ones. Batch k
  has the symbols from k T to (k+1) T of every stream, so that the state a
  batch ends in is that which the next one starts from (Section 3.2: sequences
  in order, state carried, gradients truncated where each begins). Every
  symbol is a target once an epoch.
  """

  def __init__(
    self,
    text: Classes,
    *,
    batch_size: int,
    length: int,
    reset_every: int | None = None,
  ):
    """Reads nothing yet; batches read only what they hold.

    Args:
      text: classes [N].
      batch_size: B streams.
      length: T; longer than a stream, it becomes the length of a stream.
      reset_every: state is zero again after so many batches, counted from the
        epoch's first (Section 3.2: 100); nothing: only where an epoch begins.

    Raises:
      ValueError: if a number is below 1, or the text too short.
    """
    for name, value in (
      ("batch_size", batch_size),
      ("length", length),
      ("reset_every", reset_every),
    ):
      if value is not None and value < 1:
        raise ValueError(f"{name} (={value}) must be 1 or more.")
    if len(text) < 2:
      raise ValueError(
        f"the symbols of the text (={len(text)}) must be 2 or more."
      )
    if batch_size > len(text):
      raise ValueError(
        f"batch_size (={batch_size}) must not exceed the symbols of the text, "
        f"and the text has only {len(text):,} symbols; try "
        f"{max(1, len(text) // 10)}, or a longer text."
      )
    self.batch_size = batch_size
    self._text = text
    self._stream = -(-len(text) // batch_size)
    self.length = min(length, self._stream)
    self._reset_every = reset_every
    self._rows = slice(None)

  def __len__(self) -> int:
    """Batches an epoch."""
    return -(-self._stream // self.length)

  def epochs(self, step: int) -> float:
    """Passes over the text in so many updates."""
    return step / len(self)

  @property
  def elements(self) -> int:
    """Symbols an epoch, N."""
    return len(self._text)

  @property
  def sequences(self) -> int:
    """What batches hold of a stream, counted over an epoch."""
    starts = range(0, self.elements, self._stream)
    lengths = (min(self._stream, self.elements - start) for start in starts)
    return sum(-(-length // self.length) for length in lengths)

  def batch(self, step: int) -> TextBatch:
    """The batch of training step `step`, counted from 0 over all epochs."""
    index = step % len(self)
    streams = range(self.batch_size)[self._rows]
    shape = (len(streams), self.length)
    inputs = np.full(shape, NOTHING, np.int32)
    targets = np.full(shape, NOTHING, np.int32)
    for row, stream in enumerate(streams):
      stream_end = min((stream + 1) * self._stream, self.elements)
      start = stream * self._stream + index * self.length
      end = min(start + self.length, stream_end)
      if end <= start:
        continue
      read = self._text[max(start - 1, 0) : end]
      targets[row, : end - start] = read[-(end - start) :]
      before = read[:-1]
      inputs[row, end - start - len(before) : end - start] = before
    resets = index % (self._reset_every or len(self)) == 0
    return TextBatch(inputs, targets, np.full(len(streams), resets))

  def share(self, rows: slice) -> "StreamBatches":
    """The same batches, of which only these rows are read."""
    shared = copy.copy(self)
    shared._rows = rows
    return shared

  def row_names(self, step: int) -> list[str]:
    """The symbols of each stream in that batch, by their places in the text."""
    first = step % len(self) * self.length
    starts = range(first, self.elements, self._stream)
    return [
      f"symbols {start:,} to {min(start + self.length, end) - 1:,}"
      for k, start in enumerate(starts)
      if start < (end := min((k + 1) * self._stream, self.elements))
    ]

  def in_order(self) -> Iterator[TextBatch]:
    """The batches of one epoch."""
    for index in range(len(self)):
      yield self.batch(index)
