"""What training needs to know of what it trains: handwriting, text, or a
reader of handwriting."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol

from flax import linen as nn

from graves_jax.checkpoints.metadata import Metadata
from graves_jax.data.batches import Batches, ReadingTest
from graves_jax.fast.implementation import Implementation
from graves_jax.losses.sums import LossFn, Sums
from graves_jax.training.records import StepReport

# Draws samples of weights (NumPy) with their metadata.
WriteSamples = Callable[[Any, Metadata], None]


class Task(Protocol):
  """A config's data, network and loss, before any device is chosen.

  metadata: what its checkpoints say of it, at step 0.
  network: the network, from which all else is made.
  train_batches, validation_batches: the data.
  reading_test: of validation lines, where the network reads a text; else None.
  """

  # A frozen dataclass, so that its batches and network can be replaced.
  __dataclass_fields__: ClassVar[dict[str, Any]]

  @property
  def metadata(self) -> Metadata: ...

  @property
  def network(self) -> nn.Module: ...

  @property
  def train_batches(self) -> Batches: ...

  @property
  def validation_batches(self) -> Batches: ...

  @property
  def reading_test(self) -> ReadingTest | None: ...

  @property
  def loss_fn(self) -> LossFn:
    """Summed losses of parameters, carry, batch and key."""

  def initial_params(self, seed: int) -> Any:
    """Weights drawn from a seed."""

  def initial_carry(self, batch_size: int) -> Any:
    """What the first batch starts from: NumPy arrays [batch_size, ...]."""

  def scores(self, sums: Sums) -> Any:
    """Averages of summed losses, a NamedTuple, in the units of the paper's
    tables."""

  def sample_writer(self, workdir: Path) -> WriteSamples:
    """What writes samples while training, under `workdir`."""

  def introduction(self) -> tuple[str, ...]:
    """Sentences on the data and the unit of the loss."""

  def progress(self, report: StepReport) -> str:
    """An update's loss and speed, in a few words."""

  def outcome(self, scores: Any) -> str:
    """A validation's scores, in a few words."""


def with_implementation(task: Task, implementation: Implementation) -> Task:
  """Returns the same task, its network computed by an implementation."""
  network: Any = task.network
  network = network.clone(implementation=implementation)
  return dataclasses.replace(task, network=network)
