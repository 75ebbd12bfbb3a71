"""The summed loss of text (Eqs. 6, 13), its state carried over batches."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from graves_jax.data.streams import TextBatch
from graves_jax.distributions import categorical
from graves_jax.losses.sums import Keys, LossFn, Sums


class TextSums(NamedTuple):
  """Sums over a batch, float32 scalars; add those of several elementwise.

  nats: negative log likelihood.
  errors: symbols that were not the most probable ones.
  elements: symbols scored.
  sequences: rows with any of them.
  """

  nats: Array
  errors: Array
  elements: Array
  sequences: Array


def text_loss(network: nn.Module) -> LossFn:
  """The loss (13) of a text network, summed over symbols and streams.

  Args:
    network: a `PredictionNetwork` of classes.

  Returns:
    A function of parameters, the network's state before the batch, a
    `TextBatch` and keys, whose rows dropout draws from (None: no dropout); it
    gives `TextSums` and the state after the batch. Back-propagation is full
    within the batch and ends at its start.
  """

  def loss(params, carry, batch: TextBatch, keys: Keys | None):
    state = jax.tree.map(
      lambda x: jnp.where(batch.resets[:, None], 0, jax.lax.stop_gradient(x)),
      carry,
    )
    dropout_keys = None if keys is None else keys.rows
    unrolled: Any = network.apply(
      params, state, batch.inputs.T, dropout_keys, method="unroll"
    )
    state, raw = unrolled
    targets: Any = batch.targets.T  # [T, B]
    scored = targets >= 0
    sums = TextSums(
      nats=-categorical.log_prob(raw, targets).sum(),
      errors=categorical.error(raw, targets).sum(),
      elements=scored.sum(),
      sequences=scored.any(0).sum(),
    )
    return jax.tree.map(lambda x: x.astype(raw.dtype), sums), state

  return loss


class TextScores(NamedTuple):
  """Averages in the paper's units (Tables 1 and 2)."""

  bits_per_symbol: float
  nats_per_symbol: float
  total_bits: float
  symbols: int
  error_percent: float


def text_scores(sums: Sums) -> TextScores:
  """Averages of sums over a text.

  Raises:
    ValueError: if the sums hold no symbol.
  """
  nats, errors, symbols, _ = map(float, sums)
  if not symbols:
    raise ValueError("there is no symbol to average over.")
  total_bits = nats / math.log(2)
  return TextScores(
    bits_per_symbol=total_bits / symbols,
    nats_per_symbol=nats / symbols,
    total_bits=total_bits,
    symbols=round(symbols),
    error_percent=100 * errors / symbols,
  )


def perplexity(total_bits: float, words: int | None) -> float | None:
  """2^(bits / words), the perplexity per word (Table 1).

  None without words, and where it is too large to be written.
  """
  if not words or total_bits / words >= 1024:
    return None
  return 2 ** (total_bits / words)
