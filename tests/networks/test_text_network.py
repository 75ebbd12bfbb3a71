"""Text networks and their loss against the NumPy transcription."""

import functools

import jax
import jax.extend.core
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from graves_jax.config import TextNetworkConfig
from graves_jax.data.streams import TextBatch
from graves_jax.layers.lstm import LSTMParams
from graves_jax.layers.output import OutputParams
from graves_jax.layers.tanh import RNNParams
from graves_jax.losses.text import TextSums, text_loss, text_scores
from graves_jax.networks.build import build_network
from graves_jax.networks.prediction import PredictionNetwork, drop
from graves_jax.networks.synthesis import count_weights

HIDDEN, CLASSES, STEPS, BATCH = 5, 7, 24, 3
FREE = 1e9  # a clipping limit that nothing reaches
RANDOM = {"lstm": reference.random_lstm, "rnn": reference.random_rnn}
PARAMS = {"lstm": LSTMParams, "rnn": RNNParams}

both_cells = pytest.mark.parametrize("cell", ["lstm", "rnn"])


@pytest.fixture
def x64():
  with jax.enable_x64(True):
    yield


@functools.lru_cache
def build(cell, layers=2, clip=FREE, dropout=0.0, implementation="scan"):
  config = TextNetworkConfig(
    hidden=(HIDDEN,) * layers,
    cell=cell,
    dropout=dropout,
    lstm_clip=clip,
    output_clip=clip,
  )
  return build_network(config, CLASSES, implementation)


def random_batch(steps=STEPS):
  """Streams that begin with the null vector and end in padding."""
  text = np.random.default_rng(0).integers(0, CLASSES, (BATCH, steps))
  inputs = np.concatenate([np.full((BATCH, 1), -1), text[:, :-1]], axis=1)
  for row, length in enumerate((steps, 11, 0)):
    text[row, length:] = -1
  return TextBatch(
    inputs.astype(np.int32), text.astype(np.int32), np.ones(BATCH, bool)
  )


def random_network(cell, layers=2):
  return reference.random_text_network(
    np.random.default_rng(1), RANDOM[cell], layers, HIDDEN, CLASSES
  )


def to_package(network, cell, dtype="float32"):
  """The same weights as the package's parameter tree."""

  def cast(x):
    return jnp.asarray(x, dtype)

  tree = {
    f"layer_{n}": PARAMS[cell](**jax.tree.map(cast, layer))
    for n, layer in enumerate(network["layers"], start=1)
  }
  tree["output"] = OutputParams(
    cast(network["output_weights"]), cast(network["output_bias"])
  )
  return {"params": tree}


def by_reference(network, batch, clip):
  """Nats, gradients and errors, summed over streams."""
  nats, errors, total = 0.0, 0, reference.zeros_like(network)
  for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
    loss, gradients, _, wrong = reference.text_loss(
      network, inputs, targets, layer_clip=clip, output_clip=clip
    )
    nats, errors = nats + loss, errors + wrong
    total = reference.add(total, gradients)
  return nats, errors, total


@functools.lru_cache
def compiled(network):
  """(params, carry, batch, key) to gradients and (sums, carry)."""
  loss_fn = text_loss(network)

  def nats(params, carry, batch, key):
    sums, carry = loss_fn(params, carry, batch, key)
    return sums.nats, (sums, carry)

  return jax.jit(jax.grad(nats, has_aux=True))


def assert_trees_close(actual, expected, tolerance):
  actual, expected = jax.tree.leaves(actual), jax.tree.leaves(expected)
  for one, other in zip(actual, expected, strict=True):
    assert reference.relative_error(one, other) < tolerance


@pytest.mark.parametrize(
  ("hidden", "classes", "count"),
  [
    ((1000,), 49, 4_252_049),
    ((1000,), 10_000, 54_017_000),
    ((700,) * 7, 205, 30_537_005),
  ],
)
def test_weight_counts_of_the_paper(hidden, classes, count):
  network = build_network(TextNetworkConfig(hidden=hidden), classes)
  shapes = jax.eval_shape(
    network.init, jax.random.key(0), jnp.zeros((2, 1), jnp.int32)
  )
  assert count_weights(shapes) == count


@both_cells
@pytest.mark.parametrize("clip", [FREE, 0.05])
@pytest.mark.parametrize(
  ("dtype", "tolerance", "implementation"),
  [
    ("float64", 1e-9, "scan"),
    ("float32", 1e-4, "scan"),
    ("float64", 1e-9, "reference"),
    ("float64", 1e-9, "wavefront"),
  ],
)
def test_loss_and_gradients_equal_the_equations(
  x64, cell, clip, dtype, tolerance, implementation
):
  network, batch = random_network(cell), random_batch()
  nats, errors, gradients = by_reference(network, batch, clip)
  package = build(cell, clip=clip, implementation=implementation)
  carry = package.initial_state(BATCH, dtype)
  found, (sums, _) = compiled(package)(
    to_package(network, cell, dtype), carry, batch, None
  )
  assert sums.nats.dtype == dtype
  assert reference.relative_error(sums.nats, nats) < tolerance
  assert_trees_close(found, to_package(gradients, cell, "float64"), tolerance)
  assert sums.errors == errors
  assert sums.elements == STEPS + 11
  assert sums.sequences == 2


@both_cells
def test_clipping_bites_in_the_case_above(cell):
  network, batch = random_network(cell), random_batch()
  _, _, free = by_reference(network, batch, FREE)
  _, _, clipped = by_reference(network, batch, 0.05)
  for n, layer in enumerate(free["layers"]):
    other = clipped["layers"][n]["recurrent"]
    assert reference.relative_error(layer["recurrent"], other) > 0.1


@both_cells
def test_steps_and_halves_equal_the_whole(cell):
  network = build(cell)
  params = to_package(random_network(cell), cell)
  start, classes = network.initial_state(BATCH), random_batch().inputs.T
  unroll = jax.jit(functools.partial(network.apply, method="unroll"))
  step = jax.jit(functools.partial(network.apply, method="step"))

  whole = unroll(params, start, classes)
  assert_trees_close(network.apply(params, classes), whole[1], 1e-5)
  middle, first = unroll(params, start, classes[:10])
  last, second = unroll(params, middle, classes[10:])
  assert_trees_close((last, np.concatenate([first, second])), whole, 1e-5)

  state, outputs = start, []
  for symbols in classes:
    state, output = step(params, state, symbols)
    outputs.append(output)
  assert_trees_close((state, np.stack(outputs)), whole, 1e-5)


@both_cells
def test_classes_equal_one_hot_vectors(x64, cell):
  network = build(cell)
  params = to_package(random_network(cell), cell, "float64")
  start = network.initial_state(BATCH, "float64")
  classes = random_batch().inputs.T
  vectors = (classes[..., None] == np.arange(CLASSES)).astype(float)
  weights = np.random.default_rng(2).normal(size=(STEPS, BATCH, CLASSES))

  @jax.jit
  def run(params, start, elements):
    def loss(params, start):
      state, raw = network.apply(params, start, elements, method="unroll")
      return (weights * raw).sum(), (state, raw)

    return jax.grad(loss, argnums=(0, 1), has_aux=True)(params, start)

  assert_trees_close(
    run(params, start, classes), run(params, start, vectors), 1e-10
  )


def sizes_in(jaxpr):
  """Sizes of every array that is made anywhere in a jaxpr."""
  for equation in jaxpr.eqns:
    yield from (v.aval.size for v in equation.outvars)
    for inner in jax.extend.core.jaxprs_in_params(equation.params):
      yield from sizes_in(inner)


@both_cells
def test_no_one_hot_array_of_many_classes_is_built(cell):
  classes, steps, batch = 5000, 7, 3
  network = PredictionNetwork(  # few outputs: what is wide are the inputs
    inputs=classes, outputs=2, hidden=(4, 4), cell=cell
  )
  elements = jnp.zeros((steps, batch), jnp.int32)
  params = jax.eval_shape(network.init, jax.random.key(0), elements)
  largest_weight = max(x.size for x in jax.tree.leaves(params))

  def largest(elements):
    def loss(params):
      return network.apply(params, elements).sum()

    return max(sizes_in(jax.make_jaxpr(jax.grad(loss))(params).jaxpr))

  assert largest(elements) <= largest_weight < steps * batch * classes
  vectors = jnp.zeros((steps, batch, classes))
  assert largest(vectors) >= steps * batch * classes  # and this would show


@both_cells
def test_carried_state_equals_an_unbroken_run(cell):
  run = compiled(build(cell))
  params = to_package(random_network(cell), cell)
  whole = random_batch()._replace(resets=np.array([True, True, False]))
  rng = np.random.default_rng(3)
  carry = jax.tree.map(
    lambda x: rng.normal(size=x.shape).astype(x.dtype),
    build(cell).initial_state(BATCH),
  )
  _, (expected, end) = run(params, carry, whole, None)

  half = STEPS // 2
  first = TextBatch(
    whole.inputs[:, :half], whole.targets[:, :half], whole.resets
  )
  second = TextBatch(
    whole.inputs[:, half:], whole.targets[:, half:], np.zeros(BATCH, bool)
  )
  _, (early, middle) = run(params, carry, first, None)
  _, (late, last) = run(params, middle, second, None)
  assert_trees_close(last, end, 1e-5)
  for name in ("nats", "errors", "elements"):
    total = getattr(early, name) + getattr(late, name)
    np.testing.assert_allclose(total, getattr(expected, name), rtol=1e-5)
  # A reset row forgets what was carried to it, any other reads it.
  _, (_, from_zero) = run(
    params, jax.tree.map(jnp.zeros_like, carry), whole, None
  )
  for one, other in zip(
    jax.tree.leaves(end), jax.tree.leaves(from_zero), strict=True
  ):
    np.testing.assert_array_equal(one[:2], other[:2])
    assert np.any(one[2] != other[2])


@both_cells
def test_back_propagation_ends_where_the_batch_begins(cell):
  network, batch = build(cell), random_batch()
  batch = batch._replace(resets=np.zeros(BATCH, bool))
  params = to_package(random_network(cell), cell)

  def nats(carry):
    return text_loss(network)(params, carry, batch, None)[0].nats

  gradient = jax.grad(nats)(network.initial_state(BATCH))
  assert all(np.all(x == 0) for x in jax.tree.leaves(gradient))


def test_what_is_not_scored_contributes_exactly_nothing():
  run = compiled(build("lstm"))
  params = to_package(random_network("lstm"), "lstm")
  carry, batch = build("lstm").initial_state(BATCH), random_batch()
  other = batch.inputs.copy()
  other[1, 11:] = 3  # inputs beyond the last target of the row
  other[2] = 5
  changed = batch._replace(inputs=other)
  gradients, (sums, _) = run(params, carry, batch, None)
  again, (same, _) = run(params, carry, changed, None)
  jax.tree.map(np.testing.assert_array_equal, (sums, gradients), (same, again))


@both_cells
def test_dropout_is_on_the_way_up_and_needs_keys(cell):
  network = build(cell, dropout=0.4)
  params = to_package(random_network(cell), cell)
  start, classes = network.initial_state(BATCH), random_batch().inputs.T
  unroll = jax.jit(functools.partial(network.apply, method="unroll"))
  keys, others = (jax.random.split(jax.random.key(k), BATCH) for k in (0, 1))
  plain = build(cell).apply(params, start, classes, method="unroll")

  state, raw = unroll(params, start, classes)  # no keys: nothing is dropped
  assert_trees_close((state, raw), plain, 1e-6)
  state, raw = unroll(params, start, classes, keys)
  # The first layer's state knows nothing of it: not dropped in time.
  assert_trees_close(state[0], plain[0][0], 1e-6)
  assert reference.relative_error(state[1].output, plain[0][1].output) > 0.01
  assert reference.relative_error(raw, plain[1]) > 0.01

  _, again = unroll(params, start, classes, keys)
  np.testing.assert_array_equal(raw, again)
  _, another = unroll(params, start, classes, others)
  assert np.any(raw != another)


def test_dropout_masks_differ_between_layers_and_steps():
  network = build("rnn", layers=2, dropout=0.5)
  ones = RNNParams(
    jnp.zeros((CLASSES, HIDDEN)), jnp.zeros((HIDDEN, HIDDEN)), jnp.ones(HIDDEN)
  )
  second = ones._replace(inputs=jnp.zeros((CLASSES + HIDDEN, HIDDEN)))
  rows = np.zeros((2 * HIDDEN, CLASSES), np.float32)
  rows[np.arange(2), np.arange(2)] = 1  # two units of layer 1 ...
  rows[HIDDEN + np.arange(2), 2 + np.arange(2)] = 1  # ... and of layer 2
  output = OutputParams(jnp.asarray(rows), jnp.zeros(CLASSES))
  params = {"params": {"layer_1": ones, "layer_2": second, "output": output}}
  classes = jnp.zeros((500, 1), jnp.int32)
  _, raw = network.apply(
    params,
    network.initial_state(1),
    classes,
    jax.random.split(jax.random.key(0), 1),
    method="unroll",
  )
  seen = np.asarray(raw[:, 0, :4]) / np.tanh(1.0)
  np.testing.assert_allclose(np.unique(seen.round(5)), [0, 2])
  correlation = np.corrcoef(np.column_stack([seen[1:], seen[:-1]]).T)
  assert np.max(np.abs(correlation - np.eye(8))) < 5 / np.sqrt(500)


def test_dropping_keeps_the_mean():
  x = jax.random.normal(jax.random.key(0), (50,))
  keys = jax.random.split(jax.random.key(1), 20_000)
  rows = jnp.broadcast_to(x, (1, 20_000, 50))
  dropped = drop(keys, rows, 0.3)[0]
  share = np.mean(np.asarray(dropped) == 0)
  assert abs(share - 0.3) < 5 * np.sqrt(0.3 * 0.7 / dropped.size)
  error = 5 * np.abs(x) * np.sqrt(0.3 / 0.7 / 20_000)  # five standard errors
  np.testing.assert_array_less(np.abs(dropped.mean(0) - x), error)


@both_cells
def test_keys_drop_nothing_where_the_share_is_zero(cell):
  network = build(cell)
  params = to_package(random_network(cell), cell)
  arguments = params, network.initial_state(BATCH), random_batch().inputs.T
  keys = jax.random.split(jax.random.key(0), BATCH)
  with_key = network.apply(*arguments, keys, method="unroll")
  without = network.apply(*arguments, method="unroll")
  jax.tree.map(np.testing.assert_array_equal, with_key, without)


@pytest.mark.parametrize(
  "elements",
  [
    jnp.zeros((4, 2, CLASSES + 1)),
    jnp.zeros((4, 2)),
    jnp.zeros((4, 2, CLASSES), jnp.int32),
    jnp.zeros(4, jnp.int32),
  ],
)
def test_elements_of_another_form_are_refused(elements):
  network = build("rnn")
  params = to_package(random_network("rnn"), "rnn")
  state = network.initial_state(2)
  with pytest.raises(ValueError, match=r"must be floats \[T, B, 7\]"):
    network.apply(params, state, elements, method="unroll")
  with pytest.raises(ValueError, match=r"must be floats \[B, 7\]"):
    network.apply(params, state, elements[None], method="step")


@pytest.mark.parametrize(
  "wrong",
  [
    {"cell": "gru"},
    {"dropout": 1.0},
    {"recurrent_dropout": 1.0},
    {"recurrent_dropout": 0.1, "cell": "rnn"},
  ],
)
def test_attributes_out_of_range_are_refused(wrong):
  network = PredictionNetwork(inputs=3, outputs=3, hidden=(2,), **wrong)
  with pytest.raises(ValueError, match=next(iter(wrong))):
    network.init(jax.random.key(0), jnp.zeros((2, 1, 3)))


def test_scores_are_averages_in_bits():
  scores = text_scores(TextSums(*map(np.float32, (np.log(2) * 48, 5, 16, 2))))
  np.testing.assert_allclose(scores.bits_per_symbol, 3, rtol=1e-6)
  np.testing.assert_allclose(scores.nats_per_symbol, 3 * np.log(2), rtol=1e-6)
  np.testing.assert_allclose(scores.total_bits, 48, rtol=1e-6)
  assert scores.symbols == 16
  np.testing.assert_allclose(scores.error_percent, 31.25)


def test_scores_of_nothing_are_refused():
  with pytest.raises(ValueError, match="no symbol"):
    text_scores(TextSums(0, 0, 0, 0))
