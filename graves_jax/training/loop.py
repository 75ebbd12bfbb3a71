"""The training loop: updates, validation, samples, checkpoints, records.

With several processes all run this loop, each on its own rows. The first one
writes; all of them agree on when to stop.
"""

import contextlib
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax

from graves_jax.checkpoints.metadata import Metadata
from graves_jax.checkpoints.read import Restored
from graves_jax.checkpoints.save import KeptCheckpoints
from graves_jax.checkpoints.state import TrainState
from graves_jax.devices.processes import (
  ask,
  is_first,
  require_agreement,
  together,
)
from graves_jax.training.evaluate import NotFiniteError
from graves_jax.training.experiment import Experiment
from graves_jax.training.listener import Listener
from graves_jax.training.read_ahead import Failure, StoppedError
from graves_jax.training.records import (
  MetricsFile,
  Skipped,
  StepReport,
  require_progress,
)
from graves_jax.training.stages import (
  continuation_of,
  identity,
  require_same_start,
  start_of,
)
from graves_jax.training.step import StepMetrics
from graves_jax.training.task import WriteSamples
from graves_jax.training.validation import Validation

METRICS_FILE = "metrics.jsonl"
# A young run is looked at often: samples are drawn before the first update,
# after so many, and each time that these are doubled, until the config's
# `sample_every` is reached.
_FIRST_SAMPLE = 50


def train(
  experiment: Experiment,
  workdir: Path,
  listener: Listener,
  *,
  initial: Restored | None = None,
  should_stop: Callable[[], bool] = lambda: False,
  write_samples: WriteSamples | None = None,
) -> TrainState:
  """Trains from the newest checkpoint of `workdir`, or from the start.

  An interrupted run, started again, continues exactly: it ends with the same
  weights as one that was never interrupted.

  Args:
    experiment: what to train.
    workdir: where checkpoints and records are kept.
    listener: told of everything.
    initial: a checkpoint whose weights a new run starts from.
    should_stop: asked after every update, and while validating; True, in any
      process, saves and returns. The validation of the last update is finished
      first.
    write_samples: draws samples of weights (NumPy) with their metadata.

  Returns:
    The last state.

  Raises:
    OSError: if a checkpoint cannot be written, or data cannot be read any
      more. Records and samples that cannot be written do not end a run.
    ValueError: if `workdir` is of another experiment, if the loss or its
      gradient are not finite for too many updates in a row, or if a validation
      is not; the state is saved then.
  """
  metadata = experiment.task.metadata
  require_agreement(identity(metadata), "config and data")
  with together():
    state = experiment.initial_state(initial)
  if initial is not None:
    parent = initial.metadata
    ancestry = (*parent.ancestry, parent.as_stage(initial.run))
    metadata = dataclasses.replace(metadata, ancestry=ancestry)
  checkpoints = KeptCheckpoints(workdir, experiment.fetch(state), metadata)
  try:
    for message in checkpoints.messages:
      listener.message(message)
    state = experiment.place(checkpoints.state)
    if not checkpoints.is_new:
      with together():
        require_same_start(checkpoints.metadata, initial)
      listener.message(continuation_of(int(state.step), metadata))
    elif metadata.ancestry:
      listener.message(start_of(metadata, initial))
    with contextlib.ExitStack() as stack:
      records = None
      with together():
        if is_first():
          file = MetricsFile(workdir / METRICS_FILE, int(state.step))
          records = stack.enter_context(file)
      run = _Run(experiment, checkpoints, records, listener, should_stop)
      run.tell_length(checkpoints.metadata.config.training.steps)
      return run.to_the_end(state, write_samples if is_first() else None)
  finally:
    checkpoints.close()


def is_early_sample(step: int, every: int) -> bool:
  """Whether a sample is drawn after `step` updates, besides `every` so many."""
  doublings, rest = divmod(step, _FIRST_SAMPLE)
  return step < every and not rest and doublings.bit_count() == 1


class _Run:
  """One run's updates, from where it starts to where it ends or stops."""

  def __init__(
    self,
    experiment: Experiment,
    checkpoints: KeptCheckpoints,
    records: MetricsFile | None,
    listener: Listener,
    should_stop: Callable[[], bool],
  ):
    self._experiment = experiment
    self._checkpoints = checkpoints
    self._records = records
    self._listener = listener
    self._should_stop = should_stop
    self._begun_with = checkpoints.metadata
    self._history = self._begun_with.history
    # Step and metrics that were not reported yet.
    self._pending: tuple[int, StepMetrics] | None = None
    self._failure = Failure()
    self._has_complained = False  # of records that cannot be written
    self._last_time = time.monotonic()

  def tell_length(self, before: int) -> None:
    """Says and records that a run is longer or shorter than it was begun."""
    step = self._begun_with.step
    steps = self._experiment.task.metadata.config.training.steps
    if steps != before:
      self._record("length", {"step": step, "before": before, "steps": steps})
      self._listener.message(
        f"At step {step:,} the run's length changes from {before:,} to "
        f"{steps:,} updates."
      )

  def to_the_end(
    self, state: TrainState, write_samples: WriteSamples | None
  ) -> TrainState:
    experiment = self._experiment
    task = experiment.task
    training = task.metadata.config.training
    step = begin = int(state.step)
    stops = not self._has_caught_up(state)
    if not begin and write_samples and not self._should_stop():
      self._draw(write_samples, state, self._metadata(begin))
    with together():
      batch = task.train_batches.batch(begin)
    last = begin if stops else training.steps
    for step in range(begin + 1, last + 1):
      if self._is_out_of_patience():
        break
      next_batch = self._read_ahead(step) if step < training.steps else None
      answer = ask(self._wants_to_stop)
      state, metrics = experiment.train_step(state, batch)
      batch = next_batch
      self._report()
      self._pending = (step, metrics)
      stops, is_last = answer(), step == training.steps

      def is_due(every, step=step, stops=stops, is_last=is_last):
        return is_last or (step % every == 0 and not stops)

      saves = is_due(training.checkpoint_every)
      evaluates = is_due(training.evaluate_every)
      samples = is_due(training.sample_every) or (
        is_early_sample(step, training.sample_every) and not stops
      )
      if not (stops or saves or evaluates or samples):
        continue
      self._report()
      metadata = self._metadata(step)
      if evaluates:
        metadata = self._validate(state, metadata) or metadata
        self._history = metadata.history
      self._save(experiment.fetch(state), metadata)
      stops = stops or ask(self._wants_to_stop)()
      if samples and write_samples and (is_last or not stops):
        self._draw(write_samples, state, metadata)
      self._last_time = time.monotonic()
      if stops:
        break
    with together():
      if self._failure.error:
        raise self._failure.error
      self._checkpoints.wait()
    if stops and step < training.steps:
      self._listener.stopped(step)
    return state

  def _wants_to_stop(self) -> bool:
    """Whether this process was told to, or has to."""
    with self._failure.noted():
      self._checkpoints.check()
    return self._failure.is_there() or self._should_stop()

  def _read_ahead(self, step: int):
    """The batch of training step `step`; None if it cannot be read.

    The update before it can then still be made, and saved.
    """
    with self._failure.noted():
      return self._experiment.task.train_batches.batch(step)

  def _save(self, state: TrainState, metadata: Metadata) -> None:
    with self._failure.noted():
      self._checkpoints.wait()
    with self._failure.noted():
      self._checkpoints.save(state, metadata)

  def _metadata(self, step: int) -> Metadata:
    return dataclasses.replace(
      self._experiment.task.metadata,
      ancestry=self._begun_with.ancestry,
      step=step,
      history=self._history,
    )

  def _has_caught_up(self, state: TrainState) -> bool:
    """Makes up for a validation that was due when the run was stopped; false if
    it is stopped again."""
    begun = self._begun_with
    training = begun.config.training
    is_due = (
      begun.step % training.evaluate_every == 0 or begun.step == training.steps
    )
    if begun.step and begun.scores is None and is_due:
      metadata = self._validate(state, self._metadata(begun.step))
      if metadata is None:
        return False
      self._history = metadata.history
      self._last_time = time.monotonic()
    return True

  def _report(self) -> None:
    """Reports the last update: its numbers are fetched one update late."""
    if self._pending is None:
      return
    (step, metrics), self._pending = self._pending, None
    metrics = jax.device_get(metrics)
    seconds = time.monotonic() - self._last_time
    self._last_time += seconds
    if not metrics.is_finite:
      self._skip(step, metrics)
      return
    metrics = jax.tree.map(float, metrics)
    batches = self._experiment.task.train_batches
    self._history = self._history.with_update(metrics.sums, batches.elements)
    report = StepReport.of(
      step,
      self._experiment.task.metadata.config.training.steps,
      batches.epochs(step),
      metrics,
      seconds,
    )
    task = self._experiment.task
    if step % task.metadata.config.training.record_every == 0:
      self._record("train", dataclasses.asdict(report))
    self._listener.step(report)

  def _skip(self, step: int, metrics: StepMetrics) -> None:
    """Records an update that was skipped; after too many, training ends."""
    self._history = self._history.with_skipped()
    task = self._experiment.task
    rows = task.train_batches.row_names(step - 1)
    skipped = Skipped.of(step, metrics, self._history, rows)
    self._record("skipped", dataclasses.asdict(skipped))
    self._listener.message(str(skipped))
    require_progress(skipped, task.metadata.config.training.max_skipped)

  def _validate(self, state: TrainState, metadata: Metadata) -> Metadata | None:
    """Metadata with scores; None if told to stop meanwhile, or if they are not
    finite: then the run ends once its state is saved."""
    is_last = metadata.step == metadata.config.training.steps
    validation = Validation(
      self._experiment,
      self._listener,
      self._failure,
      self._failure.is_there if is_last else self._wants_to_stop,
    )
    try:
      values = validation(state, metadata.step, self._history)
    except StoppedError:
      return None
    except NotFiniteError as error:
      self._failure.error = self._failure.error or error
      return None
    self._record("validation", {"step": metadata.step, **values})
    if metadata.score_name not in values:  # no update was made yet
      return metadata
    history = self._history.with_score(values[metadata.score_name])
    return dataclasses.replace(metadata, scores=values, history=history)

  def _record(self, kind: str, values: dict[str, Any]) -> None:
    """Writes a row; if that fails, says so once and goes on."""
    try:
      if self._records:
        self._records.write(kind, values)
    except OSError as error:
      if not self._has_complained:
        self._listener.message(f"Rows are missing in {METRICS_FILE}: {error}")
      self._has_complained = True

  def _is_out_of_patience(self) -> bool:
    patience = self._experiment.task.metadata.config.training.patience
    since = self._history.validations_since
    if patience is None or since < patience:
      return False
    self._listener.message(
      f"Ended: no better validation in {since} since {self._history.best:.4f}."
    )
    return True

  def _draw(self, write_samples, state: TrainState, metadata: Metadata) -> None:
    try:
      write_samples(jax.device_get(state.scored), metadata)
    except (ValueError, OSError) as error:  # a picture is not worth a run
      self._listener.message(f"No samples at step {metadata.step:,}: {error}")
