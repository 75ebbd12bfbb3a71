"""Pieces say in a line what is wrong with their arguments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import graves_jax as g
from graves_jax.distributions import bivariate_mixture
from graves_jax.networks.prediction import PredictionNetwork

T, B, D, H = 4, 2, 3, 5
PARAMS = g.init_lstm(jax.random.key(0), D, H)
INPUTS = jnp.ones((T, B, D))
POINTS = jnp.ones((T, B, 3))
RAW = jnp.ones((T, B, bivariate_mixture.width(2)))
TEXT = g.Text(jnp.zeros((B, 6), int), jnp.ones((B, 6)))


def unroll(inputs=INPUTS, **options):
  return g.unroll(PARAMS, g.zero_state(H, B), inputs, **options)


def synthesis(elements, **options):
  options = {"hidden": (H, H), "outputs": 13, "alphabet_size": 7} | options
  network = g.SynthesisNetwork(inputs=3, **options)
  return network.init(jax.random.key(0), elements, TEXT)


WRONG = {
  "precision": lambda: unroll(precision="int8"),
  "keep_rate": lambda: unroll(mask=jnp.ones((T, B, H), bool), keep_rate=0.0),
  "the mask has the shape": lambda: unroll(mask=jnp.ones((T, B, 3), bool)),
  "clip (=-1)": lambda: unroll(clip=-1),
  "clip (=-2.0)": lambda: g.clip_derivative(jnp.ones(2), -2),
  "clip (=nan)": lambda: unroll(clip=jnp.nan),
  "must be integers": lambda: unroll((), classes=jnp.zeros((T, B))),
  "hidden (=-1)": lambda: g.init_lstm(jax.random.key(0), 3, -1),
  "hidden (=0)": lambda: g.init_rnn(jax.random.key(0), 3, 0),
  "three times as wide": lambda: g.window_parameters(
    jnp.zeros((B, 31)), jnp.zeros((B, 10))
  ),
  "hidden (=())": lambda: synthesis(POINTS, hidden=()),
  "[T, B, 3]": lambda: synthesis(jnp.ones((T, B, 4))),
  "the units of each layer": lambda: PredictionNetwork(
    inputs=3, outputs=13, hidden=()
  ).init(jax.random.key(0), POINTS),
  "6M + 1": lambda: bivariate_mixture.log_prob(RAW[..., :-1], POINTS),
  "121 for 20": lambda: bivariate_mixture.mean(RAW[..., :1]),
  "whether the pen lifts": lambda: bivariate_mixture.log_prob(
    RAW, POINTS[..., :2]
  ),
  "arrays [n, 2]": lambda: g.offsets_from_strokes([np.ones((4, 3))]),
  "an array [T, 3]": lambda: g.strokes_from_offsets(np.ones((3, 2))),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_named(words):
  with pytest.raises(ValueError) as error:
    WRONG[words]()
  assert words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("unrolled", [g.unroll, g.unroll_reference])
def test_narrow_weights_states_and_inputs_become_wide(unrolled):
  def narrow(tree):
    return jax.tree.map(lambda x: x.astype(jnp.bfloat16), tree)

  def total(params, state, inputs):
    return unrolled(params, state, inputs)[1].sum()

  given = PARAMS, g.zero_state(H, B), INPUTS
  value, gradient = jax.value_and_grad(total)(*narrow(given))
  expected, derivatives = jax.value_and_grad(total)(*given)
  assert value.dtype == jnp.float32
  assert {x.dtype for x in gradient} == {jnp.dtype("bfloat16")}
  np.testing.assert_allclose(value, expected, rtol=0.02)
  for found, exact in zip(gradient, derivatives, strict=True):
    error = jnp.linalg.norm(found.astype(jnp.float32) - exact)
    assert error < 0.03 * jnp.linalg.norm(exact)


@pytest.mark.parametrize("implementation", ["scan", "wavefront", "reference"])
def test_all_that_a_synthesis_network_is_given_may_be_narrow(implementation):
  network = g.SynthesisNetwork(
    inputs=3,
    outputs=13,
    hidden=(H, H),
    alphabet_size=7,
    implementation=implementation,
  )
  params = network.init(jax.random.key(0), POINTS, TEXT)
  expected = network.apply(params, POINTS, TEXT)
  found = network.apply(params, POINTS.astype(jnp.bfloat16), TEXT)
  np.testing.assert_allclose(found, expected, rtol=1e-5)
  narrow = jax.tree.map(lambda x: x.astype(jnp.bfloat16), params)
  state = network.apply(narrow, B, jnp.bfloat16, method="initial_state")

  def total(params):
    given = params, state, POINTS, TEXT
    return network.apply(*given, method="unroll")[1].sum()

  value, gradient = jax.value_and_grad(total)(narrow)
  np.testing.assert_allclose(value, expected.sum(), rtol=0.05)
  assert {x.dtype for x in jax.tree.leaves(gradient)} == {jnp.dtype("bfloat16")}


def test_no_character_is_read_for_the_null_class():
  phi, characters = jnp.ones((1, 2)), jnp.array([[-1, 1]])
  window = g.soft_window(phi, characters, jnp.ones((1, 2)), alphabet_size=3)
  assert window.tolist() == [[0, 1, 0]]
