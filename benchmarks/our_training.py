"""The package's own training updates, as a benchmark calls them."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from random_batches import ALPHABET_SIZE, TextBatch
from update import Update

from configs.handwriting_synthesis import get_config
from graves_jax.config import NetworkConfig
from graves_jax.data.batches import StrokeBatch
from graves_jax.distributions.bivariate_mixture import SIGMA_FLOOR
from graves_jax.losses import (
  LossFn,
  LossSums,
  handwriting_loss,
  network_inputs,
)
from graves_jax.networks.build import build_network
from graves_jax.networks.prediction import PredictionNetwork
from graves_jax.networks.synthesis import count_weights
from graves_jax.optimizers import build_optimizer
from graves_jax.training.parallel import Mapped, fitting, over_devices
from graves_jax.training.state import TrainState, init_state, initial_params
from graves_jax.training.step import train_body

# So little is learned that random weights stay what they are.
OPTIMIZER = dataclasses.replace(
  get_config().optimizer, learning_rate=1e-6, schedule="constant"
)


class Training(NamedTuple):
  """The mapped train step, its first state, and how batches reach devices."""

  step: Callable[[TrainState, Any], Any]
  state: TrainState
  mapped: Mapped


def training_devices(batch_size: int) -> Sequence[jax.Device]:
  """One accelerator, or as many cores as the batch splits over evenly."""
  import command_line

  devices = command_line.use_devices(0)
  if devices[0].platform != "cpu":
    return devices[:1]
  return fitting(devices, batch_size)


def handwriting_network(
  kind: str, hidden: Sequence[int], precision: str
) -> nn.Module:
  """A synthesis or prediction network, all else as in the paper."""
  config = NetworkConfig(kind=kind, hidden=tuple(hidden), precision=precision)
  return build_network(config, ALPHABET_SIZE)


def handwriting_training(
  network: nn.Module, batch: StrokeBatch, devices: Sequence[jax.Device]
) -> Training:
  """Weights from seed 0 and the train step of a network of pen elements."""
  params = initial_params(network, 0, *network_inputs(network, batch))
  return _training(handwriting_loss(network, SIGMA_FLOOR), params, devices)


def handwriting_update(
  network: nn.Module, batch: StrokeBatch, devices: Sequence[jax.Device]
) -> Update:
  """Updates of a network of pen elements."""
  return _update(handwriting_training(network, batch, devices), batch)


def new_handwriting_update(
  kind: str,
  hidden: Sequence[int],
  batch: StrokeBatch,
  devices: Sequence[jax.Device],
  precision: str,
) -> Update:
  """Updates of a new synthesis or prediction network."""
  network = handwriting_network(kind, hidden, precision)
  return handwriting_update(network, batch, devices)


def text_update(
  network: PredictionNetwork, batch: TextBatch, devices: Sequence[jax.Device]
) -> Update:
  """Updates of a network of one-hot characters."""
  elements = jnp.zeros((*batch.classes.T.shape, network.inputs))
  params = initial_params(network, 0, elements)
  return _update(_training(_text_loss(network), params, devices), batch)


def _training(
  loss_fn: LossFn, params: Any, devices: Sequence[jax.Device]
) -> Training:
  optimizer = build_optimizer(OPTIMIZER, steps=1)
  mapped = over_devices(devices)
  body = train_body(loss_fn, optimizer, seed=0, loss_per=OPTIMIZER.loss_per)
  state = mapped.replicate(init_state(params, optimizer))
  return Training(mapped.map(body, donate=True), state, mapped)


def _update(training: Training, batch: Any) -> Update:
  step, state, mapped = training
  weights = count_weights(state.params)

  def run() -> None:
    nonlocal state  # its arrays are given away at every update
    state, metrics = step(state, mapped.shard(batch))
    jax.block_until_ready((state, metrics))

  return Update(run, weights)


def _text_loss(network: PredictionNetwork) -> LossFn:
  """Summed nats of the next character; `points` counts characters."""

  def loss(params, batch: TextBatch, key) -> LossSums:
    del key
    classes = jnp.swapaxes(batch.classes, 0, 1)  # [T + 1, B]
    one_hot = jax.nn.one_hot(classes[:-1], network.inputs)
    log_probs = jax.nn.log_softmax(network.apply(params, one_hot))
    targets = classes[1:, :, None]
    return LossSums(
      nats=-jnp.take_along_axis(log_probs, targets, axis=-1).sum(),
      squared_error=jnp.zeros(()),
      points=jnp.float32(targets.size),
      sequences=jnp.float32(targets.shape[1]),
    )

  return loss
