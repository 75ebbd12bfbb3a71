"""Tests of command_line: signals, processes, the patience of XLA."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from jaxlib import version
from paths import ROOT

from graves_jax.commands import command_line

# The main thread is busy in C, as it is while it waits for a device.
BUSY = """
import hashlib, threading
from graves_jax.commands import command_line
def say(text):
  print(text, flush=True)

with command_line.stopping_on_signals(say) as should_stop:
  threading.Timer(0.5, say, ["ready"]).start()
  while not should_stop():
    hashlib.pbkdf2_hmac("sha256", b"", b"", {rounds})
print("stopped", flush=True)
"""


def start_busy(rounds):
  process = subprocess.Popen(
    [sys.executable, "-c", BUSY.format(rounds=rounds)],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    text=True,
  )
  assert process.stdout.readline() == "ready\n"
  return process


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_noted_and_a_second_one_leaves_at_once(number):
  with start_busy(rounds=1000) as patient:
    patient.send_signal(number)
    assert "stopped" in patient.communicate(timeout=20)[0]
    assert patient.returncode == 0
  with start_busy(rounds=10**9) as stuck:
    try:
      stuck.send_signal(number)
      said = stuck.stdout.readline()  # while the main thread is busy
      assert said.startswith("Stopping") and "second Ctrl-C" in said
      with pytest.raises(subprocess.TimeoutExpired):
        stuck.wait(timeout=0.5)
      stuck.send_signal(number)
      assert stuck.wait(timeout=5) == 128 + number
    finally:
      stuck.kill()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_what_signals_did_before_they_do_again():
  before = signal.getsignal(signal.SIGTERM)
  with command_line.stopping_on_signals(print) as should_stop:
    assert not should_stop()
    assert signal.getsignal(signal.SIGTERM) is not before
  assert signal.getsignal(signal.SIGTERM) is before


# A thread waits for ever, as for a disk that hangs.
HUNG = """
import threading
from graves_jax.commands import command_line
command_line._LONGEST_FAREWELL_SECONDS = 0.2
def main(argv):
  threading.Thread(target=threading.Event().wait).start()
  raise OSError("the disk is full")
command_line.run(main)
"""


def test_a_process_that_failed_ends_whatever_its_threads_wait_for():
  ended = subprocess.run(
    [sys.executable, "-c", HUNG],
    cwd=ROOT,
    capture_output=True,
    text=True,
    timeout=60,
  )
  assert ended.returncode == 2
  assert ended.stderr == "error: the disk is full\n"


@pytest.mark.parametrize(
  ("command", "shown"),
  [
    ("train --workdir gs://b/run", "workdir (=gs://b/run)"),
    ("train --init-from s3://b/run", "init_from (=s3://b/run)"),
    ("train --data.path https://x.org/a.gz", "path (=https://x.org/a.gz)"),
    ("train --data.prepared-dir gs://b", "prepared_dir (=gs://b)"),
    ("sample abc --checkpoint gs://b/run", "checkpoint (=gs://b/run)"),
    ("sample abc --out=GS://b/a.png", "out (=GS://b/a.png)"),
    ("sample abc --style s3://b/me.jsonl:3", "style (=s3://b/me.jsonl:3)"),
    ("evaluate --data.path az://b/x", "path (=az://b/x)"),
    ("curves runs/a gs://b/run", "runs (=gs://b/run)"),
    ("export gs://b/run out", "checkpoint (=gs://b/run)"),
    ("export runs/a gs://b/out", "out (=gs://b/out)"),
    ("prepare file:///home/iamondb", "paths (=file://home/iamondb)"),
  ],
)
def test_an_address_is_refused_where_a_path_is_wanted(
  run_command, tmp_path, monkeypatch, command, shown
):
  monkeypatch.chdir(tmp_path)
  status, _, errors = run_command(*command.split())
  assert status == 2
  (line,) = errors.splitlines()
  assert shown in line and "rclone" in line
  assert not list(tmp_path.iterdir())


def test_an_address_may_be_written_and_paths_have_colons(tmp_path):
  command_line.require_local(
    text="gs://b/run", prime="http://a.b", path="a:/b", out=Path("a:b/c"),
    style="me.jsonl:3", runs=(tmp_path, Path("C:/x")), none=None,
  )  # fmt: skip


@pytest.mark.parametrize(
  "arguments",
  [
    ["--distributed"],
    ["--distributed.processes", "2", "--distributed.process", "0"],
  ],
)
def test_without_a_cluster_a_line_says_what_to_give(
  environment, tmp_path, arguments
):
  command = [sys.executable, ROOT / "train.py", *arguments]
  command += ["--workdir", tmp_path / "run"]
  ended = subprocess.run(
    command, capture_output=True, text=True, env=environment, timeout=120
  )
  assert ended.returncode == 2
  (line,) = ended.stderr.splitlines()
  assert "--distributed.coordinator HOST:PORT" in line
  assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
  ("given", "expected"),
  [
    (None, "--xla_cpu_collective_call_terminate_timeout_seconds=100000"),
    ("--xla_a", "--xla_a --xla_cpu_collective_call_terminate_timeout_seconds"),
    (
      "--xla_cpu_collective_call_terminate_timeout_seconds=7",
      "--xla_cpu_collective_call_terminate_timeout_seconds=7",
    ),
  ],
)
def test_devices_may_wait_unless_the_user_said_how_long(
  monkeypatch, given, expected
):
  monkeypatch.delenv("XLA_FLAGS", raising=False)
  if given:
    monkeypatch.setenv("XLA_FLAGS", given)
  monkeypatch.setattr(version, "__version_info__", (0, 10, 2))
  command_line._be_patient()
  assert os.environ["XLA_FLAGS"].startswith(expected)


@pytest.mark.parametrize("jaxlib", [(0, 10, 1), (0, 13, 0)])
def test_a_jaxlib_that_may_not_know_the_flag_gets_none(monkeypatch, jaxlib):
  monkeypatch.setenv("XLA_FLAGS", "")
  monkeypatch.setattr(version, "__version_info__", jaxlib)
  command_line._be_patient()
  assert not os.environ["XLA_FLAGS"]


@pytest.mark.skipif(os.name != "posix", reason="/dev/null is of POSIX")
def test_a_home_that_cannot_be_written_is_one_line(tmp_path):
  out = tmp_path / "page.svg"
  command = [sys.executable, "sample.py", "hello", "--out", out]
  command += ["--checkpoint", "synthetic"]
  done = subprocess.run(
    [*command, "--copies", "16", "--hand", "any", "--best-of", "1"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    env=os.environ | {"HOME": "/dev/null", "PATH": ""},  # no compiler either
  )
  assert done.returncode == 0 and out.exists()
  assert done.stderr == (
    "Each start takes longer, as compiled code is not kept: "
    "/dev/null/.cache/graves_jax/compiled: Not a directory; set HOME to a "
    "folder that can be written to.\n"
  )


def test_compiled_code_is_kept_where_that_can_be(tmp_path, monkeypatch):
  monkeypatch.setenv("HOME", str(tmp_path))
  folder = command_line._cache_folder("~/.cache/compiled")
  assert folder == tmp_path / ".cache/compiled" and folder.is_dir()
  monkeypatch.setattr(os, "access", lambda *_: False)
  with pytest.raises(OSError, match="compiled: Permission denied; set HOME"):
    command_line._cache_folder("~/.cache/compiled")

  def no_home(path):
    raise RuntimeError

  monkeypatch.setattr(Path, "expanduser", no_home)
  with pytest.raises(OSError, match="there is no home folder; set HOME"):
    command_line._cache_folder("~/.cache/compiled")
