"""Tests of graves_jax.data.lines."""

import numpy as np
import pytest

from graves_jax.data.lines import LENGTH_MULTIPLE, LineBatches
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
UNLIKE = Normalization(np.array([8.0, -0.5]), np.array([40.0, 3.0]))


def make(batch_size=4, buckets=3, seed=0, normalization=PLAIN, scale_range=0.0):
  return LineBatches(
    LINES,
    Alphabet(("a", "b")),
    normalization,
    batch_size=batch_size,
    buckets=buckets,
    seed=seed,
    scale_range=scale_range,
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


def test_lines_are_stretched_in_pen_units():
  plain = make(batch_size=7, normalization=UNLIKE)
  stretched = make(batch_size=7, normalization=UNLIKE, scale_range=0.2)
  factors = []
  for step in range(2 * len(plain)):
    before, after = plain.batch(step), stretched.batch(step)
    for a, b in zip(before[1:], after[1:], strict=True):
      np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(before.points[..., 2], after.points[..., 2])
    for row, length in enumerate(before.lengths):
      old = UNLIKE.denormalize(before.points[row, :length])[:, :2]
      new = UNLIKE.denormalize(after.points[row, :length])[:, :2]
      assert not after.points[row, length:].any()
      if length:
        factors.append((old * new).sum(0) / (old**2).sum(0))
        np.testing.assert_allclose(new, old * factors[-1], atol=1e-4)
  factors = np.array(factors)
  assert np.all(np.abs(factors - 1) < 0.2 + 1e-5)
  assert np.all(factors.min(0) < 0.83)
  assert np.all(factors.max(0) > 1.17)
  assert np.unique(factors.round(6)).size == factors.size  # each its own
  assert abs(np.corrcoef(factors.T)[0, 1]) < 5 / np.sqrt(len(factors))


def test_a_stretched_batch_is_a_function_of_seed_and_step_alone():
  one, other = (make(scale_range=0.1) for _ in range(2))
  other.batch(3 * len(other))
  for step in (0, 5, 2 * len(one) + 1):
    np.testing.assert_array_equal(
      one.batch(step).points, other.batch(step).points
    )


def test_what_is_evaluated_is_never_stretched():
  plain, stretched = make(), make(scale_range=0.1)
  for a, b in zip(plain.in_order(), stretched.in_order(), strict=True):
    np.testing.assert_array_equal(a.points, b.points)
  assert contents(map(stretched.batch, range(len(plain)))) != EXPECTED


@pytest.mark.parametrize("scale_range", [-0.1, 1.0, float("nan")])
def test_a_stretch_out_of_range_is_refused(scale_range):
  with pytest.raises(ValueError, match="scale_range"):
    make(scale_range=scale_range)


@pytest.mark.parametrize("name", ["batch_size", "buckets"])
def test_numbers_below_1_are_refused(name):
  with pytest.raises(ValueError, match=name):
    make(**{name: 0})


def test_no_lines_are_refused():
  with pytest.raises(ValueError, match="no lines"):
    LineBatches([], Alphabet(("a",)), PLAIN, batch_size=1, buckets=1)
