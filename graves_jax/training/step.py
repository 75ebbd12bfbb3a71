"""The one mapped train step, and the evaluation step beside it."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from graves_jax.checkpoints.state import TrainState, with_average
from graves_jax.devices.parallel import AXIS
from graves_jax.losses.sums import Keys, LossFn, Sums
from graves_jax.noise.adaptive_weight_noise import means
from graves_jax.training.finite import (
  finite_rows,
  global_norm,
  layer_norms,
  where,
)


class StepMetrics(NamedTuple):
  """What an update tells.

  sums: its loss.
  gradient_norm: global norm of its gradient; with adaptive weight noise, of
    the means'.
  layer_norms: the norm of each layer's.
  is_finite: whether loss and gradient are; the update is skipped otherwise.
  """

  sums: Sums
  gradient_norm: Array
  layer_norms: dict[str, Array]
  is_finite: Array


# (state, rows) to ((state, metrics), carry), on one device.
Body = Callable[[TrainState, Any], tuple[tuple[TrainState, StepMetrics], Any]]


def train_body(
  loss_fn: LossFn,
  optimizer: optax.GradientTransformation,
  *,
  seed: int,
  loss_per: Literal["sequence", "element"],
  average: float | None = None,
) -> Body:
  """One update on one device's rows; to be mapped over the axis AXIS.

  Losses and gradients are summed over rows, then over devices, then divided:
  clipping inside the network so does not depend on the number of devices.

  Where the loss or the gradient is not finite, weights and the optimizer's
  state (a schedule's count with it) stay as they are; the step counts.

  Args:
    loss_fn: summed losses of what is trained (`TrainState.trained`), carry,
      rows and keys.
    optimizer: turns the gradient into an update.
    seed: randomness is a function of it, the step and the row.
    loss_per: what the summed gradient is divided by.
    average: decay of the weights' moving average, if the state has one.

  Returns:
    A function of a state without carry and of (carry, batch), the rows; it
    gives the next state with metrics, and the next carry.
  """

  def summed_nats(trained, carry, batch, keys):
    sums, carry = loss_fn(trained, carry, batch, keys)
    return sums.nats, (sums, carry)

  def body(state: TrainState, rows):
    keys = update_keys(seed, state.step, len(jax.tree.leaves(rows)[0]))
    of_gradient: Any = jax.grad(summed_nats, has_aux=True)
    gradient, (sums, carry) = of_gradient(state.trained, *rows, keys)
    gradient, sums = jax.lax.psum((gradient, sums), AXIS)
    count = sums.sequences if loss_per == "sequence" else sums.elements
    gradient = jax.tree.map(lambda g: g / jnp.maximum(count, 1), gradient)
    norms = layer_norms(gradient)
    norm = global_norm(layer_norms(means(gradient)))
    is_finite = jnp.isfinite(sums.nats) & jnp.isfinite(global_norm(norms))
    updates, optimizer_state = optimizer.update(
      gradient, state.optimizer, state.trained
    )
    new = state.with_trained(optax.apply_updates(state.trained, updates))
    new = where(is_finite, new.replace(optimizer=optimizer_state), state)
    new = new.replace(step=state.step + 1)
    if average is not None:
      new = with_average(new, average)
    metrics = StepMetrics(sums, norm, norms, is_finite)
    return (new, metrics), finite_rows(carry)

  return body


def update_keys(seed: int, step: Array | np.ndarray, rows: int) -> Keys:
  """Random keys of a step, for one device's rows; mapped over AXIS.

  Rows are counted over all devices, so that their number changes nothing.
  """
  key = jax.random.fold_in(jax.random.key(seed), step)
  batch_key, rows_key = jax.random.split(key)
  first = jax.lax.axis_index(AXIS) * rows
  fold_in_rows = jax.vmap(jax.random.fold_in, in_axes=(None, 0))
  return Keys(batch_key, fold_in_rows(rows_key, first + jnp.arange(rows)))


def evaluation_body(loss_fn: LossFn) -> Callable[[Any, Any], tuple[Sums, Any]]:
  """Losses of one device's rows, added up over devices, and the carry."""

  def body(params: Any, rows: Any) -> tuple[Sums, Any]:
    carry, batch = rows
    sums, carry = loss_fn(params, carry, batch, None)
    return jax.lax.psum(sums, AXIS), carry

  return body
