"""The CTC loss and the edits that are counted beside it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import reference
import reference_reading
from hypothesis import given, settings
from hypothesis import strategies as st

from graves_jax.losses.reading import (
  ReadingSums,
  greedy_edits,
  reading_scores,
)

TEXTS = [(), (0,), (0, 0), (0, 1), (1, 1, 0), (0, 1, 0, 1)]


def random_scores(steps, seed=0):
  return np.random.default_rng(seed).normal(size=(steps, 3)) * 2


@pytest.mark.parametrize("text", TEXTS)
def test_the_transcription_adds_up_all_paths(text):
  raw = random_scores(5)
  nats, derivatives = reference_reading.ctc(raw, list(text))
  expected = reference_reading.probabilities(raw)
  assert nats == pytest.approx(-np.log(expected[text]), rel=1e-12)
  assert sum(expected.values()) == pytest.approx(1)
  for index in [(0, 0), (2, 1), (4, 2)]:
    difference = reference.finite_difference(
      lambda: reference_reading.ctc(raw, list(text))[0], raw, index
    )
    assert derivatives[index] == pytest.approx(difference, abs=1e-7)


@pytest.mark.parametrize("text", TEXTS)
def test_optax_has_the_transcriptions_loss_and_derivatives(text):
  raw = random_scores(7, seed=1)
  steps = 5  # two are padding
  expected, derivatives = reference_reading.ctc(raw[:steps], list(text))
  labels = np.zeros((1, 6), np.int32)
  labels[0, : len(text)] = text

  def loss(raw):
    return optax.ctc_loss(
      raw[None],
      jnp.arange(7)[None] >= steps,
      labels,
      jnp.arange(6)[None] >= len(text),
      blank_id=2,
    )[0]

  with jax.enable_x64(True):
    nats, gradient = jax.value_and_grad(loss)(jnp.asarray(raw))
  assert float(nats) == pytest.approx(expected, rel=1e-9)
  np.testing.assert_allclose(gradient[:steps], derivatives, atol=1e-9)
  assert not gradient[steps:].any()


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), max_size=7), st.lists(st.integers(0, 1)))
def test_edits_are_those_between_what_is_read_and_the_text(path, text):
  text = text[:5]
  raw = np.zeros((8, 1, 3), np.float32)  # steps after the path are padding
  raw[np.arange(len(path)), 0, path] = 1
  characters = np.zeros((1, 5), np.int32)
  characters[0, : len(text)] = text
  edits = _edits(raw, np.array([len(path)]), characters, np.array([len(text)]))
  read = reference_reading.collapsed(path, 2)
  assert edits.tolist() == [reference_reading.distance(read, tuple(text))]


_edits = jax.jit(greedy_edits)


def test_scores_are_averages():
  sums = ReadingSums(6.0, 3.0, 12.0, 100.0, 2.0)
  assert reading_scores(sums) == (0.25, 3.0, 0.5, 2, 12)
  with pytest.raises(ValueError, match="no character"):
    reading_scores(ReadingSums(*np.zeros(5)))
