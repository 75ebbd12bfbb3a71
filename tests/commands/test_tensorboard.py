"""Figures for TensorBoard: written, or given up for the run's sake."""

import errno
import os
import time

import pytest

from graves_jax.commands.tensorboard import TensorboardFigures

pytest.importorskip("tensorboardX", reason="needs the extra tensorboard.")


def test_figures_are_written(tmp_path):
  figures = TensorboardFigures(tmp_path, pytest.fail)
  figures.add("train", {"nats": 1.5}, 3)
  figures.close()
  (path,) = tmp_path.iterdir()
  assert b"train/nats" in path.read_bytes()


def test_a_full_disk_is_said_once_and_nobody_waits(tmp_path, monkeypatch):
  said = []
  figures = TensorboardFigures(tmp_path, said.append)
  thread = figures._writer.file_writer.event_writer._worker

  def fail(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

  monkeypatch.setattr(thread._record_writer, "write_event", fail)
  monkeypatch.setattr("threading.excepthook", lambda _: None)
  figures.add("train", {"nats": 1.5}, 0)
  deadline = time.monotonic() + 30
  while thread.is_alive():
    assert time.monotonic() < deadline
    time.sleep(0.01)
  for step in range(100):  # more than its queue holds
    figures.add("train", {"nats": 1.5}, step)
  figures.close()
  assert len(said) == 1
