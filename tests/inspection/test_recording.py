"""What is recorded of units and gates, against the NumPy transcription."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
import test_synthesis as synthesis
import test_text_network as text

from graves_jax.inspection.recording import record
from graves_jax.layers.window_lstm import Text


@pytest.fixture
def x64():
  with jax.enable_x64(True):
    yield


def unrolled(network, inputs, window=lambda output: ()):
  """Of every layer its units and gates i, f, o; [layers, 4, T, H]; tanh layers
  have no gates. `window` gives what layer 1 puts before the next layers."""
  layers = network["layers"]
  hidden = len(layers[0]["recurrent"])
  cells, outputs = np.zeros((2, len(layers), hidden))
  after, found = window(None), []
  for x in inputs:
    found.append([])
    for n, layer in enumerate(layers):
      below = [x, *after, *([outputs[n - 1]] if n else [])]
      if "peephole" not in layer:
        outputs[n], _ = reference.rnn_step(
          layer, outputs[n], np.concatenate(below)
        )
        found[-1].append([outputs[n].copy()])
        continue
      cells[n], outputs[n], saved = reference.lstm_step(
        layer, cells[n], outputs[n], np.concatenate(below)
      )
      _, _, _, i, f, _, o, cell, _ = saved
      found[-1].append([np.tanh(cell), i, f, o])
      if n == 0:
        after = window(outputs[0])
  return np.array(found).transpose(1, 2, 0, 3)


def recorded(record, row=0):
  """The same of a record, of one row."""
  return np.array(
    [
      [x[:, row] for x in (layer.activations, *(layer.gates or ()))]
      for layer in record.layers
    ]
  )


@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_a_text_read_in_two_pieces_is_recorded_as_in_one(cell, x64):
  network, weights = text.build(cell), text.random_network(cell)
  params = text.to_package(weights, cell, "float64")
  classes = text.random_batch().inputs[0]
  state = network.apply(params, 1, jnp.float64, method="initial_state")
  parts, outputs = [], []
  for piece in np.split(classes, 2):
    state, found = record(network, params, state, piece[:, None])
    parts.append(recorded(found))
    outputs.append(found.outputs[:, 0])
  inputs = [reference.null_or_one_hot(k, text.CLASSES) for k in classes]
  expected = unrolled(weights, inputs)
  np.testing.assert_allclose(np.concatenate(parts, 2), expected, atol=1e-10)
  raw = reference.text_loss(
    weights, classes, classes, layer_clip=1, output_clip=1
  )[2]
  np.testing.assert_allclose(np.concatenate(outputs), raw, atol=1e-10)


def test_a_written_line_is_recorded_with_its_window(x64):
  weights, sequences, texts = synthesis.random_case(2)
  points, characters = sequences[0], texts[0]
  kappa, alphabet = np.zeros(synthesis.WINDOWS), synthesis.ALPHABET

  def window(output):
    nonlocal kappa
    if output is None:
      return (np.zeros(alphabet),)
    raw = output @ weights["window_weights"] + weights["window_bias"]
    w, kappa, _, _ = reference.window_step(raw, kappa, characters, alphabet)
    return (w,)

  network = synthesis.build(2)
  params = synthesis.to_package(weights, "float64")
  given = Text(jnp.asarray(characters)[None], jnp.ones((1, len(characters))))
  state = network.apply(params, 1, jnp.float64, method="initial_state")
  _, found = record(network, params, state, points[:, None], given)
  np.testing.assert_allclose(
    recorded(found), unrolled(weights, points, window), atol=1e-10
  )
