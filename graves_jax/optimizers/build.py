"""Builds the optimizer that a config describes, from Optax parts."""

from typing import assert_never

import optax

from graves_jax.config import (
  SGD,
  Adam,
  GravesRMSProp,
  Muon,
  OptimizerConfig,
  RMSProp,
)
from graves_jax.layers.products import Precision
from graves_jax.noise.adaptive_weight_noise import AdaptiveParams
from graves_jax.optimizers.graves_rmsprop import graves_rmsprop
from graves_jax.optimizers.muon import scale_by_muon
from graves_jax.optimizers.schedules import learning_rate_schedule


def build_optimizer(
  config: OptimizerConfig,
  steps: int,
  *,
  precision: Precision = "float32",
  axis: str | None = None,
) -> optax.GradientTransformation:
  """Builds the optimizer that a config describes.

  Args:
    config: its numbers; their class says which optimizer it is.
    steps: updates of the run, for the schedule.
    precision: of the matrix products that it makes itself.
    axis: of the map over devices that updates are made in, to share out those
      products; None: there is no map.
  """
  rate = learning_rate_schedule(config.schedule, config.learning_rate, steps)
  match config:
    case GravesRMSProp():
      optimizer = graves_rmsprop(
        rate, config.decay, config.momentum, config.epsilon
      )
    case SGD():
      optimizer = optax.sgd(rate, config.momentum)
    case RMSProp():
      optimizer = optax.rmsprop(rate, config.decay, config.epsilon)
    case Adam():
      optimizer = optax.adam(
        rate, config.momentum, config.decay, config.epsilon
      )
    case Muon():
      optimizer = optax.chain(
        scale_by_muon(
          config.matrix_momentum,
          config.momentum,
          config.decay,
          config.epsilon,
          precision,
          axis,
        ),
        optax.scale_by_learning_rate(rate),
      )
    case _:
      assert_never(config)
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
