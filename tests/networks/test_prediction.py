"""The prediction network against the NumPy transcription."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from graves_jax.data.lines import StrokeBatch
from graves_jax.distributions import bivariate_mixture
from graves_jax.layers.lstm import LSTMParams
from graves_jax.layers.output import OutputParams
from graves_jax.losses.handwriting import handwriting_loss
from graves_jax.losses.sums import Keys
from graves_jax.networks.prediction import PredictionNetwork, shift_right
from graves_jax.networks.synthesis import count_weights

HIDDEN, MIXTURES = 5, 3
LENGTHS = (23, 7, 1, 0)  # 0: a row of the batch without a line
STEPS = 40  # with padding: two chunks
FLOOR = 0.02
FREE = 1e9  # a clipping limit that nothing reaches
PAPER = {"layer_clip": 10.0, "output_clip": 100.0}  # Section 4.1


@pytest.fixture
def x64():
  with jax.enable_x64(True):
    yield


def build(layers, layer_clip=FREE, output_clip=FREE, **options):
  return PredictionNetwork(
    inputs=3,
    outputs=bivariate_mixture.width(MIXTURES),
    hidden=(HIDDEN,) * layers,
    lstm_clip=layer_clip,
    output_clip=output_clip,
    **options,
  )


def random_case(layers, spread=1.0):
  """A network, and sequences whose points lie `spread` apart."""
  rng = np.random.default_rng(layers)
  network = reference.random_prediction_network(rng, layers, HIDDEN, MIXTURES)
  sequences = [reference.random_points(rng, length) for length in LENGTHS]
  for points in sequences:
    points[:, :2] *= spread
  return network, sequences


def to_package(network, dtype):
  """The same weights as the package's parameter tree."""

  def cast(x):
    return jnp.asarray(x, dtype)

  tree = {
    f"layer_{n}": LSTMParams(**jax.tree.map(cast, layer))
    for n, layer in enumerate(network["layers"], start=1)
  }
  tree["output"] = OutputParams(
    cast(network["output_weights"]), cast(network["output_bias"])
  )
  return {"params": tree}


def to_batch(sequences, padding=0.0, dtype=np.float32):
  points = np.full((len(sequences), STEPS, 3), padding, dtype)
  for b, sequence in enumerate(sequences):
    points[b, : len(sequence)] = sequence
  lengths = np.array([len(s) for s in sequences], np.int32)
  nothing = np.zeros((len(sequences), 1), np.int32)
  return StrokeBatch(points, lengths, nothing, lengths)


def by_reference(network, sequences, layer_clip=FREE, output_clip=FREE):
  """Nats, gradients and squared error, summed over sequences."""
  nats, squared_error, total = 0.0, 0.0, reference.zeros_like(network)
  for points in sequences:
    loss, gradients, raws = reference.prediction_loss(
      network,
      points,
      layer_clip=layer_clip,
      output_clip=output_clip,
      sigma_floor=FLOOR,
    )
    nats, total = nats + loss, reference.add(total, gradients)
    for raw, point in zip(raws, points, strict=True):
      _, pi, mu, _, _ = reference.mixture_parameters(raw, FLOOR)
      squared_error += np.sum((pi @ mu - point[:2]) ** 2)
  return nats, total, squared_error


@functools.lru_cache
def compiled(network):
  """Loss sums and gradients of the package's own loss."""
  loss_fn = handwriting_loss(network, FLOOR)

  def nats(params, batch):
    sums = loss_fn(params, (), batch, None)[0]
    return sums.nats, sums

  return jax.jit(jax.grad(nats, has_aux=True))


def assert_trees_close(actual, expected, tolerance):
  actual, expected = jax.tree.leaves(actual), jax.tree.leaves(expected)
  for one, other in zip(actual, expected, strict=True):
    assert reference.relative_error(one, other) < tolerance


def assert_trees_equal(one, other):
  jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.mark.parametrize(
  ("inputs", "outputs", "hidden", "count"),
  [
    (49, 49, (1000,), 4_252_049),
    (10_000, 10_000, (1000,), 54_017_000),
    (205, 205, (700,) * 7, 30_537_005),
    (3, 121, (400,) * 3, 3_368_121),
    (3, 121, (900,), 3_366_121),
  ],
)
def test_weight_counts_of_the_paper(inputs, outputs, hidden, count):
  network = PredictionNetwork(inputs=inputs, outputs=outputs, hidden=hidden)
  shapes = jax.eval_shape(
    network.init, jax.random.key(0), jnp.zeros((2, 1, inputs))
  )
  assert count_weights(shapes) == count


@pytest.mark.parametrize(
  ("layers", "spread", "dtype", "tolerance", "implementation"),
  [
    (3, 1.0, "float64", 1e-6, "scan"),
    (3, 30.0, "float64", 1e-6, "scan"),
    (2, 30.0, "float32", 1e-4, "scan"),
    (3, 30.0, "float64", 1e-6, "wavefront"),
  ],
)
def test_loss_and_gradients_equal_the_equations(
  x64, layers, spread, dtype, tolerance, implementation
):
  network, sequences = random_case(layers, spread)
  nats, gradients, error = by_reference(network, sequences, **PAPER)
  package = build(layers, **PAPER, implementation=implementation)
  found, sums = compiled(package)(
    to_package(network, dtype), to_batch(sequences, dtype=dtype)
  )
  assert sums.nats.dtype == dtype
  assert reference.relative_error(sums.nats, nats) < tolerance
  assert reference.relative_error(sums.squared_error, error) < tolerance
  assert_trees_close(found, to_package(gradients, "float64"), tolerance)
  assert sums.elements == sum(LENGTHS)
  assert sums.sequences == np.count_nonzero(LENGTHS)


def test_both_clips_bite_where_points_lie_far_apart():
  network, sequences = random_case(3, spread=30.0)
  _, paper, _ = by_reference(network, sequences, **PAPER)
  for name in PAPER:
    _, without, _ = by_reference(network, sequences, **(PAPER | {name: FREE}))
    for n, layer in enumerate(without["layers"]):
      error = reference.relative_error(
        layer["recurrent"], paper["layers"][n]["recurrent"]
      )
      assert error > 0.1, (name, n)


def test_padding_contributes_exactly_nothing(x64):
  network, sequences = random_case(2)
  params = to_package(network, np.float32)
  run = compiled(build(2, **PAPER))
  expected = run(params, to_batch(sequences))
  assert_trees_equal(run(params, to_batch(sequences, padding=7.5)), expected)


def test_steps_and_halves_equal_the_whole():
  layers = 2
  network = build(layers)
  weights, _ = random_case(layers)
  params = to_package(weights, np.float32)
  points = reference.random_points(np.random.default_rng(0), 20)
  elements = shift_right(jnp.asarray(points[:, None], jnp.float32))
  start = network.initial_state(1)
  unroll = jax.jit(functools.partial(network.apply, method="unroll"))
  step = jax.jit(functools.partial(network.apply, method="step"))

  final, whole = unroll(params, start, elements)
  _, _, expected = reference.prediction_loss(
    weights, points, layer_clip=1, output_clip=1, sigma_floor=FLOOR
  )
  assert reference.relative_error(whole[:, 0], expected) < 1e-4

  middle, first = unroll(params, start, elements[:10])
  last, second = unroll(params, middle, elements[10:])
  assert_trees_close(
    (last, jnp.concatenate([first, second])), (final, whole), 1e-5
  )

  state, outputs = start, []
  for element in elements:
    state, output = step(params, state, element)
    outputs.append(output)
  assert_trees_close((state, jnp.stack(outputs)), (final, whole), 1e-5)


def row_keys(seed):
  return jax.random.split(jax.random.key(seed), len(LENGTHS))


def test_recurrent_dropout_is_for_training():
  weights, sequences = random_case(2)
  params, batch = to_package(weights, np.float32), to_batch(sequences)
  dropping = handwriting_loss(build(2, recurrent_dropout=0.4), FLOOR)
  loss = jax.jit(lambda keys: dropping(params, (), batch, keys)[0])
  keys, others = (Keys(jax.random.key(9), row_keys(k)) for k in (0, 1))
  plain = jax.jit(handwriting_loss(build(2), FLOOR))

  expected = plain(params, (), batch, None)[0]
  assert_trees_equal(plain(params, (), batch, keys)[0], expected)
  assert_trees_equal(loss(None), expected)
  assert abs(loss(keys).nats - expected.nats) > 0.1
  assert_trees_equal(loss(keys), loss(keys))
  assert loss(keys).nats != loss(others).nats


def test_recurrent_dropout_of_a_row_is_by_its_own_key():
  network = build(2, recurrent_dropout=0.4)
  params = to_package(random_case(2)[0], np.float32)
  elements = jax.random.normal(jax.random.key(0), (20, 4, 3))
  apply = jax.jit(network.apply)
  together = apply(params, elements, row_keys(0))
  for half in (slice(0, 2), slice(2, 4)):
    apart = apply(params, elements[:, half], row_keys(0)[half])
    assert_trees_close(apart, together[:, half], 1e-5)


def test_recurrent_masks_differ_between_layers_and_steps():
  # Cells that forget all, let all in and out: their output is their candidate.
  gates = np.repeat([20.0, -20.0, 1.0, 20.0], HIDDEN)
  layers = [
    LSTMParams(
      np.zeros((width, 4 * HIDDEN), np.float32),
      np.zeros((HIDDEN, 4 * HIDDEN), np.float32),
      np.zeros((3, HIDDEN), np.float32),
      gates.astype(np.float32),
    )
    for width in (3, 3 + HIDDEN)
  ]
  every = OutputParams(
    *map(np.float32, (np.eye(2 * HIDDEN), np.zeros(2 * HIDDEN)))
  )
  tree = {"layer_1": layers[0], "layer_2": layers[1], "output": every}
  network = PredictionNetwork(
    inputs=3,
    outputs=2 * HIDDEN,
    hidden=(HIDDEN, HIDDEN),
    dropout=0.2,
    recurrent_dropout=0.5,
  )
  elements = jnp.zeros((500, 2, 3))
  seen = network.apply({"params": tree}, elements, row_keys(0)[:2])
  kept = np.tanh(np.tanh(1.0) / 0.5) / 0.8  # by the recurrent dropout
  values, counts = np.unique(np.round(seen / kept, 4), return_counts=True)
  np.testing.assert_array_equal(values, [0, 1])
  share = counts[1] / seen.size  # ... and by that of the outputs, apart
  assert abs(share - 0.4) < 5 * np.sqrt(0.4 * 0.6 / seen.size)
  units = np.asarray(seen).reshape(500, -1)
  correlation = np.corrcoef(np.column_stack([units[1:], units[:-1]]).T)
  assert np.max(np.abs(correlation - np.eye(8 * HIDDEN))) < 5.5 / np.sqrt(500)


def test_layers_of_different_widths():
  network = PredictionNetwork(inputs=3, outputs=19, hidden=(4, 6))
  elements = jnp.ones((3, 2, 3))
  params = jax.eval_shape(network.init, jax.random.key(0), elements)
  assert params["params"]["layer_2"].inputs.shape == (3 + 4, 4 * 6)
  assert params["params"]["output"].weights.shape == (4 + 6, 19)
  assert jax.eval_shape(network.apply, params, elements).shape == (3, 2, 19)


def test_shift_right_starts_with_the_null_vector():
  points = np.arange(1, 13).reshape(2, 2, 3)
  np.testing.assert_array_equal(
    shift_right(points), np.stack([np.zeros((2, 3)), points[0]])
  )
