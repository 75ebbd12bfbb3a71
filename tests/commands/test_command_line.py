"""Tests of command_line: errors, and paths that are addresses."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from graves_jax.commands import command_line
from graves_jax.config import HandwritingConfig

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


# The collector of garbage calls JAX, and Ctrl-C comes just then.
SWALLOWED = """
import signal
import time
from graves_jax.commands import command_line
class Interrupted:
  def __del__(self):
    raise KeyboardInterrupt
def main(argv):
  Interrupted()
  time.sleep(30)
signal.signal(signal.SIGINT, signal.default_int_handler)  # not so behind `&`
command_line.run(main)
"""


def run_python(code, seconds):
  """Runs code in a process of its own, which ends within so many seconds."""
  return subprocess.run(
    [sys.executable, "-c", code],
    cwd=ROOT,
    capture_output=True,
    text=True,
    timeout=seconds,
  )


def test_ctrl_c_that_python_swallows_comes_again():
  ended = run_python(SWALLOWED, seconds=25)
  assert (ended.returncode, ended.stderr) == (130, "")


def test_a_text_without_quotes_is_asked_for_with_them(run_command):
  status, output, errors = run_command("sample", "dear", "reader", "--bias", 0)
  assert (status, output) == (2, "")
  assert 'graves-jax sample "dear reader"' in errors


def test_a_process_that_failed_ends_whatever_its_threads_wait_for():
  ended = run_python(HUNG, seconds=60)
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
    ("export runs/a b --mean-with gs://b/c", "mean_with (=gs://b/c)"),
    ("page gs://b/page.html", "out (=gs://b/page.html)"),
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
  ("command", "shown"),
  [
    ("tables --results ~nobody-here/x", "results (=~nobody-here/x)"),
    ("export ~nobody-here/run out", "checkpoint (=~nobody-here/run)"),
    ("train --data.path ~nobody-here/x", "path (=~nobody-here/x)"),
    ("sample abc --style ~nobody-here/x:3", "style (=~nobody-here/x:3)"),
  ],
)
def test_a_home_folder_that_is_not_known_is_told(
  run_command, tmp_path, monkeypatch, command, shown
):
  monkeypatch.chdir(tmp_path)
  status, _, errors = run_command(*command.split())
  assert status == 2
  (line,) = errors.splitlines()
  assert shown in line and "no such home folder" in line


def test_the_home_folder_is_meant_wherever_a_shell_leaves_it(
  tmp_path, monkeypatch
):
  monkeypatch.setenv("HOME", str(tmp_path))
  given = ["--config.data.path", "~/data", "--workdir=~/run"]
  parsed = command_line.parse(Parsed, given)
  assert parsed.workdir == tmp_path / "run"
  assert parsed.config.data.path == "~/data"  # as it was written
  assert parsed.runs == (Path("a"),)

  called = {}
  command_line.call(keeping(called), ["--out=~/x", "--more", "~/y", "z"])
  assert called == {"out": tmp_path / "x", "more": (tmp_path / "y", Path("z"))}


def keeping(called):
  """A function with arguments for tyro, which keeps what it is given."""

  def function(out: Path, more: tuple[Path, ...] = (), other: int = 1) -> None:
    called.update(out=out, more=more)

  return function


@dataclasses.dataclass(frozen=True)
class Parsed:
  """Arguments of a command that never was."""

  workdir: Path
  runs: tuple[Path, ...] = (Path("a"),)
  config: HandwritingConfig = dataclasses.field(
    default_factory=HandwritingConfig
  )
