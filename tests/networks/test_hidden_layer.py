"""Classes looked up in weights, beside a layer's other inputs."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from graves_jax.fast import chunks, lstm
from graves_jax.layers import tanh
from graves_jax.layers.inputs import look_up
from graves_jax.layers.lstm import unroll_reference
from graves_jax.networks.hidden_layer import LSTM, RNN, hidden_layer

BATCH, HIDDEN, CLASSES, BELOW = 3, 4, 6, 5
STEPS = chunks.CHUNK + 3

both_cells = pytest.mark.parametrize("layer", [LSTM, RNN], ids=["lstm", "rnn"])
every_unroll = pytest.mark.parametrize(
  ("layer", "unroll"),
  [
    (LSTM, lstm.unroll),
    (LSTM, unroll_reference),
    (RNN, tanh.unroll),
    (RNN, tanh.unroll_reference),
  ],
)
with_and_without_below = pytest.mark.parametrize("below", [0, BELOW])


@pytest.fixture(autouse=True)
def x64():
  with jax.enable_x64(True):
    yield


def random_case(layer, below):
  """Weights, state, classes, some of them none, float inputs, cotangents."""
  rng = np.random.default_rng(below)
  shapes = jax.eval_shape(
    functools.partial(
      layer.init,
      inputs=CLASSES + below,
      hidden=HIDDEN,
      weight_range=0.1,
      forget_bias=0.0,
    ),
    jax.random.key(0),
  )

  def normal(x):
    return jnp.asarray(0.5 * rng.normal(size=x.shape))

  params = jax.tree.map(normal, shapes)
  state = jax.tree.map(normal, layer.zero_state(HIDDEN, BATCH))
  classes = jnp.asarray(rng.integers(-1, CLASSES, (STEPS, BATCH)))
  inputs = (rng.normal(size=(STEPS, BATCH, below)),) if below else ()
  weights = (
    jax.tree.map(normal, state),
    jnp.asarray(rng.normal(size=(STEPS, BATCH, HIDDEN))),
  )
  return params, state, classes, inputs, weights


def one_hot(classes):
  return (classes[..., None] == np.arange(CLASSES)).astype(float)


@every_unroll
@with_and_without_below
def test_classes_equal_one_hot_vectors(layer, unroll, below):
  params, state, classes, inputs, weights = random_case(layer, below)
  assert set(np.unique(classes)) == set(range(-1, CLASSES))

  def by_rows(params, state, inputs):
    return unroll(params, state, inputs, clip=0.1, classes=classes)

  def by_vectors(params, state, inputs):
    return unroll(params, state, (one_hot(classes), *inputs), clip=0.1)

  @functools.partial(jax.jit, static_argnums=0)
  def results_and_gradients(unroll):
    results, pull_back = jax.vjp(unroll, params, state, inputs)
    return results, pull_back(weights)

  actual = results_and_gradients(by_rows)
  expected = results_and_gradients(by_vectors)
  assert jax.tree.structure(actual) == jax.tree.structure(expected)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), actual, expected
  )


@both_cells
@with_and_without_below
def test_stepping_equals_unrolling(layer, below):
  params, state, classes, inputs, _ = random_case(layer, below)
  final, outputs = layer.unroll(params, state, inputs, classes=classes)
  step = jax.jit(functools.partial(layer.step, precision="float32"))
  for t in range(STEPS):
    below_now = tuple(x[t] for x in inputs)
    state, output = step(params, state, below_now, classes=classes[t])
    np.testing.assert_allclose(output, outputs[t], atol=1e-12)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), state, final
  )


@both_cells
def test_the_reference_has_no_backward_pass_of_its_own(layer):
  params, state, classes, inputs, _ = random_case(layer, BELOW)

  def traced(**options):
    unroll = functools.partial(layer.unroll, classes=classes, **options)
    return str(jax.make_jaxpr(unroll)(params, state, inputs))

  explicit = re.compile("name=(_unroll_chunks|_recur)")
  assert explicit.search(traced())
  assert explicit.search(traced(implementation="scan"))
  assert not explicit.search(traced(implementation="reference"))


def test_a_class_out_of_range_is_the_null_vector():
  weights = random_case(RNN, BELOW)[0].inputs
  classes = jnp.array([-7, -1, 0, CLASSES, 99])
  others, net = look_up(weights, [np.zeros((5, BELOW))], classes)
  np.testing.assert_array_equal(others, weights[CLASSES:])
  np.testing.assert_array_equal(net[2], weights[0])
  np.testing.assert_array_equal(net[jnp.array([0, 1, 3, 4])], 0)


def test_weights_of_numpy_do():
  weights = np.asarray(random_case(RNN, BELOW)[0].inputs)
  others, net = look_up(weights, [np.zeros((1, BELOW))], np.array([2]))
  np.testing.assert_array_equal(net[0], weights[2])
  assert others.shape[0] == BELOW


@every_unroll
@pytest.mark.parametrize("rows", [BELOW - 1, BELOW, BELOW + 1])
@pytest.mark.parametrize("has_classes", [False, True])
def test_weights_of_another_height_are_refused(
  layer, unroll, rows, has_classes
):
  params, state, classes, inputs, _ = random_case(layer, BELOW)
  params = params._replace(inputs=params.inputs[:rows])
  classes = classes if has_classes else None
  if (rows > BELOW) == has_classes and rows >= BELOW:
    unroll(params, state, inputs, classes=classes)
    return
  with pytest.raises(ValueError, match=f"have {rows} rows; its inputs take 5"):
    unroll(params, state, inputs, classes=classes)


def test_the_forget_bias_is_for_gates():
  assert np.all(LSTM.init(jax.random.key(0), 3, 4, 0.1, 1.5).bias[4:8] == 1.5)
  assert np.all(RNN.init(jax.random.key(0), 3, 4, 0.1, 1.5).bias == 0)


def test_cells_are_named():
  assert hidden_layer("lstm") is LSTM
  assert hidden_layer("rnn") is RNN
  with pytest.raises(ValueError, match="gru"):
    hidden_layer("gru")
