"""Greedy and beam search, against all paths that there are."""

import doctest

import numpy as np
import pytest
import reference_reading

from graves_jax.recognition import decoding
from graves_jax.recognition.decoding import beam_search, greedy


def test_examples_of_docstrings_run():
  assert doctest.testmod(decoding).failed == 0


def random_log_probs(steps, classes, seed, spread=1.0):
  raw = np.random.default_rng(seed).normal(size=(steps, classes)) * spread
  return raw - np.log(np.exp(raw).sum(1, keepdims=True))


def best_text(log_probs):
  found = reference_reading.probabilities(log_probs)
  return max(found, key=found.get)


CASES = [
  (steps, classes, seed)
  for steps, classes in [(1, 2), (4, 2), (5, 3), (6, 3), (4, 4)]
  for seed in range(6)
]


@pytest.mark.parametrize(("steps", "classes", "seed"), CASES)
def test_a_wide_beam_finds_the_most_probable_text(steps, classes, seed):
  log_probs = random_log_probs(steps, classes, seed)
  assert beam_search(log_probs, 1000) == best_text(log_probs)


def test_the_most_probable_text_is_often_not_that_of_the_best_path():
  different = [
    greedy(x) != best_text(x)
    for x in (random_log_probs(*case) for case in CASES)
  ]
  assert 3 < sum(different) < len(CASES)


@pytest.mark.parametrize("seed", range(5))
def test_greedy_is_the_text_of_the_best_path(seed):
  log_probs = random_log_probs(30, 4, seed, spread=2.0)
  path = log_probs.argmax(1)
  assert greedy(log_probs) == reference_reading.collapsed(path, 3)


def test_a_wider_beam_finds_nothing_less_probable():
  for seed in range(5):
    log_probs = random_log_probs(8, 3, seed)
    own = [
      -reference_reading.ctc(log_probs, list(beam_search(log_probs, beam)))[0]
      for beam in (1, 4, 1000)
    ]
    assert own[2] >= max(own) - 1e-12


def test_what_is_certain_is_read_by_any_beam():
  with np.errstate(divide="ignore"):
    log_probs = np.log(np.eye(3)[[0, 0, 2, 0, 1, 1, 2, 1]])
  for beam in (1, 2, 50):
    assert beam_search(log_probs, beam) == (0, 0, 1, 1)
  assert greedy(log_probs) == (0, 0, 1, 1)


def test_a_line_without_steps_has_no_text():
  assert greedy(np.zeros((0, 3))) == ()
  assert beam_search(np.zeros((0, 3)), 4) == ()


def test_a_beam_of_none_is_refused():
  with pytest.raises(ValueError, match=r"beam \(=0\)"):
    beam_search(np.zeros((1, 2)), 0)
