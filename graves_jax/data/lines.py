"""Bucketed batches of lines: a pure function of (seed, epoch, index)."""

import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from graves_jax.data.distortion import Distortion
from graves_jax.data.strokes import Alphabet, Line, Normalization

# Padded lengths are multiples of this, so that an unroll in chunks of as many
# steps leaves no remainder.
LENGTH_MULTIPLE = 20
_NO_DISTORTION = Distortion()


class StrokeBatch(NamedTuple):
  """Lines one under another, padded with zeros at their ends.

  points: [B, T, 3] float32, normalized.
  lengths: [B] int32, number of elements; 0 for a row that holds no line.
  characters: [B, U] int32 classes.
  text_lengths: [B] int32.
  """

  points: np.ndarray
  lengths: np.ndarray
  characters: np.ndarray
  text_lengths: np.ndarray


class _Shape(NamedTuple):
  points: int
  characters: int


class LineBatches:
  """Lines in batches of similar length.

  Lines are sorted into buckets by length, and every batch is padded to its
  bucket's edge: a few shapes to compile, little padding. Each epoch holds
  every line exactly once: what does not fill a bucket's last batch is batched
  together, across buckets, and rows without a line fill the last batch of all.
  """

  def __init__(
    self,
    lines: Sequence[Line],
    alphabet: Alphabet,
    normalization: Normalization,
    *,
    batch_size: int,
    buckets: int,
    seed: int = 0,
    distortion: Distortion = _NO_DISTORTION,
  ):
    """Encodes the lines.

    Args:
      lines: at least one.
      alphabet: classes of the characters.
      normalization: of the offsets.
      batch_size: B.
      buckets: how many lengths to pad to, at most.
      seed: of the shuffling and the distortion.
      distortion: how `batch` changes every line; `in_order` changes none.

    Raises:
      ValueError: if there is no line, or a number is out of range.
    """
    for name, value in (("batch_size", batch_size), ("buckets", buckets)):
      if value < 1:
        raise ValueError(f"{name} (={value}) must be 1 or more.")
    if not lines:
      raise ValueError(
        "there are no lines; relax data.max_points or data.max_characters, "
        "or give other data."
      )
    self.batch_size = batch_size
    self._seed = seed
    self._distortion = distortion
    self._normalization = normalization
    self._rows = slice(None)
    self._planned: int | None = None  # the epoch shuffled last
    self._current: list[np.ndarray] = []
    self._points = [normalization.normalize(line.points) for line in lines]
    self._names = [line.name for line in lines]
    self._characters = [alphabet.encode(line.text) for line in lines]
    lengths = np.array([len(p) for p in self._points])
    text_lengths = np.array([len(c) for c in self._characters])
    quantiles = np.quantile(lengths, np.arange(1, buckets + 1) / buckets)
    edges = np.unique(_round_up(quantiles))
    self._bucket = np.searchsorted(edges, lengths)
    longest_text = [
      text_lengths[self._bucket <= k].max() for k in range(len(edges))
    ]
    self._shapes = [
      _Shape(int(t), int(u)) for t, u in zip(edges, longest_text, strict=True)
    ]
    full, left = divmod(np.bincount(self._bucket), batch_size)
    self._batches_per_epoch = int(full.sum() + -(-left.sum() // batch_size))

  def __len__(self) -> int:
    """Batches an epoch."""
    return self._batches_per_epoch

  def epochs(self, step: int) -> float:
    """Passes over the lines in so many updates."""
    return step / len(self)

  @property
  def lines(self) -> int:
    """Lines an epoch."""
    return len(self._points)

  @property
  def sequences(self) -> int:
    """Lines an epoch that have any element."""
    return sum(len(points) > 0 for points in self._points)

  @property
  def elements(self) -> int:
    """Pen elements an epoch."""
    return sum(map(len, self._points))

  def elements_of(self, rows: np.ndarray) -> int:
    """Pen elements of these lines, by their numbers."""
    return sum(len(self._points[row]) for row in rows)

  def batch(self, step: int) -> StrokeBatch:
    """The batch of training step `step`, counted from 0 over all epochs."""
    epoch, index = divmod(step, len(self))
    batch = self._collate(self._plan(epoch)[index])
    if self._distortion == _NO_DISTORTION:
      return batch
    # A last 0 would seed the stream that shuffled the epoch.
    random = np.random.default_rng((self._seed, epoch, index + 1))
    return self._distort(batch, random)

  def row_names(self, step: int) -> list[str]:
    """The names of the lines of that batch."""
    epoch, index = divmod(step, len(self))
    return [self._names[row] for row in self._plan(epoch)[index]]

  def share(self, rows: slice) -> "LineBatches":
    """The same batches, of which only these rows are read."""
    shared = copy.copy(self)
    shared._rows = rows
    return shared

  def in_order(self) -> Iterator[StrokeBatch]:
    """Every line once, shortest first: for evaluation."""
    lengths = [len(points) for points in self._points]
    return self.in_rows(np.argsort(lengths, kind="stable"))

  def in_rows(self, rows: np.ndarray) -> Iterator[StrokeBatch]:
    """These of the lines, by their numbers, in this order."""
    for start in range(0, len(rows), self.batch_size):
      yield self._collate(rows[start : start + self.batch_size])

  def _plan(self, epoch: int) -> list[np.ndarray]:
    if self._planned != epoch:
      self._current = self._shuffle(np.random.default_rng((self._seed, epoch)))
      self._planned = epoch
    return self._current

  def _shuffle(self, random: np.random.Generator) -> list[np.ndarray]:
    order = random.permutation(self.lines)
    batches: list[np.ndarray] = []
    remainders = []
    for k in range(len(self._shapes)):
      members = order[self._bucket[order] == k]
      full = len(members) - len(members) % self.batch_size
      batches += np.split(members[:full], full // self.batch_size or 1)
      remainders.append(members[full:])
    left = np.concatenate(remainders)
    cuts = range(self.batch_size, len(left), self.batch_size)
    batches = [b for b in (*batches, *np.split(left, cuts)) if len(b)]
    return [batches[k] for k in random.permutation(len(batches))]

  def _collate(self, rows: np.ndarray) -> StrokeBatch:
    steps, characters = self._shapes[self._bucket[rows].max()]
    size = len(range(self.batch_size)[self._rows])
    batch = StrokeBatch(
      points=np.zeros((size, steps, 3), np.float32),
      lengths=np.zeros(size, np.int32),
      characters=np.zeros((size, characters), np.int32),
      text_lengths=np.zeros(size, np.int32),
    )
    for k, row in enumerate(rows[self._rows]):
      points, text = self._points[row], self._characters[row]
      batch.points[k, : len(points)] = points
      batch.lengths[k] = len(points)
      batch.characters[k, : len(text)] = text
      batch.text_lengths[k] = len(text)
    return batch

  def _distort(
    self, batch: StrokeBatch, random: np.random.Generator
  ) -> StrokeBatch:
    points = self._distortion.draw(
      batch.points, self._normalization, random, self.batch_size, self._rows
    )
    inside = np.arange(points.shape[1]) < batch.lengths[:, None]
    return batch._replace(points=np.where(inside[..., None], points, 0))


def _round_up(lengths: np.ndarray) -> np.ndarray:
  return (-(-lengths // LENGTH_MULTIPLE) * LENGTH_MULTIPLE).astype(int)
