"""Edits between texts, against the recursion that defines them."""

import doctest

import pytest
import reference_reading
from hypothesis import given
from hypothesis import strategies as st

from graves_jax.recognition import errors
from graves_jax.recognition.errors import count_errors, edit_distance


def test_examples_of_docstrings_run():
  assert doctest.testmod(errors).failed == 0


short = st.lists(st.integers(0, 2), max_size=5)


@given(short, short)
def test_edits_are_those_of_the_recursion(read, written):
  expected = reference_reading.distance(read, written)
  assert edit_distance(read, written) == expected


@given(st.text(), st.text(), st.text())
def test_edits_are_a_distance(one, other, third):
  assert edit_distance(one, one) == 0
  assert edit_distance(one, other) == edit_distance(other, one)
  through = edit_distance(one, third) + edit_distance(third, other)
  assert edit_distance(one, other) <= through


def test_errors_are_edits_of_all_lines_by_what_they_hold():
  counts = count_errors(["the cat", "", "a b c"], ["the cat", "one two", "a c"])
  assert counts == (7 + 2, 7 + 7 + 3, 2 + 1, 2 + 2 + 2, 2, 3)
  assert counts.character_error == pytest.approx(9 / 17)
  assert counts.word_error == pytest.approx(0.5)


def test_more_than_was_written_is_an_error_above_1():
  assert count_errors(["abcd"], ["a"]).character_error == 3


@pytest.mark.parametrize("written", [[], [""], [" "]])
def test_lines_without_a_word_are_refused(written):
  with pytest.raises(ValueError, match="no word"):
    count_errors(written, written)


def test_each_line_has_a_text():
  with pytest.raises(ValueError):
    count_errors(["a"], ["a", "b"])
