"""Copies of a network that are trained at once: each as if it were alone."""

import dataclasses
import json
import tarfile

import card_members
import jax
import numpy as np
import pytest
from experiments import CONFIG, make_experiment
from members import Member, Training

from graves_jax.checkpoints.read import Restored, restore_checkpoint
from graves_jax.config import Constant, Muon

STEPS = 3
RATE = 1e-2


@pytest.fixture(scope="module")
def experiment():
  config = dataclasses.replace(
    CONFIG,
    data=dataclasses.replace(CONFIG.data, buckets=1),
    optimizer=Muon(learning_rate=RATE, schedule=Constant(), loss_per="element"),
  )
  return make_experiment(config)


def trained(experiment, members):
  """Members after a few updates, and what each of these told."""
  task = experiment.task
  initial = Restored(task.initial_params(0), task.metadata)
  training = Training(task, initial, members, average=0.9)
  training.compile()
  return training, [training.update(step, RATE) for step in range(STEPS)]


FOUR = {
  "plain": Member(),
  "decay": Member(decay=20.0),
  "fixed": Member(stddev=0.02),
  "adaptive": Member(stddev=0.02, complexity=0.5),
}


@pytest.fixture(scope="module")
def four(experiment):
  return trained(experiment, FOUR)


def leaves(tree, member):
  return [np.asarray(x)[member] for x in jax.tree.leaves(tree)]


def distance(ours, theirs):
  squares = ((x - y) ** 2 for x, y in zip(ours, theirs, strict=True))
  return np.sqrt(sum(x.sum() for x in squares))


def test_a_plain_member_learns_as_a_run_does(experiment, four):
  training, told = four
  state, batches = experiment.initial_state(), experiment.task.train_batches
  for step in range(STEPS):
    state, metrics = experiment.train_step(state, batches.batch(step))
    nats = float(metrics.sums.nats)
    assert float(told[step].nats[0]) == pytest.approx(nats, rel=1e-4)
  weights = leaves(training._state.trained.mean, 0)
  begun = jax.tree.leaves(experiment.task.initial_params(0))
  # Where the gradient is all but 0, rounding decides where Adam goes.
  moved = distance(weights, begun)
  assert 0 < distance(weights, jax.tree.leaves(state.params)) < 0.02 * moved


def test_a_member_does_not_depend_on_the_others(experiment, four):
  # Its number decides what it draws, so it keeps its place.
  alone, _ = trained(experiment, dict(list(FOUR.items())[:1]))
  own, among, other = (
    leaves(training._state.average, k)
    for training, k in ((alone, 0), (four[0], 0), (four[0], 1))
  )
  assert distance(own, among) < 0.02 * distance(own, other)


def test_noise_is_learned_where_it_is_paid_for_and_decay_shrinks(four):
  training, told = four
  plain, decay, fixed, adaptive = np.asarray(told[-1].stddev)
  assert fixed == pytest.approx(0.02, rel=1e-5) and plain == decay < 1e-5
  assert adaptive != pytest.approx(0.02, rel=1e-4)
  mean = training._state.trained.mean

  def norm(member):
    matrices = [x for x in leaves(mean, member) if x.ndim > 1]
    return np.sqrt(sum((x**2).sum() for x in matrices))

  assert norm(1) < 0.7 * norm(0)


def test_averages_have_names_and_lag_behind(four):
  training, _ = four
  noises = [training.metadata(n, STEPS).config.noise for n in FOUR]
  assert [x.kind for x in noises] == ["none", "none", "fixed", "adaptive"]
  assert (noises[3].stddev, noises[3].complexity_share) == (0.02, 0.5)
  assert training.metadata("plain", STEPS).ancestry[-1].noise == "none"
  averages = training.averages()
  assert list(averages) == list(FOUR)
  for k, name in enumerate(averages):
    own = jax.tree.leaves(averages[name])
    assert distance(own, leaves(training._state.average, k)) == 0
    assert distance(own, leaves(training._state.trained.mean, k)) > 0


def test_the_rate_rises_by_updates_and_falls_by_time():
  assert card_members.share(0, 0.0) == pytest.approx(1 / 30)
  assert card_members.share(99, 0.5) == 1
  assert card_members.share(99, 0.775) == pytest.approx(0.5)
  assert card_members.share(99, 1.0) == card_members.share(99, 1.1) == 0


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (("--init-from", "handwriting"), "JAX sees no GPU here"),
    (("--init-from", "stdlib", "--anywhere"), "holds no synthesis network"),
    (
      ("--init-from", "handwriting", "--anywhere", "--members", "thrid"),
      "thrid: no such member; there are plain, decay",
    ),
    (("--init-from", "handwriting", "--minutes", 0), "minutes (=0"),
  ],
)
def test_what_cannot_be_run_is_told(
  run_script, monkeypatch, arguments, message
):
  monkeypatch.setattr("same_memory.restart_with_kept_memory", lambda: None)
  status, _, errors = run_script("benchmarks/card_members.py", *arguments)
  assert status == 2 and message in errors


@pytest.mark.slow
def test_all_of_it_on_a_processor(run_script, monkeypatch, tmp_path):
  monkeypatch.setattr("same_memory.restart_with_kept_memory", lambda: None)
  status, _, errors = run_script(
    "benchmarks/card_members.py",
    *("--init-from", "handwriting", "--members", "plain", "third"),
    *("--anywhere", "--most-updates", 2, "--buckets", 1, "--batch-size", 2),
    *("--minutes", 20, "--out", tmp_path / "out"),
  )
  assert (status, errors) == (0, "")
  report = json.loads((tmp_path / "out" / "report.json").read_text())
  assert report["updates"] == 2 and list(report["members"]) == [
    "plain",
    "third",
  ]
  records = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
  assert [json.loads(row)["step"] for row in records] == [1, 2]
  with tarfile.open(tmp_path / "out" / "third.tar.gz") as file:
    file.extractall(tmp_path, filter="data")
  restored = restore_checkpoint(tmp_path / "third")
  assert restored.metadata.step == 2
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(restored.params))
