"""What becomes of a run when the disk is full or the data are lost."""

import dataclasses
import errno
import json
import os
import resource
import shutil
import threading
import time

import jax
import numpy as np
import pytest
from experiments import Silent, make_experiment

from graves_jax.checkpoints.save import Checkpoints, SaveError
from graves_jax.training.loop import train
from graves_jax.training.records import MetricsFile

pytestmark = pytest.mark.slow

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
READ_ONLY = OSError(errno.EROFS, os.strerror(errno.EROFS))


def run(folder, experiment=None, listener=None, **options):
  experiment = experiment or make_experiment()
  state = train(experiment, folder, listener or Silent(), **options)
  return jax.device_get(state)


def assert_same(one, other):
  for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
    np.testing.assert_array_equal(a, b)


def saved(folder):
  return sorted(int(p.name) for p in (folder / "checkpoints").glob("[0-9]"))


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
  return run(tmp_path_factory.mktemp("expected"))


@pytest.mark.parametrize("trouble", [FULL, READ_ONLY])
def test_where_nothing_is_written_any_more_one_interval_is_lost(
  expected, tmp_path, monkeypatch, trouble
):
  save = Checkpoints.save

  def fail(self, state, metadata):
    if metadata.step >= 6:
      raise trouble
    save(self, state, metadata)

  with monkeypatch.context() as patch:
    patch.setattr(Checkpoints, "save", fail)
    with pytest.raises(OSError, match=trouble.strerror):
      run(tmp_path)
  assert saved(tmp_path) == [2, 4]
  listener = Silent()
  assert_same(run(tmp_path, listener=listener), expected)
  assert listener.messages[0] == "Continuing at step 4."


class Hindered(Silent):
  """Once step 2 is saved, no file may be longer than 300 bytes: Orbax then
  fails while it writes, in a thread of its own."""

  def __init__(self, folder):
    super().__init__()
    self.saved = folder / "checkpoints" / "2"

  def step(self, report):
    super().step(report)
    if report.step == 3:
      while not self.saved.exists():
        time.sleep(0.01)
      resource.setrlimit(resource.RLIMIT_FSIZE, (300, self.limit[1]))

  def __enter__(self):
    self.limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    return self

  def __exit__(self, *_):
    resource.setrlimit(resource.RLIMIT_FSIZE, self.limit)


def test_a_save_that_fails_in_the_background_is_noticed(expected, tmp_path):
  with (
    Hindered(tmp_path) as listener,
    pytest.raises(SaveError, match=r"File too large; that of step 2 is intact"),
  ):
    run(tmp_path, listener=listener)
  assert listener.reports[-1].step <= 6
  assert saved(tmp_path) == [2]
  assert_same(run(tmp_path), expected)


def test_records_that_cannot_be_written_do_not_end_a_run(
  expected, tmp_path, monkeypatch
):
  write = MetricsFile.write

  def fail(self, kind, values):
    if values["step"] in (3, 4):
      raise FULL
    write(self, kind, values)

  monkeypatch.setattr(MetricsFile, "write", fail)
  listener = Silent()
  assert_same(run(tmp_path, listener=listener), expected)
  (message,) = (m for m in listener.messages if "No space left" in m)
  assert "metrics.jsonl" in message


def test_a_row_that_was_cut_off_spoils_no_other(tmp_path):
  with MetricsFile(tmp_path / "m.jsonl", 0) as file:
    file.write("train", {"step": 1})
    whole, file._file = file._file, Partial(file._file)
    with pytest.raises(OSError, match="No space left"):
      file.write("train", {"step": 2})
    file._file = whole
    file.write("train", {"step": 3})
  with MetricsFile(tmp_path / "m.jsonl", 3):
    pass
  rows = (tmp_path / "m.jsonl").read_text().splitlines()
  assert [json.loads(row)["step"] for row in rows] == [1, 3]


class Partial:
  """A file on a disk that has room for five bytes."""

  def __init__(self, file):
    self._file = file
    self.name = file.name

  def write(self, content):
    return self._file.write(content[:5])


def test_samples_that_cannot_be_written_do_not_end_a_run(expected, tmp_path):
  def write_samples(params, metadata):
    raise FULL

  listener = Silent()
  experiment = make_experiment(sample_every=4)
  state = run(
    tmp_path, experiment, listener=listener, write_samples=write_samples
  )
  assert_same(state, expected)
  assert sum("No samples" in m for m in listener.messages) == 3


def test_data_that_are_lost_end_the_run_and_lose_nothing(expected, tmp_path):
  experiment = make_experiment()
  batches = experiment.task.train_batches

  class Lost:
    def __getattr__(self, name):
      return getattr(batches, name)

    def __len__(self):
      return len(batches)

    def batch(self, step):
      if step >= 5:
        raise FileNotFoundError("the data are gone")
      return batches.batch(step)

  task = dataclasses.replace(experiment.task, train_batches=Lost())
  lost = dataclasses.replace(experiment, task=task)
  with pytest.raises(FileNotFoundError, match="the data are gone"):
    run(tmp_path, lost)
  assert saved(tmp_path)[-1] == 5
  assert_same(run(tmp_path), expected)


def test_validation_data_that_are_lost_end_the_run_and_lose_nothing(
  expected, tmp_path
):
  experiment = make_experiment()
  batches = experiment.task.validation_batches

  class Lost:
    def __getattr__(self, name):
      return getattr(batches, name)

    def in_order(self):
      yield next(batches.in_order())
      raise FileNotFoundError("the data are gone")

  task = dataclasses.replace(experiment.task, validation_batches=Lost())
  lost = dataclasses.replace(experiment, task=task)
  with pytest.raises(FileNotFoundError, match="the data are gone"):
    run(tmp_path, lost)
  assert saved(tmp_path)[-1] == 4
  assert_same(run(tmp_path), expected)


def test_a_validation_that_is_not_finite_ends_the_run_and_loses_nothing(
  expected, tmp_path
):
  experiment = make_experiment()
  scored = experiment.sum_losses

  def sum_losses(*arguments):
    sums, carry = scored(*arguments)
    return sums._replace(nats=sums.nats * np.nan), carry

  with pytest.raises(ValueError, match="not finite"):
    run(tmp_path, dataclasses.replace(experiment, sum_losses=sum_losses))
  assert saved(tmp_path)[-1] > 0
  assert_same(run(tmp_path), expected)


def remove(folder):
  shutil.rmtree(folder)


def put_a_file_there(folder):
  folder.rename(folder.with_name("aside"))
  folder.touch()


def put_another_run_there(folder):
  """A run in the same folder, after the first one's was removed."""
  shutil.rmtree(folder)
  run(folder.parent, make_experiment(steps=2))


@pytest.mark.parametrize(
  ("break_", "left"),
  [
    (remove, "no checkpoint is left there"),
    (put_a_file_there, "no checkpoint is left there"),
    (put_another_run_there, "the checkpoint of step 4 is gone"),
  ],
)
def test_a_folder_that_is_lost_ends_the_run_and_no_thread_waits(
  tmp_path, break_, left
):
  class Breaking(Silent):
    def step(self, report):
      super().step(report)
      if report.step == 5:
        wait_for(lambda: 4 in saved(tmp_path))  # no save is under way
        break_(tmp_path / "checkpoints")

  threads = set(threading.enumerate())
  with pytest.raises(SaveError, match=left):
    run(tmp_path, listener=Breaking())
  wait_for(lambda: all("asyncio" in t.name for t in waiting(threads)))
  if break_ is put_another_run_there:
    assert saved(tmp_path) == [2]


def wait_for(is_true):
  deadline = time.monotonic() + 60
  while not is_true():
    assert time.monotonic() < deadline
    time.sleep(0.05)


def waiting(threads):
  """Threads besides those given that keep the process from its end."""
  others = set(threading.enumerate()) - threads
  return [t for t in others if not t.daemon]


def test_a_workdir_that_cannot_be_made_is_an_error_at_once(tmp_path):
  (tmp_path / "file").write_text("")
  with pytest.raises(OSError, match="file"):
    run(tmp_path / "file" / "run")
