"""Lines that are read one after another, each from a zero state."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from graves_jax.data.strokes import Alphabet, Line, Normalization
from graves_jax.distributions import bivariate_mixture
from graves_jax.inspection.handwriting import WrittenLine, inspect_handwriting
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.synthesis import SynthesisNetwork
from graves_jax.sampling.writer import HandwritingWriter

RANDOM = np.random.default_rng(0)
TEXTS, LENGTHS = ("ab b", "babb"), (12, 17)


def test_units_are_those_of_each_line_read_alone():
  alphabet = Alphabet.of(TEXTS)
  network = SynthesisNetwork(
    inputs=3,
    outputs=bivariate_mixture.width(2),
    alphabet_size=alphabet.size,
    windows=2,
    hidden=(4, 3),
  )
  given = [
    Text(
      jnp.asarray(alphabet.encode(text))[None],
      jnp.ones((1, len(text)), jnp.float32),
    )
    for text in TEXTS
  ]
  params = jax.jit(network.init)(
    jax.random.key(0), jnp.zeros((1, 1, 3)), given[0]
  )
  points = RANDOM.normal(0, 1, (sum(LENGTHS), 3)) * (9, 9, 0) + (4, 0, 0)
  parts = np.split(points.astype(np.float32), [LENGTHS[0]])
  normalization = Normalization(np.array([4.0, 1.0]), np.array([9.0, 5.0]))
  writer = HandwritingWriter(network, params, alphabet, normalization, 0.0, 9)
  lines = [
    WrittenLine(Line(part, text, ""), np.arange(len(part)) % len(text))
    for part, text in zip(parts, TEXTS, strict=True)
  ]
  found = inspect_handwriting(writer, lines, LENGTHS[0])
  step = jax.jit(functools.partial(network.apply, method="step"))
  units = []
  for part, text in zip(parts, given, strict=True):
    state = network.initial_state(1)
    inputs = [np.zeros(3), *((part - (4, 1, 0)) / (9, 5, 1))]
    for k, x in enumerate(inputs):
      state, _ = step(params, state, jnp.asarray(x, jnp.float32)[None], text)
      cells = state.first.lstm.cell, *(layer.cell for layer in state.layers)
      if k:
        units.append(np.concatenate([np.tanh(cell[0]) for cell in cells]))
  units = np.array(units)
  findings = found.findings
  assert len(found.lines) == 1 and findings.steps == sum(LENGTHS)
  np.testing.assert_allclose(
    findings.activations, units[: LENGTHS[0]], atol=2e-3
  )
  r = findings.r[findings.names.index("letters written so far")]
  places = np.concatenate([each.places for each in lines])
  expected = np.corrcoef(places, units.T)[0, 1:]
  np.testing.assert_allclose(r, expected, atol=1e-4)
  # Each line starts with empty cells.
  alone = [
    inspect_handwriting(writer, [line], max(LENGTHS)).findings.gates.memory
    for line in lines
  ]
  expected = np.average(alone, axis=0, weights=LENGTHS)
  np.testing.assert_allclose(findings.gates.memory, expected, rtol=1e-5)
