"""What a reader finds wrong in lines, and how likely their texts are."""

import doctest

import numpy as np
import pytest
import reference_reading

from graves_jax.recognition import legibility, likelihood
from graves_jax.recognition.legibility import (
  align,
  doubled_words,
  measure,
  missing_words,
  wrong_words,
)
from graves_jax.recognition.likelihood import text_log_probs


def test_examples_of_docstrings_run():
  assert doctest.testmod(legibility).failed == 0
  assert doctest.testmod(likelihood).failed == 0


def test_log_probabilities_are_those_of_all_paths_whatever_is_beside_them():
  random = np.random.default_rng(0)
  texts = [(), (0,), (0, 0), (0, 1), (1, 1, 0), (0, 1, 0, 1)]
  raw = [random.normal(size=(n, 3)) * 2 for n in (5, 1, 3, 6, 4, 5)]
  log_probs = [x - np.log(np.exp(x).sum(1, keepdims=True)) for x in raw]
  found = text_log_probs(log_probs, [np.array(t, int) for t in texts])
  for own, scores, text in zip(found, raw, texts, strict=True):
    expected = -reference_reading.ctc(scores, list(text))[0]
    assert own == pytest.approx(expected, abs=1e-9)
  assert text_log_probs([], []).shape == (0,)


def test_a_line_of_too_few_steps_cannot_be_its_text():
  log_probs = [np.log(np.full((2, 3), 1 / 3))]
  assert text_log_probs(log_probs, [np.array([0, 0])]) == -np.inf


@pytest.mark.parametrize(
  ("read", "written"),
  [("kitten", "sitting"), ("", "abc"), ("abc", ""), ("aab", "ab")],
)
def test_an_alignment_has_as_many_edits_as_there_are(read, written):
  found = align(read, written)
  edits = (~found.is_read).sum() + len(found.extra)
  assert edits == reference_reading.distance(tuple(read), tuple(written))


@pytest.mark.parametrize(
  ("read", "missing", "doubled", "wrong"),
  [
    ("in the garden", [], [], []),
    ("in thegarden", [], [], ["the", "garden"]),  # a space is no word
    ("in the gar", [], [], ["garden"]),
    ("in garden", ["the"], [], ["the"]),
    ("in the", ["garden"], [], ["garden"]),
    ("in in the garden", [], ["in"], ["in"]),
    ("in the garden gardn", [], ["gardn"], ["gardn"]),
    ("", ["in", "the", "garden"], [], ["in", "the", "garden"]),
  ],
)
def test_words_that_are_missing_doubled_or_wrong(read, missing, doubled, wrong):
  written = "in the garden"
  assert missing_words(align(read, written), written) == missing
  assert doubled_words(read, written) == doubled
  assert wrong_words(read, written) == wrong


def test_what_is_written_twice_may_be_read_twice():
  assert not doubled_words("he had had it", "he had had it")


def test_lines_are_measured_together():
  found = measure(["A1, b", "x x"], ["A7; b", "x"])
  assert found.errors.edits == 4 and found.errors.lines == 2
  assert found.is_doubled.tolist() == [False, True]
  assert not found.is_missing.any()
  assert found.classes["digits"] == (1, 1) == found.classes["punctuation"]
  assert found.classes["capitals"] == (0, 1)
  assert found.classes["Q X Z"] == (0, 0)
