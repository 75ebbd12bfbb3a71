"""A reader opened from a checkpoint."""

import numpy as np
import pytest
from experiments import (
  TO_READ,
  Silent,
  make_reading_experiment,
)

from graves_jax.checkpoints.readers import load_reader
from graves_jax.checkpoints.writers import load_text_writer, load_writer
from graves_jax.data.strokes import Line
from graves_jax.pretrained import HANDWRITING
from graves_jax.recognition.reader import UNKNOWN
from graves_jax.training.loop import train


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp("reader")
  train(make_reading_experiment(steps=2), folder, Silent())
  return folder


@pytest.fixture(scope="module")
def reader(folder):
  return load_reader(folder)


def test_probabilities_are_of_every_step_and_add_up_to_1(reader):
  found = reader.log_probs(TO_READ)
  classes = reader.alphabet.size + 1
  for line, log_probs in zip(TO_READ, found, strict=True):
    assert log_probs.shape == (-(-len(line.points) // 2), classes)
    np.testing.assert_allclose(np.exp(log_probs).sum(1), 1, rtol=1e-5)


def test_a_line_is_read_alike_alone_and_among_others(reader):
  many = [TO_READ[k % len(TO_READ)] for k in range(40)]  # two batches
  together = reader.log_probs(many)
  for line, log_probs in zip(many[:7], together, strict=False):
    (alone,) = reader.log_probs([line])
    np.testing.assert_allclose(alone, log_probs, atol=1e-5)
  assert reader.read(many) == [reader.read([line])[0] for line in many]
  assert reader.read([]) == []


def test_progress_is_of_lines(reader):
  calls = []
  many = [TO_READ[0]] * 70  # two batches
  reader.read(many, beam=None, progress=lambda *call: calls.append(call))
  assert calls == [(64, 70), (70, 70)]


def test_the_text_is_not_looked_at_and_a_dot_is_read(reader):
  line = TO_READ[0]
  blind = line._replace(text="", name="")
  assert reader.read([blind]) == reader.read([line])
  dot = Line(np.zeros((1, 3), np.float32), "", "")
  assert isinstance(reader.read([dot])[0], str)


def test_classes_are_characters_and_the_first_one_unknown(reader):
  assert reader.alphabet.characters == (" ", "a", "b", "c")
  assert reader.text((2, 1, 4, 0)) == f"a c{UNKNOWN}"


def test_a_beam_of_none_is_refused(reader):
  with pytest.raises(ValueError, match=r"beam \(=0\)"):
    reader.read(TO_READ, beam=0)


@pytest.mark.parametrize("load", [load_writer, load_text_writer])
def test_a_reader_is_no_writer(folder, load):
  with pytest.raises(ValueError, match=r"holds a reader .*load_reader"):
    load(folder)


def test_a_writer_is_no_reader():
  with pytest.raises(ValueError, match=r"holds a handwriting .*load_writer"):
    load_reader(HANDWRITING)
