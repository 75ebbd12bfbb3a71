"""The synthesis network against the NumPy transcription."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from graves_jax.data.lines import StrokeBatch
from graves_jax.distributions import bivariate_mixture
from graves_jax.fast import chunks, window_lstm
from graves_jax.layers.dropout import draw_mask, layer_keys
from graves_jax.layers.lstm import LSTMParams, LSTMState
from graves_jax.layers.output import OutputParams
from graves_jax.layers.window import WindowParams
from graves_jax.layers.window_lstm import (
  Text,
  WindowLayerParams,
  WindowLayerState,
  unroll_window_layer_reference,
)
from graves_jax.losses.handwriting import handwriting_loss
from graves_jax.losses.sums import Keys
from graves_jax.networks.prediction import shift_right
from graves_jax.networks.synthesis import SynthesisNetwork, count_weights

HIDDEN, MIXTURES, WINDOWS, ALPHABET = 5, 3, 2, 6
LENGTHS = (23, 7, 1, 0)  # 0: a row of the batch without a line
TEXT_LENGTHS = (6, 3, 1, 0)
STEPS, CHARACTERS = 40, 7  # with padding; two chunks
ROWS = len(LENGTHS)
FLOOR = 0.02
FREE = 1e9  # a clipping limit that nothing reaches
PAPER = {"layer_clip": 10.0, "output_clip": 100.0}  # Section 4.1


@pytest.fixture
def x64():
  with jax.enable_x64(True):
    yield


def build(layers, layer_clip=FREE, output_clip=FREE, **options):
  return SynthesisNetwork(
    inputs=3,
    outputs=bivariate_mixture.width(MIXTURES),
    alphabet_size=ALPHABET,
    windows=WINDOWS,
    hidden=(HIDDEN,) * layers,
    lstm_clip=layer_clip,
    output_clip=output_clip,
    **options,
  )


def random_case(layers, spread=1.0):
  """A network, sequences whose points lie `spread` apart, and texts."""
  rng = np.random.default_rng(layers)
  network = reference.random_synthesis_network(
    rng, layers, HIDDEN, MIXTURES, WINDOWS, ALPHABET
  )
  network["window_bias"][2 * WINDOWS :] -= 1.5  # a third of a character a step
  sequences = [reference.random_points(rng, length) for length in LENGTHS]
  for points in sequences:
    points[:, :2] *= spread
  texts = [rng.integers(ALPHABET, size=length) for length in TEXT_LENGTHS]
  return network, sequences, texts


def to_package(network, dtype):
  """The same weights as the package's parameter tree."""

  def cast(x):
    return jnp.asarray(x, dtype)

  tree = {
    f"layer_{n}": LSTMParams(**jax.tree.map(cast, layer))
    for n, layer in enumerate(network["layers"], start=1)
  }
  tree["window"] = WindowParams(
    cast(network["window_weights"]), cast(network["window_bias"])
  )
  tree["output"] = OutputParams(
    cast(network["output_weights"]), cast(network["output_bias"])
  )
  return {"params": tree}


def to_batch(sequences, texts, *, padding=(0.0, 0), dtype=np.float32):
  """padding: what stands behind the points, and behind the characters."""
  points = np.full((len(sequences), STEPS, 3), padding[0], dtype)
  characters = np.full((len(texts), CHARACTERS), padding[1], np.int32)
  for b, (sequence, text) in enumerate(zip(sequences, texts, strict=True)):
    points[b, : len(sequence)] = sequence
    characters[b, : len(text)] = text
  lengths = np.array([len(s) for s in sequences], np.int32)
  text_lengths = np.array([len(s) for s in texts], np.int32)
  return StrokeBatch(points, lengths, characters, text_lengths)


def by_reference(
  network, sequences, texts, layer_clip=FREE, output_clip=FREE, masks=None
):
  """Nats and gradients, summed over sequences; masks [layers, T, B, H]."""
  nats, total = 0.0, reference.zeros_like(network)
  for b, (points, text) in enumerate(zip(sequences, texts, strict=True)):
    loss, gradients, _, _ = reference.synthesis_loss(
      network,
      points,
      text,
      layer_clip=layer_clip,
      output_clip=output_clip,
      sigma_floor=FLOOR,
      masks=None if masks is None else masks[:, :, b],
    )
    nats, total = nats + loss, reference.add(total, gradients)
  return nats, total


@functools.lru_cache
def compiled(network):
  """Loss sums and gradients of the package's own loss."""
  loss_fn = handwriting_loss(network, FLOOR)

  def nats(params, batch, keys=None):
    sums = loss_fn(params, (), batch, keys)[0]
    return sums.nats, sums

  return jax.jit(jax.grad(nats, has_aux=True))


def assert_trees_close(actual, expected, tolerance):
  actual, expected = jax.tree.leaves(actual), jax.tree.leaves(expected)
  for one, other in zip(actual, expected, strict=True):
    assert reference.relative_error(one, other) < tolerance


def assert_trees_equal(one, other):
  jax.tree.map(np.testing.assert_array_equal, one, other)


def test_weight_count_of_the_paper():
  network = SynthesisNetwork(
    inputs=3, outputs=121, alphabet_size=57, windows=10, hidden=(400,) * 3
  )
  text = Text(jnp.zeros((1, 4), jnp.int32), jnp.ones((1, 4)))
  shapes = jax.eval_shape(
    network.init, jax.random.key(0), jnp.zeros((2, 1, 3)), text
  )
  assert count_weights(shapes) == 3_653_751


@pytest.mark.parametrize(
  ("layers", "spread", "dtype", "tolerance", "implementation"),
  [
    (3, 1.0, "float64", 1e-6, "scan"),
    (3, 30.0, "float64", 1e-6, "scan"),
    (2, 30.0, "float32", 1e-4, "scan"),
    (3, 30.0, "float64", 1e-6, "reference"),
    (3, 30.0, "float64", 1e-6, "wavefront"),
    (2, 1.0, "float32", 1e-4, "wavefront"),
  ],
)
def test_loss_and_gradients_equal_the_equations(
  x64, layers, spread, dtype, tolerance, implementation
):
  network, sequences, texts = random_case(layers, spread)
  nats, gradients = by_reference(network, sequences, texts, **PAPER)
  package = build(layers, **PAPER, implementation=implementation)
  found, sums = compiled(package)(
    to_package(network, dtype), to_batch(sequences, texts, dtype=dtype)
  )
  assert sums.nats.dtype == dtype
  assert reference.relative_error(sums.nats, nats) < tolerance
  assert_trees_close(found, to_package(gradients, "float64"), tolerance)
  assert sums.elements == sum(LENGTHS)
  assert sums.sequences == np.count_nonzero(LENGTHS)


def row_keys(seed):
  return Keys(jax.random.key(9), jax.random.split(jax.random.key(seed), ROWS))


@pytest.mark.parametrize(
  ("layers", "implementation"), [(1, "scan"), (3, "scan"), (3, "wavefront")]
)
def test_recurrent_dropout_equals_the_equations(x64, layers, implementation):
  network, sequences, texts = random_case(layers)
  keys, keep_rate = row_keys(0), 0.6
  masks = np.stack(
    [
      draw_mask(layer_keys(keys.rows, layers + n), STEPS, HIDDEN, keep_rate)
      for n in range(layers)
    ]
  )
  assert abs(masks.mean() - keep_rate) < 0.1
  case = network, sequences, texts
  nats, gradients = by_reference(*case, **PAPER, masks=masks / keep_rate)
  dropping = build(
    layers,
    **PAPER,
    recurrent_dropout=1 - keep_rate,
    implementation=implementation,
  )
  found, sums = compiled(dropping)(
    to_package(network, np.float64),
    to_batch(sequences, texts, dtype=np.float64),
    keys,
  )
  assert reference.relative_error(sums.nats, nats) < 1e-6
  assert_trees_close(found, to_package(gradients, "float64"), 1e-6)


def test_recurrent_dropout_is_for_training():
  network, sequences, texts = random_case(2)
  arguments = to_package(network, np.float32), to_batch(sequences, texts)
  plain, dropping = (
    compiled(build(2)),
    compiled(build(2, recurrent_dropout=0.4)),
  )
  keys, others = row_keys(0), row_keys(1)
  expected = plain(*arguments)
  assert_trees_equal(plain(*arguments, keys), expected)
  assert_trees_equal(dropping(*arguments), expected)
  _, sums = dropping(*arguments, keys)
  assert abs(sums.nats - expected[1].nats) > 0.1
  assert sums.nats != dropping(*arguments, others)[1].nats


def test_recurrent_dropout_of_a_row_is_by_its_own_key():
  network, sequences, texts = random_case(2)
  params = to_package(network, np.float32)
  loss = compiled(build(2, recurrent_dropout=0.4))
  batch, keys = to_batch(sequences, texts), row_keys(0)
  _, together = loss(params, batch, keys)
  halves = [
    loss(
      params,
      jax.tree.map(lambda x, rows=rows: x[rows], batch),
      Keys(keys.batch, keys.rows[rows]),
    )[1]
    for rows in (slice(0, 2), slice(2, 4))
  ]
  apart = jax.tree.map(lambda *x: sum(x), *halves)
  assert_trees_close(apart, together, 1e-5)


def test_a_share_that_cannot_be_dropped_is_refused():
  with pytest.raises(ValueError, match=r"recurrent_dropout \(=1.0\)"):
    build(1, recurrent_dropout=1.0).init(
      jax.random.key(0),
      jnp.zeros((1, 1, 3)),
      Text(jnp.zeros((1, 1), jnp.int32), jnp.ones((1, 1))),
    )


def test_both_clips_bite_where_points_lie_far_apart():
  network, sequences, texts = random_case(3, spread=30.0)
  case = network, sequences, texts
  _, paper = by_reference(*case, **PAPER)
  for name in PAPER:
    _, without = by_reference(*case, **(PAPER | {name: FREE}))
    error = reference.relative_error(
      without["window_weights"], paper["window_weights"]
    )
    assert error > 0.1, name
    for n, layer in enumerate(without["layers"]):
      error = reference.relative_error(
        layer["recurrent"], paper["layers"][n]["recurrent"]
      )
      assert error > 0.05, (name, n)


def test_padding_contributes_exactly_nothing(x64):
  network, sequences, texts = random_case(2)
  params = to_package(network, np.float32)
  run = compiled(build(2, **PAPER))
  expected = run(params, to_batch(sequences, texts))
  other = to_batch(sequences, texts, padding=(7.5, 4))
  assert_trees_equal(run(params, other), expected)


def test_steps_and_halves_equal_the_whole():
  layers = 2
  network = build(layers)
  weights, (points, *_), (text, *_) = random_case(layers)
  points = points[:20]
  params = to_package(weights, np.float32)
  elements = shift_right(jnp.asarray(points[:, None], jnp.float32))
  # Two characters of padding: the window must not see them.
  padded = np.array([[*text, 3, 3]])
  mask = np.array([[1.0] * len(text) + [0.0, 0.0]], np.float32)
  text_argument = Text(jnp.asarray(padded), jnp.asarray(mask))
  start = network.initial_state(1)
  unroll = jax.jit(functools.partial(network.apply, method="unroll"))
  step = jax.jit(functools.partial(network.apply, method="step"))

  final, whole = unroll(params, start, elements, text_argument)
  _, _, raws, phis = reference.synthesis_loss(
    weights, points, text, layer_clip=1, output_clip=1, sigma_floor=FLOOR
  )
  assert reference.relative_error(whole[:, 0], raws) < 1e-4

  middle, first = unroll(params, start, elements[:10], text_argument)
  last, second = unroll(params, middle, elements[10:], text_argument)
  assert_trees_close(
    (last, jnp.concatenate([first, second])), (final, whole), 1e-5
  )

  state, outputs = start, []
  for t, element in enumerate(elements):
    state, (output, phi) = step(params, state, element, text_argument)
    outputs.append(output)
    assert phi.shape == (1, len(text) + 3)  # one past the (padded) end
    error = reference.relative_error(phi[0, : len(text)], phis[t])
    assert error < 1e-4
  assert_trees_close((state, jnp.stack(outputs)), (final, whole), 1e-5)


@pytest.mark.parametrize("steps", [7, 2 * chunks.CHUNK + 3])
@pytest.mark.parametrize("drops", [False, True])
def test_window_layer_equals_its_definition(x64, steps, drops):
  """The fast layer and the plain scan, with derivatives from every side."""
  rng = np.random.default_rng(0)
  network, _, _ = random_case(1)
  tree = to_package(network, np.float64)["params"]
  params = WindowLayerParams(tree["layer_1"], tree["window"])
  start = WindowLayerState(
    LSTMState(*rng.normal(size=(2, ROWS, HIDDEN))),
    rng.normal(size=(ROWS, ALPHABET)),
    rng.random(size=(ROWS, WINDOWS)),
  )
  elements = rng.normal(size=(steps, ROWS, 3))
  characters = rng.integers(ALPHABET, size=(ROWS, CHARACTERS))
  mask = np.arange(CHARACTERS) < np.array(TEXT_LENGTHS)[:, None]
  text = Text(characters, mask.astype(float))
  options = {"clip": 0.5}
  if drops:
    mask = rng.random((steps, ROWS, HIDDEN)) < 0.7
    options |= {"mask": mask, "keep_rate": 0.7}
  results = jax.eval_shape(
    window_lstm.unroll_window_layer, params, start, elements, text
  )
  on_results = jax.tree.map(lambda x: 3 * rng.normal(size=x.shape), results)

  def differentiated(unroll):
    @jax.jit
    def run(params, start, elements):
      found, pull_back = jax.vjp(
        lambda *args: unroll(*args, text, **options), params, start, elements
      )
      return found, pull_back(on_results)

    return run(params, start, elements)

  plain = unroll_window_layer_reference
  expected = differentiated(plain)
  actual = differentiated(window_lstm.unroll_window_layer)
  assert_trees_close(actual, expected, 1e-9)
