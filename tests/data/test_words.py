"""Words of a line: every stroke in one, as it was read and as it stands."""

import numpy as np
import pytest

from graves_jax.data.strokes import Line, offsets_from_strokes
from graves_jax.data.words import Word, paragraphs_of, words_of


def line_of(text, strokes, read):
  """A line and the places of its elements, one of `read` for each stroke."""
  lengths = [len(stroke) for stroke in strokes]
  places = np.repeat(read, lengths)[1:]
  return Line(offsets_from_strokes(strokes), text, "0"), places


def stem(x, points=9):
  return np.column_stack([np.full(points, x), np.linspace(0, 100, points)])


def bar(left, right, points=9):
  return np.column_stack(
    [np.linspace(left, right, points), np.full(points, 50)]
  )


def cut(*arguments):
  words = words_of(*line_of(*arguments))
  return [
    (word.text, [stroke[0, 0] for stroke in word.strokes]) for word in words
  ]


def test_strokes_go_with_the_word_that_was_read():
  strokes = [stem(0), stem(30), stem(120), stem(150), stem(240)]
  assert cut("ab cd e", strokes, [0, 1, 3, 4, 6]) == [
    ("ab", [0, 30]),
    ("cd", [120, 150]),
    ("e", [240]),
  ]


def test_a_dot_that_came_late_stays_with_its_word():
  strokes = [stem(0), stem(30), np.array([[29.0, -20], [31, -20]]), stem(120)]
  found = cut("ai b", strokes, [0, 1, 3, 3])
  assert found == [("ai", [0, 30, 29]), ("b", [120])]


def test_words_that_one_stroke_joins_stay_together():
  both = np.concatenate([stem(0), stem(60)])
  strokes = [both, stem(90), stem(200)]
  line, places = line_of("a bc d", strokes, [0, 3, 5])
  places[8:17] = 2
  words = words_of(line, places)
  assert [word.text for word in words] == ["a bc", "d"]
  assert [len(word.strokes) for word in words] == [2, 1]


@pytest.mark.parametrize("seed", range(5))
def test_no_stroke_is_lost_and_no_word_is_left_out(seed):
  random = np.random.default_rng(seed)
  text = "ab c  defg h ij"
  strokes = [
    random.normal(random.uniform(0, 900), 30, (random.integers(1, 9), 2))
    for _ in range(random.integers(1, 12))
  ]
  strokes[0] = stem(10.0)
  line = Line(offsets_from_strokes(strokes), text, "0")
  places = random.integers(0, len(text), len(line.points))
  words = words_of(line, places)
  assert " ".join(word.text for word in words) == " ".join(text.split())
  assert sum(len(word.strokes) for word in words) == len(strokes)
  assert all(word.strokes for word in words)


def test_lines_without_text_or_ink():
  line, places = line_of(" ", [stem(0), stem(50)], [0, 0])
  assert [(w.text, len(w.strokes)) for w in words_of(line, places)] == [("", 2)]
  empty = Line(np.zeros((0, 3), np.float32), "ab cd", "0")
  assert words_of(empty, np.zeros(0, int)) == []


def test_written_lines_become_the_paragraphs_of_their_text():
  text = "one two\n\nthree four five"
  lines = [[Word(word, [])] for word in text.split()]
  lines.insert(2, [])
  widths = [len("".join(word.text for word in line)) for line in lines]
  found = paragraphs_of(text, lines, widths)
  assert [[[w.text for w in line] for line in p] for p in found] == [
    [["one"], ["two"]],
    [[]],
    [["three"], ["four"], ["five"]],
  ]
