"""Streams: every symbol predicted once, from the symbol before it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graves_jax.data.streams import StreamBatches


def joined(batches):
  """Inputs and targets of the streams over an epoch, and all resets."""
  inputs, targets, resets = zip(*batches.in_order(), strict=True)
  return np.hstack(inputs), np.hstack(targets), np.stack(resets)


SIZES = st.tuples(st.integers(2, 80), st.integers(1, 12), st.integers(1, 30))


@given(SIZES.filter(lambda sizes: sizes[1] <= sizes[0]))
def test_every_symbol_is_a_target_once_after_the_one_before_it(sizes):
  symbols, batch_size, length = sizes
  batches = StreamBatches(
    np.arange(symbols), batch_size=batch_size, length=length
  )
  inputs, targets, _ = joined(batches)
  assert inputs.dtype == targets.dtype == np.int32
  scored = targets >= 0
  assert (
    targets[scored].tolist()
    == list(range(symbols))
    == list(range(batches.elements))
  )
  # The text is 0, 1, 2, ..., so the symbol before k is k - 1; before 0 is -1.
  np.testing.assert_array_equal(inputs[scored], targets[scored] - 1)
  assert (inputs[~scored] == -1).all() and (targets[~scored] == -1).all()
  # Streams end, and do not pause.
  assert (np.diff(scored.astype(int), axis=1) <= 0).all()
  lengths = scored.sum(1)
  stream = -(-symbols // batch_size)
  assert lengths[: symbols // stream].tolist() == [stream] * (symbols // stream)
  assert all(
    b.inputs.shape == (batch_size, batches.length) for b in batches.in_order()
  )
  assert batches.length == min(length, stream)


@given(st.integers(1, 7), st.integers(1, 9))
def test_batches_of_two_epochs_are_the_same_twice(batch_size, length):
  text = np.random.default_rng(0).integers(0, 50, 61)
  batches = StreamBatches(text, batch_size=batch_size, length=length)
  epoch = list(batches.in_order())
  assert len(epoch) == len(batches)
  order = np.random.default_rng(1).permutation(2 * len(batches))
  for step in order.tolist():
    for got, expected in zip(
      batches.batch(step), epoch[step % len(epoch)], strict=True
    ):
      np.testing.assert_array_equal(got, expected)


def test_a_small_text_by_hand():
  batches = StreamBatches(np.arange(10, 17), batch_size=2, length=3)
  first, second = batches.in_order()
  assert first.inputs.tolist() == [[-1, 10, 11], [13, 14, 15]]
  assert first.targets.tolist() == [[10, 11, 12], [14, 15, 16]]
  assert first.resets.tolist() == [True, True]
  assert second.inputs.tolist() == [[12, -1, -1], [-1, -1, -1]]
  assert second.targets.tolist() == [[13, -1, -1], [-1, -1, -1]]
  assert second.resets.tolist() == [False, False]


@pytest.mark.parametrize(
  ("reset_every", "starts"),
  [(None, [0]), (1, range(10)), (4, [0, 4, 8]), (99, [0])],
)
def test_state_is_zeroed_where_an_epoch_begins_and_every_so_often(
  reset_every, starts
):
  batches = StreamBatches(
    np.arange(60), batch_size=2, length=3, reset_every=reset_every
  )
  for epoch in range(2):
    resets = [batches.batch(10 * epoch + k).resets for k in range(10)]
    assert all(r.dtype == bool and r.shape == (2,) for r in resets)
    assert all(len(set(r.tolist())) == 1 for r in resets)
    assert [k for k, r in enumerate(resets) if r[0]] == list(starts)


class Watched:
  """A text that notes which parts are read."""

  def __init__(self, symbols):
    self.symbols, self.read = symbols, 0

  def __len__(self):
    return self.symbols

  def __getitem__(self, part):
    start, end, step = part.indices(self.symbols)
    self.read += end - start
    return np.arange(start, end, step)


def test_only_what_a_batch_holds_is_read():
  text = Watched(10**9)
  batches = StreamBatches(text, batch_size=5, length=7)
  assert text.read == 0
  batch = batches.batch(12_345)
  assert text.read <= 5 * 8
  assert batch.targets[3, 0] == 3 * (10**9 // 5) + 12_345 * 7


def test_a_tiny_text_trains():
  batches = StreamBatches(np.arange(40), batch_size=4, length=100)
  assert (len(batches), batches.length) == (1, 10)
  assert (
    batches.batch(0).targets.tolist() == np.arange(40).reshape(4, 10).tolist()
  )


@pytest.mark.parametrize(
  ("symbols", "options", "message"),
  [
    (0, {}, r"symbols of the text \(=0\)"),
    (1, {}, r"symbols of the text \(=1\) must be 2"),
    (
      57,
      {"batch_size": 100},
      r"batch_size \(=100\).* only 57 symbols; try 5, or a longer text",
    ),
    (9, {"batch_size": 0}, r"batch_size \(=0\) must be 1 or more"),
    (9, {"length": 0}, r"length \(=0\) must be 1 or more"),
    (9, {"reset_every": 0}, r"reset_every \(=0\) must be 1 or more"),
  ],
)
def test_what_cannot_be_cut_is_refused(symbols, options, message):
  options = {"batch_size": 1, "length": 5} | options
  with pytest.raises(ValueError, match=message):
    StreamBatches(np.zeros(symbols, np.int32), **options)
