"""Adaptive weight noise in float64 NumPy, from PAPER.md's Section 6 alone.

It shares no code with graves_jax. Weights are vectors [W], treated one by one.
The data model is a linear one of known noise: sequence s is x [W] and y, and
L_s = (y - w x)^2 / (2 deviation^2) nats, up to a constant.
"""

import numpy as np


def prior(mu, sigma):
  """mu_p = mean(mu_i), sigma_p^2 = mean(sigma_i^2 + (mu_i - mu_p)^2)."""
  mu_p = sum(mu) / len(mu)
  squares = [s**2 + (m - mu_p) ** 2 for m, s in zip(mu, sigma, strict=True)]
  return mu_p, sum(squares) / len(squares)


def complexity_under(mu, sigma, mu_p, variance_p):
  """Nats, under any prior."""
  total = 0.0
  for m, s in zip(mu, sigma, strict=True):
    total += np.log(np.sqrt(variance_p) / s)
    total += (s**2 + (m - mu_p) ** 2 - variance_p) / (2 * variance_p)
  return total


def complexity(mu, sigma):
  """Nats, under the closed-form prior of these very weights."""
  return complexity_under(mu, sigma, *prior(mu, sigma))


def complexity_gradients(mu, sigma):
  """Derivatives of `complexity_under` at a fixed prior, that of `prior`."""
  mu_p, variance_p = prior(mu, sigma)
  return (mu - mu_p) / variance_p, sigma / variance_p - 1 / sigma


def sequence_gradient(w, x, y, deviation):
  """dL_s / dw, [W]."""
  return (w @ x - y) * x / deviation**2


def gradients(
  mu,
  sigma,
  epsilons,
  xs,
  ys,
  *,
  deviation,
  training_sequences,
  rule,
  per,
  complexity_share=1.0,
):
  """Gradients for mu and sigma, summed over the sequences of a batch.

  epsilons: [S, W], the draws; for one draw a batch all rows are the same one.
  """
  d_mu, d_sigma = np.zeros_like(mu), np.zeros_like(sigma)
  batch_gradient = np.zeros_like(mu)
  for epsilon, x, y in zip(epsilons, xs, ys, strict=True):
    g = sequence_gradient(mu + sigma * epsilon, x, y, deviation)
    batch_gradient += g
    d_mu += g
    if rule == "reparameterized":
      d_sigma += g * epsilon
    elif per == "sequence":
      d_sigma += g**2 * sigma
  if rule == "squared" and per == "batch":
    d_sigma += batch_gradient**2 * sigma
  complexity_mu, complexity_sigma = complexity_gradients(mu, sigma)
  share = complexity_share * len(xs) / training_sequences
  return d_mu + share * complexity_mu, d_sigma + share * complexity_sigma


def momentum_update(
  mu, sigma, velocity, gradient, sequences, *, rate, momentum
):
  """SGD with momentum on the mean over sequences, for mu and sigma alike.

  velocity, gradient: pairs, of mu and of sigma. Returns mu, |sigma|, velocity.
  """
  velocity = tuple(
    momentum * v + g / sequences
    for v, g in zip(velocity, gradient, strict=True)
  )
  mu = mu - rate * velocity[0]
  sigma = np.abs(sigma - rate * velocity[1])
  return mu, sigma, velocity


def linear_posterior(xs, ys, deviation):
  """mu and sigma of least description length, if columns of xs are orthogonal.

  For a fixed prior the posterior is Gaussian, of precision 1/sigma_p^2 plus
  sum_s x_s^2 / deviation^2; prior and posterior are found in turns.
  """
  mu, sigma = np.zeros(xs.shape[1]), np.ones(xs.shape[1])
  for _ in range(10_000):
    mu_p, variance_p = prior(mu, sigma)
    precision = 1 / variance_p + (xs**2).sum(0) / deviation**2
    mu = (mu_p / variance_p + xs.T @ ys / deviation**2) / precision
    sigma = 1 / np.sqrt(precision)
  return mu, sigma
