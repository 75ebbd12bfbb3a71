"""Tests of graves_jax.sampling.transcript."""

import pytest

from graves_jax.data.strokes import Alphabet
from graves_jax.sampling.transcript import replacement, require_known, wrap

ALPHABET = Alphabet(tuple(" '\"(),-.abcdefgz"))


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
  assert wrap("abc de fg\n\nz", 6) == ["abc de", "fg", "z"]
  assert wrap("abcdefg", 3) == ["abc", "def", "g"]


@pytest.mark.parametrize("text", ["", " \n "])
def test_nothing_to_write_is_refused(text):
  with pytest.raises(ValueError, match="no text"):
    wrap(text, 10)


def test_a_width_below_1_is_refused():
  with pytest.raises(ValueError, match="width"):
    wrap("abc", 0)
