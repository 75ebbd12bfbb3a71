"""The hand-written backward passes of reference.py against differences."""

import numpy as np
import pytest
import reference

FREE = 1e9  # a clipping limit that nothing reaches
FLOOR = 0.007


def assert_gradients_match(loss_fn, tree, gradients, rng, per_array=3):
  """Compares up to `per_array` random entries of every array of a tree."""
  for (name, array), (_, gradient) in zip(
    reference.arrays(tree), reference.arrays(gradients), strict=True
  ):
    entries = rng.permutation(array.size)[:per_array]
    for entry in entries:
      index = np.unravel_index(entry, array.shape)
      expected = reference.finite_difference(loss_fn, array, index)
      np.testing.assert_allclose(
        gradient[index], expected, rtol=1e-7, atol=1e-8, err_msg=name
      )


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_lstm_unroll_backward(share):
  rng = np.random.default_rng(0)
  start = {"cell": rng.normal(size=4), "output": rng.normal(size=4)}
  tree = {
    "layer": reference.random_lstm(rng, 3, 4),
    "start": start,
    "inputs": rng.normal(size=(5, 3)),
  }
  seed_cell, seed_output = rng.normal(size=(2, 4))
  seed_outputs = rng.normal(size=(5, 4))
  masks = (rng.random((5, 4)) >= share) / (1 - share)

  def loss_fn():
    cell, output, outputs, _ = reference.lstm_unroll(
      tree["layer"], start["cell"], start["output"], tree["inputs"], masks
    )
    final = np.sum(seed_cell * cell) + np.sum(seed_output * output)
    return final + np.sum(seed_outputs * outputs)

  *_, tape = reference.lstm_unroll(
    tree["layer"], start["cell"], start["output"], tree["inputs"], masks
  )
  layer, cell, output, inputs = reference.lstm_unroll_backward(
    tree["layer"], tape, seed_cell, seed_output, seed_outputs, FREE
  )
  gradients = {
    "layer": layer,
    "start": {"cell": cell, "output": output},
    "inputs": inputs,
  }
  assert_gradients_match(loss_fn, tree, gradients, rng, per_array=20)


def test_window_backward():
  rng = np.random.default_rng(1)
  characters = [2, 0, 3, 2, 1]
  tree = {"raw": 0.5 * rng.normal(size=6), "kappa": rng.normal(size=2) + 2}
  seed_w, seed_kappa = rng.normal(size=4), rng.normal(size=2)

  def loss_fn():
    w, kappa, _, _ = reference.window_step(
      tree["raw"], tree["kappa"], characters, 4
    )
    return np.sum(seed_w * w) + np.sum(seed_kappa * kappa)

  *_, saved = reference.window_step(tree["raw"], tree["kappa"], characters, 4)
  raw, kappa = reference.window_step_backward(saved, seed_w, seed_kappa)
  assert_gradients_match(loss_fn, tree, {"raw": raw, "kappa": kappa}, rng)


@pytest.mark.parametrize("end_of_stroke", [0.0, 1.0])
def test_mixture_derivatives(end_of_stroke):
  rng = np.random.default_rng(2)
  tree = {"raw": rng.normal(size=19)}
  point = np.array([0.3, -0.8, end_of_stroke])

  def loss_fn():
    return -reference.mixture_log_prob(tree["raw"], point, FLOOR)[0]

  gradient = reference.mixture_derivatives(tree["raw"], point, FLOOR)
  assert_gradients_match(loss_fn, tree, {"raw": gradient}, rng, 19)


def test_mixture_derivatives_at_the_floor_and_the_limit_are_zero():
  raw = np.random.default_rng(3).normal(size=19)
  raw[[10, 14]] = -6.0  # exp(-6) is below the floor
  raw[17] = 7.0
  tree, point = {"raw": raw}, np.array([1e-3, 2e-3, 0.0])

  def loss_fn():
    return -reference.mixture_log_prob(tree["raw"], point, FLOOR)[0]

  gradient = reference.mixture_derivatives(raw, point, FLOOR)
  assert np.all(gradient[[10, 14, 17]] == 0)
  for index in (10, 14, 17):
    assert reference.finite_difference(loss_fn, raw, (index,)) == 0


@pytest.mark.parametrize("layers", [1, 3])
def test_prediction_gradients(layers):
  rng = np.random.default_rng(4)
  network = reference.random_prediction_network(rng, layers, 4, 2)
  points = reference.random_points(rng, 6)

  def run():
    return reference.prediction_loss(
      network, points, layer_clip=FREE, output_clip=FREE, sigma_floor=FLOOR
    )

  _, gradients, _ = run()
  assert_gradients_match(lambda: run()[0], network, gradients, rng)


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(
  "random_layer", [reference.random_lstm, reference.random_rnn]
)
def test_text_gradients(random_layer, layers):
  rng = np.random.default_rng(6)
  network = reference.random_text_network(rng, random_layer, layers, 4, 5)
  inputs, targets = [-1, 3, 0, 3, 4, 1], [3, 0, -1, 4, 1, -1]

  def run():
    return reference.text_loss(
      network, inputs, targets, layer_clip=FREE, output_clip=FREE
    )

  assert_gradients_match(lambda: run()[0], network, run()[1], rng)


@pytest.mark.parametrize("layers", [1, 3])
def test_synthesis_gradients(layers):
  rng = np.random.default_rng(5)
  network = reference.random_synthesis_network(rng, layers, 4, 2, 2, 5)
  points = reference.random_points(rng, 6)
  characters = np.array([1, 4, 1, 2])

  def run():
    return reference.synthesis_loss(
      network,
      points,
      characters,
      layer_clip=FREE,
      output_clip=FREE,
      sigma_floor=FLOOR,
    )

  _, gradients, _, _ = run()
  assert_gradients_match(lambda: run()[0], network, gradients, rng)


def test_clipping_one_step_by_hand():
  # With every weight zero and cell 0: i = f = o = 1/2, g = 0, new cell 0. Only
  # the net input of c has a derivative: d_cell * i.
  layer = reference.zeros_like(
    reference.random_lstm(np.random.default_rng(6), 2, 1)
  )
  x, zero = np.array([3.0, 4.0]), np.zeros(1)
  _, _, saved = reference.lstm_step(layer, zero, zero, x)
  for d_cell, expected in [(1.0, 0.5), (50.0, 10.0), (-50.0, -10.0)]:
    gradients = reference.zeros_like(layer)
    reference.lstm_step_backward(
      layer, saved, np.array([d_cell]), zero, 10.0, gradients
    )
    np.testing.assert_array_equal(gradients["bias"], [0, 0, expected, 0])
    np.testing.assert_array_equal(
      gradients["inputs"][:, 2], expected * x, strict=True
    )


def test_rmsprop_of_a_constant_derivative():
  # n - g^2 tends to 0, so the update tends to 10 * -1e-4 * 5 / sqrt(1e-4).
  history = reference.rmsprop(np.zeros(1), [np.full(1, 5.0)] * 2000)
  np.testing.assert_allclose(history[-1] - history[-2], -0.5, rtol=1e-6)


def test_stop_rule():
  one = np.ones(1)
  assert not reference.is_finished(one, one, np.array([4.0]), 5)
  assert not reference.is_finished(one, one, np.array([5.4]), 5)
  assert reference.is_finished(one, one, np.array([5.6]), 5)
  # Far beyond the text every weight underflows to zero: not a strict maximum.
  assert not reference.is_finished(one, one, np.array([500.0]), 5)
