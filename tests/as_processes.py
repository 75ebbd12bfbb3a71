"""Trains the tiny experiments as one of the processes of a run.

python as_processes.py FOLDER [--distributed.coordinator ...] --devices N
"""

import dataclasses
import shutil
import sys
from pathlib import Path

import tyro

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "training")]

from graves_jax.commands import command_line  # noqa: E402

STEPS = 8


def main(
  folder: Path,
  distributed: command_line.Distributed,
  cache: Path,
  devices: int,
) -> None:
  """Trains to the end; then stops early, and goes on; then one of several
  processes loses its data, and then has other data than the rest.

  Args:
    folder: what the first process writes goes here.
    distributed: the other processes.
    cache: of compiled code.
    devices: of this process.
  """
  command_line.COMPILED = cache
  command_line.use_compilation_cache()
  command_line.join_processes(distributed)
  devices = command_line.use_devices(devices)
  import jax

  is_last = jax.process_index() == jax.process_count() - 1
  workdir = folder if not jax.process_index() else folder / "unused"
  for name, make in experiments().items():
    whole = make(devices)
    keep(train(whole, workdir / f"{name}_whole"), folder / f"{name}.npz")
    if distributed.is_wanted:
      stopped = workdir / f"{name}_stopped"
      train(whole, stopped, 5 if is_last else None)
      resumed = workdir / f"{name}_resumed"
      if not jax.process_index():
        shutil.copytree(stopped, resumed)
      keep(train(whole, resumed), folder / f"{name}_resumed.npz")
  if distributed.is_wanted:
    for name, change in {"lost": lose_data, "other": take_other_data}.items():
      answer = "trained to the end"
      try:
        train(change(whole) if is_last else whole, workdir / name)
      except (OSError, ValueError) as error:
        answer = str(error)
      (folder / f"{name}_{jax.process_index()}").write_text(answer)


def experiments():
  """Each as a function of devices; the text drops out, by its rows."""
  import experiments as handwriting
  import test_text_training as text

  from graves_jax.tasks.handwriting import handwriting_task
  from graves_jax.tasks.text import text_task
  from graves_jax.training.experiment import build_experiment

  def training(config):
    changed = dataclasses.replace(
      config.training, steps=STEPS, evaluation_batch_size=4
    )
    return dataclasses.replace(config, training=changed)

  lines = handwriting.TRAIN, handwriting.VALIDATION
  return {
    "handwriting": lambda devices: build_experiment(
      handwriting_task(training(handwriting.CONFIG), *lines), devices
    ),
    "text": lambda devices: build_experiment(
      text_task(training(text.CONFIG), text.make_corpus()), devices
    ),
  }


def train(experiment, workdir, updates=None):
  """The last state; stops after so many updates, if told."""
  from experiments import Silent

  from graves_jax.training import loop

  made = []

  def train_step(*arguments):
    made.append(True)
    return experiment.train_step(*arguments)

  state = loop.train(
    dataclasses.replace(experiment, train_step=train_step),
    workdir,
    Silent(),
    should_stop=lambda: updates is not None and len(made) >= updates,
  )
  return experiment.fetch(state)


def keep(state, path):
  """Writes a state's arrays, from the first process."""
  import jax
  import numpy as np

  if not jax.process_index():
    leaves = jax.tree.leaves_with_path(state)
    np.savez(path, **{jax.tree_util.keystr(p): x for p, x in leaves})


def lose_data(experiment):
  """The experiment, whose data cannot be read from the fifth batch on."""

  class Lost(type(experiment.task.train_batches)):
    def batch(self, step):
      if step >= 4:
        raise FileNotFoundError("the data are gone")
      return super().batch(step)

  batches = experiment.task.train_batches.share(slice(None))
  batches._rows = experiment.task.train_batches._rows
  batches.__class__ = Lost
  task = dataclasses.replace(experiment.task, train_batches=batches)
  return dataclasses.replace(experiment, task=task)


def take_other_data(experiment):
  """The experiment, on data of another digest."""
  metadata = dataclasses.replace(experiment.task.metadata, data="other")
  task = dataclasses.replace(experiment.task, metadata=metadata)
  return dataclasses.replace(experiment, task=task)


if __name__ == "__main__":
  tyro.cli(main)
