"""Tests of graves_jax.sampling.novelty."""

import itertools

import pytest

from graves_jax.sampling.novelty import novel_lines

SAMPLE = "ut\nAnna\nBelo\nCora\nBelo\nDai"


def test_lines_of_the_training_text_are_not_new():
  novelty = novel_lines([SAMPLE], ["Anna", "Dai"])
  assert novelty == (("Belo", "Cora"), 3)


def test_cut_and_empty_lines_are_left_out():
  assert novel_lines(["cut\n\n \nwhole\ncut"], []) == (("whole",), 1)
  assert novel_lines(["\nwhole\n"], []) == (("whole",), 1)


def test_a_line_counts_once_over_all_samples():
  assert novel_lines([SAMPLE, SAMPLE], []) == (("Anna", "Belo", "Cora"), 3)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_line_ends_do_not_matter(end):
  assert novel_lines([SAMPLE], ["Anna" + end]).lines == ("Belo", "Cora")
  sample = SAMPLE.replace("\n", end or "\n")
  assert novel_lines([sample], ["Anna"]).lines == ("Belo", "Cora")


def test_other_white_space_does():
  assert novel_lines(["\nAnna \n"], ["Anna"]).lines == ("Anna ",)


def test_training_lines_are_read_only_while_something_could_be_found():
  endless = itertools.chain(["Cora", "Belo", "Anna"], itertools.repeat("x"))
  assert novel_lines([SAMPLE], endless) == ((), 3)


@pytest.mark.parametrize("texts", [[], [""], ["one line"], ["two\ncut"]])
def test_samples_without_a_whole_line_are_refused(texts):
  with pytest.raises(ValueError, match="no whole line"):
    novel_lines(texts, ["Anna"])
