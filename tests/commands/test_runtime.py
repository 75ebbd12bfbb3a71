"""Tests of runtime: processes, the patience of XLA, compiled code."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest
from jaxlib import version
from paths import ROOT

from graves_jax.commands import runtime


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
  runtime._be_patient()
  assert os.environ["XLA_FLAGS"].startswith(expected)


@pytest.mark.parametrize("jaxlib", [(0, 10, 1), (0, 13, 0)])
def test_a_jaxlib_that_may_not_know_the_flag_gets_none(monkeypatch, jaxlib):
  monkeypatch.setenv("XLA_FLAGS", "")
  monkeypatch.setattr(version, "__version_info__", jaxlib)
  runtime._be_patient()
  assert not os.environ["XLA_FLAGS"]


def test_each_core_is_a_device_where_affinity_is_not_known(monkeypatch):
  asked = []
  monkeypatch.setenv("XLA_FLAGS", "")
  monkeypatch.delattr(os, "sched_getaffinity", raising=False)
  monkeypatch.setattr(os, "cpu_count", lambda: 7)
  monkeypatch.setattr(jax.config, "update", lambda *pair: asked.append(pair))
  assert runtime.use_devices(0) == jax.local_devices()
  assert asked == [("jax_num_cpu_devices", 7)]


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
  folder = runtime._cache_folder("~/.cache/compiled")
  assert folder == tmp_path / ".cache/compiled" and folder.is_dir()
  monkeypatch.setattr(os, "access", lambda *_: False)
  with pytest.raises(OSError, match="compiled: Permission denied; set HOME"):
    runtime._cache_folder("~/.cache/compiled")

  def no_home(path):
    raise RuntimeError

  monkeypatch.setattr(Path, "expanduser", no_home)
  with pytest.raises(OSError, match="there is no home folder; set HOME"):
    runtime._cache_folder("~/.cache/compiled")
