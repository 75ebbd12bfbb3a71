"""Batches of the shapes of real ones, without any data.

Every row is as long as the batch: no side gains by skipping padding.
"""

import numpy as np

from graves_jax.data.lines import StrokeBatch
from graves_jax.data.streams import TextBatch

POINTS_PER_CHARACTER = 21.6  # IAM-OnDB's training lines
ALPHABET_SIZE = 81  # its 80 characters, and one for all others
_PEN_LIFTS = 0.05  # share of the points that end a stroke


def random_lines(
  batch_size: int, length: int, alphabet_size: int = ALPHABET_SIZE
) -> StrokeBatch:
  """Pen points [B, length, 3] and a text as long as such a line's."""
  random = np.random.default_rng(0)
  points = random.normal(size=(batch_size, length, 3)).astype(np.float32)
  points[..., 2] = random.random((batch_size, length)) < _PEN_LIFTS
  characters = max(round(length / POINTS_PER_CHARACTER), 1)
  return StrokeBatch(
    points=points,
    lengths=np.full(batch_size, length, np.int32),
    characters=random.integers(
      alphabet_size, size=(batch_size, characters), dtype=np.int32
    ),
    text_lengths=np.full(batch_size, characters, np.int32),
  )


def random_text(batch_size: int, length: int, classes: int) -> TextBatch:
  """Streams [B, length] in the middle of a text."""
  random = np.random.default_rng(0)
  shape = (batch_size, length + 1)
  text = random.integers(classes, size=shape, dtype=np.int32)
  return TextBatch(text[:, :-1], text[:, 1:], np.zeros(batch_size, bool))
