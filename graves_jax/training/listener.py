"""Whom the training loop tells how it goes."""

from typing import NamedTuple, Protocol

from graves_jax.noise.adaptive_weight_noise import DescriptionLength
from graves_jax.training.records import StepReport


class Listener(Protocol):
  """What the loop tells as it goes; the loop itself never prints."""

  def message(self, text: str) -> None:
    """Says a sentence."""

  def step(self, report: StepReport) -> None:
    """Tells of an update."""

  def validating(self, done: int, total: int) -> None:
    """Tells of elements scored so far, and of all."""

  def validated(self, step: int, scores: NamedTuple) -> None:
    """Tells of a validation."""

  def described(self, step: int, length: DescriptionLength) -> None:
    """Tells of the description length, for adaptive weight noise."""

  def stopped(self, step: int) -> None:
    """Tells that the run was told to stop, and is saved."""
