"""The lines of a stroke file that a config names, and an empty split of it."""

import pytest

from graves_jax.config import DataConfig
from graves_jax.data.sources.handwriting import load_lines, load_split

LINE = '{"text": "hi", "split": "%s", "strokes": [[[0, 0], [3, 9]]]}\n'


@pytest.fixture
def path(tmp_path):
  return tmp_path / "x.jsonl"


@pytest.mark.parametrize(
  "load", [load_lines, lambda config: load_split(config, "train")]
)
def test_an_empty_split_is_refused_with_what_to_do(path, load):
  path.write_text(LINE % "validation" * 3)
  with pytest.raises(ValueError) as error:
    load(DataConfig(path=str(path)))
  assert str(error.value) == (
    f"{path}: its split train is empty, its split validation has 3 lines; mark "
    'lines with "split": "train", or leave "split" out.'
  )


def test_a_split_is_read_though_the_other_one_is_empty(path):
  path.write_text(LINE % "validation" * 3)
  assert len(load_split(DataConfig(path=str(path)), "validation")) == 3


def test_both_splits_are_read(path):
  path.write_text(LINE % "train" * 2 + LINE % "validation")
  config = DataConfig(path=str(path))
  train, validation = load_lines(config)
  assert [len(train), len(validation)] == [2, 1]
  for split, lines in {"train": train, "validation": validation}.items():
    names = [line.name for line in load_split(config, split)]
    assert names == [line.name for line in lines]
