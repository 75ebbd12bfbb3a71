"""A checkpoint in which any one bit has flipped never restores wrong."""

import pytest
from checkpoint_copies import CheckpointCopies
from flip_bytes import draw_places, flip_all

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
  return CheckpointCopies(tmp_path_factory.mktemp("copies"))


def test_a_checkpoint_in_which_nothing_flipped_restores(copies):
  ends = [copies.restore(way, copies.whole) for way in copies.ways[:2]]
  assert ends == [("same", "")] * 2


def test_no_flipped_bit_restores_silently_wrong(copies):
  outcomes = flip_all(copies, draw_places(copies.sizes, 40, seed=1))
  assert outcomes.failures == []
  for end in ("refused", "older"):  # some flips were found, each in its way
    assert sum(count[end] for count in outcomes.counts.values()) > 0
