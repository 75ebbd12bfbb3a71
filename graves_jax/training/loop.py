"""The training loop: updates, validation, samples, checkpoints, records."""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import jax
import numpy as np

from graves_jax.evaluation import evaluate
from graves_jax.losses import HandwritingScores
from graves_jax.training.checkpoints import Checkpoints
from graves_jax.training.experiment import Experiment
from graves_jax.training.metadata import Metadata
from graves_jax.training.metrics import MetricsFile, StepReport
from graves_jax.training.state import TrainState

METRICS_FILE = "metrics.jsonl"


class Listener(Protocol):
  """What the loop tells as it goes; the loop itself never prints."""

  def message(self, text: str) -> None:
    """Says a sentence."""

  def step(self, report: StepReport) -> None:
    """Tells of an update."""

  def validating(self, done: int, total: int) -> None:
    """Tells of lines scored so far."""

  def validated(self, step: int, scores: HandwritingScores) -> None:
    """Tells of a validation."""


def train(
  experiment: Experiment,
  workdir: Path,
  listener: Listener,
  *,
  should_stop: Callable[[], bool] = lambda: False,
  write_samples: Callable[[Any, Metadata], None] | None = None,
) -> TrainState:
  """Trains from the newest checkpoint of `workdir`, or from the start.

  An interrupted run, started again, continues exactly: it ends with the same
  weights as one that was never interrupted.

  Args:
    experiment: what to train.
    workdir: where checkpoints and records are kept.
    listener: told of everything.
    should_stop: asked after every update; True saves and returns.
    write_samples: draws samples of weights (NumPy) with their metadata.

  Returns:
    The last state.

  Raises:
    ValueError: if `workdir` is of another experiment, or the loss is not
      finite.
  """
  state = experiment.initial_state()
  checkpoints = Checkpoints(workdir, state, experiment.metadata)
  try:
    state = _start(experiment, checkpoints, state, listener)
    with MetricsFile(workdir / METRICS_FILE, int(state.step)) as records:
      return _run(
        experiment,
        checkpoints,
        records,
        listener,
        state,
        should_stop,
        write_samples,
      )
  finally:
    checkpoints.close()


def _start(experiment, checkpoints, state, listener) -> TrainState:
  for message in checkpoints.messages:
    listener.message(message)
  if checkpoints.restored is None:
    return state
  saved, metadata = checkpoints.restored
  listener.message(f"Continuing at step {metadata.step:,}.")
  return experiment.mapped.replicate(saved)


def _run(
  experiment, checkpoints, records, listener, state, should_stop, write_samples
) -> TrainState:
  training = experiment.metadata.config.training
  batches = experiment.train_batches
  first, pending, last_time = int(state.step), None, time.monotonic()
  saved = first if checkpoints.saved_steps else None

  def flush():
    """Reports the last update; its numbers are fetched one update late."""
    nonlocal pending, last_time
    if pending is None:
      return
    step, metrics = pending
    pending = None
    metrics = jax.tree.map(float, metrics)
    now = time.monotonic()
    report = StepReport.of(
      step, training.steps, len(batches), metrics, now - last_time
    )
    last_time = now
    if not np.isfinite(report.nats_per_sequence + report.gradient_norm):
      raise ValueError(
        f"the loss of step {step} is {report.nats_per_sequence} nats per "
        f"sequence and its gradient's norm {report.gradient_norm}; the last "
        "checkpoint is intact. Lower optimizer.learning_rate."
      )
    records.write("train", dataclasses.asdict(report))
    listener.step(report)

  for step in range(first + 1, training.steps + 1):
    state, metrics = experiment.train_step(state, batches.batch(step - 1))
    flush()
    pending = (step, metrics)
    is_last = step == training.steps or should_stop()
    evaluates = step % training.evaluate_every == 0 or step == training.steps
    samples = step % training.sample_every == 0 or step == training.steps
    if not (is_last or evaluates or samples) and (
      step % training.checkpoint_every
    ):
      continue
    flush()
    metadata = dataclasses.replace(experiment.metadata, step=step)
    if evaluates:
      metadata = _validate(experiment, state, metadata, records, listener)
    checkpoints.save(state, metadata)
    saved = step
    if samples and write_samples:
      write_samples(jax.device_get(state.params), metadata)
    last_time = time.monotonic()
    if is_last:
      break
  if saved is None:
    checkpoints.save(state, experiment.metadata)
  checkpoints.wait()
  return state


def _validate(experiment, state, metadata, records, listener) -> Metadata:
  scores = evaluate(
    experiment.sum_losses,
    state.params,
    experiment.validation_batches,
    listener.validating,
  )
  values = {"step": metadata.step, **scores._asdict()}
  records.write("validation", values)
  listener.validated(metadata.step, scores)
  return dataclasses.replace(metadata, scores=scores._asdict())
