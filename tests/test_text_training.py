"""Laws of training on text: carried state, resumes, devices, what is learned."""

import dataclasses
import runpy
from pathlib import Path

import jax
import numpy as np
import pytest
from experiments import Silent

from graves_jax.config import (
  OptimizerConfig,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)
from graves_jax.data.corpus import Corpus
from graves_jax.data.text_codec import TextCodec
from graves_jax.evaluation import evaluate
from graves_jax.training.checkpoints import restore_checkpoint
from graves_jax.training.experiment import build_experiment
from graves_jax.training.loop import train
from graves_jax.training.text_task import text_task

CONFIG = TextConfig(
  network=TextNetworkConfig(hidden=(12, 8), dropout=0.2),
  data=TextDataConfig(batch_size=4, length=7, reset_every=3),
  optimizer=OptimizerConfig(
    name="adam", learning_rate=1e-2, loss_per="element"
  ),
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
    part = dataclasses.replace(getattr(config, name), **changes)
    config = dataclasses.replace(config, **{name: part})
  task = text_task(config, corpus or make_corpus())
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
  certain = {"network": {"dropout": 0.0}}
  expected, _ = run(make_experiment(**certain), tmp_path / "one")
  state, _ = run(
    make_experiment(devices=devices, parallel=parallel, **certain),
    tmp_path / "other",
  )
  assert_same(state.params, expected.params, rtol=1e-3, atol=1e-4)
  assert_same(state.carry, expected.carry, rtol=1e-3, atol=1e-4)


def test_a_run_goes_on_with_another_number_of_devices(tmp_path):
  certain = {"network": {"dropout": 0.0}}
  expected, _ = run(make_experiment(**certain), tmp_path / "one")
  run(make_experiment(**certain), tmp_path / "other", updates=5)
  state, _ = run(
    make_experiment(devices=2, parallel="pmap", **certain), tmp_path / "other"
  )
  assert_same(state.params, expected.params, rtol=1e-3, atol=1e-4)


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
  params, metadata = restore_checkpoint(folder)
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


def test_words_train_without_one_hot_vectors(tmp_path):
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
  path = Path(__file__).parent.parent / "configs/hello.py"
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
