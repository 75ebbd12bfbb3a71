"""What is easily got wrong when layers are called alone works, or is refused in
one line that says what to do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from graves_jax.fast import lstm as fast
from graves_jax.layers import lstm, tanh
from graves_jax.layers.clipping import clip_derivative

INPUTS = jax.random.normal(jax.random.key(0), (5, 2, 3))  # [T, B, D]
LSTM = lstm.init_lstm(jax.random.key(1), inputs=3, hidden=4)
RNN = tanh.init_rnn(jax.random.key(1), inputs=3, hidden=4)
UNROLLED = {
  "lstm": (fast.unroll, LSTM, lstm.zero_state),
  "lstm reference": (lstm.unroll_reference, LSTM, lstm.zero_state),
  "tanh": (tanh.unroll, RNN, tanh.zero_state),
  "tanh reference": (tanh.unroll_reference, RNN, tanh.zero_state),
}
STEPS = {
  "fast lstm": (fast.step, LSTM, lstm.zero_state),
  "lstm": (lstm.step, LSTM, lstm.zero_state),
  "tanh": (tanh.step, RNN, tanh.zero_state),
}
BY_HAND = ["lstm", "tanh"]
REFERENCES = ["lstm reference", "tanh reference"]


def outputs(name, inputs=INPUTS, **options):
  unroll, params, zero_state = UNROLLED[name]
  return unroll(params, zero_state(4, 2), [inputs], **options)[1]


@pytest.mark.parametrize("name", UNROLLED)
def test_a_bare_array_is_the_only_input(name):
  unroll, params, zero_state = UNROLLED[name]
  _, found = unroll(params, zero_state(4, 2), INPUTS)
  np.testing.assert_array_equal(found, outputs(name))


@pytest.mark.parametrize("name", STEPS)
def test_a_bare_array_is_the_only_input_of_a_step(name):
  step, params, zero_state = STEPS[name]
  state = zero_state(4, 2)
  _, found = step(params, state, INPUTS[0])
  np.testing.assert_array_equal(found, step(params, state, [INPUTS[0]])[1])


@pytest.mark.parametrize("name", UNROLLED)
def test_a_state_of_swapped_arguments_is_named(name):
  unroll, params, zero_state = UNROLLED[name]
  with pytest.raises(ValueError, match=r"\(4, 2\).* 4 units: zero_state\(hid"):
    unroll(params, zero_state(2, 4), [INPUTS])


@pytest.mark.parametrize("name", STEPS)
def test_a_state_of_swapped_arguments_is_named_by_a_step(name):
  step, params, zero_state = STEPS[name]
  with pytest.raises(ValueError, match=r"zero_state\(hidden, \*batch\)"):
    step(params, zero_state(2, 4), [INPUTS[0]])


@pytest.mark.parametrize("name", UNROLLED)
def test_a_state_of_other_rows_is_named(name):
  unroll, params, zero_state = UNROLLED[name]
  with pytest.raises(ValueError, match=r"rows \(3,\), the inputs \(2,\)"):
    unroll(params, zero_state(4, 3), [INPUTS])


@pytest.mark.parametrize(
  ("step", "params", "state"),
  [
    (lstm.lstm_step, LSTM, lstm.zero_state(4, 2)),
    (tanh.rnn_step, RNN, tanh.zero_state(4, 2)),
  ],
)
def test_an_input_in_the_net_inputs_place_is_named(step, params, state):
  with pytest.raises(ValueError, match=r"net_input\(params, inputs\)"):
    step(params, state, INPUTS[0])


@pytest.mark.parametrize("name", BY_HAND)
def test_a_traced_clip_is_refused(name):
  with pytest.raises(ValueError, match=r"clip is traced.* unroll_reference"):
    jax.jit(lambda clip: outputs(name, clip=clip))(1.0)


@pytest.mark.parametrize("name", REFERENCES)
def test_the_reference_takes_a_traced_clip(name):
  def gradient(clip):
    return jax.grad(lambda x: outputs(name, x, clip=clip).sum())(INPUTS)

  expected = gradient(0.01)
  assert not np.allclose(expected, gradient(1.0))
  np.testing.assert_allclose(jax.jit(gradient)(0.01), expected, atol=1e-7)


@pytest.mark.parametrize("name", BY_HAND)
def test_forward_mode_is_refused_in_one_line(name):
  with pytest.raises(TypeError, match=r"unroll has .* use unroll_reference"):
    jax.jacfwd(lambda x: outputs(name, x).sum())(INPUTS)


@pytest.mark.parametrize("name", BY_HAND)
def test_second_derivatives_are_those_of_the_reference(name):
  def curvature(name):
    return jax.hessian(lambda x: outputs(name, x).sum())(INPUTS)

  expected = curvature(f"{name} reference")
  np.testing.assert_allclose(curvature(name), expected, atol=1e-6)


@pytest.mark.parametrize("name", REFERENCES)
def test_the_reference_has_forward_mode_where_nothing_is_clipped(name):
  def loss(x, **options):
    return (outputs(name, x, **options) ** 2).sum()

  np.testing.assert_allclose(
    jax.jacfwd(loss)(INPUTS), jax.grad(loss)(INPUTS), rtol=1e-4, atol=1e-6
  )
  with pytest.raises(TypeError, match="without clip"):
    jax.jacfwd(lambda x: loss(x, clip=1.0))(INPUTS)


def test_other_type_errors_stay_as_they_are():
  with pytest.raises(TypeError, match="unexpected") as caught:
    clip_derivative(jnp.ones(2), unexpected=1)
  assert "forward-mode" not in str(caught.value)


class Layer(nnx.Module):
  """A layer that holds each of its weights as a parameter of its own."""

  def __init__(self, params, unroll, zero_state):
    for name, value in params._asdict().items():
      setattr(self, name, nnx.Param(value))
    self.kind, self.unroll = type(params), unroll
    self.zero_state = zero_state

  def __call__(self, inputs):
    params = self.kind(*(getattr(self, name) for name in self.kind._fields))
    return self.unroll(params, self.zero_state(4, 2), [inputs])[1]


@pytest.mark.parametrize("name", UNROLLED)
def test_weights_may_be_parameters_of_nnx(name):
  unroll, params, zero_state = UNROLLED[name]
  layer = Layer(params, unroll, zero_state)
  np.testing.assert_array_equal(layer(INPUTS), outputs(name))
  gradient = nnx.grad(lambda layer: layer(INPUTS).sum())(layer)
  expected = jax.grad(lambda p: unroll(p, zero_state(4, 2), [INPUTS])[1].sum())(
    params
  )
  for field in params._fields:
    np.testing.assert_allclose(
      gradient[field].get_value(), getattr(expected, field), atol=1e-6
    )


def test_the_cells_take_parameters_of_nnx():
  net, state = jnp.ones((2, 16)), lstm.zero_state(4, 2)
  params = lstm.LSTMParams(*map(nnx.Param, LSTM))
  found = lstm.lstm_step(params, state, net)
  np.testing.assert_array_equal(found[1], lstm.lstm_step(LSTM, state, net)[1])
