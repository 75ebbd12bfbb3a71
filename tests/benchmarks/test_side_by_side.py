"""RNN and LSTM side by side: of equal weights, and what each remembers."""

import json

import jax
import numpy as np
import pytest
from remembering import losses_after_contexts
from side_by_side import Side, read_results, weights_of

from graves_jax.data.codec import TextCodec
from graves_jax.networks.prediction import PredictionNetwork
from graves_jax.networks.synthesis import count_weights
from graves_jax.sampling.text import TextWriter

CLASSES = 5


def make_network(side):
  network = PredictionNetwork(
    inputs=CLASSES, outputs=CLASSES, hidden=side.hidden, cell=side.cell
  )
  elements = np.zeros((1, 1), np.int32)
  return network, lambda key: network.init(key, elements)


@pytest.mark.parametrize("cell", ["lstm", "rnn"])
@pytest.mark.parametrize("hidden", [(4,), (6, 6, 6)])
def test_weights_are_counted_as_a_network_has_them(cell, hidden):
  side = Side(cell, hidden)
  _, init = make_network(side)
  shapes = jax.eval_shape(init, jax.random.key(0))
  assert weights_of(side, CLASSES) == count_weights(shapes)


def test_a_loss_after_a_context_is_that_of_the_context_alone():
  network, init = make_network(Side("rnn", (4,)))
  params = init(jax.random.key(0))
  writer = TextWriter(network, params, TextCodec.of("abcde"))
  text = np.random.default_rng(0).integers(CLASSES, size=12, dtype=np.int32)
  losses = losses_after_contexts(writer, text, (2, 4), places=8)
  for context, loss in zip((2, 4), losses, strict=True):
    nats = []
    for place in range(4, 12):  # the same places after either context
      before = text[place - context : place, None]
      state = network.apply(params, 1, method="initial_state")
      raw = network.apply(params, state, before, method="unroll")[1][-1, 0]
      nats.append(-jax.nn.log_softmax(raw)[text[place]])
    assert loss == pytest.approx(float(np.mean(nats)), rel=1e-5)


def test_what_was_measured_with_other_settings_is_not_taken(tmp_path):
  path, settings = tmp_path / "side_by_side.json", {"steps": 3}
  assert read_results(path, settings) is None
  networks = [{"cell": "lstm"}]
  path.write_text(json.dumps({"settings": settings, "networks": networks}))
  assert read_results(path, settings) == networks
  with pytest.raises(ValueError, match="is of other settings"):
    read_results(path, {"steps": 4})
  path.write_text(json.dumps(networks))
  with pytest.raises(ValueError, match="is of other settings"):
    read_results(path, settings)
  path.write_text('{"settings"')
  with pytest.raises(ValueError, match="cannot be read"):
    read_results(path, settings)
