"""The script for a lent graphics card: what it plans, keeps, and leaves out."""

import json
import tarfile

import card_folder
import jax
import loop_variants
import numpy as np
import pytest
from card_folder import ResultFolder
from card_plan import (
  Size,
  most_steps,
  plan,
  recipe_of,
  short_updates,
)
from card_table import items
from card_training import is_best
from gpu_table import WORKS

from graves_jax.config import DataConfig

SIZE = Size(
  batch_size=128, buckets=3, hidden=(400, 400, 400), evaluation_batch_size=256
)


RECIPE = recipe_of(is_trained=False)


def test_a_run_as_long_as_the_recipe_is_the_recipe():
  planned = plan(RECIPE, SIZE, DataConfig(), RECIPE.training.steps)
  assert planned.optimizer == RECIPE.optimizer
  assert planned.training.average == pytest.approx(RECIPE.training.average)
  assert planned.data.crop_schedule == ((450, 300, 256),)


def test_a_short_run_is_shorter_in_all_its_parts():
  planned = plan(RECIPE, SIZE, DataConfig(), 800)
  assert planned.optimizer.schedule.warmup_steps == 60
  assert planned.training.average == pytest.approx(0.98)
  assert planned.data.crop_schedule[0][0] == 267  # a third
  due = [s for s in range(1, 801) if s % planned.training.evaluate_every == 0]
  assert due == [200, 400, 600, 800]


def test_from_trained_weights_there_is_no_curriculum():
  recipe = recipe_of(is_trained=True)
  planned = plan(recipe, SIZE, DataConfig(), 3000)
  assert planned.data.crop_schedule == () and planned.data.keep_codec
  assert planned.data.slant_range == recipe.data.slant_range > 0
  assert planned.network == recipe.network  # dropout, too
  assert planned.training.average == pytest.approx(0.9975)
  assert short_updates(recipe, 3000) == 0
  assert most_steps(recipe, 1e9, 0.1, 60) == 600


@pytest.mark.parametrize("seconds", [3.0, 77.7, 1e3])
def test_the_planned_updates_fill_the_time(seconds):
  short, whole = 0.1, 0.3
  steps = most_steps(RECIPE, short, whole, seconds)

  def taken(steps):
    first = short_updates(RECIPE, steps)
    return first * short + (steps - first) * whole

  assert taken(steps) <= seconds < taken(steps + 1)


def test_a_run_is_never_longer_than_the_recipe():
  assert most_steps(RECIPE, 1e-6, 1e-6, 1e6) == RECIPE.training.steps


def test_every_row_of_the_table_is_measured_once_the_middle_one_first():
  planned = items(WORKS, (64, 256, 1024), (1, 64))
  assert str(planned[0]) == "synthesis, B=256"
  assert len(set(map(str, planned))) == len(planned) == 2 * 3 + 2 * 2
  assert [x.torch_sampler for x in planned[-2:]] == ["compiled"] * 2
  some = items(("prediction", "sampling"), (64, 256, 1024), (1, 64))
  assert some == [x for x in planned if x.work != "synthesis"]


def test_a_folder_in_parts_is_whole_when_joined(tmp_path, monkeypatch):
  monkeypatch.setattr(card_folder, "MOST_BYTES", 20_000)
  source, results = tmp_path / "weights", ResultFolder(tmp_path / "out")
  source.mkdir()
  data = np.random.default_rng(0).bytes(50_000)
  for size in (50_000, 10_000, 50_000):  # parts take each other's place
    (source / "array").write_bytes(data[:size])
    results.pack(source)
  parts = sorted((tmp_path / "out").iterdir())
  assert [p.name for p in parts] == [f"weights.tar.gz.{k}" for k in range(3)]
  joined = tmp_path / "joined.tar.gz"
  joined.write_bytes(b"".join(p.read_bytes() for p in parts))
  with tarfile.open(joined) as file:
    assert file.extractfile("weights/array").read() == data


def test_results_stay_few_and_small(tmp_path, monkeypatch):
  results = ResultFolder(tmp_path)
  with pytest.raises(ValueError, match="at most"):
    results.write("large", bytes(card_folder.MOST_BYTES + 1))
  for k in range(card_folder.MOST_FILES):
    results.write(str(k), b"")
  results.write("0", b"again")
  with pytest.raises(ValueError, match="over 8 files"):
    results.write("one more", b"")


def test_a_report_is_never_written_over(tmp_path):
  ResultFolder(tmp_path).note("device", "a card")
  assert json.loads((tmp_path / "report.json").read_text()) == {
    "device": "a card"
  }
  with pytest.raises(ValueError, match="name a new folder"):
    ResultFolder(tmp_path)


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    ((), "JAX sees no GPU here"),
    (("--minutes", 0), "minutes (=0"),
    (("--batch-size", 0), "batch_size (=0) must be 1 or more"),
    (("--init-from", "stdlib"), "stdlib holds no synthesis network"),
  ],
)
def test_what_cannot_be_run_is_told(
  run_script, monkeypatch, arguments, message
):
  monkeypatch.setattr("same_memory.restart_with_kept_memory", lambda: None)
  status, _, errors = run_script("benchmarks/card.py", *arguments)
  assert status == 2 and message in errors


def test_loops_are_timed_on_a_card_alone(run_script, monkeypatch):
  monkeypatch.setattr("same_memory.restart_with_kept_memory", lambda: None)
  status, _, errors = run_script("benchmarks/loop_variants.py")
  assert status == 2 and "JAX sees no GPU here" in errors


def test_loops_without_chunks_are_timed_once():
  arguments = loop_variants.Arguments(
    implementation=("scan", "wavefront"), flags=("none",), chunk=(20, 60)
  )
  found = [
    (variant["implementation"], variant["chunk"])
    for variant in loop_variants.variants(arguments)
  ]
  assert found == [("scan", 20), ("scan", 60), ("wavefront", 20)]


def test_launches_are_told_only_where_jax_compiles_for_cuda(
  run_script, monkeypatch
):
  def refuse(**_):
    raise NotImplementedError("topology not implemented for cuda")

  monkeypatch.setattr("jax.experimental.topologies.get_topology_desc", refuse)
  for name in ("XLA_FLAGS", "JAX_SKIP_CUDA_CONSTRAINTS_CHECK"):
    monkeypatch.setenv(name, "")  # what it sets is undone
  monkeypatch.setattr("graves_jax.fast.chunks.CHUNK", 20)
  status, _, errors = run_script("benchmarks/launches.py")
  assert status == 2 and 'pip install "jax[cuda13]"' in errors


def test_the_best_validation_so_far_is_known():
  scores = [-1.0, -3.0, -2.0]
  found = [{"step": k, "nats_per_sequence": x} for k, x in enumerate(scores)]
  assert is_best(found[:1], 0) and is_best(found[:2], 1)
  assert not is_best([], 0) and not is_best(found, 2)
  assert not is_best(found[:2], 9)  # stopped later, and never validated


@pytest.mark.slow
def test_all_of_it_on_a_processor(run_script, monkeypatch, tmp_path):
  monkeypatch.setattr("same_memory.restart_with_kept_memory", lambda: None)
  out = tmp_path / "out"
  arguments = ("--anywhere", "--minutes", 20, "--train-minutes", 1)
  status, _, errors = run_script("benchmarks/card.py", *arguments, "--out", out)
  assert (status, errors) == (0, "")
  report = json.loads((out / "report.json").read_text())
  assert all(how.endswith(" s") for how in report["parts"].values())
  exact = [x for x in report["agreement"] if x["precision"] == "float32"]
  assert len(exact) == 4 and all(x["agrees"] for x in exact)
  assert [x["step"] for x in report["validations"]][-1] == (
    report["plan"]["steps"]
  )
  sizes = {p.name: p.stat().st_size for p in out.iterdir()}
  assert "weights.tar.gz" in sizes and len(sizes) <= card_folder.MOST_FILES
  with tarfile.open(out / "weights.tar.gz") as file:
    file.extractall(tmp_path, filter="data")
  from graves_jax.checkpoints.read import restore_checkpoint

  restored = restore_checkpoint(tmp_path / "weights")
  assert restored.metadata.step == report["plan"]["steps"]
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(restored.params))
