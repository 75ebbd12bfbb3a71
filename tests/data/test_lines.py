"""Tests of graves_jax.data.lines."""

import numpy as np
import pytest

from graves_jax.data.distortion import Distortion
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


def make(batch_size=4, buckets=3, seed=0, normalization=PLAIN, **distortion):
  return LineBatches(
    LINES,
    Alphabet(("a", "b")),
    normalization,
    batch_size=batch_size,
    buckets=buckets,
    seed=seed,
    distortion=Distortion(**distortion),
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


def before_and_after(normalization, **distortion):
  """Absolute points of the lines of two epochs, plain and distorted."""
  plain = make(batch_size=7, normalization=normalization)
  other = make(batch_size=7, normalization=normalization, **distortion)
  for step in range(2 * len(plain)):
    before, after = plain.batch(step), other.batch(step)
    for row, length in enumerate(before.lengths):
      assert not after.points[row, length:].any()
      if length:
        yield [
          normalization.denormalize(b.points[row, :length])[:, :2].cumsum(0)
          for b in (before, after)
        ]


def test_lines_are_slanted_in_pen_units():
  leans = []
  for before, after in before_and_after(UNLIKE, slant_range=0.5):
    np.testing.assert_allclose(after[:, 1], before[:, 1], atol=1e-3)
    moved = after[:, 0] - before[:, 0]
    leans.append((moved * before[:, 1]).sum() / (before[:, 1] ** 2).sum())
    np.testing.assert_allclose(moved, leans[-1] * before[:, 1], atol=1e-2)
  assert -0.5 < min(leans) < -0.4 and 0.4 < max(leans) < 0.5
  assert len(set(leans)) == len(leans)


def test_noise_is_on_the_points_and_not_on_the_offsets():
  moved = [
    (after - before) / UNLIKE.std
    for before, after in before_and_after(UNLIKE, point_noise=0.1)
  ]
  # The first point, which has no offset, is moved too: its noise is taken from
  # all that follow.
  own = np.concatenate([m - m.mean(0) for m in moved if len(m) > 50])
  np.testing.assert_allclose(own.std(0), 0.1, rtol=0.05)
  neighbors = np.corrcoef(own[1:, 0], own[:-1, 0])[0, 1]
  assert abs(neighbors) < 4 / np.sqrt(len(own)) + 0.01
  assert max(abs(m).max() for m in moved) < 1  # it does not add up


DISTORTIONS = [
  {"scale_range": 0.1},
  {"scale_range": 0.1, "slant_range": 0.2, "point_noise": 0.1},
]


@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_a_distorted_batch_is_a_function_of_seed_and_step_alone(distortion):
  one, other = (make(**distortion) for _ in range(2))
  other.batch(3 * len(other))
  for step in (0, 5, 2 * len(one) + 1):
    np.testing.assert_array_equal(
      one.batch(step).points, other.batch(step).points
    )


@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_shares_of_a_distorted_batch_are_its_rows(distortion):
  batches = make(**distortion)
  whole = batches.batch(3)
  for rows in (slice(0, 2), slice(2, 4)):
    for part, all_rows in zip(batches.share(rows).batch(3), whole, strict=True):
      np.testing.assert_array_equal(part, all_rows[rows])


@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_what_is_evaluated_is_never_distorted(distortion):
  plain, distorted = make(), make(**distortion)
  for a, b in zip(plain.in_order(), distorted.in_order(), strict=True):
    np.testing.assert_array_equal(a.points, b.points)
  assert contents(map(distorted.batch, range(len(plain)))) != EXPECTED


@pytest.mark.parametrize(
  ("name", "value"),
  [
    ("scale_range", -0.1),
    ("scale_range", 1.0),
    ("scale_range", float("nan")),
    ("slant_range", -0.1),
    ("slant_range", float("inf")),
    ("point_noise", float("nan")),
  ],
)
def test_a_distortion_out_of_range_is_refused(name, value):
  with pytest.raises(ValueError, match=name):
    Distortion(**{name: value})


@pytest.mark.parametrize("name", ["batch_size", "buckets"])
def test_numbers_below_1_are_refused(name):
  with pytest.raises(ValueError, match=name):
    make(**{name: 0})


def test_no_lines_are_refused():
  with pytest.raises(ValueError, match="no lines"):
    LineBatches([], Alphabet(("a",)), PLAIN, batch_size=1, buckets=1)
