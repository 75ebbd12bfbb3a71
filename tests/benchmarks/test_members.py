"""Copies of a network that are trained at once: each as if it were alone."""

import dataclasses
import json
import math
import tarfile
from typing import NamedTuple
from unittest import mock

import card_text
import jax
import numpy as np
import pytest
from card_clock import Clock
from card_folder import ResultFolder
from experiments import CONFIG, make_experiment
from members import Member, Training
from members_run import Run, RunArguments, choose, require_room, share
from rich.console import Console

from graves_jax.checkpoints.read import Restored, restore_checkpoint
from graves_jax.commands import command_line
from graves_jax.commands.record_options import noted_device
from graves_jax.commands.train import find_config
from graves_jax.config import (
  Constant,
  Muon,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)
from graves_jax.data.codec import TextCodec
from graves_jax.data.corpus import Corpus
from graves_jax.results.metrics import training_of
from graves_jax.tasks.text import text_task
from graves_jax.training.evaluate import evaluate
from graves_jax.training.experiment import build_experiment

STEPS = 3
RATE = 1e-2
AVERAGE = 0.9


@pytest.fixture(scope="module")
def experiment():
  config = dataclasses.replace(
    CONFIG,
    data=dataclasses.replace(CONFIG.data, buckets=1),
    optimizer=Muon(learning_rate=RATE, schedule=Constant(), loss_per="element"),
    training=dataclasses.replace(CONFIG.training, average=AVERAGE),
  )
  return make_experiment(config)


class Trained(NamedTuple):
  """Members after a few updates, what each of these told, and the weights after
  each."""

  training: Training
  metrics: list
  weights: list


def trained(experiment, members):
  task = experiment.task
  initial = Restored(task.initial_params(0), task.metadata)
  training = Training(task, initial, members)
  training.compile()
  metrics, weights = [], []
  for step in range(STEPS):
    metrics.append(training.update(step, RATE))
    weights.append(training.weights())
  return Trained(training, metrics, weights)


FOUR = {
  "plain": Member(),
  "decay": Member(decay=20.0),
  "fixed": Member(stddev=0.02),
  "adaptive": Member(stddev=0.02, complexity=0.5),
}
BROKEN = Member(stddev=np.inf)


@pytest.fixture(scope="module")
def four(experiment):
  return trained(experiment, FOUR)


def distance(ours, theirs):
  squares = ((x - y) ** 2 for x, y in zip(ours, theirs, strict=True))
  return np.sqrt(sum(x.sum() for x in squares))


def test_a_plain_member_learns_as_a_run_does(experiment, four):
  state, batches = experiment.initial_state(), experiment.task.train_batches
  for step in range(STEPS):
    state, metrics = experiment.train_step(state, batches.batch(step))
    nats = float(metrics.sums.nats)
    assert float(four.metrics[step].nats[0]) == pytest.approx(nats, rel=1e-4)
  weights = jax.tree.leaves(four.training.weights()["plain"])
  begun = jax.tree.leaves(experiment.task.initial_params(0))
  # Where the gradient is all but 0, rounding decides where Adam goes.
  moved = distance(weights, begun)
  assert distance(weights, jax.tree.leaves(state.params)) < 0.02 * moved
  assert moved > 0


def test_a_member_does_not_depend_on_the_others(experiment, four):
  # Its number decides what it draws, so it keeps its place.
  alone = trained(experiment, {"plain": FOUR["plain"], "broken": BROKEN})
  own, among, other = (
    jax.tree.leaves(members.training.averages()[name])
    for members, name in (
      (alone, "plain"),
      (four, "plain"),
      (four, "decay"),
    )
  )
  assert distance(own, among) < 0.02 * distance(own, other)
  begun = jax.tree.leaves(experiment.task.initial_params(0))
  broken = jax.tree.leaves(alone.training.weights()["broken"])
  assert not np.isfinite(alone.metrics[-1].nats[1])
  assert distance(broken, begun) == 0


def test_a_member_reads_a_text_on_and_on_as_a_run_does():
  classes = np.random.default_rng(0).integers(0, 2, 81)
  text = "".join("ab"[k] for k in classes)
  codec = TextCodec.of(text)
  coded = codec.encode(text)
  corpus = Corpus(
    codec=codec, train=coded, validation=coded[:30], convention="letters"
  )
  config = TextConfig(
    network=TextNetworkConfig(hidden=(4,)),
    data=TextDataConfig(batch_size=2, length=10),
    optimizer=Muon(learning_rate=RATE, loss_per="element"),
    training=TextTrainingConfig(steps=9, average=AVERAGE),
  )
  task = text_task(config, corpus)
  members = {"plain": Member(), "fixed": Member(stddev=0.1)}
  training = Training(task, None, members)
  training.compile(scores=True)
  run = build_experiment(task, jax.devices()[:1])
  state = run.initial_state()
  for step in range(STEPS):
    ours = training.update(step, RATE)
    state, metrics = run.train_step(state, run.task.train_batches.batch(step))
    nats = float(metrics.sums.nats)
    assert float(ours.nats[0]) == pytest.approx(nats, rel=1e-4)
    assert float(ours.nats[1]) != pytest.approx(nats, rel=1e-4)
  sums = evaluate(
    run.sum_losses,
    state.scored,
    run.validation_carry(),
    run.task.validation_batches,
  )
  expected = task.scores(sums).bits_per_symbol
  found = training.scores()
  assert found["plain"].bits_per_symbol == pytest.approx(expected, rel=1e-4)
  assert found["fixed"].symbols == 30


def test_noise_is_learned_where_it_is_paid_for_and_decay_shrinks(four):
  plain, decay, fixed, adaptive = np.asarray(four.metrics[-1].stddev)
  assert fixed == pytest.approx(0.02, rel=1e-5) and plain == decay < 1e-5
  assert adaptive != pytest.approx(0.02, rel=1e-4)

  def norm(name):
    weights = jax.tree.leaves(four.training.weights()[name])
    return np.sqrt(sum((x**2).sum() for x in weights if x.ndim > 1))

  assert norm("decay") < 0.7 * norm("plain")


def test_averages_forget_the_start_and_lag_behind(four):
  shares = AVERAGE ** np.arange(STEPS)[::-1]
  for name, average in four.training.averages().items():
    after_each = [jax.tree.leaves(weights[name]) for weights in four.weights]
    expected = [
      sum(s * x for s, x in zip(shares, xs, strict=True)) / shares.sum()
      for xs in zip(*after_each, strict=True)
    ]
    for x, y in zip(jax.tree.leaves(average), expected, strict=True):
      np.testing.assert_allclose(x, y, atol=1e-6)


def test_weights_say_what_they_were_trained_with(four):
  training = four.training
  configs = [training.metadata(name, STEPS).config for name in FOUR]
  kinds = [config.noise.kind for config in configs]
  assert kinds == ["none", "none", "fixed", "adaptive"]
  noise = configs[3].noise
  assert (noise.stddev, noise.complexity_share) == (0.02, 0.5)
  assert configs[0].training.steps == STEPS
  assert training.metadata("plain", STEPS).ancestry[-1].noise == "none"


def test_a_time_that_compiling_used_up_is_told(tmp_path):
  arguments = RunArguments(minutes=0.1)
  training = mock.Mock(members={"plain": Member()}, size=10)
  folder = ResultFolder(tmp_path / "out")
  run = Run(arguments, training, Clock(0.1), folder, Console())
  with pytest.raises(ValueError, match=r"minutes \(=0.1\): compiling took"):
    run.to_the_end()


def test_weights_that_are_too_large_to_come_back_are_refused_before():
  training = mock.Mock(members=FOUR, size=15_000_001)
  with pytest.raises(ValueError, match=r"are 14 files .* at most 7 come back"):
    require_room(RunArguments(), training)
  require_room(RunArguments(archives=False), training)
  training.size = 3_700_000
  require_room(RunArguments(), training)


def test_at_most_as_many_members_as_files_come_back():
  names = [str(k) for k in range(8)]
  with pytest.raises(ValueError, match="at most 7 at once"):
    choose((), dict.fromkeys(names, Member()))


def test_the_rate_rises_by_updates_and_falls_by_time():
  assert share(0, 0.0) == pytest.approx(1 / 30)
  assert share(99, 0.5) == 1
  assert share(99, 0.775) == pytest.approx(0.5)
  assert share(99, 1.0) == share(99, 1.1) == 0


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (("--init-from", "handwriting"), "JAX sees no GPU here"),
    (
      ("--init-from", "stdlib", "--anywhere"),
      "holds no synthesis or prediction network",
    ),
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


def test_weights_are_folders_if_archives_are_not_wanted(four, tmp_path):
  folder = ResultFolder(tmp_path / "out")
  arguments = RunArguments(
    out=folder.path, archives=False, most_updates=0, minutes=60
  )
  run = Run(arguments, four.training, Clock(60), folder, Console(quiet=True))
  for _ in range(2):  # in place of what was there
    run.to_the_end()
  assert {p.name for p in folder.path.iterdir()} == {"report.json", *FOUR}
  restored = restore_checkpoint(folder.path / "decay")
  ours = jax.tree.leaves(four.training.averages()["decay"])
  for x, y in zip(ours, jax.tree.leaves(restored.params), strict=True):
    np.testing.assert_allclose(x, y, rtol=2**-8)
  assert restored.stddev is None


def test_the_best_validated_weights_are_kept(four, tmp_path, monkeypatch):
  """Of every member its own, also where later ones are not finite."""
  folder = ResultFolder(tmp_path / "out")
  arguments = RunArguments(out=folder.path, archives=False, minutes=60)
  run = Run(arguments, four.training, Clock(60), folder, Console(quiet=True))
  scores = dict.fromkeys(FOUR, -1.0) | {"decay": -2.0}
  averages, first = four.training.averages(), dict.fromkeys(FOUR, 1.0)
  for updates, factor, scored in (
    (3, 1, scores),
    (5, 2, scores | {"plain": -3.0, "fixed": math.nan}),
    (7, 3, first),
  ):
    run._updates = updates
    weights = jax.tree.map(lambda x, f=factor: f * x, averages)
    monkeypatch.setattr(four.training, "averages", lambda w=weights: w)
    run._remember(scored)
  run._keep()
  for name, updates, factor in (("plain", 5, 2), ("decay", 3, 1)):
    kept = restore_checkpoint(folder.path / name)
    assert kept.metadata.step == updates
    assert kept.metadata.config.training.steps == 7
    for x, y in zip(
      *map(jax.tree.leaves, (kept.params, averages[name])), strict=True
    ):
      np.testing.assert_allclose(x, factor * y, rtol=2**-8)


def test_noise_goes_on_from_what_was_learned(experiment, four):
  learned = four.training.stddevs()
  assert learned["fixed"] is None
  params = four.training.averages()["adaptive"]
  metadata = four.training.metadata("adaptive", STEPS)
  initial = Restored(params, metadata, learned["adaptive"])
  begun = Training(experiment.task, initial, FOUR).stddevs()["adaptive"]
  for x, y in zip(
    *map(jax.tree.leaves, (begun, learned["adaptive"])), strict=True
  ):
    np.testing.assert_array_equal(x, y)


def test_a_text_is_learned_by_its_config_but_for_what_is_given(tmp_path):
  path = tmp_path / "text.txt"
  path.write_text("to be or not to be " * 300)
  arguments = card_text.Arguments(
    config="char_rnn",
    data=path,
    learning_rate=0.25,
    average=AVERAGE,
    hidden=(8,),
    length=7,
  )
  task, initial = card_text.make_task(arguments)
  config = task.metadata.config
  assert initial is None
  assert config.optimizer.learning_rate == 0.25
  assert config.training.average == AVERAGE
  assert (config.network.hidden, config.data.length) == ((8,), 7)
  usual = command_line.read_config(find_config("char_rnn"))
  assert config.data.batch_size == usual.data.batch_size
  assert config.network.dropout == usual.network.dropout


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (("char_rnn",), "JAX sees no GPU here"),
    (("handwriting_synthesis", "--anywhere"), "this config is of no text"),
    (("ptb_char_paper", "--anywhere"), "it reads sentences"),
    (("char_rnn", "--anywhere"), "it averages no weights; give --average"),
    (("ptb_chr", "--anywhere"), "Did you mean ptb_char?"),
    (("char_rnn", "--average", 1), "average (=1.0) must be in [0, 1)"),
    (("char_rnn", "--validations", -1), "validations (=-1) must be 0 or more"),
  ],
)
def test_a_text_that_cannot_be_run_is_told(
  run_script, monkeypatch, arguments, message
):
  monkeypatch.setattr("same_memory.restart_with_kept_memory", lambda: None)
  status, _, errors = run_script("benchmarks/card_text.py", *arguments)
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
  with tarfile.open(tmp_path / "out" / "third.tar.gz") as file:
    file.extractall(tmp_path, filter="data")
  restored = restore_checkpoint(tmp_path / "third")
  assert restored.metadata.step == 2
  training = training_of(tmp_path / "third", None)
  assert (training.updates, training.unit) == (2, None)
  assert noted_device(tmp_path / "third").endswith("2 such runs at once")
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(restored.params))
