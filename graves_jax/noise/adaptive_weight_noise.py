"""Adaptive weight noise: weights as Gaussians, learned by description length.

Sections 3.1 and 4.2, after Graves, Practical Variational Inference for Neural
Networks (2011). The posterior Q of the weights is N(mu_i, sigma_i^2), each
independent of the others; the prior P is one N(mu_p, sigma_p^2) for them all.
What is minimized is the data's expected nats under Q plus KL(Q || P), the
complexity, which is shared out over the training sequences.
"""

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from graves_jax.losses.sums import LossFn
from graves_jax.noise.draws import Per, standard_normal, with_draws

Gradient = Literal["squared", "reparameterized"]
STDDEV_FLOOR = 1e-6  # ours: keeps log sigma and 1 / sigma finite


class AdaptiveParams(NamedTuple):
  """The posterior of the weights: two trees of the network's own structure.

  mean: mu; what the network is evaluated with.
  stddev: sigma, positive.
  """

  mean: Any
  stddev: Any


class Prior(NamedTuple):
  """The Gaussian prior of every weight: scalars mu_p and sigma_p^2."""

  mean: Array
  variance: Array


class DescriptionLength(NamedTuple):
  """What it takes to send the weights, the data given them, and both: bits."""

  complexity_bits: float
  bits_per_weight: float
  data_bits: float
  description_bits: float


def adaptive_params(mean: Any, stddev: float = 0.075) -> AdaptiveParams:
  """A posterior around trained weights, with one standard deviation for all."""
  return AdaptiveParams(
    mean, jax.tree.map(lambda w: jnp.full_like(w, stddev), mean)
  )


def means(tree: Any) -> Any:
  """The part of a tree that belongs to the network's weights: all of it, or the
  means of `AdaptiveParams`."""
  return tree.mean if isinstance(tree, AdaptiveParams) else tree


def draw_weights(key: Array, params: AdaptiveParams) -> Any:
  """Weights drawn from the posterior: a tree like its mean."""
  noise = standard_normal(key, params.mean)
  return jax.tree.map(_reparameterized, *params, noise)


def positive(params: AdaptiveParams) -> AdaptiveParams:
  """Makes an updated sigma positive: |sigma|, and no less than STDDEV_FLOOR."""
  return params._replace(
    stddev=jax.tree.map(
      lambda s: jnp.maximum(jnp.abs(s), STDDEV_FLOOR), params.stddev
    )
  )


def prior(params: AdaptiveParams) -> Prior:
  """The prior of least complexity, over all weights of the tree.

  mu_p = mean(mu_i), sigma_p^2 = mean(sigma_i^2 + (mu_i - mu_p)^2).
  """
  count = _count(params)
  mean = _sum(lambda m, _: m, params) / count
  variance = _sum(lambda m, s: s**2 + (m - mean) ** 2, params) / count
  return Prior(mean, variance)


def complexity(params: AdaptiveParams) -> Array:
  """KL(Q || P) in nats, under the prior of `prior`: a scalar.

  sum_i log(sigma_p / sigma_i)
        + (sigma_i^2 + (mu_i - mu_p)^2 - sigma_p^2) / (2 sigma_p^2)

  Its gradient takes the prior as a constant: (mu_i - mu_p) / sigma_p^2 for mu_i
  and sigma_i / sigma_p^2 - 1 / sigma_i for sigma_i. As the prior is where the
  complexity is least, its own derivatives are zero and this is exact.
  """
  mean, variance = jax.lax.stop_gradient(prior(params))

  def nats(m, s):
    surplus = (s**2 + (m - mean) ** 2 - variance) / (2 * variance)
    return jnp.log(variance) / 2 - jnp.log(s) + surplus

  return _sum(nats, params)


def description_length(
  params: AdaptiveParams, data_nats: float
) -> DescriptionLength:
  """The description length of a training set.

  Args:
    params: the posterior.
    data_nats: negative log likelihood of the whole training set.
  """
  complexity_bits = float(complexity(params)) / math.log(2)
  data_bits = float(data_nats) / math.log(2)
  return DescriptionLength(
    complexity_bits=complexity_bits,
    bits_per_weight=complexity_bits / _count(params),
    data_bits=data_bits,
    description_bits=complexity_bits + data_bits,
  )


def with_adaptive_weight_noise(
  loss_fn: LossFn,
  training_sequences: int,
  *,
  gradient: Gradient = "squared",
  per: Per = "batch",
  complexity_share: float | Array = 1.0,
  axis: str | None = None,
) -> LossFn:
  """The loss at weights w = mu + sigma eps, eps from N(0, 1), with complexity.

  The nats are the data's. Their gradient is that of the data's nats plus, for
  each sequence scored, complexity_share * complexity / training_sequences, the
  paper's where the share is 1. With g = dL/dw, the
  gradient of all that was scored with one draw, the data's part is g for mu
  and for sigma

  "squared": g^2 sigma, summed over draws (Graves 2011; rnnlib). This takes the
    squared gradient of a sequence for the curvature of its loss, the diagonal
    Fisher approximation; it is never negative and varies less than the other.
  "reparameterized": g eps, summed over draws, unbiased.

  A square is not linear, so what is squared matters. With a draw for each
  sequence it is that sequence's gradient, as in rnnlib, which makes an update
  for each. With one for a batch it is the gradient of the whole batch, over
  all devices: sum_s g_s^2 plus the products of different sequences' gradients,
  which cancel only as far as the mean gradient at the drawn weights is small.
  It varies as much as that of a batch of one, and while sigma is large, it
  draws sigma down harder. In both, the gradient must be of unscaled nats, as
  the derivative clipping inside a network needs too.

  Args:
    loss_fn: a loss of the weights.
    training_sequences: how many sequences the loss counts in one epoch.
    gradient: of the data's nats with respect to sigma.
    per: whose draw is its own, "sequence" or "batch" (see `with_draws`).
    complexity_share: of the complexity that is added, from 0, where the noise
      only falls, to 1, the paper's. `description_length` counts all of it
      whatever is added.
    axis: of the map over devices that share a batch; it is read for "squared"
      gradients of one draw a batch. None: one device.

  Returns:
    A loss of `AdaptiveParams`. Without keys, as in evaluation, it is the loss
    at the mean, without complexity in its gradient.

  Raises:
    ValueError: if an argument is none of those named.
  """
  if gradient not in ("squared", "reparameterized"):
    raise ValueError(
      f"gradient (={gradient!r}) must be 'squared' or 'reparameterized'."
    )
  if training_sequences < 1:
    raise ValueError(
      f"training_sequences (={training_sequences}) must be 1 or more."
    )
  draw_weight: Callable[[Array, Array, Array], Array] = _reparameterized
  if gradient == "squared":
    draw_weight = _squared(axis if per == "batch" else None)

  def draw(key, params: AdaptiveParams):
    noise = standard_normal(key, params.mean)
    return jax.tree.map(draw_weight, params.mean, params.stddev, noise)

  drawn = with_draws(loss_fn, draw, per)

  def loss(params: AdaptiveParams, carry, batch, keys):
    if keys is None:
      return loss_fn(params.mean, carry, batch, None)
    sums: Any
    sums, carry = drawn(params, carry, batch, keys)
    nats = complexity(params)
    nats -= jax.lax.stop_gradient(nats)  # zero, but its gradient is not
    share = complexity_share * jax.lax.stop_gradient(sums.sequences)
    share /= training_sequences
    return sums._replace(nats=sums.nats + share * nats), carry

  return loss


def _reparameterized(mean: Array, stddev: Array, noise: Array) -> Array:
  return mean + stddev * noise


def _squared(axis: str | None) -> Callable[[Array, Array, Array], Array]:
  """A draw through which g comes back as g for mu and g^2 sigma for sigma.

  Over devices it is the square of the sum of g, of which each has a share.
  """
  draw = jax.custom_vjp(_reparameterized)

  def forward(mean, stddev, noise):
    return _reparameterized(mean, stddev, noise), stddev

  def backward(stddev, g):
    total, devices = g, 1
    if axis is not None:
      total, devices = jax.lax.psum((g, 1), axis)
    return g, total**2 * stddev / devices, None

  draw.defvjp(forward, backward)
  return draw


def _sum(of: Callable[[Array, Array], Array], params: AdaptiveParams) -> Array:
  """Sum of of(mu_i, sigma_i) over all weights."""
  sums = jax.tree.map(lambda m, s: of(m, s).sum(), *params)
  total: Any = sum(jax.tree.leaves(sums))
  return total


def _count(params: AdaptiveParams) -> int:
  return sum(x.size for x in jax.tree.leaves(params.mean))
