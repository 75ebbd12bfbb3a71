"""Weight noise (Section 3.1)."""

from typing import Any

import jax
from jax import Array

from graves_jax.losses.sums import LossFn
from graves_jax.noise.draws import Per, standard_normal, with_draws


def with_weight_noise(
  loss_fn: LossFn, stddev: float, per: Per = "batch"
) -> LossFn:
  """Adds Gaussian noise to every weight before the loss is computed.

  The gradient is that at the noisy weights, to be applied to the clean ones.
  Without keys, as in evaluation, it is the clean loss.

  Args:
    loss_fn: a loss of any tree of parameters.
    stddev: of the noise; the paper's is 0.075.
    per: "sequence", the paper's, draws for each row; "batch" once for all rows,
      at a fraction of the cost (see `with_draws`).

  Raises:
    ValueError: if `stddev` is negative or `per` unknown.
  """
  if not stddev >= 0:
    raise ValueError(f"stddev (={stddev}) must be 0 or more.")

  def draw(key, params):
    return add_weight_noise(key, params, stddev)

  noisy = with_draws(loss_fn, draw, per)

  def loss(params, carry, batch, keys):
    return (loss_fn if keys is None else noisy)(params, carry, batch, keys)

  return loss


def add_weight_noise(key: Array, params: Any, stddev: float) -> Any:
  """Adds independent draws from N(0, stddev^2) to every weight of a tree,
  biases and peepholes included."""
  return jax.tree.map(
    lambda w, noise: w + stddev * noise, params, standard_normal(key, params)
  )
