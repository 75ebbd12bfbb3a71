"""Profiles of a run: a trace of some updates, and the same weights."""

import jax
import numpy as np
import pytest
from experiments import Silent, make_experiment

from graves_jax.commands.profiling import profiled
from graves_jax.training.loop import train


@pytest.fixture(scope="module")
def experiment():
  return make_experiment()


@pytest.fixture(scope="module")
def weights(experiment, tmp_path_factory):
  """Those of a run that is not traced."""
  return train(experiment, tmp_path_factory.mktemp("run"), Silent()).params


@pytest.mark.parametrize(
  ("updates", "said"), [(2, "of 2 updates"), (100, "Profile of ")]
)
def test_a_profile_is_written_and_changes_nothing(
  experiment, weights, tmp_path, updates, said
):
  messages = []
  with profiled(experiment, tmp_path, updates, messages.append) as traced:
    state = train(traced, tmp_path, Silent())
  (message,) = messages
  assert said in message and str(tmp_path / "profile") in message
  (trace,) = (tmp_path / "profile").rglob("*.trace.json.gz")
  assert trace.stat().st_size
  jax.tree.map(np.testing.assert_array_equal, state.params, weights)


def test_a_run_too_short_for_a_profile_says_so(experiment, tmp_path):
  messages = []
  with profiled(experiment, tmp_path, 2, messages.append):
    pass
  assert "too short" in messages[0] and not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_costs_no_run(
  experiment, weights, tmp_path
):
  (tmp_path / "profile").write_text("a file is in the way")
  messages = []
  with profiled(experiment, tmp_path, 2, messages.append) as traced:
    state = train(traced, tmp_path, Silent())
  assert "There is no profile" in messages[0] and len(messages) == 1
  jax.tree.map(np.testing.assert_array_equal, state.params, weights)
