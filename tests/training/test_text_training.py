"""Laws of training on text: carried state, resumes, devices, learning."""

import dataclasses
import functools
import json
import runpy
from pathlib import Path

import jax
import numpy as np
import pytest
from experiments import Silent, shared
from paths import ROOT

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.config import (
  SGD,
  Adam,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)
from graves_jax.data.codec import TextCodec
from graves_jax.data.corpus import Corpus
from graves_jax.tasks.text import text_task
from graves_jax.training.evaluate import evaluate
from graves_jax.training.experiment import build_experiment
from graves_jax.training.loop import train
from graves_jax.training.step import evaluation_body, train_body

CONFIG = TextConfig(
  network=TextNetworkConfig(hidden=(12, 8), dropout=0.2),
  data=TextDataConfig(batch_size=4, length=7, reset_every=3),
  optimizer=Adam(learning_rate=1e-2, loss_per="element"),
  training=TextTrainingConfig(
    steps=8,
    evaluate_every=4,
    checkpoint_every=2,
    sample_every=100,
    evaluation_batch_size=2,
  ),
)
TEXT = "the cat sat on the mat and the dog sat on the cat. " * 8


def make_corpus(text=TEXT):
  codec = TextCodec("characters", tuple(sorted(set(text))))
  classes = codec.encode(text)
  cut = len(classes) * 3 // 4
  return Corpus(
    codec=codec,
    train=classes[:cut],
    validation=classes[cut:],
    convention="characters",
  )


def make_experiment(
  config=CONFIG, *, devices=1, parallel="shard_map", corpus=None, **parts
):
  for name, changes in parts.items():
    if isinstance(changes, dict):
      changes = dataclasses.replace(getattr(config, name), **changes)
    config = dataclasses.replace(config, **{name: changes})
  if corpus is None:
    return shared(built, config, devices, parallel)
  return build_experiment(
    text_task(config, corpus), jax.devices()[:devices], parallel
  )


@functools.lru_cache(maxsize=32)
def built(config, devices, parallel):
  """Builds an experiment once: what is traced and compiled serves all tests."""
  task = text_task(config, make_corpus())
  return build_experiment(task, jax.devices()[:devices], parallel)


def run(experiment, folder, updates=None):
  """Trains, and stops after so many updates if told."""
  made = []

  def train_step(*arguments):
    made.append(True)
    return experiment.train_step(*arguments)

  listener = Silent()
  state = train(
    dataclasses.replace(experiment, train_step=train_step),
    folder,
    listener,
    should_stop=lambda: updates is not None and len(made) >= updates,
  )
  return experiment.fetch(state), listener


def assert_same(one, other, **tolerance):
  for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
    if tolerance:
      np.testing.assert_allclose(a, b, **tolerance)
    else:
      np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
  folder = tmp_path_factory.mktemp("uninterrupted")
  return folder, *run(make_experiment(), folder)


def test_training_lowers_the_loss(uninterrupted):
  _, state, listener = uninterrupted
  (_, first), (_, last) = listener.validations
  assert last.bits_per_symbol < first.bits_per_symbol
  assert all(np.abs(x).max() > 0 for x in jax.tree.leaves(state.carry))


@pytest.mark.parametrize("stop", [1, 4, 5])
def test_resumed_equals_uninterrupted_carry_included(
  uninterrupted, tmp_path, stop
):
  _, expected, _ = uninterrupted
  stopped, _ = run(make_experiment(), tmp_path, updates=stop)
  assert stopped.step == stop
  resumed, _ = run(make_experiment(), tmp_path)
  assert_same(resumed, expected)


@pytest.mark.parametrize(
  ("devices", "parallel"), [(1, "pmap"), (2, "shard_map"), (2, "pmap")]
)
def test_devices_and_maps_agree(tmp_path, devices, parallel):
  expected, _ = run(make_experiment(), tmp_path / "one")  # drops out by rows
  state, _ = run(
    make_experiment(devices=devices, parallel=parallel), tmp_path / "other"
  )
  assert_same(state.params, expected.params, rtol=1e-3, atol=1e-4)
  assert_same(state.carry, expected.carry, rtol=1e-3, atol=1e-4)


def test_a_run_goes_on_with_another_number_of_devices(tmp_path):
  expected, _ = run(make_experiment(), tmp_path / "one")
  run(make_experiment(), tmp_path / "other", updates=5)
  state, _ = run(
    make_experiment(devices=2, parallel="pmap"), tmp_path / "other"
  )
  assert_same(state.params, expected.params, rtol=1e-3, atol=1e-4)


def test_the_compiled_steps_reduce_across_devices_once():
  experiment = make_experiment(devices=2)
  task, mapped = experiment.task, experiment.mapped
  state, batch = experiment.initial_state(), task.train_batches.batch(0)
  update = train_body(
    task.loss_fn, experiment.optimizer, seed=0, loss_per="element"
  )
  for step, first, carry in (
    (update, state.replace(carry=()), state.carry),
    (evaluation_body(task.loss_fn), state.params, state.carry),
  ):
    rows = carry, mapped.shard(batch)
    compiled = mapped.map(step).lower(first, rows).compile().as_text()
    assert compiled.count(" all-reduce(") == 1
    assert "all-reduce-start" not in compiled


def sums_over(experiment, params):
  return evaluate(
    experiment.sum_losses,
    params,
    experiment.validation_carry(),
    experiment.task.validation_batches,
  )


def test_validation_scores_every_symbol_and_drops_nothing_out():
  one, other = make_experiment(), make_experiment(network={"dropout": 0.0})
  params = one.initial_state().params
  sums = sums_over(one, params)
  assert sums.elements == len(make_corpus().validation)
  assert_same(sums_over(other, params), sums)


def test_a_text_checkpoint_alone_holds_its_codec_and_scores(uninterrupted):
  folder, state, _ = uninterrupted
  params, metadata, *_ = restore_checkpoint(folder)
  assert metadata.codec == make_corpus().codec
  assert metadata.config == CONFIG
  assert metadata.scores["symbols"] == len(make_corpus().validation)
  assert_same(params, state.params)


@pytest.mark.parametrize("item", ["carry", "params"])
def test_a_checkpoint_of_a_damaged_carry_is_set_aside(
  uninterrupted, tmp_path, item
):
  _, expected, _ = uninterrupted
  run(make_experiment(), tmp_path, updates=4)
  for path in (tmp_path / "checkpoints" / "4" / item).rglob("*"):
    if path.is_file():
      content = bytearray(path.read_bytes())
      content[len(content) // 2] ^= 1
      path.write_bytes(content)
  state, listener = run(make_experiment(), tmp_path)
  assert any("damaged_4" in message for message in listener.messages)
  assert_same(state, expected)


def test_a_workdir_of_handwriting_is_refused(tmp_path):
  import experiments

  train(experiments.make_experiment(), tmp_path, Silent())
  with pytest.raises(ValueError, match=r"on handwriting, not text"):
    run(make_experiment(), tmp_path)


def test_the_standard_rnn_trains_too(tmp_path):
  _, listener = run(make_experiment(network={"cell": "rnn"}), tmp_path)
  (_, first), (_, last) = listener.validations
  assert last.bits_per_symbol < first.bits_per_symbol


def test_a_network_of_words_trains(tmp_path):
  words = [f"w{k}" for k in range(300)]
  codec = TextCodec("words", ("</s>", *sorted(words)))
  random = np.random.default_rng(0)
  classes = random.integers(0, codec.size, 600).astype(np.int32)
  corpus = Corpus(
    codec=codec, train=classes, validation=classes[:60], convention="words"
  )
  state, _ = run(make_experiment(corpus=corpus), tmp_path)
  assert np.isfinite(state.params["params"]["output"].weights).all()


def test_hello_needs_memory_and_has_it(tmp_path):
  """The first l is followed by l, the second by o (Karpathy's example)."""
  path = ROOT / "configs/hello.py"
  config = runpy.run_path(str(path))["get_config"]()
  text = Path(config.data.path).read_text("ascii")
  corpus = make_corpus(text)
  experiment = make_experiment(config, corpus=corpus)
  state, _ = run(experiment, tmp_path)
  network, codec = experiment.task.network, corpus.codec
  raw = network.apply(state.params, codec.encode("hell")[:, None])
  probabilities = jax.nn.softmax(raw[:, 0])
  after_first_l, after_second_l = probabilities[2], probabilities[3]
  assert after_first_l[codec.symbols.index("l")] > 0.95
  assert after_second_l[codec.symbols.index("o")] > 0.95


def test_validation_while_training_can_be_limited():
  experiment = make_experiment(training={"evaluation_symbols": 30})
  params = experiment.initial_state().params
  assert sums_over(experiment, params).elements == 30


def test_evaluation_carries_the_state_from_batch_to_batch():
  experiment = make_experiment(
    data={"length": 5, "reset_every": None},
    training={"evaluation_batch_size": 1},
  )
  params, task = experiment.initial_state().params, experiment.task
  assert len(task.validation_batches) > 10
  classes = make_corpus().validation
  inputs = np.concatenate([[-1], classes[:-1]])[:, None]
  raw = task.network.apply(params, inputs)[:, 0]
  expected = -jax.nn.log_softmax(raw)[np.arange(len(classes)), classes].sum()
  np.testing.assert_allclose(
    sums_over(experiment, params).nats, expected, rtol=1e-5
  )


@pytest.mark.parametrize(
  ("loss_per", "batch_size", "share"),
  [("sequence", 1, 1.0), ("sequence", 2, 0.5), ("element", 1, 1 / 7)],
)
def test_sgd_steps_by_the_gradient_summed_over_time(
  loss_per, batch_size, share
):
  """A sequence's gradient is a sum over its symbols (Section 3.1)."""
  experiment = make_experiment(
    network={"dropout": 0.0, "lstm_clip": 100.0},
    data={"batch_size": batch_size},
    optimizer=SGD(learning_rate=0.1, momentum=0.0, loss_per=loss_per),
  )
  state, task = experiment.initial_state(), experiment.task
  before = jax.device_get(state.params)
  batch = task.train_batches.batch(0)

  def nats(params):
    raw = task.network.apply(params, batch.inputs.T)
    targets = jax.nn.one_hot(batch.targets.T, raw.shape[-1])
    return -(jax.nn.log_softmax(raw) * targets).sum()

  gradient = jax.grad(nats)(before)
  state, _ = experiment.train_step(state, batch)
  expected = jax.tree.map(lambda w, g: w - 0.1 * share * g, before, gradient)
  assert_same(experiment.fetch(state).params, expected, rtol=1e-4, atol=1e-6)


def test_a_run_is_not_continued_on_another_text_of_the_same_letters(
  uninterrupted,
):
  folder, _, _ = uninterrupted
  other = make_corpus(TEXT.replace("cat", "tac"))
  with pytest.raises(ValueError, match="other data"):
    run(make_experiment(corpus=other), folder)


def test_a_prime_of_unknown_characters_is_refused_before_training():
  with pytest.raises(ValueError, match=r"sample_prime has .*Z"):
    make_experiment(training={"sample_prime": "Zat"})


def test_a_short_validation_text_is_cut_into_fewer_streams():
  experiment = make_experiment(training={"evaluation_batch_size": 100})
  batches = experiment.task.validation_batches
  assert batches.batch_size == len(make_corpus().validation) // 2
  params = experiment.initial_state().params
  assert sums_over(experiment, params).elements == batches.elements


def test_rows_are_recorded_as_often_as_the_config_says(tmp_path):
  run(make_experiment(training={"record_every": 3}), tmp_path)
  rows = (tmp_path / "metrics.jsonl").read_text().splitlines()
  steps = [
    row["step"] for row in map(json.loads, rows) if row["kind"] == "train"
  ]
  assert steps == [3, 6]
