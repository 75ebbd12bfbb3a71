"""Trains the tiny experiments as one of the processes of a run.

python as_processes.py --folder F --distributed.coordinator ... --devices N
"""

import dataclasses
import shutil
import sys
from pathlib import Path

import tyro

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "training")]

from graves_jax.commands import runtime  # noqa: E402


def main(
  folder: Path,
  distributed: runtime.Distributed,
  devices: int,
) -> None:
  """Trains to the end; then stops early, and goes on; then one of several
  processes loses its data, and then has other data than the rest.

  Args:
    folder: what the first process writes goes here.
    distributed: the other processes.
    devices: of this process.
  """
  runtime.use_compilation_cache()
  runtime.join_processes(distributed)
  count = len(runtime.use_devices(devices))
  import jax

  is_last = jax.process_index() == jax.process_count() - 1
  workdir = folder if not jax.process_index() else folder / "unused"
  for name, whole in experiments(count).items():
    keep(train(whole, workdir / f"{name}_whole"), folder / f"{name}.npz")
    stopped = workdir / f"{name}_stopped"
    train(whole, stopped, 5 if is_last else None)
    resumed = workdir / f"{name}_resumed"
    if not jax.process_index():
      shutil.copytree(stopped, resumed)
    keep(train(whole, resumed), folder / f"{name}_resumed.npz")
  for name, change in {"lost": lose_data, "other": take_other_data}.items():
    answer = "trained to the end"
    try:
      train(change(whole) if is_last else whole, workdir / name)
    except (OSError, ValueError) as error:
      answer = str(error)
    (folder / f"{name}_{jax.process_index()}").write_text(answer)


def experiments(devices):
  """Two, on so many devices; the text drops out, by its rows."""
  import experiments as handwriting
  import test_text_training as text

  four_rows = {"evaluation_batch_size": 4}
  return {
    "handwriting": handwriting.make_experiment(devices=devices, **four_rows),
    "text": text.make_experiment(devices=devices, training=four_rows),
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
    np.savez(path, **arrays(state))


def arrays(state):
  """A state's arrays by their names."""
  import jax

  leaves = jax.tree.leaves_with_path(state)
  return {jax.tree_util.keystr(path): x for path, x in leaves}


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
