"""Tests of rare_characters: how often a line is read."""

import collections
import math

import numpy as np
import pytest

from graves_jax.data.rare_characters import repeat_rare
from graves_jax.data.strokes import Alphabet, Line

POINTS = np.float32([[1, 0, 1]])
# Of 100 lines all have an a, 60 a b, 7 a c, and one an x.
TEXTS = ["a"] * 40 + ["ab"] * 53 + ["abc"] * 6 + ["abcx"]
LINES = [Line(POINTS, text, str(k)) for k, text in enumerate(TEXTS)]
SHARES = {"a": 1.0, "ab": 0.6, "abc": 0.07, "abcx": 0.01}


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5, 0.9])
def test_a_line_is_read_as_often_as_its_rarest_character_asks(share):
  repeated = repeat_rare(LINES, Alphabet("abcx"), share)
  assert repeated[:100] == LINES
  for name, times in collections.Counter(x.name for x in repeated).items():
    expected = math.sqrt(share / SHARES[TEXTS[int(name)]])
    assert times == max(1, round(expected))


def test_characters_that_the_alphabet_lacks_are_one():
  unknown = [Line(POINTS, mark, mark) for mark in "$%&*"]
  repeated = repeat_rare([*LINES, *unknown], Alphabet("abcx"), 0.9)
  times = collections.Counter(line.name for line in repeated)
  assert {times[mark] for mark in "$%&*"} == {round(math.sqrt(0.9 / (4 / 104)))}


def test_lines_without_text_are_read_once():
  lines = [Line(POINTS, "", "0"), Line(POINTS, "a", "1")]
  assert repeat_rare(lines, Alphabet("a"), 0.9) == lines
