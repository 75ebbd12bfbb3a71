"""A validation within a run, which may be told to stop meanwhile."""

import dataclasses
import functools
from collections.abc import Callable

import jax

from graves_jax.checkpoints.metadata import History
from graves_jax.checkpoints.state import TrainState
from graves_jax.devices.processes import ask
from graves_jax.losses.sums import Sums
from graves_jax.noise.adaptive_weight_noise import (
  DescriptionLength,
  description_length,
)
from graves_jax.training.evaluate import evaluate, nats_gained_by_reading
from graves_jax.training.experiment import Experiment
from graves_jax.training.listener import Listener
from graves_jax.training.read_ahead import Failure, ReadAhead, StoppedError


@dataclasses.dataclass(frozen=True)
class Validation:
  """Scores the weights of a run.

  experiment: what is trained.
  listener: told of the scores, and on the way to them.
  failure: where a batch that cannot be read is noted.
  should_stop: asked on the way; True, in any process, ends the validation.
  """

  experiment: Experiment
  listener: Listener
  failure: Failure
  should_stop: Callable[[], bool]

  def __call__(
    self, state: TrainState, step: int, history: History
  ) -> dict[str, float]:
    """Scores by name; with adaptive weight noise, description lengths too.

    Args:
      state: whose weights are scored, averaged where there is an average.
      step: updates that were made.
      history: of these updates.

    Raises:
      StoppedError: if told to stop meanwhile.
    """
    task = self.experiment.task
    sums = self._scorer(state)(
      ReadAhead(task.validation_batches, self.failure), self._progress
    )
    scores = task.scores(sums)
    if task.reading_test is not None:
      gained = nats_gained_by_reading(self._scorer(state), task.reading_test)
      scores = scores._replace(nats_gained_by_reading=gained)
    self.listener.validated(step, scores)
    values = {k: v for k, v in scores._asdict().items() if v is not None}
    if state.stddev is not None and history.elements:
      length = self._description_length(state, history)
      self.listener.described(step, length)
      values |= length._asdict()
    return values

  def _scorer(self, state: TrainState) -> Callable[..., Sums]:
    """What sums the losses of batches, with the weights of a state."""
    return functools.partial(
      evaluate,
      self.experiment.sum_losses,
      state.scored,
      self.experiment.validation_carry(),
    )

  def _description_length(
    self, state: TrainState, history: History
  ) -> DescriptionLength:
    """Of the training data, whose nats at drawn weights, as in Section 4.2's
    loss, are estimated from the updates of about the last epoch."""
    elements = self.experiment.task.train_batches.elements
    nats = history.nats / history.elements * elements
    return description_length(jax.device_get(state.trained), nats)

  def _progress(self, done: int, total: int) -> None:
    self.listener.validating(done, total)
    if done < total and ask(self.should_stop)():
      raise StoppedError
