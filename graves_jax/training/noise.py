"""Noise on the weights, as a config asks for it (Sections 3.1 and 4.2)."""

from typing import Any

import jax

from graves_jax.checkpoints.read import Restored
from graves_jax.config import NoiseConfig
from graves_jax.devices.parallel import AXIS
from graves_jax.losses.sums import LossFn
from graves_jax.noise.adaptive_weight_noise import (
  AdaptiveParams,
  adaptive_params,
  draw_weights,
  with_adaptive_weight_noise,
)
from graves_jax.noise.weight_noise import add_weight_noise, with_weight_noise
from graves_jax.sampling.seed import require_seed
from graves_jax.training.task import Task


def training_loss(task: Task) -> LossFn:
  """The task's loss of what is trained (`TrainState.trained`), with noise."""
  noise = task.metadata.config.noise
  match noise.kind:
    case "none":
      return task.loss_fn
    case "fixed":
      return with_weight_noise(task.loss_fn, noise.stddev, noise.per)
    case "adaptive":
      return with_adaptive_weight_noise(
        task.loss_fn,
        task.train_batches.sequences,
        gradient=noise.gradient,
        per=noise.per,
        complexity_share=noise.complexity_share,
        axis=AXIS,
      )


def initial_stddev(noise: NoiseConfig, params: Any, stddev: Any) -> Any:
  """Standard deviations that training begins with; None if none are learned.

  Args:
    noise: of the run that begins.
    params: the weights that it starts from.
    stddev: their standard deviations, if these were learned already.
  """
  if noise.kind != "adaptive":
    return None
  if stddev is None:
    return adaptive_params(params, noise.stddev).stddev
  return stddev


def with_drawn_weights(restored: Restored, seed: int) -> Restored:
  """A checkpoint with weights drawn as those that it was trained with.

  Raises:
    ValueError: if it was trained without noise, or does not hold the standard
      deviations; or if the seed is out of range.
  """
  require_seed(seed, "draw_weights")
  noise, key = restored.metadata.config.noise, jax.random.key(seed)
  if restored.stddev is not None:
    posterior = AdaptiveParams(restored.params, restored.stddev)
    params = draw_weights(key, posterior)
  elif noise.kind == "fixed":
    params = add_weight_noise(key, restored.params, noise.stddev)
  else:
    raise ValueError(
      "weights can be drawn only as they were in training, and this checkpoint "
      "was trained without noise, or exported without its standard deviations."
    )
  return restored._replace(params=jax.device_get(params))
