"""The standard recurrent layer against the NumPy transcription."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from graves_jax.layers import tanh
from graves_jax.layers.tanh import RNNParams, RNNState

BATCH, HIDDEN, WIDTHS = 3, 5, (3, 4)  # WIDTHS: two inputs, joined
FREE = 1e9  # a clipping limit that nothing reaches

both_unrolls = pytest.mark.parametrize(
  "unroll", [tanh.unroll, tanh.unroll_reference]
)


@pytest.fixture(autouse=True)
def x64():
  with jax.enable_x64(True):
    yield


def random_case(steps, scale=1.0):
  """Layer, output before, inputs, and the loss's weights on the results."""
  rng = np.random.default_rng(0)
  layer = reference.random_rnn(rng, sum(WIDTHS), HIDDEN)
  return (
    layer,
    rng.normal(size=(BATCH, HIDDEN)),
    rng.normal(size=(steps, BATCH, sum(WIDTHS))),
    scale * rng.normal(size=(BATCH, HIDDEN)),
    scale * rng.normal(size=(steps, BATCH, HIDDEN)),
  )


def by_reference(layer, first, inputs, on_state, on_outputs, clip):
  """Results and gradients as a dict of arrays, batch element by element."""
  outputs, d_inputs = np.zeros_like(on_outputs), np.zeros_like(inputs)
  d_first, total = np.zeros_like(first), reference.zeros_like(layer)
  for b in range(BATCH):
    output, tape = first[b], []
    for t, x in enumerate(inputs[:, b]):
      output, saved = reference.rnn_step(layer, output, x)
      outputs[t, b] = output
      tape.append(saved)
    d_output = on_state[b]
    for t in reversed(range(len(inputs))):
      d_output, d_inputs[t, b] = reference.rnn_step_backward(
        layer, tape[t], d_output + on_outputs[t, b], clip, total
      )
    d_first[b] = d_output
  return {
    "outputs": outputs,
    "output": outputs[-1],
    "d_first": d_first,
    "d_inputs": d_inputs,
    **{f"d_{name}": value for name, value in total.items()},
  }


def by_package(
  unroll, layer, first, inputs, on_state, on_outputs, dtype="float64", **options
):
  """The same from the package, in the given precision."""

  def cast(tree):
    return jax.tree.map(lambda x: jnp.asarray(x, dtype), tree)

  split = tuple(jnp.split(cast(inputs), [WIDTHS[0]], axis=-1))
  arguments = RNNParams(**cast(layer)), RNNState(cast(first)), split

  @jax.jit
  def results_and_gradients(arguments, weights):
    results, pull_back = jax.vjp(lambda a: unroll(*a, **options), arguments)
    return results, pull_back(weights)[0]

  weights = RNNState(cast(on_state)), cast(on_outputs)
  (final, outputs), gradients = results_and_gradients(arguments, weights)
  d_layer, d_state, d_inputs = gradients
  return {
    "outputs": outputs,
    "output": final.output,
    "d_first": d_state.output,
    "d_inputs": jnp.concatenate(d_inputs, axis=-1),
    **{f"d_{name}": value for name, value in d_layer._asdict().items()},
  }


def assert_all_close(actual, expected, tolerance):
  assert actual.keys() == expected.keys()
  for name in expected:
    error = reference.relative_error(actual[name], expected[name])
    assert error < tolerance, name


@both_unrolls
@pytest.mark.parametrize(
  ("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)]
)
@pytest.mark.parametrize(("clip", "scale"), [(FREE, 1.0), (1.0, 10.0)])
def test_unroll_equals_the_equations(unroll, clip, scale, dtype, tolerance):
  case = random_case(9, scale)
  actual = by_package(unroll, *case, dtype=dtype, clip=clip)
  assert_all_close(actual, by_reference(*case, clip), tolerance)


def test_clipping_bites_in_the_case_above():
  case = random_case(9, scale=10.0)
  free, clipped = by_reference(*case, FREE), by_reference(*case, 1.0)
  for name in ("d_inputs", "d_recurrent", "d_bias", "d_first"):
    assert reference.relative_error(free[name], clipped[name]) > 0.1


def test_unrolling_equals_stepping_and_two_halves():
  case = random_case(4)

  def step_by_step(params, state, inputs, clip):
    outputs = []
    for t in range(4):
      net = tanh.net_input(params, tuple(x[t] for x in inputs))
      state, output = tanh.rnn_step(params, state, net, clip=clip)
      outputs.append(output)
    return state, jnp.stack(outputs)

  def in_two(params, state, inputs, clip):
    halves = [tuple(x[:2] for x in inputs), tuple(x[2:] for x in inputs)]
    state, early = tanh.unroll(params, state, halves[0], clip=clip)
    state, late = tanh.unroll(params, state, halves[1], clip=clip)
    return state, jnp.concatenate([early, late])

  whole = by_package(tanh.unroll, *case, clip=0.1)
  for other in (step_by_step, in_two):
    assert_all_close(by_package(other, *case, clip=0.1), whole, 1e-12)


def test_bfloat16_products_stay_near_the_equations():
  case = random_case(7)
  options = {"dtype": "float32", "precision": "bfloat16"}
  for unroll in (tanh.unroll, tanh.unroll_reference):
    found = by_package(unroll, *case, **options)
    assert found["outputs"].dtype == jnp.float32
    assert_all_close(found, by_reference(*case, FREE), 0.05)


def test_initial_weights():
  params = tanh.init_rnn(jax.random.key(0), 7, 50, weight_range=0.1)
  for weights in (params.inputs, params.recurrent):
    assert 0.09 < np.max(weights) <= 0.1
    assert -0.1 <= np.min(weights) < -0.09
  assert params.inputs.shape == (7, 50)
  assert np.any(params.inputs[:7] != params.recurrent[:7])
  np.testing.assert_array_equal(params.bias, np.zeros(50))


def test_no_time_step_is_refused():
  params = tanh.init_rnn(jax.random.key(0), 3, 4)
  state = tanh.zero_state(4, 2)
  with pytest.raises(ValueError, match="no time step"):
    tanh.unroll(params, state, [jnp.zeros((0, 2, 3))])
