"""LSTM cells against the NumPy transcription, and the laws they obey."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from graves_jax.fast import chunks, lstm
from graves_jax.layers.inputs import net_input
from graves_jax.layers.lstm import (
  Gates,
  LSTMParams,
  LSTMState,
  init_lstm,
  lstm_step,
  remake_cells,
  unroll_reference,
  zero_state,
)

BATCH, HIDDEN, WIDTHS = 3, 5, (3, 4)  # WIDTHS: two inputs, joined
FREE = 1e9  # a clipping limit that nothing reaches

both_precisions = pytest.mark.parametrize(
  ("dtype", "tolerance"), [("float64", 1e-6), ("float32", 1e-4)]
)
both_unrolls = pytest.mark.parametrize(
  "unroll", [lstm.unroll, unroll_reference]
)


@pytest.fixture(autouse=True)
def x64():
  with jax.enable_x64(True):
    yield


def random_case(steps, seed=0):
  """Layer, state (cell, output), inputs, and the loss's weights on results.

  The loss is the sum of all results, each times its weight.
  """
  rng = np.random.default_rng(seed)
  layer = reference.random_lstm(rng, sum(WIDTHS), HIDDEN)
  state = tuple(rng.normal(size=(2, BATCH, HIDDEN)))
  inputs = rng.normal(size=(steps, BATCH, sum(WIDTHS)))
  on_state = tuple(rng.normal(size=(2, BATCH, HIDDEN)))
  on_outputs = rng.normal(size=(steps, BATCH, HIDDEN))
  return layer, state, inputs, on_state, on_outputs


def random_masks(steps, keep_rate=0.6):
  """Recurrent dropout, as options of the package."""
  rng = np.random.default_rng(1)
  mask = rng.random((steps, BATCH, HIDDEN)) < keep_rate
  return {"mask": jnp.asarray(mask), "keep_rate": keep_rate}


def by_reference(
  layer, state, inputs, on_state, on_outputs, clip, mask=None, keep_rate=1.0
):
  """Results and gradients as a dict of arrays, batch element by element."""
  results = {"cell": [], "output": [], "outputs": []}
  gradients = {"d_cell": [], "d_output": [], "d_x": []}
  total = reference.zeros_like(layer)
  for b in range(BATCH):
    cell, output, outputs, tape = reference.lstm_unroll(
      layer,
      state[0][b],
      state[1][b],
      inputs[:, b],
      None if mask is None else np.asarray(mask[:, b]) / keep_rate,
    )
    found = {"cell": cell, "output": output, "outputs": outputs}
    for name, value in found.items():
      results[name].append(value)
    gradient, d_cell, d_output, d_x = reference.lstm_unroll_backward(
      layer, tape, on_state[0][b], on_state[1][b], on_outputs[:, b], clip
    )
    total = reference.add(total, gradient)
    found = {"d_cell": d_cell, "d_output": d_output, "d_x": d_x}
    for name, value in found.items():
      gradients[name].append(value)
  stacked = {}
  for name, values in (results | gradients).items():
    axis = 1 if name in ("outputs", "d_x") else 0
    stacked[name] = np.stack(values, axis=axis)
  return stacked | {f"d_{name}": value for name, value in total.items()}


def by_package(
  unroll, layer, state, inputs, on_state, on_outputs, dtype="float64", **options
):
  """The same from the package, in the given precision."""

  def cast(tree):
    return jax.tree.map(lambda x: jnp.asarray(x, dtype), tree)

  split = tuple(jnp.split(cast(inputs), [WIDTHS[0]], axis=-1))
  arguments = LSTMParams(**cast(layer)), LSTMState(*cast(state)), split

  @jax.jit
  def results_and_gradients(arguments, weights):
    results, pull_back = jax.vjp(lambda a: unroll(*a, **options), arguments)
    return results, pull_back(weights)[0]

  weights = LSTMState(*cast(on_state)), cast(on_outputs)
  (final, outputs), gradients = results_and_gradients(arguments, weights)
  d_layer, d_state, d_x = gradients
  return {
    "cell": final.cell,
    "output": final.output,
    "outputs": outputs,
    "d_cell": d_state.cell,
    "d_output": d_state.output,
    "d_x": jnp.concatenate(d_x, axis=-1),
    **{f"d_{name}": value for name, value in d_layer._asdict().items()},
  }


def assert_all_close(actual, expected, tolerance):
  assert actual.keys() == expected.keys()
  for name in expected:
    error = reference.relative_error(actual[name], expected[name])
    assert error < tolerance, name


@both_precisions
def test_step_equals_the_equations(dtype, tolerance):
  layer, (cell, output), inputs, _, _ = random_case(1)
  params = LSTMParams(*(jnp.asarray(x, dtype) for x in layer.values()))
  state = LSTMState(jnp.asarray(cell, dtype), jnp.asarray(output, dtype))
  net = jnp.asarray(inputs[0], dtype) @ params.inputs + params.bias
  new, again = lstm_step(params, state, net)
  assert new.cell.dtype == dtype
  np.testing.assert_array_equal(new.output, again)
  for b in range(BATCH):
    expected_cell, expected_output, _ = reference.lstm_step(
      layer, cell[b], output[b], inputs[0, b]
    )
    assert reference.relative_error(new.cell[b], expected_cell) < tolerance
    assert reference.relative_error(new.output[b], expected_output) < tolerance


@both_precisions
@pytest.mark.parametrize(
  ("unroll", "steps"),
  [
    (unroll_reference, 7),
    (lstm.unroll, 2 * chunks.CHUNK + 3),
  ],
)
def test_unroll_equals_the_equations(unroll, steps, dtype, tolerance):
  case = random_case(steps)
  expected = by_reference(*case, FREE)
  actual = by_package(unroll, *case, dtype=dtype)
  assert_all_close(actual, expected, tolerance)


@both_precisions
@both_unrolls
def test_clipping_that_bites_equals_the_equations(unroll, dtype, tolerance):
  *case, on_state, on_outputs = random_case(7)
  on_state = tuple(300 * x for x in on_state)
  case = (*case, on_state, 300 * on_outputs)
  expected = by_reference(*case, 10.0)
  actual = by_package(unroll, *case, dtype=dtype, clip=10.0)
  assert_all_close(actual, expected, tolerance)

  unclipped = by_reference(*case, FREE)
  for name in ("cell", "outputs"):  # values know nothing of clipping
    np.testing.assert_array_equal(unclipped[name], expected[name])
  for name in ("d_inputs", "d_recurrent", "d_bias", "d_cell", "d_output"):
    assert reference.relative_error(unclipped[name], expected[name]) > 0.1
  # The gradient after the fact, elementwise or as a whole, is another thing.
  free, inside = unclipped["d_recurrent"], np.array(actual["d_recurrent"])
  assert reference.relative_error(np.clip(free, -10, 10), inside) > 0.1
  norms = np.linalg.norm(free) * np.linalg.norm(inside)
  assert np.vdot(free, inside) / norms < 0.99


def test_clipping_that_does_not_bite_changes_no_bit():
  case = random_case(7)
  free = by_package(lstm.unroll, *case, clip=FREE)
  for name, value in by_package(lstm.unroll, *case, clip=10.0).items():
    np.testing.assert_array_equal(value, free[name])


def test_clipping_in_a_single_step():
  *case, on_state, on_outputs = random_case(1)
  case = (*case, tuple(30 * x for x in on_state), 0 * on_outputs)

  def one_step(params, state, inputs, clip):
    net = net_input(params, inputs)
    state, output = lstm_step(params, state, jnp.squeeze(net, 0), clip=clip)
    return state, output[None]

  expected = by_reference(*case, 1.0)
  actual = by_package(one_step, *case, clip=1.0)
  assert_all_close(actual, expected, 1e-6)


def test_unrolling_in_two_parts_equals_unrolling_in_one():
  case = random_case(chunks.CHUNK + 1)

  def in_two(params, state, inputs, clip):
    first = tuple(x[:1] for x in inputs)
    second = tuple(x[1:] for x in inputs)
    state, early = lstm.unroll(params, state, first, clip=clip)
    state, late = lstm.unroll(params, state, second, clip=clip)
    return state, jnp.concatenate([early, late])

  whole = by_package(lstm.unroll, *case, clip=0.1)
  parts = by_package(in_two, *case, clip=0.1)
  assert_all_close(parts, whole, 1e-12)


def test_unrolling_equals_stepping():
  case = random_case(4)

  def step_by_step(params, state, inputs, clip):
    outputs = []
    for t in range(4):
      net = net_input(params, tuple(x[t] for x in inputs))
      state, output = lstm_step(params, state, net, clip=clip)
      outputs.append(output)
    return state, jnp.stack(outputs)

  unrolled = by_package(lstm.unroll, *case, clip=0.1)
  stepped = by_package(step_by_step, *case, clip=0.1)
  assert_all_close(unrolled, stepped, 1e-12)


def test_step_takes_any_leading_dimensions():
  layer, *_ = random_case(1)
  params = LSTMParams(*(jnp.asarray(x) for x in layer.values()))
  rng = np.random.default_rng(1)
  cell, output = rng.normal(size=(2, 2, 3, HIDDEN))
  inputs = rng.normal(size=(2, 3, sum(WIDTHS)))
  net = net_input(params, (jnp.asarray(inputs),))
  many, _ = lstm_step(params, LSTMState(cell, output), net)
  one, _ = lstm_step(params, LSTMState(cell[1, 2], output[1, 2]), net[1, 2])
  assert many.cell.shape == (2, 3, HIDDEN)
  np.testing.assert_allclose(many.cell[1, 2], one.cell, rtol=1e-12)
  np.testing.assert_allclose(many.output[1, 2], one.output, rtol=1e-12)


def test_bfloat16_products_stay_near_the_equations():
  case = random_case(7)
  expected = by_reference(*case, FREE)
  options = {"dtype": "float32", "precision": "bfloat16"}
  fast = by_package(lstm.unroll, *case, **options)
  plain = by_package(unroll_reference, *case, **options)
  assert fast["outputs"].dtype == plain["outputs"].dtype == jnp.float32
  assert_all_close(fast, expected, 0.05)
  assert_all_close(plain, expected, 0.05)


@both_precisions
@pytest.mark.parametrize("clip", [FREE, 0.1])
@pytest.mark.parametrize(
  ("unroll", "steps"),
  [
    (unroll_reference, 7),
    (lstm.unroll, 2 * chunks.CHUNK + 3),
  ],
)
def test_recurrent_dropout_equals_the_equations(
  unroll, steps, clip, dtype, tolerance
):
  case, masks = random_case(steps), random_masks(steps)
  expected = by_reference(*case, clip, **masks)
  whole = by_reference(*case, clip)
  assert reference.relative_error(whole["outputs"], expected["outputs"]) > 0.1
  actual = by_package(unroll, *case, dtype=dtype, clip=clip, **masks)
  assert_all_close(actual, expected, tolerance)


def test_bfloat16_products_with_recurrent_dropout_stay_near_the_equations():
  case, masks = random_case(7), random_masks(7)
  expected = by_reference(*case, FREE, **masks)
  options = {"dtype": "float32", "precision": "bfloat16", **masks}
  fast = by_package(lstm.unroll, *case, **options)
  assert fast["outputs"].dtype == jnp.float32
  assert_all_close(fast, expected, 0.05)


def test_keeping_everything_is_no_dropout():
  case = random_case(7)
  everything = {"mask": jnp.ones((7, BATCH, HIDDEN), bool), "keep_rate": 1.0}
  found = by_package(lstm.unroll, *case, clip=0.1, **everything)
  assert_all_close(found, by_package(lstm.unroll, *case, clip=0.1), 1e-12)


@both_unrolls
def test_a_dropped_candidate_gets_no_derivative(unroll):
  masks = random_masks(7)
  masks["mask"] = masks["mask"].at[..., :2].set(False)  # two units, always
  found = by_package(unroll, *random_case(7), **masks)
  for name in ("d_inputs", "d_recurrent", "d_bias"):
    i, _, c, _ = np.split(np.asarray(found[name]), 4, axis=-1)
    assert not c[..., :2].any()
    assert not i[..., :2].any()  # its input gate lets nothing in
    assert c[..., 2:].all()


def test_initial_weights():
  params = init_lstm(
    jax.random.key(0), 7, 50, weight_range=0.1, forget_bias=1.5
  )
  params = LSTMParams(*map(np.asarray, params))
  for weights in (params.inputs, params.recurrent, params.peephole):
    assert 0.09 < np.max(weights) <= 0.1
    assert -0.1 <= np.min(weights) < -0.09
  i, f, c, o = np.split(params.bias, 4)
  assert np.all(f == 1.5)
  assert np.all(np.concatenate([i, c, o]) == 0)


def test_no_time_step_is_refused():
  params = init_lstm(jax.random.key(0), 3, 4)
  with pytest.raises(ValueError, match="no time step"):
    lstm.unroll(params, zero_state(4, 2), [jnp.zeros((0, 2, 3))])


@pytest.mark.parametrize("place", ["cpu", "default"])
def test_cells_are_remade_by_equation_9_on_every_device(monkeypatch, place):
  def choose(*given, **branches):
    return branches[place](*given)

  monkeypatch.setattr(jax.lax, "platform_dependent", choose)
  random = np.random.default_rng(0)
  i, f, c, o = random.uniform(-1, 1, (4, 7, BATCH, HIDDEN)).astype(np.float32)
  first = random.normal(size=(BATCH, HIDDEN)).astype(np.float32)
  expected = [first]
  for step in range(6):
    expected.append(f[step] * expected[-1] + i[step] * c[step])
  actual = remake_cells(first, Gates(*map(jnp.asarray, (i, f, c, o))))
  np.testing.assert_allclose(actual, expected, atol=1e-5)
