"""Tests of rare_characters: how often a line is read."""

import collections
import math

import numpy as np
import pytest

from graves_jax.data.rare_characters import repeat_rare
from graves_jax.data.strokes import Line

POINTS = np.float32([[1, 0, 1]])
# Of 100 lines all have an a, 60 a b, 7 a c, and one an x.
TEXTS = ["a"] * 40 + ["ab"] * 53 + ["abc"] * 6 + ["abcx"]
LINES = [Line(POINTS, text, str(k)) for k, text in enumerate(TEXTS)]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5, 0.9])
def test_a_line_is_read_as_often_as_its_rarest_character_asks(share):
  shares = {"a": 1.0, "ab": 0.6, "abc": 0.07, "abcx": 0.01}
  repeated = repeat_rare(LINES, share)
  assert repeated[:100] == LINES
  for name, times in collections.Counter(x.name for x in repeated).items():
    expected = math.sqrt(share / shares[TEXTS[int(name)]])
    assert times == max(1, round(expected))


def test_lines_without_text_are_read_once():
  lines = [Line(POINTS, "", "0"), Line(POINTS, "a", "1")]
  assert repeat_rare(lines, 0.9) == lines
