"""Laws of runs of several processes: the same weights, none left waiting."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import as_processes
import jax
import numpy as np
import pytest

WORKER = Path(as_processes.__file__)


def start(folder, devices, *arguments):
  """Starts a process; what it says goes to its own file."""
  folder.mkdir(parents=True, exist_ok=True)
  command = [sys.executable, WORKER, "--folder", folder]
  command += ["--cache", folder / "compiled", "--devices", devices, *arguments]
  return subprocess.Popen(
    list(map(str, command)),
    env=os.environ | {"JAX_PLATFORMS": "cpu"},
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
  )


def free_port():
  with socket.socket() as found:
    found.bind(("localhost", 0))
    return found.getsockname()[1]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
  """Folders of one process of four devices, and of two of two each."""
  folder = tmp_path_factory.mktemp("processes")
  coordinator = f"localhost:{free_port()}"
  runs = [start(folder / "one", 4)]
  runs += [
    start(
      folder / "two",
      2,
      *("--distributed.coordinator", coordinator),
      *("--distributed.processes", 2, "--distributed.process", process),
    )
    for process in range(2)
  ]
  try:
    outputs = [run.communicate(timeout=240)[0] for run in runs]
  finally:
    for run in runs:
      run.kill()
  assert not any(run.returncode for run in runs), "\n".join(outputs)
  return folder / "one", folder / "two"


@pytest.mark.parametrize("name", ["handwriting", "text"])
def test_two_processes_train_to_the_weights_of_one(trained, name):
  one, two = (dict(np.load(folder / f"{name}.npz")) for folder in trained)
  assert set(one) == set(two)
  assert ".carry" in " ".join(one) or name == "handwriting"
  for part, expected in one.items():
    np.testing.assert_allclose(two[part], expected, atol=1e-6, err_msg=part)


@pytest.mark.parametrize("name", ["handwriting", "text"])
def test_a_run_that_one_process_stopped_goes_on_with_one(trained, name):
  one, two = trained
  workdir = two / f"{name}_stopped"
  assert (workdir / "checkpoints" / "6").is_dir()
  experiment = as_processes.experiments()[name](jax.devices()[:2])
  state = as_processes.train(experiment, workdir)
  expected = np.load(one / f"{name}.npz")
  for path, got in jax.tree.leaves_with_path(state):
    path = jax.tree_util.keystr(path)
    np.testing.assert_allclose(got, expected[path], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["handwriting", "text"])
def test_two_processes_resume_exactly(trained, name):
  _, two = trained
  whole, resumed = (
    dict(np.load(two / file)) for file in (f"{name}.npz", f"{name}_resumed.npz")
  )
  for part, expected in whole.items():
    np.testing.assert_array_equal(resumed[part], expected, err_msg=part)


def test_where_one_process_loses_its_data_all_end(trained):
  _, two = trained
  assert (two / "lost_0").read_text().startswith("another process")
  assert (two / "lost_1").read_text() == "the data are gone"
  assert (two / "lost" / "checkpoints" / "4").is_dir()


def test_where_one_process_has_other_data_none_begins(trained):
  _, two = trained
  for process in range(2):
    answer = (two / f"other_{process}").read_text()
    assert answer.startswith("the config and data must be the same in all")
  assert not (two / "other").exists()


def test_only_the_first_process_writes(trained):
  _, two = trained
  assert not (two / "unused").exists()
  rows = (two / "text_whole" / "metrics.jsonl").read_text().splitlines()
  assert len(rows) == as_processes.STEPS + 2
