"""Tests of graves_jax.sampling.transcript."""

import re

import pytest

from graves_jax.data.strokes import Alphabet
from graves_jax.sampling.transcript import (
  fit_text,
  name_replaced,
  near,
  require_known,
  substitute,
  wrap,
)

ALPHABET = Alphabet(tuple(" '\"(),-.abcdefgz"))


LETTERS = Alphabet(
  tuple(" '\"(),-./0123456789ABCDEGJLPRSUYabcdefghijklmnopqrstuvwxyz")
)


@pytest.mark.parametrize(
  ("text", "expected"),
  [
    ("   lead and trail   ", "lead and trail"),
    ("one\ttwo", "one two"),
    ("two  words", "two words"),
    ("a \x1f\t b", "a b"),
    ("Dear Anna,\r\n\r\n  thank you \n", "Dear Anna,\n\nthank you"),
    ("\n\na\u2028b\x85\n \t \nc\n\n", "a\nb\n\n\nc"),
    ("\ufeffa\ufeffb", "ab"),
    ("", ""),
    (" \n ", ""),
  ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_white_space_is_one_space_and_lines_stay(text, expected, strict):
  assert fit_text(text, LETTERS, strict) == (expected, {})


@pytest.mark.parametrize(
  ("text", "expected", "said"),
  [
    (
      "“don’t”",
      '"don\'t"',
      "replaced '’' by \"'\", '“' by '\"', '”' by '\"'",
    ),
    ("a–b—c…", "a-b-c...", "replaced '–' by '-', '—' by '-', '…' by '...'"),
    ("10\u00a0\u202fkm", "10 km", "replaced U+00A0 by ' ', U+202F by ' '"),
    ("ﬁnd æ", "find ae", "replaced 'æ' by 'ae', 'ﬁ' by 'fi'"),
    ("cafe\u0301", "cafe", "replaced 'é' by 'e'"),
    ("Łódź", "Lodz", "replaced 'ó' by 'o', 'Ł' by 'L', 'ź' by 'z'"),
    ("x\u0301 a\u00ad\u200bb", "x ab", "left out U+00AD, U+0301, U+200B"),
    ("é\u200b", "e", "replaced 'é' by 'e'; left out U+200B"),
  ],
)
def test_typography_and_accents_are_replaced_and_said(text, expected, said):
  fitted, replaced = fit_text(text, LETTERS)
  assert (fitted, name_replaced(replaced)) == (expected, said)
  with pytest.raises(ValueError, match="cannot write"):
    fit_text(text, LETTERS, strict=True)


def test_text_that_is_known_stays_as_it_is():
  decomposed = Alphabet(tuple("cafe\u0301"))
  assert fit_text("cafe\u0301", decomposed) == ("cafe\u0301", {})


@pytest.mark.parametrize(
  ("character", "expected"),
  [
    ("£", "GBP"),
    ("€", "EUR"),
    ("@", "at"),
    ("%", "percent"),
    ("=", "equals"),
    ("*", "x"),
    ("[", "("),
    ("²", "2"),
    ("½", "1/2"),
    ("Z", "z"),
  ],
)
def test_what_means_something_else_is_offered_but_not_written(
  character, expected
):
  assert near(character, LETTERS) is None
  assert substitute(character, LETTERS) == expected
  with pytest.raises(ValueError, match=rf"\(write '{re.escape(expected)}'\)"):
    fit_text(f"é {character}", LETTERS)


def test_what_the_alphabet_lacks_replaces_nothing():
  few = Alphabet(tuple("abc"))
  assert near("é", few) is None and substitute("%", few) is None
  assert near("ç", few) == "c" and substitute("A", few) == "a"
  assert substitute("字", LETTERS) is None and substitute("x", few) is None


def test_unknown_characters_of_all_lines_are_named_with_substitutes():
  with pytest.raises(ValueError) as error:
    fit_text("5 %\n字 \U0001f431\n£", LETTERS)
  assert "'%' (write 'percent'), '£' (write 'GBP'), '字', '\U0001f431';" in str(
    error.value
  )
  with pytest.raises(ValueError, match=r"U\+0301 \(leave it out\)"):
    require_known("a\u0301", LETTERS)
  with pytest.raises(ValueError, match="and 80 more;"):
    require_known("".join(map(chr, range(0x4E00, 0x4E64))), LETTERS)


def test_known_text_passes():
  require_known("abc (deg).", ALPHABET)


def test_wrapping_keeps_words_and_line_ends():
  assert wrap("abc de fg\nz", 6) == ["abc de", "fg", "z"]
  assert wrap("abcdefg", 3) == ["abc", "def", "g"]


def test_wrapping_keeps_blank_lines_between_paragraphs_only():
  text = "\n \nabc de fg\n\nz\r\n \r\n\n(a)\n\n"
  assert wrap(text, 6) == ["abc de", "fg", "", "z", "", "", "(a)"]


def test_the_letter_of_the_cases_keeps_its_paragraphs(case):
  text = case("letter.txt").read_text("utf-8")
  fitted, replaced = fit_text(text, Alphabet(tuple(set(text) - {"\n"})))
  assert replaced == {}
  lines = wrap(fitted, 45)
  assert max(map(len, lines)) <= 45
  assert lines[:2] == ["Dear Anna,", ""] and lines[-2:] == ["", "Yours, Peter"]
  assert lines.count("") == 3 and " ".join(lines).split() == text.split()


@pytest.mark.parametrize("text", ["", " \n "])
def test_nothing_to_write_is_refused(text):
  with pytest.raises(ValueError, match="no text"):
    wrap(text, 10)


def test_a_width_below_1_is_refused():
  with pytest.raises(ValueError, match="width"):
    wrap("abc", 0)
