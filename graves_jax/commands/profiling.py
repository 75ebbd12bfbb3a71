"""Traces a few updates of a run: what the device did, and for how long."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax

from graves_jax.checkpoints.state import TrainState
from graves_jax.training.experiment import Experiment
from graves_jax.training.step import StepMetrics

FOLDER = "profile"


@contextlib.contextmanager
def profiled(
  experiment: Experiment,
  workdir: Path,
  updates: int,
  say: Callable[[str], None],
) -> Iterator[Experiment]:
  """Yields the same experiment, some updates of which are traced.

  The trace begins at the first update for whose shapes the step was compiled
  before. It ends after `updates` of them, or with the context.

  Args:
    experiment: what is trained.
    workdir: the run's; the trace goes into its folder `profile`.
    updates: how many to trace.
    say: told where the trace is, or why there is none.
  """
  trace = _Trace(workdir / FOLDER, updates, say)
  compiled = set()

  def train_step(
    state: TrainState, batch: Any
  ) -> tuple[TrainState, StepMetrics]:
    shapes = tuple(x.shape for x in jax.tree.leaves(batch))
    if shapes in compiled and trace.is_due:
      jax.block_until_ready(state)  # earlier updates are none of its own
      trace.begin()
    compiled.add(shapes)
    state, metrics = experiment.train_step(state, batch)
    if trace.is_running:
      trace.made += 1
      if trace.made == updates:
        jax.block_until_ready(state)
        trace.end()
    return state, metrics

  try:
    yield dataclasses.replace(experiment, train_step=train_step)
  finally:
    trace.end()


class _Trace:
  """One trace of JAX's profiler, which is not worth the run itself."""

  def __init__(self, folder: Path, updates: int, say: Callable[[str], None]):
    self._folder = folder
    self._updates = updates
    self._say = say
    self.is_due = True
    self.is_running = False
    self.made = 0  # updates traced so far

  def begin(self) -> None:
    """Starts the trace, the only one of the run."""
    self.is_due = False
    try:
      jax.profiler.start_trace(self._folder)
      self.is_running = True
    except (OSError, RuntimeError) as error:
      self._say(f"There is no profile: {error}")

  def end(self) -> None:
    """Writes the trace, if one is running."""
    if self.is_due:
      self.is_due = False
      self._say("There is no profile: the run was too short.")
    if not self.is_running:
      return
    self.is_running = False
    try:
      jax.profiler.stop_trace()
    except (OSError, RuntimeError) as error:
      self._say(f"There is no profile: {error}")
      return
    self._say(
      f"Profile of {self.made} update{'s' * (self.made != 1)}: {self._folder} "
      "(open the trace.json.gz in it with Perfetto, or the folder with "
      "TensorBoard's plugin xprof)."
    )
