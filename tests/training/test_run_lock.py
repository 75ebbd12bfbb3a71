"""Laws of the lock that keeps a run's folder to one run."""

import json
import os
import shutil
import socket
import subprocess
import sys

import pytest
from paths import ROOT

from graves_jax.training import run_lock
from graves_jax.training.run_lock import FILE, LockedError, locked

HERE = f"process {os.getpid()} on {socket.gethostname()}, since 2"
HOLD = """
import sys, time
from pathlib import Path
from graves_jax.training.run_lock import locked
with locked(Path(sys.argv[1]), print):
  print("ready", flush=True)
  time.sleep(600)
"""


def fail(text):
  raise AssertionError(f"nobody should be told anything: {text}")


@pytest.fixture
def holder(tmp_path):
  """A process that holds the lock of the folder run."""
  command = [sys.executable, "-c", HOLD, str(tmp_path / "run")]
  with subprocess.Popen(
    command, cwd=ROOT, stdout=subprocess.PIPE, text=True
  ) as process:
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()


@pytest.fixture
def without_locks(monkeypatch):
  """A file system whose locks do not reach other hosts."""
  monkeypatch.setattr(run_lock, "_lock", lambda file: False)


def test_a_second_run_is_refused_with_its_process_named(holder, tmp_path):
  with (
    pytest.raises(
      LockedError, match=rf"run is in use by process {holder.pid} "
    ),
    locked(tmp_path / "run", fail),
  ):
    pass
  assert json.loads((tmp_path / "run" / FILE).read_text())["process"]


def test_what_a_killed_run_left_locks_nothing(holder, tmp_path):
  holder.kill()
  holder.wait()
  assert (tmp_path / "run" / FILE).is_file()
  with locked(tmp_path / "run", fail):
    named = json.loads((tmp_path / "run" / FILE).read_text())
    assert named["process"] == os.getpid()


def test_a_run_that_ends_leaves_no_lock_and_no_empty_folder(tmp_path):
  with locked(tmp_path / "a" / "empty", fail):
    pass
  assert not (tmp_path / "a" / "empty").exists()
  with pytest.raises(ZeroDivisionError), locked(tmp_path / "run", fail):
    (tmp_path / "run" / "kept").touch()
    1 / 0  # noqa: B018
  assert [p.name for p in (tmp_path / "run").iterdir()] == ["kept"]


def test_a_lock_is_not_removed_with_the_one_before_it(tmp_path):
  with locked(tmp_path / "run", fail):
    shutil.rmtree(tmp_path / "run")
    with locked(tmp_path / "run", fail):
      (tmp_path / "run" / "kept").touch()
      other = tmp_path / "run" / FILE
      shutil.move(tmp_path / "run", tmp_path / "moved")
      shutil.copytree(tmp_path / "moved", tmp_path / "run")
  assert other.is_file()


def test_without_locks_a_run_that_lives_is_seen(without_locks, tmp_path):
  told = []
  with (
    locked(tmp_path, told.append, between=0.01),
    pytest.raises(LockedError, match=f"in use by {HERE}"),
    locked(tmp_path, told.append, watched=60),
  ):
    pass
  (message,) = told
  assert HERE in message and "60 s" in message


@pytest.mark.parametrize("has_locks", [False, True])
def test_a_run_of_another_host_that_is_silent_is_gone(
  tmp_path, monkeypatch, has_locks
):
  if not has_locks:
    monkeypatch.setattr(run_lock, "_lock", lambda file: False)
  holder = {"process": 7, "host": "elsewhere", "since": "then"}
  (tmp_path / FILE).write_text(json.dumps(holder))
  told = []
  with locked(tmp_path, told.append, watched=0.2):
    pass
  (message,) = told
  assert "process 7 on elsewhere, since then" in message


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"process": 1}', "\x00"])
def test_a_file_that_names_nobody_locks_nothing(tmp_path, content):
  (tmp_path / FILE).write_text(content)
  with locked(tmp_path, fail):
    pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
  (tmp_path / "file").touch()
  with (
    pytest.raises(OSError, match="file"),
    locked(tmp_path / "file" / "run", fail),
  ):
    pass
