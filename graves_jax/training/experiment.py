"""Everything that a config stands for: data in batches, network, functions."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import optax
from flax import linen as nn

from graves_jax.config import Config, DataConfig
from graves_jax.data.batches import LineBatches
from graves_jax.data.strokes import (
  PAPER_CHARACTERS,
  Alphabet,
  Line,
  Normalization,
)
from graves_jax.losses import handwriting_loss, network_inputs
from graves_jax.networks.build import build_network
from graves_jax.optimizers import build_optimizer
from graves_jax.training.checkpoints import Restored
from graves_jax.training.metadata import Metadata, require_same_sequences
from graves_jax.training.parallel import (
  Mapped,
  Parallel,
  over_devices,
  require_divisible,
)
from graves_jax.training.state import TrainState, init_state, initial_params
from graves_jax.training.step import evaluation_body, train_body


@dataclasses.dataclass(frozen=True)
class Experiment:
  """A config made concrete.

  metadata: what its checkpoints say of it, at step 0.
  network: the network.
  optimizer: the optimizer.
  train_batches, validation_batches: the data.
  sample_texts: to write while training.
  mapped: how work is spread over devices.
  train_step: (state, batch) to (state, metrics); its state is given away.
  sum_losses: (params, batch) to summed losses.
  """

  metadata: Metadata
  network: nn.Module
  optimizer: optax.GradientTransformation
  train_batches: LineBatches
  validation_batches: LineBatches
  sample_texts: tuple[str, ...]
  mapped: Mapped
  train_step: Callable[[TrainState, Any], Any]
  sum_losses: Callable[[Any, Any], Any]

  def initial_state(self, initial: Restored | None = None) -> TrainState:
    """The state before the first update, on every device.

    Args:
      initial: a checkpoint whose weights to start from; by default weights are
        drawn from the seed.

    Raises:
      ValueError: if the checkpoint is of another network or other data.
    """
    if initial is not None:
      require_same_sequences(initial.metadata, self.metadata)
      state = init_state(initial.params, self.optimizer)
      return self.mapped.replicate(state)
    inputs = network_inputs(self.network, self.train_batches.batch(0))
    seed = self.metadata.config.training.seed
    params = initial_params(self.network, seed, *inputs)
    return self.mapped.replicate(init_state(params, self.optimizer))


def build_experiment(
  config: Config,
  train: Sequence[Line],
  validation: Sequence[Line],
  devices: Sequence[jax.Device],
  parallel: Parallel = "shard_map",
) -> Experiment:
  """Makes a config concrete.

  Args:
    config: the experiment.
    train: training lines; those longer than the config allows are left out.
    validation: validation lines; all are scored.
    devices: to spread the batches over.
    parallel: by which map.

  Raises:
    ValueError: if no line is left, or batches do not split over the devices.
  """
  data, training = config.data, config.training
  require_divisible("data.batch_size", data.batch_size, len(devices))
  require_divisible(
    "training.evaluation_batch_size",
    training.evaluation_batch_size,
    len(devices),
  )
  alphabet = (
    Alphabet(PAPER_CHARACTERS)
    if data.alphabet == "paper"
    else Alphabet.of(line.text for line in train)
  )
  kept = [
    line._replace(points=line.points[: data.crop_points])
    for line in train
    if is_kept(line, data)
  ]
  normalization = Normalization.of(train)
  network = build_network(config.network, alphabet.size)
  optimizer = build_optimizer(config.optimizer, training.steps)
  loss_fn = handwriting_loss(network, config.network.sigma_floor)
  mapped = over_devices(devices, parallel)
  train_step = mapped.map(
    train_body(
      loss_fn,
      optimizer,
      seed=training.seed,
      loss_per=config.optimizer.loss_per,
    ),
    donate=True,
  )
  sum_losses = mapped.map(evaluation_body(loss_fn))
  return Experiment(
    metadata=Metadata(
      config, alphabet, normalization, points_per_character(train)
    ),
    network=network,
    optimizer=optimizer,
    train_batches=LineBatches(
      kept,
      alphabet,
      normalization,
      batch_size=data.batch_size,
      buckets=data.buckets,
      seed=training.seed,
    ),
    validation_batches=LineBatches(
      validation,
      alphabet,
      normalization,
      batch_size=training.evaluation_batch_size,
      buckets=data.buckets,
    ),
    sample_texts=_sample_texts(config, alphabet, validation),
    mapped=mapped,
    train_step=lambda state, batch: train_step(state, mapped.shard(batch)),
    sum_losses=lambda params, batch: sum_losses(params, mapped.shard(batch)),
  )


def points_per_character(lines: Sequence[Line]) -> float:
  """Average number of pen elements a character of text."""
  characters = sum(len(line.text) for line in lines)
  return sum(len(line.points) for line in lines) / max(characters, 1)


def is_kept(line: Line, data: DataConfig) -> bool:
  """Whether a training line is within the config's limits."""
  return (data.max_points is None or len(line.points) <= data.max_points) and (
    data.max_characters is None or len(line.text) <= data.max_characters
  )


def _sample_texts(
  config: Config, alphabet: Alphabet, validation: Sequence[Line]
) -> tuple[str, ...]:
  if config.network.kind == "prediction":
    return ()
  for text in config.training.sample_texts:
    if alphabet.unknown(text):
      raise ValueError(
        f"training.sample_texts: {text!r} has the characters "
        f"{alphabet.unknown(text)}, which no training line has."
      )
  known = (x.text for x in validation if not alphabet.unknown(x.text))
  return config.training.sample_texts or tuple(itertools.islice(known, 3))
