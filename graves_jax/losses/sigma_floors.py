"""The loss of handwriting with several least standard deviations at once.

Many pen offsets are exactly (0, 0), and a mixture may put a spike there: how
much that is worth is decided by the floor, and the paper states none.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jax import Array

from graves_jax.data.lines import StrokeBatch
from graves_jax.distributions import bivariate_mixture
from graves_jax.losses.handwriting import (
  HandwritingSums,
  handwriting_sums,
  predict,
)
from graves_jax.losses.sums import Keys, LossFn


class FloorSums(NamedTuple):
  """Sums over a batch; add those of several batches elementwise.

  own: with the network's floor.
  zeros: offsets that are exactly (0, 0).
  by_floor: nats with each floor, [F].
  of_zeros: of these the ones of offsets that are exactly (0, 0), [F].
  """

  own: HandwritingSums
  zeros: Array
  by_floor: Array
  of_zeros: Array

  @property
  def nats(self) -> Array:
    return self.own.nats

  @property
  def elements(self) -> Array:
    return self.own.elements

  @property
  def sequences(self) -> Array:
    return self.own.sequences


def floors_loss(
  network: nn.Module,
  sigma_floor: float,
  floors: Sequence[float],
  zero: np.ndarray,
) -> LossFn:
  """A loss that is scored, not trained: `FloorSums` of a batch.

  Args:
    network: a `PredictionNetwork` or `SynthesisNetwork`.
    sigma_floor: the network's own.
    floors: others to score with.
    zero: the offset (0, 0) as it is normalized, [2].
  """

  def loss(params, carry, batch: StrokeBatch, keys: Keys | None):
    del keys
    predicted = predict(network, params, batch)
    raw, points, inside = predicted
    is_zero = inside & (points[..., :2] == zero).all(-1)
    log_probs = jnp.stack(
      [
        bivariate_mixture.log_prob(raw, points, sigma_floor=floor)
        for floor in floors
      ]
    )

    def nats(of):
      return -jnp.where(of, log_probs, 0).sum((1, 2))

    sums = FloorSums(
      own=handwriting_sums(predicted, batch, sigma_floor),
      zeros=is_zero.sum().astype(jnp.float32),
      by_floor=nats(inside),
      of_zeros=nats(is_zero),
    )
    return sums, carry

  return loss
