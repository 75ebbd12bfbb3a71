"""Tests of graves_jax.data.batches."""

import numpy as np
import pytest

from graves_jax.data.batches import LENGTH_MULTIPLE, LineBatches
from graves_jax.data.strokes import Alphabet, Line, Normalization

RANDOM = np.random.default_rng(0)
LINES = [
  Line(
    np.column_stack([RANDOM.normal(0, 1, (n, 2)), np.zeros(n)]).astype("f"),
    "ab" * (1 + n // 20),
    str(k),
  )
  for k, n in enumerate(RANDOM.integers(5, 200, 53))
]
PLAIN = Normalization(np.zeros(2), np.ones(2))


def make(batch_size=4, buckets=3, seed=0):
  return LineBatches(
    LINES,
    Alphabet(("a", "b")),
    PLAIN,
    batch_size=batch_size,
    buckets=buckets,
    seed=seed,
  )


def contents(batches):
  """The lines in batches, as a sorted list of their bytes."""
  return sorted(
    batch.points[row, :length].tobytes()
    for batch in batches
    for row, length in enumerate(batch.lengths)
    if length
  )


EXPECTED = sorted(line.points.tobytes() for line in LINES)


@pytest.mark.parametrize("batch_size", [1, 4, 7, 100])
def test_an_epoch_and_an_evaluation_hold_every_line_once(batch_size):
  batches = make(batch_size)
  for epoch in range(2):
    steps = range(epoch * len(batches), (epoch + 1) * len(batches))
    assert contents(map(batches.batch, steps)) == EXPECTED
  assert contents(batches.in_order()) == EXPECTED


def test_padding_is_zero_and_shapes_are_few():
  batches = make()
  shapes = set()
  for batch in map(batches.batch, range(len(batches))):
    shapes.add(batch.points.shape)
    for row, (n, u) in enumerate(
      zip(batch.lengths, batch.text_lengths, strict=True)
    ):
      assert not batch.points[row, n:].any()
      assert not batch.characters[row, u:].any()
      assert batch.characters[row, :u].all()
  assert len(shapes) <= 3
  assert all(shape[1] % LENGTH_MULTIPLE == 0 for shape in shapes)


def test_a_batch_is_a_function_of_seed_and_step_alone():
  one, other = make(), make()
  other.batch(3 * len(other))  # having been elsewhere changes nothing
  for step in (0, 5, 2 * len(one) + 1):
    for a, b in zip(one.batch(step), other.batch(step), strict=True):
      np.testing.assert_array_equal(a, b)


def test_epochs_and_seeds_differ():
  batches = make()
  first = [batches.batch(k).lengths.tolist() for k in range(len(batches))]
  second = [
    batches.batch(len(batches) + k).lengths.tolist()
    for k in range(len(batches))
  ]
  other = [make(seed=1).batch(k).lengths.tolist() for k in range(len(batches))]
  assert first != second
  assert first != other


@pytest.mark.parametrize("name", ["batch_size", "buckets"])
def test_numbers_below_1_are_refused(name):
  with pytest.raises(ValueError, match=name):
    make(**{name: 0})


def test_no_lines_are_refused():
  with pytest.raises(ValueError, match="no lines"):
    LineBatches([], Alphabet(("a",)), PLAIN, batch_size=1, buckets=1)
