"""Tests of graves_jax.data.strokes."""

import numpy as np
import pytest

from graves_jax.data.strokes import (
  PAPER_CHARACTERS,
  Alphabet,
  Line,
  Normalization,
  offsets_from_strokes,
  strokes_from_offsets,
)

STROKES = [
  np.array([[3.0, 4.0], [5.0, 6.0], [4.0, 9.0]]),
  np.array([[20.0, 1.0]]),
  np.array([[21.0, 1.0], [22.0, 3.0]]),
]


def test_strokes_survive_the_way_to_offsets_and_back():
  points = offsets_from_strokes(STROKES)
  np.testing.assert_array_equal(points[:, 2], [0, 1, 1, 0, 1])
  back = strokes_from_offsets(points, start=(3.0, 4.0))
  assert len(back) == len(STROKES)
  for one, other in zip(back, STROKES, strict=True):
    np.testing.assert_allclose(one, other)


def test_leading_dots_are_left_out_because_their_end_has_no_element():
  dot = np.array([[0.0, 0.0]])
  np.testing.assert_array_equal(
    offsets_from_strokes([dot, *STROKES]), offsets_from_strokes(STROKES)
  )


@pytest.mark.parametrize(
  "strokes", [[], [np.zeros((1, 2))], [np.zeros((0, 2))]]
)
def test_ink_without_a_stroke_of_two_points_is_refused(strokes):
  with pytest.raises(ValueError, match="at least one"):
    offsets_from_strokes(strokes)


def test_normalized_offsets_have_mean_0_and_standard_deviation_1():
  random = np.random.default_rng(0)
  points = random.normal([8, 0.1, 0], [41, 37, 0], (500, 3))
  points[:, 2] = random.random(500) < 0.05
  normalization = Normalization.of([Line(points, "a", "0")])
  normal = normalization.normalize(points)
  np.testing.assert_allclose(normal[:, :2].mean(0), 0, atol=1e-6)
  np.testing.assert_allclose(normal[:, :2].std(0), 1, atol=1e-6)
  np.testing.assert_array_equal(normal[:, 2], points[:, 2])
  np.testing.assert_allclose(
    normalization.denormalize(normal), points, atol=1e-4
  )


def test_offsets_on_one_line_cannot_be_normalized():
  flat = Line(np.array([[1.0, 0, 0], [2.0, 0, 1]]), "a", "0")
  with pytest.raises(ValueError, match="above 0"):
    Normalization.of([flat])


def test_alphabet_numbers_characters_from_1_and_keeps_0_for_others():
  alphabet = Alphabet.of(["ba", "c"])
  assert alphabet.characters == ("a", "b", "c")
  assert alphabet.size == 4
  np.testing.assert_array_equal(alphabet.encode("cab!"), [3, 1, 2, 0])
  assert alphabet.unknown("a?!?") == ["!", "?"]


def test_the_papers_alphabet_has_57_classes():
  assert Alphabet(PAPER_CHARACTERS).size == 57


@pytest.mark.parametrize("characters", [("a", "a"), ("ab",)])
def test_alphabet_refuses_what_is_not_single_and_distinct(characters):
  with pytest.raises(ValueError, match="each one once"):
    Alphabet(characters)
