"""A loss or gradient that is not finite never reaches the weights."""

import dataclasses
import json
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from experiments import CONFIG, Silent, make_experiment
from test_text_training import make_experiment as make_text_experiment

from graves_jax.checkpoints.state import init_state
from graves_jax.training.finite import (
  finite_rows,
  global_norm,
  layer_norms,
  layers_not_finite,
)
from graves_jax.training.first_nonfinite import (
  first_operation,
  naming_first_operation,
)
from graves_jax.training.loop import train
from graves_jax.training.step import train_body


def spoil_points(batch):
  """NaN in the first point of the first line."""
  points = batch.points.copy()
  points[0, 0, 0] = np.nan
  return batch._replace(points=points)


def poisoned(experiment, steps, spoil=spoil_points):
  """An experiment whose batches of some steps are spoiled."""

  def train_step(state, batch):
    if int(state.step) + 1 in steps:
      batch = spoil(batch)
    return experiment.train_step(state, batch)

  return dataclasses.replace(experiment, train_step=train_step)


def assert_same(one, other):
  for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
    np.testing.assert_array_equal(a, b)


def rows(folder, kind):
  text = (folder / "metrics.jsonl").read_text()
  found = (json.loads(line) for line in text.splitlines())
  return [row for row in found if row["kind"] == kind]


@pytest.mark.parametrize(
  ("devices", "parallel"), [(1, "shard_map"), (2, "shard_map"), (2, "pmap")]
)
def test_a_step_of_a_poisoned_batch_leaves_all_but_the_count(devices, parallel):
  experiment = make_experiment(devices=devices, parallel=parallel)
  task = experiment.task
  state, _ = experiment.train_step(
    experiment.initial_state(), task.train_batches.batch(0)
  )
  before = experiment.fetch(state)
  batch = spoil_points(task.train_batches.batch(1))
  state, metrics = experiment.train_step(state, batch)
  after = experiment.fetch(state)
  assert not metrics.is_finite
  assert after.step == before.step + 1
  assert_same(after.replace(step=before.step), before)


def test_a_skipped_step_is_counted_and_named(tmp_path):
  listener = Silent()
  experiment = make_experiment()
  train(poisoned(experiment, {3, 6}), tmp_path, listener)
  assert [r.step for r in listener.reports] == [1, 2, 4, 5, 7, 8]
  told = [m for m in listener.messages if "skipped" in m]
  assert len(told) == 2 and told[0].startswith("step 3: skipped")
  first, second = rows(tmp_path, "skipped")
  batches = experiment.task.train_batches
  assert first["rows"] == batches.row_names(2)
  assert 1 <= len(first["rows"]) <= CONFIG.data.batch_size
  assert (first["step"], first["skipped"], first["in_a_row"]) == (3, 1, 1)
  assert (second["step"], second["skipped"], second["in_a_row"]) == (6, 2, 1)
  assert not first["loss_is_finite"]
  assert first["layers"] == ["output", "layer_2", "window", "layer_1"]


def test_a_run_with_skipped_steps_resumes_exactly(tmp_path):
  whole = train(
    poisoned(make_experiment(), {3, 4}), tmp_path / "whole", Silent()
  )
  seen = []
  train(
    poisoned(make_experiment(), {3, 4}),
    tmp_path / "halves",
    Silent(),
    should_stop=lambda: seen.append(True) or len(seen) >= 3,
  )
  resumed = train(
    poisoned(make_experiment(), {3, 4}), tmp_path / "halves", Silent()
  )
  assert_same(jax.device_get(resumed), jax.device_get(whole))
  assert rows(tmp_path / "halves", "skipped") == rows(
    tmp_path / "whole", "skipped"
  )


def test_too_many_in_a_row_end_the_run_and_keep_the_checkpoint(tmp_path):
  bad = poisoned(make_experiment(max_skipped=3), range(4, 9))
  with pytest.raises(
    ValueError, match=r"3 updates in a row, up to step 6.*int"
  ):
    train(bad, tmp_path, Silent())
  listener = Silent()
  good = train(make_experiment(), tmp_path, listener)
  assert "step 4" in listener.messages[0]
  assert good.step == 8


@pytest.mark.parametrize("devices", [1, 2])
def test_a_stream_that_is_not_finite_begins_anew_and_others_go_on(devices):
  experiment = make_text_experiment(devices=devices)
  batches = experiment.task.train_batches
  state, _ = experiment.train_step(experiment.initial_state(), batches.batch(0))
  kept = experiment.fetch(state)
  state = experiment.place(kept)
  whole, metrics = experiment.train_step(state, batches.batch(1))
  assert metrics.is_finite
  whole = experiment.fetch(whole)
  carry = jax.tree.map(np.array, kept.carry)
  for x in jax.tree.leaves(carry):
    x[1] = np.nan
  spoiled = experiment.place(kept.replace(carry=carry))
  state, metrics = experiment.train_step(spoiled, batches.batch(1))
  assert not metrics.is_finite
  state = experiment.fetch(state)
  assert_same(state.params, kept.params)
  for x, expected in zip(
    jax.tree.leaves(state.carry), jax.tree.leaves(whole.carry), strict=True
  ):
    np.testing.assert_array_equal(x[1], 0)
    others = [0, 2, 3]
    np.testing.assert_allclose(x[others], expected[others], atol=1e-6)
  _, metrics = experiment.train_step(experiment.place(state), batches.batch(2))
  assert metrics.is_finite


def test_text_rows_are_places_in_the_text():
  experiment = make_text_experiment()
  batches = experiment.task.train_batches
  assert batches.row_names(0)[0] == "symbols 0 to 6"
  batch, names = (
    batches.batch(len(batches) - 1),
    batches.row_names(len(batches) - 1),
  )
  assert len(names) == (batch.targets >= 0).any(1).sum()


def test_norms_of_layers_are_those_of_the_whole():
  gradient = {"params": {"layer_1": (jnp.ones(3), jnp.ones(6)), "output": 4.0}}
  norms = layer_norms(gradient)
  np.testing.assert_allclose(norms["layer_1"], 3)
  np.testing.assert_allclose(global_norm(norms), 5)


def test_layers_are_named_from_the_output_down():
  nan, names = np.nan, ("layer_1", "layer_10", "layer_2", "output", "window")
  assert layers_not_finite(dict.fromkeys(names, nan)) == [
    *("output", "layer_10", "layer_2", "window", "layer_1"),
  ]
  assert layers_not_finite({"output": 1.0, "layer_1": np.inf}) == ["layer_1"]


def test_rows_are_kept_or_begin_anew_as_a_whole():
  carry = (jnp.array([[1.0, jnp.inf], [2.0, 3.0]]), jnp.ones((2, 1)))
  one, other = finite_rows(carry)
  np.testing.assert_array_equal(one, [[0, 0], [2, 3]])
  np.testing.assert_array_equal(other, [[0], [1]])
  assert finite_rows(()) == ()


def test_debugging_names_the_operation_and_keeps_the_checkpoint(tmp_path):
  experiment = poisoned(naming_first_operation(make_experiment(devices=2)), {4})
  with pytest.raises(
    ValueError, match=r"step 4: .*nan.*handwriting\.py, line \d+"
  ):
    train(experiment, tmp_path, Silent())
  listener = Silent()
  train(make_experiment(), tmp_path, listener, should_stop=lambda: True)
  assert "step 2" in listener.messages[0]


def test_an_operation_of_the_backward_pass_is_named_too():
  def loss(params, carry, rows, keys):
    del keys
    nats = jnp.sqrt(params["w"]).sum() * rows.sum()  # its derivative at 0
    return Sums(nats, jnp.ones(()), jnp.ones(())), carry

  optimizer = optax.sgd(0.1)
  state = init_state({"w": jnp.zeros(2)}, optimizer)
  body = train_body(loss, optimizer, seed=0, loss_per="sequence")
  assert "inf" in first_operation(body, state, np.ones((3, 2), np.float32))


class Sums(NamedTuple):
  nats: jax.Array
  elements: jax.Array
  sequences: jax.Array
