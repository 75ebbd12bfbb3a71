"""Laws of where a written line ends."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
from experiments import TRAIN
from hypothesis import given, settings
from hypothesis import strategies as st
from test_writer import make_writer

from graves_jax.networks.prediction import shift_right
from graves_jax.sampling.handwriting import sample_handwriting
from graves_jax.sampling.line_end import (
  Moment,
  advance_line_end,
  is_past_text,
  no_line_end,
)
from graves_jax.sampling.padding import pad_inputs

LENGTH = 14
ROWS = 8


@jax.jit
def ends_of_rows(is_past, moves, has_lifted, primes):
  """Where each of the rows ends: elements, or -1."""

  def step(carry, t):
    line_end, found = carry
    moment = Moment(
      t, is_past[t], t > primes, (t > 0) & has_lifted[t - 1], moves[t]
    )
    line_end, ends, lengths = advance_line_end(line_end, moment)
    return (line_end, jnp.where(ends & (found < 0), lengths, found)), None

  start = no_line_end(ROWS), jnp.full(ROWS, -1)
  return jax.lax.scan(step, start, jnp.arange(LENGTH))[0][1]


def expected_end(is_past, moves, has_lifted, prime):
  end = reference.line_end(is_past, np.cumsum(moves), has_lifted, prime)
  return -1 if end is None else end


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_lines_end_where_the_transcribed_rule_says(seed, past, lifts):
  rng = np.random.default_rng(seed)
  shape = LENGTH, ROWS
  # No end can be known before the next element is.
  is_past = rng.random((LENGTH + 1, ROWS)) < past
  is_past[LENGTH] = False
  has_lifted = rng.random(shape) < lifts
  moves = rng.integers(-9, 10, shape).astype(np.float32)
  primes = rng.integers(0, 6, ROWS)
  found = ends_of_rows(is_past[:-1], moves, has_lifted, primes)
  expected = [
    expected_end(is_past[:, n], moves[:, n], has_lifted[:, n], primes[n])
    for n in range(ROWS)
  ]
  np.testing.assert_array_equal(found, expected)


UP, DOWN = True, False


@pytest.mark.parametrize(
  ("fires", "strokes", "expected"),
  [
    # Each stroke: where it begins, and how many elements it has.
    (3, [(0, 6), (9, 4)], 6),  # Within a stroke: it is finished.
    (6, [(0, 6), (9, 4)], 6),  # Between strokes: nothing more is written.
    (3, [(0, 6), (2, 3), (9, 4)], 9),  # The dot of an i comes later.
    (3, [(0, 6), (2, 3), (1, 2), (9, 2)], 9),  # But no second one.
    (7, [(0, 6), (9, 4), (15, 2)], 6),  # A dot after the text is dropped,
    (8, [(0, 6), (9, 4), (15, 2)], 6),
    (9, [(0, 6), (9, 4), (15, 2)], 10),  # what is longer is finished,
    (7, [(0, 6), (2, 2), (15, 2)], 8),  # and the dot of an i as well.
    (1, [(0, 6), (9, 4)], 6),  # The first stroke is never dropped.
    (3, [(0, 15)], -1),  # The pen never lifts.
  ],
)
def test_strokes_around_the_end(fires, strokes, expected):
  x = np.concatenate(
    [begin + np.arange(n, dtype=float) for begin, n in strokes]
  )
  lifted = np.concatenate([[DOWN] * (n - 1) + [UP] for _, n in strokes])
  x, lifted = (np.resize(a, (LENGTH,)) for a in (x, lifted))
  used = sum(n for _, n in strokes)
  x[used:], lifted[used:] = 100, DOWN
  is_past = np.arange(LENGTH) >= fires
  rows = [
    np.repeat(a[:, None], ROWS, axis=1)
    for a in (is_past, np.diff(x, prepend=0.0), lifted)
  ]
  found = ends_of_rows(*rows, np.zeros(ROWS, int))
  np.testing.assert_array_equal(found, expected)


WRITER = make_writer()
TEXTS = ["abc", "a b", "ca", "bbca"]


def sample(stop, style, seed):
  pen, before = WRITER.prime(style)
  inputs = pad_inputs(
    [before + text for text in TEXTS],
    keys=jax.random.split(jax.random.key(seed), len(TEXTS)),
    bias=0.0,
    primes=[pen] * len(TEXTS),
    limits=np.full(len(TEXTS), len(pen) + 200, np.int32),
    alphabet=WRITER.alphabet,
    normalization=WRITER.normalization,
  )
  network, params = WRITER.network, WRITER.params
  return inputs, sample_handwriting(network, params, inputs, stop=stop)


def past_text(inputs, points):
  """Whether the paper's rule holds before each element, step by step."""
  state = WRITER.network.initial_state(len(TEXTS))
  found = []
  advance = jax.jit(functools.partial(WRITER.network.apply, method="step"))
  for element in shift_right(points):
    state, (_, phi) = advance(WRITER.params, state, element, inputs.text)
    rows = zip(np.asarray(phi), inputs.text_lengths, strict=True)
    found.append([row[n] > row[:n].max() for row, n in rows])
  return np.array(found)


@pytest.mark.parametrize("style", [None, TRAIN[3]])
@pytest.mark.parametrize("stop", ["paper", "stroke"])
def test_the_sampler_ends_lines_by_its_rule(stop, style):
  inputs, (points, lengths, is_finished, *_) = sample(stop, style, seed=5)
  assert is_finished.all()
  points = np.asarray(points)[: lengths.max() + 4]
  is_past = past_text(inputs, points)
  for row, length in enumerate(np.asarray(lengths)):
    prime = int(inputs.prime_lengths[row])
    if stop == "paper":
      assert length == prime + 1 + is_past[prime + 1 :, row].argmax()
      continue
    x = np.cumsum(points[:, row, 0] - inputs.rest)
    x[~points[:, row].any(axis=-1)] = np.inf  # Never written.
    has_lifted = points[:, row, 2] > 0.5
    past = [*is_past[:, row], False]
    assert reference.line_end(past, x, has_lifted, prime) == length
    before = x[:length], has_lifted[:length]
    assert reference.line_end(past[: length + 1], *before, prime) is None
    assert has_lifted[length - 1]


def test_both_rules_write_the_same_pen_strokes_up_to_their_ends():
  _, paper = sample("paper", None, seed=2)
  _, stroke = sample("stroke", None, seed=2)
  assert not np.array_equal(paper.lengths, stroke.lengths)
  for row in range(len(TEXTS)):
    both = min(paper.lengths[row], stroke.lengths[row])
    np.testing.assert_array_equal(
      paper.points[:both, row], stroke.points[:both, row]
    )


def test_a_pen_that_never_lifts_is_stopped_at_the_limit():
  output = WRITER.params["params"]["output"]
  params = jax.tree.map(lambda x: x, WRITER.params)
  bias = np.array(output.bias)
  bias[0] = 50.0  # Pr(end of stroke) is 1 / (1 + exp(50)), Eq. (18).
  params["params"]["output"] = output._replace(bias=bias)
  writer = dataclasses.replace(WRITER, params=params, points_per_character=5)
  ((line, is_finished, *_),) = writer.write(["abc"])
  assert not is_finished
  assert len(line.points) == 3 * 5 * 3 + 100


def test_windows_far_past_the_text_are_past_it():
  phi, lengths = np.zeros((2, 6), np.float32), np.array([5, 5])
  kappa = np.array([[6.5, 9.0], [5.5, 9.0]])
  np.testing.assert_array_equal(
    is_past_text(phi, kappa, lengths), [True, False]
  )


def test_a_character_that_the_window_skips_leaves_a_line_unfinished():
  slow = make_writer(kappa_bias=-1.5).write(["abcabca"])
  fast = make_writer(kappa_bias=1.0).write(["abcabca"])
  assert slow[0].is_finished
  assert not fast[0].is_finished
