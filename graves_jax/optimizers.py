"""Optimizers of the paper and the practical alternative, from Optax parts."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from graves_jax.config import OptimizerConfig
from graves_jax.layers.products import Precision
from graves_jax.muon import scale_by_muon
from graves_jax.noise.adaptive_weight_noise import AdaptiveParams


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


def build_optimizer(
  config: OptimizerConfig,
  steps: int,
  *,
  precision: Precision = "float32",
  axis: str | None = None,
) -> optax.GradientTransformation:
  """Builds the optimizer that the config names.

  Args:
    config: its name and numbers.
    steps: updates of the run, for the schedule.
    precision: of the matrix products that it makes itself.
    axis: of the map over devices that updates are made in, to share out those
      products; None: there is no map.
  """
  schedule = learning_rate_schedule(config, steps)
  match config.name:
    case "graves_rmsprop":
      optimizer = graves_rmsprop(
        schedule, config.decay, config.momentum, config.epsilon
      )
    case "sgd":
      optimizer = optax.sgd(schedule, config.momentum)
    case "rmsprop":
      optimizer = optax.rmsprop(schedule, config.decay, config.epsilon)
    case "adam":
      optimizer = optax.adam(
        schedule, config.momentum, config.decay, config.epsilon
      )
    case "muon":
      optimizer = optax.chain(
        scale_by_muon(
          config.matrix_momentum,
          config.momentum,
          config.decay,
          config.epsilon,
          precision,
          axis,
        ),
        optax.scale_by_learning_rate(schedule),
      )
  if config.max_gradient_norm is not None:
    clip = clip_by_norm(config.max_gradient_norm)
    optimizer = optax.chain(clip, optimizer)
  return optimizer


def clip_by_norm(max_norm: float) -> optax.GradientTransformation:
  """Scales gradients down to a global norm.

  With adaptive weight noise, those of the means only: the standard deviations'
  hold squares, of which a few batches have most. These would be scaled down,
  the complexity's would not be, and the deviations would settle too high.
  """
  clip = optax.clip_by_global_norm(max_norm)

  def update(updates, state, params=None):
    del params
    if isinstance(updates, AdaptiveParams):
      mean, state = clip.update(updates.mean, state)
      return updates._replace(mean=mean), state
    return clip.update(updates, state)

  return optax.GradientTransformation(clip.init, update)


def learning_rate_schedule(
  config: OptimizerConfig, steps: int
) -> optax.Schedule:
  """Constant; or a linear warm-up, then a cosine, or a level and at last a
  linear descent, to a last share."""
  if config.schedule == "constant":
    return optax.constant_schedule(config.learning_rate)
  warmup = min(config.warmup_steps, max(steps - 1, 0))
  if config.schedule == "trapezoid":
    begin = max(config.descent_begins(steps), warmup)
    return optax.join_schedules(
      [
        optax.linear_schedule(0.0, config.learning_rate, warmup),
        optax.linear_schedule(
          config.learning_rate,
          config.learning_rate * config.final_share,
          transition_steps=max(steps - begin, 1),
          transition_begin=begin - warmup,
        ),
      ],
      [warmup],
    )
  return optax.warmup_cosine_decay_schedule(
    init_value=0.0,
    peak_value=config.learning_rate,
    warmup_steps=warmup,
    decay_steps=max(steps, warmup + 1),
    end_value=config.learning_rate * config.final_share,
  )
