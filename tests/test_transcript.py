"""Tests of graves_jax.sampling.transcript and style."""

import numpy as np
import pytest

from graves_jax.data.strokes import (
  Alphabet,
  Line,
  Normalization,
  offsets_from_strokes,
  strokes_from_offsets,
)
from graves_jax.sampling.style import fit_style
from graves_jax.sampling.transcript import replacement, require_known, wrap

ALPHABET = Alphabet(tuple(" '\"(),-.abcdefgz"))
POINTS_PER_CHARACTER = 21.7
PEN = Normalization(np.array([8.0, 0.0]), np.array([41.0, 37.0]))


@pytest.mark.parametrize(
  ("character", "expected"),
  [
    ("’", "'"),
    ("“", '"'),
    ("—", "-"),
    ("é", "e"),
    ("ç", "c"),
    ("A", "a"),
    ("[", "("),
    ("…", "..."),
    ("字", None),
  ],
)
def test_replacements(character, expected):
  assert replacement(character, ALPHABET) == expected


def test_unknown_characters_are_named_with_replacements():
  with pytest.raises(ValueError) as error:
    require_known("a’字b", ALPHABET)
  assert "'’' (write \"'\")" in str(error.value)
  assert "'字'" in str(error.value)


def test_known_text_passes():
  require_known("abc (deg).", ALPHABET)


def test_wrapping_keeps_words_and_line_ends():
  assert wrap("abc de fg\nz", 6) == ["abc de", "fg", "z"]
  assert wrap("abcdefg", 3) == ["abc", "def", "g"]


def test_wrapping_keeps_blank_lines_between_paragraphs_only():
  text = "\n \nabc de fg\n\nz\r\n \r\n\n(a)\n\n"
  assert wrap(text, 6) == ["abc de", "fg", "", "z", "", "", "(a)"]


@pytest.mark.parametrize("text", ["", " \n "])
def test_nothing_to_write_is_refused(text):
  with pytest.raises(ValueError, match="no text"):
    wrap(text, 10)


def test_a_width_below_1_is_refused():
  with pytest.raises(ValueError, match="width"):
    wrap("abc", 0)


def ink(scale, points, characters=10):
  """A wavy line whose text has so many characters."""
  along = np.linspace(0, 1, points)
  width = PEN.mean[0] * POINTS_PER_CHARACTER * characters
  wave = np.column_stack([along * width, 200 * np.sin(along * 60)])
  return Line(offsets_from_strokes([wave * scale]), "a" * characters, "me")


def test_ink_of_the_usual_size_stays_as_it_is():
  line = ink(1.2, 250)
  assert fit_style(line, PEN, POINTS_PER_CHARACTER) is line


@pytest.mark.parametrize(("scale", "points"), [(0.01, 230), (7, 3000), (1, 60)])
def test_ink_of_another_tablet_is_scaled_and_resampled(scale, points):
  line = ink(scale, points)
  fitted = fit_style(line, PEN, POINTS_PER_CHARACTER)
  width = np.ptp(np.concatenate(strokes_from_offsets(fitted.points))[:, 0])
  usual = PEN.mean[0] * POINTS_PER_CHARACTER * 10
  np.testing.assert_allclose(width, usual, rtol=0.01)
  assert 0.6 < len(fitted.points) / (POINTS_PER_CHARACTER * 10) < 1.5
  assert fitted.text == line.text


def test_a_style_without_width_is_refused():
  vertical = np.column_stack([np.zeros(9), np.arange(9)])
  with pytest.raises(ValueError, match="straight up and down"):
    fit_style(Line(offsets_from_strokes([vertical]), "l", "me"), PEN, 21.7)
