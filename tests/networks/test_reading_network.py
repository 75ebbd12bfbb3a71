"""The reading network and its loss against the NumPy transcription."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
import reference_reading

from graves_jax.data.lines import StrokeBatch
from graves_jax.layers.lstm import LSTMParams
from graves_jax.layers.output import OutputParams
from graves_jax.losses.reading import reader_inputs, reading_loss
from graves_jax.networks.reading import (
  BidirectionalParams,
  ReadingNetwork,
  join,
  reverse_lines,
)

HIDDEN, CLASSES = (5, 4), 4  # the last class is the blank
LENGTHS = (23, 8, 5, 0)  # 0: a row of the batch without a line
TEXTS = ([1, 2, 2, 0], [2], [], [])
STEPS = 40
FREE = 1e9


def build(joined=2, **options):
  return ReadingNetwork(
    inputs=3,
    outputs=CLASSES,
    hidden=HIDDEN,
    joined=joined,
    **{"lstm_clip": FREE} | options,
  )


def to_package(network, dtype):
  def cast(x):
    return jnp.asarray(x, dtype)

  def lstm(layer):
    return LSTMParams(**jax.tree.map(cast, layer))

  tree = {
    f"layer_{n}": BidirectionalParams(
      lstm(layer["forward"]), lstm(layer["backward"])
    )
    for n, layer in enumerate(network["layers"], start=1)
  }
  tree["output"] = OutputParams(
    cast(network["output_weights"]), cast(network["output_bias"])
  )
  return {"params": tree}


def random_case(joined=2):
  rng = np.random.default_rng(joined)
  network = reference_reading.random_network(rng, HIDDEN, joined, CLASSES)
  return network, [reference.random_points(rng, n) for n in LENGTHS]


def to_batch(lines, dtype=np.float32, padding=0.0):
  points = np.full((len(lines), STEPS, 3), padding, dtype)
  characters = np.zeros((len(lines), 6), np.int32)
  for row, (line, text) in enumerate(zip(lines, TEXTS, strict=True)):
    points[row, : len(line)] = line
    characters[row, : len(text)] = text
  return StrokeBatch(
    points,
    np.array([len(line) for line in lines], np.int32),
    characters,
    np.array([len(text) for text in TEXTS], np.int32),
  )


@functools.lru_cache
def compiled(network):
  def nats(params, batch, keys):
    sums, _ = reading_loss(network)(params, (), batch, keys)
    return sums.nats, sums

  return jax.jit(jax.grad(nats, has_aux=True))


def sums_and_gradients(network, params, batch, keys=None):
  gradients, sums = compiled(network)(params, batch, keys)
  return sums, gradients


@pytest.mark.parametrize(
  ("joined", "clip", "implementation"),
  [(2, FREE, "scan"), (2, 0.02, "reference"), (3, 0.02, "scan")],
)
def test_nats_edits_and_gradients_are_the_transcriptions(
  joined, clip, implementation
):
  given, lines = random_case(joined)
  nats, edits, expected = 0.0, 0, reference.zeros_like(given)
  for line, text in zip(lines[:-1], TEXTS[:-1], strict=True):
    loss, gradients, raw = reference_reading.reading_loss(
      given, line, text, joined=joined, clip=clip
    )
    nats, expected = nats + loss, reference.add(expected, gradients)
    read = reference_reading.collapsed(raw.argmax(1), CLASSES - 1)
    edits += reference_reading.distance(read, tuple(text))
  with jax.enable_x64(True):
    sums, gradients = sums_and_gradients(
      build(joined, lstm_clip=clip, implementation=implementation),
      to_package(given, np.float64),
      to_batch(lines, np.float64),
    )
    wanted = jax.device_get(to_package(expected, np.float64))
  sums, gradients = jax.device_get((sums, gradients))
  assert float(sums.nats) == pytest.approx(nats, rel=1e-9)
  assert sums[1:] == (edits, 5, sum(LENGTHS), 3)
  for one, other in zip(
    jax.tree.leaves(gradients), jax.tree.leaves(wanted), strict=True
  ):
    assert reference.relative_error(one, other) < 1e-7


def test_what_is_padding_changes_nothing():
  given, lines = random_case()
  params = to_package(given, np.float32)
  sums, gradients = sums_and_gradients(build(), params, to_batch(lines))
  assert np.isfinite(sums.nats)
  padded = to_batch(lines, padding=1e3)
  for row, line in enumerate(lines):
    # A step that the line fills in part keeps its zeros.
    padded.points[row, len(line) : len(line) + len(line) % 2] = 0
  other_sums, other = sums_and_gradients(build(), params, padded)
  assert sums == other_sums
  jax.tree.map(np.testing.assert_array_equal, gradients, other)


def test_a_text_without_a_path_costs_much_and_has_a_finite_gradient():
  given, lines = random_case()
  batch = to_batch(lines)
  batch.text_lengths[2], batch.lengths[2] = 6, 5  # three steps
  sums, gradients = sums_and_gradients(
    build(), to_package(given, np.float32), batch
  )
  assert sums.nats > 5e4
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(gradients))


def test_every_step_sees_the_whole_line_and_nothing_else():
  given, lines = random_case()
  params, batch = to_package(given, np.float32), to_batch(lines)
  points, lengths = reader_inputs(batch)

  @jax.jit
  @jax.grad
  def derivative(points, step):
    return build().apply(params, points, lengths)[step, 0].sum()

  for step in (0, 11):
    seen = derivative(points, step)
    assert np.all(np.abs(seen[:23, 0]).sum(-1) > 0)
    assert not seen[24:].any() and not seen[:, 1:].any()


def test_lines_are_reversed_within_their_own_lengths():
  x = jnp.arange(12.0).reshape(6, 2, 1)
  steps = jnp.array([4, 0])
  once = reverse_lines(x, steps)
  assert once[:, 0, 0].tolist() == [6, 4, 2, 0, 8, 10]
  assert once[:, 1, 0].tolist() == x[:, 1, 0].tolist()
  np.testing.assert_array_equal(reverse_lines(once, steps), x)
  weights = jnp.arange(12.0).reshape(6, 2, 1) ** 2
  derivative = jax.grad(lambda x: (reverse_lines(x, steps) * weights).sum())(x)
  np.testing.assert_array_equal(derivative, reverse_lines(weights, steps))


def test_neighbors_are_joined_and_the_last_ones_filled_with_zeros():
  joined = join(jnp.arange(10.0).reshape(5, 1, 2), 2)
  assert joined[:, 0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 0]]


def test_dropout_is_of_the_rows_keys_and_only_with_keys():
  given, lines = random_case()
  params, inputs = to_package(given, np.float32), reader_inputs(to_batch(lines))
  network = build(dropout=0.5, recurrent_dropout=0.3)
  keys = jax.random.split(jax.random.key(1), 4)
  apply = jax.jit(network.apply)
  one, same = (apply(params, *inputs, keys) for _ in range(2))
  np.testing.assert_array_equal(one, same)
  other = apply(params, *inputs, keys.at[0].set(keys[1]))
  np.testing.assert_array_equal(one[:, 1:], other[:, 1:])
  assert not np.allclose(one[:, 0], other[:, 0])
  whole = jax.jit(build().apply)(params, *inputs)
  np.testing.assert_array_equal(apply(params, *inputs), whole)
  assert not np.allclose(one, whole)


@pytest.mark.parametrize(
  ("options", "message"),
  [
    ({"dropout": 1.0}, r"dropout \(=1.0\)"),
    ({"recurrent_dropout": -0.1}, "recurrent_dropout"),
    ({"implementation": "auto"}, "implementation"),
  ],
)
def test_attributes_out_of_range_are_refused(options, message):
  with pytest.raises(ValueError, match=message):
    init(build(**options), inputs=3)


def test_elements_of_another_width_are_refused():
  with pytest.raises(ValueError, match=r"floats \[T, B, 3\]"):
    init(build(), inputs=2)


def init(network, inputs):
  points, lengths = jnp.zeros((4, 1, inputs)), jnp.array([4])
  return jax.eval_shape(network.init, jax.random.key(0), points, lengths)
