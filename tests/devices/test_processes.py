"""Laws of runs of several processes: the same weights, none left waiting."""

import socket
import subprocess
import sys
from pathlib import Path

import as_processes
import numpy as np
import pytest

WORKER = Path(as_processes.__file__)


def start(folder, environment, process, coordinator):
  """Starts one of two processes, of two devices each."""
  command = [sys.executable, WORKER, "--folder", folder, "--devices", 2]
  command += ["--distributed.coordinator", coordinator]
  command += ["--distributed.processes", 2, "--distributed.process", process]
  return subprocess.Popen(
    list(map(str, command)),
    env=environment,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
  )


def free_port():
  with socket.socket() as found:
    found.bind(("localhost", 0))
    return found.getsockname()[1]


@pytest.fixture(scope="module")
def two(tmp_path_factory, environment):
  """The folder of two processes of two devices each."""
  folder = tmp_path_factory.mktemp("two")
  coordinator = f"localhost:{free_port()}"
  runs = [start(folder, environment, k, coordinator) for k in range(2)]
  try:
    outputs = [run.communicate(timeout=240)[0] for run in runs]
  finally:
    for run in runs:
      run.kill()
  assert not any(run.returncode for run in runs), "\n".join(outputs)
  return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory):
  """By name an experiment on two devices of this process, and its last state's
  arrays."""
  folder = tmp_path_factory.mktemp("one")
  found = {}
  for name, experiment in as_processes.experiments(2).items():
    state = as_processes.train(experiment, folder / name)
    found[name] = experiment, as_processes.arrays(state)
  return found


def assert_close(arrays, expected):
  assert set(arrays) == set(expected)
  for part, wanted in expected.items():
    np.testing.assert_allclose(
      arrays[part], wanted, rtol=1e-5, atol=1e-6, err_msg=part
    )


@pytest.mark.parametrize("name", ["handwriting", "text"])
def test_two_processes_train_to_the_weights_of_one(one, two, name):
  arrays = dict(np.load(two / f"{name}.npz"))
  assert ".carry" in " ".join(arrays) or name == "handwriting"
  assert_close(arrays, one[name][1])


@pytest.mark.parametrize("name", ["handwriting", "text"])
def test_a_run_that_one_process_stopped_goes_on_with_one(one, two, name):
  workdir = two / f"{name}_stopped"
  assert (workdir / "checkpoints" / "6").is_dir()
  experiment, expected = one[name]
  state = as_processes.train(experiment, workdir)
  assert_close(as_processes.arrays(state), expected)


@pytest.mark.parametrize("name", ["handwriting", "text"])
def test_two_processes_resume_exactly(two, name):
  whole, resumed = (
    dict(np.load(two / file)) for file in (f"{name}.npz", f"{name}_resumed.npz")
  )
  for part, expected in whole.items():
    np.testing.assert_array_equal(resumed[part], expected, err_msg=part)


def test_where_one_process_loses_its_data_all_end(two):
  assert (two / "lost_0").read_text().startswith("another process")
  assert (two / "lost_1").read_text() == "the data are gone"
  assert (two / "lost" / "checkpoints" / "4").is_dir()


def test_where_one_process_has_other_data_none_begins(two):
  for process in range(2):
    answer = (two / f"other_{process}").read_text()
    assert answer.startswith("the config and data must be the same in all")
  assert not (two / "other").exists()


def test_only_the_first_process_writes(one, two):
  assert not (two / "unused").exists()
  rows = (two / "text_whole" / "metrics.jsonl").read_text().splitlines()
  training = one["text"][0].task.metadata.config.training
  validations = training.steps // training.evaluate_every
  assert len(rows) == training.steps + validations
