"""Which of several pens is kept."""

import numpy as np
import pytest
from test_writer import WRITER, assert_same, points

from graves_jax.data.strokes import Alphabet, Line
from graves_jax.recognition.reader import Judgement
from graves_jax.sampling.ranking import Pen, choose

INK = np.ones((3, 3), np.float32)


def pen(name, has_stopped=True, reading=(5.0, 5.0, 0.0, 5.0), ink=INK):
  return Pen(Line(ink, "ab c", name), has_stopped, np.array(reading))


class Ranker:
  """Knows what it reads of each line by the line's name."""

  alphabet = Alphabet(tuple(" abc"))

  def __init__(self, **judgements):
    self.judgements = judgements

  def judge(self, lines):
    return [Judgement("?", *self.judgements[line.name]) for line in lines]


def kept(pens, ranker):
  ((chosen, read),) = choose([pens], ranker)
  return chosen.line.name, read


def test_the_least_edits_win_and_then_the_likeliest_text():
  pens = [pen(name) for name in "wxyz"]
  ranker = Ranker(w=(2, -1.0), x=(1, -9.0), y=(1, -3.0), z=(1, -3.0))
  assert kept(pens, ranker) == ("y", "?")


def test_what_is_not_finished_wins_against_nothing_but_its_like():
  pens = [pen("w", has_stopped=False), pen("x")]
  assert kept(pens, Ranker(w=(0, -1.0), x=(3, -9.0)))[0] == "x"
  skipped = pen("x", reading=(5.0, 0.5, 0.0, 5.0))
  assert kept([pens[0], skipped], Ranker(w=(1, -1.0), x=(0, -9.0)))[0] == "x"
  blank = pen("v", ink=INK[:0])
  assert kept([blank, pens[0]], Ranker(w=(1, -1.0)))[0] == "w"


def test_without_a_reader_the_window_decides():
  rare = pen("w", reading=(1.5, 5.0, 0.0, 500.0))
  assert kept([rare, pen("x"), pen("y")], None) == ("x", None)
  stranger = Ranker()  # which knows no c, and is not asked
  stranger.alphabet = Alphabet(tuple(" ab"))
  assert kept([rare, pen("x")], stranger) == ("x", None)


def test_a_line_that_stopped_before_its_end_is_told():
  early = pen("w", reading=(5.0, 5.0, 0.0, 0.2))
  assert not early.has_read_its_end and not early.is_finished
  assert pen("x", reading=(0.1, 5.0, 0.0, 5.0)).has_read_its_end


class Longest:
  """A ranker that finds long lines likely."""

  alphabet = Alphabet(tuple(" abc"))

  def judge(self, lines):
    return [Judgement("ab", 1, len(line.points)) for line in lines]


def test_the_first_pen_is_the_papers_and_others_do_not_change_it():
  texts = ["abc", "a b"]
  (one, other), _ = WRITER.write_with_pens(texts, pens=2, seed=1)
  alone = WRITER.write(texts, seed=1)
  assert_same([one.line.points], points(alone)[:1], rtol=1e-4, atol=1e-2)
  assert not np.array_equal(one.line.points[:3], other.line.points[:3])


def test_the_best_of_several_pens_is_kept_and_what_is_read_told():
  groups = WRITER.write_with_pens(["abc", "a b"], pens=3, seed=2)
  written = WRITER.write(["abc", "a b"], seed=2, best_of=3, ranker=Longest())
  for one, pens in zip(written, groups, strict=True):
    assert len(one.line.points) == max(len(p.line.points) for p in pens)
    assert one.read == "ab"
  again = WRITER.write(["abc", "a b"], seed=2, best_of=3, ranker=Longest())
  assert_same(points(written), points(again), rtol=0)


@pytest.mark.parametrize("best_of", [0, -1, 65])
def test_a_number_of_pens_out_of_range_is_refused(best_of):
  with pytest.raises(ValueError, match=rf"best_of \(={best_of}\)"):
    WRITER.write("abc", best_of=best_of)
