"""Tests of graves_jax.data.number_file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graves_jax.data.corpus import CodedText
from graves_jax.data.number_file import NumberFile

NUMBERS = np.arange(1000, dtype="<u2")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
  path = tmp_path_factory.mktemp("numbers") / "numbers"
  path.write_bytes(b"header" + NUMBERS.tobytes())
  return path


@given(
  part=st.slices(1100).filter(lambda s: s.step in (None, 1)),
  start=st.integers(0, 1000),
)
def test_it_is_sliced_as_an_array_is(path, part, start):
  numbers = NumberFile(path, "<u2", 6)
  np.testing.assert_array_equal(numbers[part], NUMBERS[part])
  inner = numbers.part(start, 900)
  assert len(inner) == len(NUMBERS[start:900])
  np.testing.assert_array_equal(inner[part], NUMBERS[start:900][part])


def test_gaps_are_refused(path):
  with pytest.raises(ValueError, match="step"):
    NumberFile(path, "<u2", 6)[::2]


def test_a_file_that_is_deleted_stays_readable(tmp_path):
  (tmp_path / "x").write_bytes(bytes(range(9)))
  numbers = NumberFile(tmp_path / "x", np.uint8)
  (tmp_path / "x").unlink()
  assert numbers[3:5].tolist() == [3, 4]


def test_a_file_that_is_cut_short_is_an_error_and_not_the_end(tmp_path):
  (tmp_path / "x").write_bytes(bytes(range(9)))
  text = CodedText(NumberFile(tmp_path / "x", np.uint8)).part(2, 9)
  (tmp_path / "x").write_bytes(b"abcd")
  assert text[0:2].tolist() == [ord("c"), ord("d")]
  with pytest.raises(OSError, match="shorter than when it was opened"):
    text[1:4]
