"""cuDNN's LSTM as a peer: what can be known of it without a card."""

import cudnn_peer
import jax
import jax.numpy as jnp
from random_batches import random_lines

from graves_jax.distributions import bivariate_mixture
from graves_jax.losses.handwriting import handwriting_loss
from graves_jax.losses.sums import Keys


def test_it_takes_what_a_loss_gives_a_network(monkeypatch):
  def lstm(below, first, _, weights, lengths, inputs, width, *options):
    del options
    rows, steps, _ = below.shape
    assert (below.shape[2], first.shape) == (inputs, (1, rows, width))
    assert weights.ndim == 1 and lengths.shape == (rows,)
    return jnp.zeros((rows, steps, width)), first, first

  monkeypatch.setattr(cudnn_peer.rnn, "lstm", lstm)
  network = cudnn_peer.CudnnPrediction((8, 6), bivariate_mixture.width(20))
  params = network.init(jax.random.key(0), jnp.zeros((5, 2, 3)))
  loss, key = handwriting_loss(network, 0.007), jax.random.key(1)
  keys = Keys(key, jax.random.split(key, 2))
  sums, _ = loss(params, (), random_lines(2, 20), keys)
  assert sums.elements == 40 and jnp.isfinite(sums.nats)
