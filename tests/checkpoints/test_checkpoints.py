"""Tests of graves_jax.checkpoints.save."""

import dataclasses
import json
import re
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from experiments import CONFIG, Silent, make_experiment

from graves_jax.checkpoints.checksums import array_checksums, signed, unsigned
from graves_jax.checkpoints.export import export_weights, write_weights
from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.checkpoints.save import Checkpoints
from graves_jax.training.loop import train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
  folder = tmp_path_factory.mktemp("trained")
  experiment = make_experiment()
  state = train(experiment, folder, Silent())
  return folder, jax.device_get(state.params), experiment


@pytest.fixture
def copy(trained, tmp_path):
  shutil.copytree(trained[0], tmp_path / "run")
  return tmp_path / "run"


def assert_same(one, other):
  for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
    np.testing.assert_array_equal(a, b)


def steps(folder):
  return sorted(int(p.name) for p in (folder / "checkpoints").iterdir())


def test_a_checkpoint_alone_holds_all_that_sampling_needs(trained):
  folder, params, experiment = trained
  restored = restore_checkpoint(folder)
  assert_same(restored.params, params)
  assert restored.metadata.config == CONFIG
  assert restored.metadata.codec == experiment.task.metadata.codec
  assert restored.metadata.step == 8
  assert restored.metadata.scores["sequences"] == 7


def test_one_folder_of_a_run_is_a_checkpoint_too(trained):
  folder = trained[0] / "checkpoints" / "6"
  assert restore_checkpoint(folder).metadata.step == 6


def test_the_latest_two_and_the_best_are_kept(trained, tmp_path):
  _, _, experiment = trained
  state = experiment.fetch(experiment.initial_state())
  metadata = experiment.task.metadata
  checkpoints = Checkpoints(tmp_path, state, metadata)
  scores = {10: 5.0, 20: 1.0, 30: 3.0, 40: 4.0, 50: None, 60: 2.0}
  for step, score in scores.items():
    values = None if score is None else {"nats_per_sequence": score}
    checkpoints.save(
      state.replace(step=np.int32(step)),
      dataclasses.replace(metadata, step=step, scores=values),
    )
    checkpoints.wait()
  checkpoints.close()
  assert steps(tmp_path) == [20, 50, 60]
  assert restore_checkpoint(tmp_path).metadata.step == 20


def damage(folder):
  """Flips one bit in the middle of every file of a folder."""
  for path in folder.rglob("*"):
    if path.is_file():
      content = bytearray(path.read_bytes())
      content[len(content) // 2] ^= 1
      path.write_bytes(content)


def truncate(folder):
  for path in folder.rglob("*"):
    if path.is_file():
      path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("break_", [damage, truncate, shutil.rmtree])
@pytest.mark.parametrize("item", ["params", "optimizer", "metadata"])
def test_training_sets_a_broken_checkpoint_aside_and_goes_on(
  copy, trained, item, break_
):
  break_(copy / "checkpoints" / "8" / item)
  listener = Silent()
  train(make_experiment(), copy, listener, should_stop=lambda: True)
  assert any("damaged_8" in message for message in listener.messages)
  assert (copy / "checkpoints" / "damaged_8").is_dir()
  assert any("step 6" in message for message in listener.messages)


@pytest.mark.parametrize("break_", [damage, truncate, shutil.rmtree])
def test_a_broken_checkpoint_never_restores(copy, break_):
  folder = copy / "checkpoints" / "8"
  break_(folder / "params")
  with pytest.raises(ValueError, match="damaged"):
    restore_checkpoint(folder)


def test_every_array_has_a_checksum_and_a_wrong_one_is_named(copy):
  folder = copy / "checkpoints" / "8"
  path = folder / "metadata" / "metadata"
  whole = unsigned(json.loads(path.read_text()))
  params = restore_checkpoint(folder).params
  path.write_text(json.dumps(signed({**whole, "checksums": None})))
  with pytest.raises(ValueError, match="another version"):
    restore_checkpoint(folder)
  names = [
    jax.tree_util.keystr(p) for p, _ in jax.tree.leaves_with_path(params)
  ]
  assert sorted(whole["checksums"]["params"]) == sorted(names)
  for name in names:
    values = json.loads(json.dumps(whole))
    values["checksums"]["params"][name] = "0" * 64
    path.write_text(json.dumps(signed(values)))
    with pytest.raises(ValueError, match=re.escape(f"params{name} does not")):
      restore_checkpoint(folder)


@pytest.mark.parametrize(
  "other",
  [
    np.float32([1, 2, 4]),
    np.float32([2, 1, 3]),
    np.float32([[1, 2, 3]]),
    np.float64([1, 2, 3]),
    np.float32([1, 2, 3]).view(np.int32),
  ],
)
def test_a_checksum_tells_arrays_apart(other):
  array = np.float32([1, 2, 3])
  one, same = array_checksums([array, array.copy()]).values()
  assert one == same
  assert one not in array_checksums([other]).values()


def test_a_run_without_a_whole_checkpoint_is_not_overwritten(copy):
  for step in steps(copy):
    truncate(copy / "checkpoints" / str(step))
  before = steps(copy)
  with pytest.raises(ValueError, match="no checkpoint"):
    train(make_experiment(), copy, Silent())
  assert steps(copy) == before


@pytest.mark.parametrize(
  "make",
  [
    lambda path: path / "missing",
    lambda path: path,
    lambda path: (path / "checkpoints").mkdir() or path,
    lambda path: (path / "checkpoints" / "3").mkdir(parents=True) or path,
  ],
)
def test_where_there_is_no_checkpoint_a_message_says_what_to_give(
  tmp_path, make
):
  with pytest.raises(FileNotFoundError, match=r"checkpoint.*--workdir"):
    restore_checkpoint(make(tmp_path))


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
  (tmp_path / "metadata").mkdir()
  (tmp_path / "metadata" / "metadata").write_text(json.dumps([1, 2]))
  with pytest.raises(ValueError, match="not a"):
    restore_checkpoint(tmp_path)


def test_where_data_lie_is_not_exported(trained, tmp_path):
  folder, params, _ = trained
  metadata = restore_checkpoint(folder).metadata
  places = {
    "path": "/home/me/ink.jsonl",
    "prepared_dir": "/home/me/prepared",
    "mixed_path": "/home/me/others.jsonl",
  }
  data = metadata.config.data
  data = dataclasses.replace(data, keep_codec=True, **places)
  config = dataclasses.replace(metadata.config, data=data)
  metadata = dataclasses.replace(metadata, config=config)
  write_weights(params, metadata, tmp_path / "out")
  for file in (tmp_path / "out").rglob("*"):
    assert file.is_dir() or b"/home/me" not in file.read_bytes()
  kept = restore_checkpoint(tmp_path / "out").metadata.config.data
  assert (kept.path, kept.mixed_path) == ("ink.jsonl", None)


def test_exported_weights_restore_and_are_smaller(trained, tmp_path):
  folder, params, _ = trained
  export_weights(folder, tmp_path / "out")
  restored = restore_checkpoint(tmp_path / "out")
  assert_same(restored.params, params)
  assert restored.metadata == restore_checkpoint(folder).metadata
  assert not (tmp_path / "out" / "optimizer").exists()


def test_rounded_weights_are_smaller_and_close(trained, tmp_path):
  for precision in ("float32", "bfloat16"):
    export_weights(trained[0], tmp_path / precision, precision)
  whole, rounded = (
    jax.tree.leaves(restore_checkpoint(tmp_path / name).params)
    for name in ("float32", "bfloat16")
  )
  for exact, near in zip(whole, rounded, strict=True):
    assert near.dtype == exact.dtype
    np.testing.assert_allclose(near, exact, rtol=2**-8)
    np.testing.assert_array_equal(near, near.astype(jnp.bfloat16))
  sizes = [
    sum(p.stat().st_size for p in (tmp_path / name).rglob("*") if p.is_file())
    for name in ("float32", "bfloat16")
  ]
  assert sizes[1] < sizes[0]


def test_weights_may_keep_their_standard_deviations(trained, tmp_path):
  folder, params, _ = trained
  metadata = restore_checkpoint(folder).metadata
  stddev = jax.tree.map(lambda x: np.abs(x) + 1, params)
  write_weights(params, metadata, tmp_path / "out", stddev)
  restored = restore_checkpoint(tmp_path / "out")
  assert_same(restored.params, params)
  assert_same(restored.stddev, stddev)
  assert restore_checkpoint(folder).stddev is None


def test_a_mean_of_checkpoints_is_that_of_their_weights(trained, tmp_path):
  folder, params, _ = trained
  metadata = restore_checkpoint(folder).metadata
  moved = [jax.tree.map(lambda x, k=k: x + k, params) for k in (3, 6)]
  others = [tmp_path / "a", tmp_path / "b"]
  for one, path in zip(moved, others, strict=True):
    write_weights(one, metadata, path)
  export_weights(folder, tmp_path / "mean", mean_with=others)
  mean = restore_checkpoint(tmp_path / "mean")
  for x, y in zip(*map(jax.tree.leaves, (mean.params, params)), strict=True):
    np.testing.assert_allclose(x, y + 3, atol=1e-6)
  assert metadata.scores is not None and mean.metadata.scores is None


def test_no_mean_is_formed_of_networks_of_other_data(trained, tmp_path):
  folder, params, _ = trained
  metadata = restore_checkpoint(folder).metadata
  codec = dataclasses.replace(metadata.codec, points_per_character=1.5)
  other = dataclasses.replace(metadata, codec=codec)
  write_weights(params, other, tmp_path / "other")
  with pytest.raises(ValueError, match="other can be in no mean with these"):
    export_weights(folder, tmp_path / "out", mean_with=[tmp_path / "other"])
  assert not (tmp_path / "out").exists()


def test_export_overwrites_nothing(trained, tmp_path):
  (tmp_path / "out").mkdir()
  with pytest.raises(ValueError, match="exists"):
    export_weights(trained[0], tmp_path / "out")
