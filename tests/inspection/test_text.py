"""A text that is read in pieces, its guesses and what it cost."""

import functools

import jax
import numpy as np
import pytest

from graves_jax.data.codec import TextCodec
from graves_jax.inspection import text
from graves_jax.networks.prediction import PredictionNetwork
from graves_jax.sampling.text import TextWriter

TEXT = "ab (ba)\n b a\n" * 3


@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_units_and_guesses_are_those_after_each_symbol(cell, monkeypatch):
  codec = TextCodec.of(TEXT)
  network = PredictionNetwork(
    inputs=codec.size, outputs=codec.size, hidden=(5, 3), cell=cell
  )
  start = np.zeros((1, 1), np.int32)
  params = jax.jit(network.init)(jax.random.key(0), start)
  classes = codec.encode(TEXT)
  monkeypatch.setattr(text, "_PIECE", 16)
  found = text.inspect_text(
    TextWriter(network, params, codec), classes, "prose", 30
  )
  inputs = np.concatenate([[-1], classes])[:, None]
  raw = jax.jit(network.apply)(params, inputs)[:, 0]
  y = np.asarray(jax.nn.softmax(raw))
  np.testing.assert_array_equal(found.symbols, classes[:30])
  np.testing.assert_allclose(
    found.bits, -np.log2(y[np.arange(30), classes[:30]]), rtol=1e-4
  )
  np.testing.assert_allclose(
    found.probabilities, -np.sort(-y[1:31])[:, :5], rtol=1e-4
  )
  guessed = np.take_along_axis(y[1:31], found.guesses, axis=1)
  np.testing.assert_allclose(guessed, found.probabilities, rtol=1e-4)

  # Units: the state that the library's own step ends in.
  def own(layer):
    return np.tanh(layer.cell) if cell == "lstm" else layer.output

  step = jax.jit(functools.partial(network.apply, method="step"))
  state, units = network.initial_state(1), []
  for k in inputs:
    state, _ = step(params, state, k)
    units.append(np.concatenate([own(layer)[0] for layer in state]))
  findings = found.findings
  np.testing.assert_allclose(
    findings.activations, np.array(units)[1:31], atol=2e-3
  )
  assert findings.steps == len(TEXT) and findings.layers == (5, 3)
  assert (findings.gates is None) == (cell == "rnn")
  column = findings.values[:, findings.names.index("line length so far")]
  assert column[:9].tolist() == [1, 2, 3, 4, 5, 6, 7, 0, 1]
  r = findings.r[findings.names.index("line length so far")]
  lengths = [len(TEXT[: k + 1].split("\n")[-1]) for k in range(len(TEXT))]
  expected = np.corrcoef(lengths, np.array(units)[1:].T)[0, 1:]
  np.testing.assert_allclose(r, expected, atol=1e-4)
