"""Trains the synthesis network on a card, from scratch or from trained weights,
and keeps its best weights.

The run is stopped after each validation, so that weights are safe by then; it
goes on exactly where it was. The best ones are "weights", others "later": a run
may go on until it knows the training lines by heart.
"""

import functools
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
from card_clock import Clock
from card_folder import ResultFolder
from card_plan import (
  VALIDATIONS,
  Shape,
  Size,
  compile_updates,
  mean_seconds,
  most_steps,
  plan,
  recipe_of,
  short_updates,
  stages,
  time_updates,
)
from report import rounded
from rich.console import Console

from graves_jax.checkpoints.export import export_weights
from graves_jax.checkpoints.read import FOLDER, Restored, step_folders
from graves_jax.checkpoints.same import require_same_weights
from graves_jax.commands.console import ConsoleListener
from graves_jax.config import DataConfig, HandwritingConfig
from graves_jax.data.lines import StrokeBatch
from graves_jax.data.strokes import Line
from graves_jax.tasks.handwriting import handwriting_task
from graves_jax.training.evaluate import evaluate
from graves_jax.training.experiment import Experiment, build_experiment
from graves_jax.training.loop import METRICS_FILE, train

_SPARE = 1.05  # reading batches, records
_AFTER = 15.0  # seconds for the export


class Lines(NamedTuple):
  """What is read of the data."""

  config: DataConfig
  train: Sequence[Line]
  validation: Sequence[Line]


class Asked(NamedTuple):
  """What to train.

  lines: the data.
  size: of network and batches.
  initial: the weights to start from; None: random ones.
  """

  lines: Lines
  size: Size
  initial: Restored | None = None

  @property
  def recipe(self) -> HandwritingConfig:
    return recipe_of(self.initial is not None)

  def experiment(self, steps: int, card: jax.Device) -> Experiment:
    """Of a run of so many updates."""
    config, codec = plan(self.recipe, self.size, self.lines.config, steps), None
    if self.initial is not None:
      _, codec = self.initial.metadata.of_handwriting()
    _, train, validation = self.lines
    task = handwriting_task(config, train, validation, codec=codec)
    return build_experiment(task, [card])

  def short_updates(self, steps: int) -> int:
    """Updates of the curriculum in a run of so many."""
    return short_updates(self.recipe, steps)


class Session(NamedTuple):
  """Where training happens.

  device: the card.
  clock: of the whole script, at whose end training stops in any case.
  folder: for weights, metrics and what was planned.
  console: shows progress.
  """

  device: jax.Device
  clock: Clock
  folder: ResultFolder
  console: Console


class _Fitted(NamedTuple):
  """A run that fits the time, and a batch of each of its shapes."""

  experiment: Experiment
  examples: dict[Shape, StrokeBatch]


class _Listener(ConsoleListener):
  """Shows a run and remembers its validations."""

  def __init__(self, console: Console, workdir: Path):
    super().__init__(console, workdir)
    self.validations: list[dict] = []

  def validated(self, step: int, scores: NamedTuple) -> None:
    super().validated(step, scores)
    self.validations.append({"step": step, **scores._asdict()})

  def stopped(self, step: int) -> None:
    self.message(f"Saved at step {step:,}.")


def train_on_card(
  session: Session, asked: Asked, seconds: float, steps: int | None = None
) -> None:
  """Fits a run to the time, makes it, and keeps what it gives.

  Args:
    session: where.
    asked: what.
    seconds: for all of it, compilation, validations and export included.
    steps: updates, if they were counted before.

  Raises:
    ValueError: if the initial weights are of another network.
  """
  clock, folder = session.clock, session.folder
  if steps is None:
    fitted = _fit(session, asked, clock.spent() + seconds)
  else:
    fitted = _as_told(session, asked, steps)
  experiment, initial = fitted.experiment, asked.initial
  if initial is not None:
    require_same_weights(initial.metadata, experiment.task.metadata)
  with session.console.status("Compiling updates of the run"):
    compile_updates(experiment, fitted.examples)
  with tempfile.TemporaryDirectory() as name:
    workdir = Path(name) / "card"
    listener = _Listener(session.console, workdir)
    with listener:
      listener.introduce(experiment, [session.device])

      def go_on(should_stop: Callable[[], bool]) -> None:
        train(
          experiment,
          workdir,
          listener,
          initial=initial,
          should_stop=lambda: should_stop() or clock.left() < _AFTER,
        )
        folder.note("validations", listener.validations)
        _keep(workdir, folder, listener.validations)

      for done in range(1, VALIDATIONS + 1):
        if clock.left() > 2 * _AFTER:
          go_on(lambda done=done: len(listener.validations) >= done)


def _fit(session: Session, asked: Asked, end: float) -> _Fitted:
  """Times updates and a validation; plans as many updates as there is time for
  until `end` of the clock."""
  steps = asked.recipe.training.steps  # the trial's; any number would do
  trial = asked.experiment(steps, session.device)
  short, whole = stages(trial.task.train_batches, asked.short_updates(steps))
  examples = short.examples | whole.examples
  validate = functools.partial(_validate, trial)
  with session.console.status(f"Compiling updates of {len(examples)} shapes"):
    compiling = compile_updates(trial, examples, validate)
  seconds, validating = time_updates(trial, examples), validate()
  means = mean_seconds(short, seconds), mean_seconds(whole, seconds)
  reserve = compiling + VALIDATIONS * validating + _AFTER
  available = max(end - session.clock.spent() - reserve, 0.0) / _SPARE
  steps = most_steps(asked.recipe, *means, available)
  session.folder.note(
    "plan",
    {
      "steps": steps,
      "of_the_curriculum": asked.short_updates(steps),
      "size": asked.size._asdict(),
      "seconds_an_update": [
        {**shape._asdict(), "seconds": rounded(s)}
        for shape, s in seconds.items()
      ],
      "mean_seconds_short_and_whole": [rounded(x) for x in means],
      "seconds_to_compile": rounded(compiling),
      "seconds_to_validate": rounded(validating),
      "seconds_for_updates": rounded(available),
    },
  )
  return _Fitted(asked.experiment(steps, session.device), examples)


def _as_told(session: Session, asked: Asked, steps: int) -> _Fitted:
  experiment = asked.experiment(steps, session.device)
  batches = experiment.task.train_batches
  short, whole = stages(batches, asked.short_updates(steps))
  session.folder.note(
    "plan",
    {
      "steps": steps,
      "of_the_curriculum": asked.short_updates(steps),
      "size": asked.size._asdict(),
    },
  )
  return _Fitted(experiment, short.examples | whole.examples)


def _validate(experiment: Experiment) -> float:
  """Scores all that a validation scores: seconds that it took."""
  task, started = experiment.task, time.perf_counter()
  params = experiment.initial_state().scored
  for batches in (task.validation_batches, *(task.reading_test or ())):
    evaluate(experiment.sum_losses, params, (), batches)
  return time.perf_counter() - started


def is_best(validations: Sequence[dict], step: int) -> bool:
  """Whether the weights of a step were validated, and are the best so far."""
  scores = {x["step"]: x["nats_per_sequence"] for x in validations}
  return step in scores and scores[step] == min(scores.values())


def _keep(
  workdir: Path, folder: ResultFolder, validations: Sequence[dict]
) -> None:
  """Puts the newest checkpoint's weights, and records, among the results."""
  folder.copy(workdir / METRICS_FILE)
  newest = step_folders(workdir / FOLDER)
  if newest:
    step, path = newest[0]
    name = "weights" if is_best(validations, step) else "later"
    with tempfile.TemporaryDirectory() as parent:
      export_weights(path, Path(parent) / name)
      folder.pack(Path(parent) / name)
