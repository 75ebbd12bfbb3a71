"""The one mapped train step, and the evaluation step beside it."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from graves_jax.losses import LossFn, LossSums
from graves_jax.training.parallel import AXIS
from graves_jax.training.state import TrainState


class StepMetrics(NamedTuple):
  """What an update tells: its loss, and the global norm of its gradient."""

  sums: LossSums
  gradient_norm: Array


def train_body(
  loss_fn: LossFn,
  optimizer: optax.GradientTransformation,
  *,
  seed: int,
  loss_per: Literal["sequence", "point"],
) -> Callable[[TrainState, Any], tuple[TrainState, StepMetrics]]:
  """One update on one device's rows; to be mapped over the axis AXIS.

  Losses and gradients are summed over rows, then over devices, then divided:
  clipping inside the network so does not depend on the number of devices.

  Args:
    loss_fn: summed losses of parameters, rows and a key.
    optimizer: turns the gradient into an update.
    seed: the key of step n on device d is fold_in of (seed, n, d).
    loss_per: what the summed gradient is divided by.
  """

  def summed_nats(params, batch, key):
    sums = loss_fn(params, batch, key)
    return sums.nats, sums

  def body(state: TrainState, batch) -> tuple[TrainState, StepMetrics]:
    key = jax.random.fold_in(jax.random.key(seed), state.step)
    key = jax.random.fold_in(key, jax.lax.axis_index(AXIS))
    gradient = jax.grad(summed_nats, has_aux=True)
    gradient, sums = jax.lax.psum(gradient(state.params, batch, key), AXIS)
    count = sums.sequences if loss_per == "sequence" else sums.points
    gradient = jax.tree.map(lambda g: g / jnp.maximum(count, 1), gradient)
    updates, optimizer_state = optimizer.update(
      gradient, state.optimizer, state.params
    )
    state = TrainState(
      state.step + 1,
      optax.apply_updates(state.params, updates),
      optimizer_state,
    )
    return state, StepMetrics(sums, optax.tree.norm(gradient))

  return body


def evaluation_body(loss_fn: LossFn) -> Callable[[Any, Any], LossSums]:
  """Losses of one device's rows, added up over devices."""

  def body(params, batch) -> LossSums:
    sums = loss_fn(params, batch, jax.random.key(0))
    return jax.lax.psum(sums, AXIS)

  return body
