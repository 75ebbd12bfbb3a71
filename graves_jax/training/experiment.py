"""A task on devices: the functions that training calls."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import optax

from graves_jax.checkpoints.read import Restored
from graves_jax.checkpoints.same import require_same_weights
from graves_jax.checkpoints.state import TrainState, init_state
from graves_jax.config.shared import Parallel
from graves_jax.data.batches import Batches, ReadingTest
from graves_jax.devices.parallel import (
  AXIS,
  Mapped,
  over_devices,
  require_divisible,
)
from graves_jax.losses.sums import LossFn, Sums
from graves_jax.optimizers.build import build_optimizer
from graves_jax.training.noise import initial_stddev, training_loss
from graves_jax.training.step import (
  Body,
  StepMetrics,
  evaluation_body,
  train_body,
)
from graves_jax.training.task import Task


@dataclasses.dataclass(frozen=True)
class Experiment:
  """A task, spread over devices.

  task: what is trained; its batches hold this process's share of the rows.
  optimizer: the optimizer.
  mapped: how work is spread over devices.
  train_step: (state, batch) to (state, metrics); its state is given away.
  sum_losses: (params, carry, batch) to (summed losses, carry).
  """

  task: Task
  optimizer: optax.GradientTransformation
  mapped: Mapped
  train_step: Callable[[TrainState, Any], tuple[TrainState, StepMetrics]]
  sum_losses: Callable[[Any, Any, Any], tuple[Sums, Any]]

  def initial_state(self, initial: Restored | None = None) -> TrainState:
    """The state before the first update, on every device.

    Args:
      initial: a checkpoint whose weights, and standard deviations if it has
        them, to start from; by default weights are drawn from the seed.

    Raises:
      ValueError: if the checkpoint is of another network or other data.
    """
    config, stddev = self.task.metadata.config, None
    if initial is not None:
      require_same_weights(initial.metadata, self.task.metadata)
      params, stddev = initial.params, initial.stddev
    else:
      params = self.task.initial_params(config.training.seed)
    return self.place(
      init_state(
        params,
        self.optimizer,
        stddev=initial_stddev(config.noise, params, stddev),
        carry=self.task.initial_carry(config.data.batch_size),
        averages=config.training.average is not None,
      )
    )

  def place(self, state: TrainState) -> TrainState:
    """A state of NumPy arrays, on every device: the carry by its rows."""
    carry = self._shard_own(state.carry)
    whole = self.mapped.replicate(state.replace(carry=()))
    return whole.replace(carry=carry)

  def fetch(self, state: TrainState) -> TrainState:
    """The inverse of `place`."""
    carry = self.mapped.gather(state.carry)
    return jax.device_get(state.replace(carry=())).replace(carry=carry)

  def validation_carry(self) -> Any:
    """What the first validation batch starts from, on every device."""
    size = self.task.validation_batches.batch_size
    return self._shard_own(self.task.initial_carry(size))

  def _shard_own(self, tree: Any) -> Any:
    """This process's share of a tree of all rows, on its devices."""
    share = self.mapped.share
    return self.mapped.shard(jax.tree.map(lambda x: x[share(len(x))], tree))


def build_experiment(
  task: Task, devices: Sequence[jax.Device], parallel: Parallel = "shard_map"
) -> Experiment:
  """Spreads a task over devices, by one of two maps.

  Raises:
    ValueError: if its batches do not split evenly over the devices.
  """
  config = task.metadata.config
  require_divisible("data.batch_size", config.data.batch_size, len(devices))
  require_divisible(
    "the greatest common divisor of data.batch_size and the lines of "
    "data.crop_schedule",
    task.train_batches.batch_size,
    len(devices),
  )
  require_divisible(
    "training.evaluation_batch_size",
    task.validation_batches.batch_size,
    len(devices),
  )
  optimizer = build_optimizer(
    config.optimizer,
    config.training.steps,
    precision=config.network.precision,
    axis=AXIS,
  )
  mapped = over_devices(devices, parallel)
  task = dataclasses.replace(
    task,
    train_batches=_share(task.train_batches, mapped),
    validation_batches=_share(task.validation_batches, mapped),
    reading_test=task.reading_test
    and ReadingTest(*(_share(b, mapped) for b in task.reading_test)),
  )
  update = mapped.map(update_body(task, optimizer), donate=True)

  def train_step(state: TrainState, batch: Any):
    rows = state.carry, mapped.shard(batch)
    (state, metrics), carry = update(state.replace(carry=()), rows)
    return state.replace(carry=carry), metrics

  return Experiment(
    task, optimizer, mapped, train_step, loss_summer(task.loss_fn, mapped)
  )


def update_body(task: Task, optimizer: optax.GradientTransformation) -> Body:
  """One device's part of an update, as the task's config asks for it."""
  config = task.metadata.config
  return train_body(
    training_loss(task),
    optimizer,
    seed=config.training.seed,
    loss_per=config.optimizer.loss_per,
    average=config.training.average,
  )


def _share(batches: Batches, mapped: Mapped) -> Batches:
  return batches.share(mapped.share(batches.batch_size))


def loss_summer(
  loss_fn: LossFn, mapped: Mapped
) -> Callable[[Any, Any, Any], tuple[Sums, Any]]:
  """(params, carry, batch) to (summed losses, carry), spread over devices."""
  sum_rows = mapped.map(evaluation_body(loss_fn))

  def sum_losses(params: Any, carry: Any, batch: Any):
    return sum_rows(params, (carry, mapped.shard(batch)))

  return sum_losses
