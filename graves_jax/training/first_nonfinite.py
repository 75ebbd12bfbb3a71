"""Which operation of an update gives the first number that is not finite."""

import dataclasses
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from graves_jax.checkpoints.state import TrainState
from graves_jax.devices.parallel import AXIS
from graves_jax.training.experiment import Experiment, update_body
from graves_jax.training.step import Body, StepMetrics
from graves_jax.training.task import with_implementation

_PACKAGE = Path(__file__).parents[1]


def naming_first_operation(experiment: Experiment) -> Experiment:
  """The same experiment, but an update whose loss or gradient is not finite
  is made again, operation by operation, and ends the run with a ValueError
  that names the first one to blame. Each update copies the state."""
  # A kernel is one operation, of many steps.
  task = with_implementation(experiment.task, "scan")
  body = update_body(task, experiment.optimizer)

  def train_step(
    state: TrainState, batch: Any
  ) -> tuple[TrainState, StepMetrics]:
    before = jax.tree.map(jnp.copy, state)  # `state` is given away
    state, metrics = experiment.train_step(state, batch)
    if not metrics.is_finite:
      before = experiment.fetch(before)
      raise ValueError(
        f"step {before.step + 1}: {first_operation(body, before, batch)}"
      )
    return state, metrics

  return dataclasses.replace(experiment, train_step=train_step)


def first_operation(body: Body, state: TrainState, batch: Any) -> str:
  """Names the first operation of an update that gives a NaN, else the first
  that gives an infinity, and the line of this package that it is in."""
  rows = jax.tree.map(lambda x: jnp.asarray(x)[None], (state.carry, batch))
  one_device = jax.vmap(body, (None, 0), axis_name=AXIS)
  for check in (jax.debug_nans, jax.debug_infs):
    try:
      with check(True), jax.disable_jit():
        one_device(state.replace(carry=()), rows)
    except FloatingPointError as error:
      what = str(error).splitlines()[0].rstrip(".")
      return f"{what}; {_place(error)}"
  return "made again operation by operation on one device, it is finite."


def _place(error: BaseException) -> str:
  """The innermost line of this package that an error came from, and the one
  in another file that led there. Of the backward pass JAX tells the line of
  the forward one, as the error's cause."""
  for cause in _causes(error):
    frames = [
      frame
      for frame in reversed(traceback.extract_tb(cause.__traceback__))
      if Path(frame.filename).is_relative_to(_PACKAGE)
      and frame.filename != __file__
    ]
    if frames:
      first = frames[0]
      others = (f for f in frames if f.filename != first.filename)
      outer = next(others, None)
      return (
        f"in {_line(first)}: {first.line}"
        f"{f' (called in {_line(outer)})' if outer else ''}"
      )
  return "in no line of graves_jax"


def _line(frame: traceback.FrameSummary) -> str:
  name = Path(frame.filename).relative_to(_PACKAGE.parent)
  return f"{name}, line {frame.lineno}, {frame.name}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
  """The error's innermost cause first, the error last."""
  if error is not None:
    yield from _causes(error.__cause__)
    yield error
