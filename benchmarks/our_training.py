"""The package's own training updates, as a benchmark calls them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
from flax import linen as nn
from random_batches import ALPHABET_SIZE
from rich.console import Console
from update import Update

from graves_jax.checkpoints.state import TrainState, init_state, initial_params
from graves_jax.config import Adam, NetworkConfig, OptimizerConfig
from graves_jax.data.lines import StrokeBatch
from graves_jax.data.streams import TextBatch
from graves_jax.devices.parallel import AXIS, Mapped, fitting, over_devices
from graves_jax.distributions.bivariate_mixture import SIGMA_FLOOR
from graves_jax.fast.kernels.library import Kernels
from graves_jax.losses.handwriting import handwriting_loss
from graves_jax.losses.sums import LossFn
from graves_jax.losses.text import text_loss
from graves_jax.networks.build import build_network, example_inputs
from graves_jax.networks.prediction import PredictionNetwork
from graves_jax.networks.synthesis import count_weights
from graves_jax.optimizers.build import build_optimizer
from graves_jax.tasks.text import initial_text_carry
from graves_jax.training.step import train_body

# So little is learned that random weights stay what they are.
OPTIMIZER = Adam(
  learning_rate=1e-6, decay=0.99, max_gradient_norm=1.0, loss_per="element"
)


class Training(NamedTuple):
  """The mapped train step, the state and carry that it starts from, and how
  batches reach devices."""

  step: jax.stages.Wrapped
  state: TrainState
  carry: Any
  mapped: Mapped


def training_devices(
  batch_size: int,
) -> tuple[Sequence[jax.Device], Kernels | None]:
  """One accelerator, or as many cores as the batch splits over evenly, and
  their kernels."""
  from graves_jax.commands import runtime

  devices = runtime.use_devices(0)
  if devices[0].platform != "cpu":
    return devices[:1], None
  devices = fitting(devices, batch_size)
  return devices, runtime.use_kernels(Console(), devices)


def handwriting_network(
  kind: str,
  hidden: Sequence[int],
  precision: str,
  kernels: Kernels | None = None,
) -> nn.Module:
  """A synthesis or prediction network, all else as in the paper."""
  config = NetworkConfig(kind=kind, hidden=tuple(hidden), precision=precision)
  return build_network(config, ALPHABET_SIZE, kernels=kernels)


def handwriting_training(
  network: nn.Module,
  devices: Sequence[jax.Device],
  optimizer: OptimizerConfig = OPTIMIZER,
) -> Training:
  """Weights from seed 0 and the train step of a network of pen elements."""
  loss_fn = handwriting_loss(network, SIGMA_FLOOR)
  return _training(network, loss_fn, (), devices, optimizer)


def handwriting_update(
  network: nn.Module,
  batch: StrokeBatch,
  devices: Sequence[jax.Device],
  optimizer: OptimizerConfig = OPTIMIZER,
) -> Update:
  """Updates of a network of pen elements."""
  return _update(handwriting_training(network, devices, optimizer), batch)


def new_handwriting_update(
  kind: str,
  hidden: Sequence[int],
  batch: StrokeBatch,
  devices: Sequence[jax.Device],
  kernels: Kernels | None,
  precision: str,
) -> Update:
  """Updates of a new synthesis or prediction network."""
  network = handwriting_network(kind, hidden, precision, kernels)
  return handwriting_update(network, batch, devices)


def text_update(
  network: PredictionNetwork, batch: TextBatch, devices: Sequence[jax.Device]
) -> Update:
  """Updates of a network of characters, its state carried on."""
  carry = initial_text_carry(network, len(batch.inputs))
  return _update(_training(network, text_loss(network), carry, devices), batch)


def _training(
  network: nn.Module,
  loss_fn: LossFn,
  carry: Any,
  devices: Sequence[jax.Device],
  config: OptimizerConfig = OPTIMIZER,
) -> Training:
  optimizer = build_optimizer(
    config, steps=1, precision=network.precision, axis=AXIS
  )
  mapped = over_devices(devices)
  body = train_body(loss_fn, optimizer, seed=0, loss_per=config.loss_per)
  params = initial_params(network, 0, *example_inputs(network))
  state = mapped.replicate(init_state(params, optimizer))
  carry = mapped.shard(carry)
  return Training(mapped.map(body, donate=True), state, carry, mapped)


def _update(training: Training, batch: Any) -> Update:
  step, state, carry, mapped = training
  weights = count_weights(state.params)

  def run() -> None:
    nonlocal state, carry  # the state's arrays are given away at every update
    (state, metrics), carry = step(state, (carry, mapped.shard(batch)))
    jax.block_until_ready((state, metrics, carry))

  def compile_only() -> None:
    step.lower(state, (carry, mapped.shard(batch))).compile()

  return Update(run, weights, compile_only)
