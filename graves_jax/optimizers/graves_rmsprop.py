"""Graves' RMSProp, Eqs. (38)-(45)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax


class ScaleByGravesRMSState(NamedTuple):
  """Running averages n of squared and g of plain gradients, Eqs. (38)-(39)."""

  squared: optax.Updates
  plain: optax.Updates


def scale_by_graves_rms(
  decay: float = 0.95, eps: float = 1e-4
) -> optax.GradientTransformation:
  """Divides gradients by their standard deviation, Eqs. (38)-(40).

  Differs from `optax.scale_by_stddev` in a floor under the variance: rounding
  can push n - g^2 below -eps, and its root would then be NaN.

  Args:
    decay: of both running averages.
    eps: added to the variance, inside the root.
  """

  def init(params):
    return ScaleByGravesRMSState(  # two trees: buffers are given away once
      jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params)
    )

  def update(updates, state, params=None):
    del params

    def average(old, new):
      return decay * old + (1 - decay) * new

    squared = jax.tree.map(
      lambda n, g: average(n, g * g), state.squared, updates
    )
    plain = jax.tree.map(average, state.plain, updates)
    scaled = jax.tree.map(
      lambda u, n, g: u / jnp.sqrt(jnp.maximum(n - g * g, 0) + eps),
      updates,
      squared,
      plain,
    )
    return scaled, ScaleByGravesRMSState(squared, plain)

  return optax.GradientTransformation(init, update)


def graves_rmsprop(
  learning_rate: optax.ScalarOrSchedule = 1e-4,
  decay: float = 0.95,
  momentum: float = 0.9,
  eps: float = 1e-4,
) -> optax.GradientTransformation:
  """Makes RMSProp with momentum, as the paper has it, Eqs. (38)-(45).

  >>> optimizer = graves_rmsprop()
  >>> state = optimizer.init(jnp.zeros(3))
  >>> updates, state = optimizer.update(jnp.ones(3), state)

  Args:
    learning_rate: a number, or a function of the number of updates made.
    decay: of both running averages.
    momentum: share of the last update that is added to the next.
    eps: added to the variance, inside the root.
  """
  return optax.chain(
    scale_by_graves_rms(decay, eps),
    optax.scale_by_learning_rate(learning_rate),
    optax.trace(momentum),
  )
