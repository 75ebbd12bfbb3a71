"""Sentences as sequences of their own (Section 3.1), beside NumPy."""

import json

import jax
import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from test_text_network import random_network, to_package

from graves_jax.config import TextDataConfig, TextNetworkConfig
from graves_jax.data.sentences import SentenceBatches
from graves_jax.data.sources import penn_treebank
from graves_jax.losses.text import text_loss
from graves_jax.networks.build import build_network

MARK = np.array([0, 1])  # the classes with which sentences end
texts = st.lists(st.integers(0, 3), min_size=1, max_size=60).map(
  lambda symbols: np.array(symbols, np.int32)
)


def split(text):
  """The sentences of a text, one symbol after another."""
  sentences, current = [], []
  for symbol in text.tolist():
    current.append(symbol)
    if current[-2:] == MARK.tolist():
      sentences.append(current)
      current = []
  return [*sentences, current] if current else sentences


def rows_of(batches):
  """(inputs, targets) of every row that holds a sentence, without padding."""
  rows = []
  for batch in batches:
    assert batch.resets.all()
    for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
      length = (targets >= 0).sum()
      assert (targets[length:] == -1).all() and (inputs[length:] == -1).all()
      if length:
        rows.append((inputs[:length].tolist(), targets[:length].tolist()))
  return rows


@given(texts, st.integers(1, 5), st.integers(0, 3))
def test_every_sentence_is_read_once_from_the_null_vector(text, size, epoch):
  batches = SentenceBatches(text, MARK, batch_size=size, seed=1)
  expected = [([-1, *s[:-1]], s) for s in split(text)]
  assert rows_of(batches.in_order()) == expected
  steps = range(epoch * len(batches), (epoch + 1) * len(batches))
  shuffled = rows_of(batches.batch(step) for step in steps)
  assert sorted(shuffled) == sorted(expected)
  assert batches.elements == sum(len(s) for s in split(text)) == len(text)
  assert batches.sequences == len(expected)


def test_batches_are_a_function_of_seed_and_step():
  text = np.random.default_rng(0).integers(0, 3, 500).astype(np.int32)
  one, two = (SentenceBatches(text, MARK, batch_size=3) for _ in range(2))
  steps = range(2 * len(one))
  for step in reversed(steps):
    two.batch(step)
  for step in steps:
    np.testing.assert_array_equal(
      one.batch(step).targets, two.batch(step).targets
    )
  epochs = (
    rows_of(map(one.batch, steps[: len(one)])),
    rows_of(map(one.batch, steps[len(one) :])),
  )
  assert epochs[0] != epochs[1] and sorted(epochs[0]) == sorted(epochs[1])
  lengths = {one.batch(step).targets.shape[1] for step in steps}
  assert len(lengths) <= 10


def test_shares_are_rows_of_the_same_batches_and_are_named():
  text = np.array([2, 0, 1, 3, 3, 3, 0, 1, 2], np.int32)
  whole = SentenceBatches(text, MARK, batch_size=2)
  lower, upper = whole.share(slice(0, 1)), whole.share(slice(1, 2))
  for step in range(2 * len(whole)):
    halves = lower.batch(step), upper.batch(step)
    for joined, batch in zip(
      map(np.concatenate, zip(*halves, strict=True)),
      whole.batch(step),
      strict=True,
    ):
      np.testing.assert_array_equal(joined, batch)
  names = [n for step in range(len(whole)) for n in whole.row_names(step)]
  assert sorted(names) == [
    "symbols 0 to 2", "symbols 3 to 7", "symbols 8 to 8",
  ]  # fmt: skip


@pytest.mark.parametrize(
  ("symbols", "size", "message"),
  [(0, 1, "no symbol"), (3, 0, r"batch_size \(=0\)")],
)
def test_what_cannot_be_batched_is_refused(symbols, size, message):
  with pytest.raises(ValueError, match=message):
    SentenceBatches(np.zeros(symbols, np.int32), MARK, batch_size=size)


def test_loss_and_gradients_are_those_of_numpy_sentence_by_sentence():
  config = TextNetworkConfig(hidden=(5, 5), lstm_clip=0.5, output_clip=0.5)
  # Sentences of 23, 23, 23 and 21 symbols: batches of one shape.
  text = np.random.default_rng(3).integers(1, 7, 90).astype(np.int32)
  text[[21, 44, 66, 67]], text[[22, 45, 68]] = 0, 1
  weights = random_network("lstm")
  nats, errors, gradients = 0.0, 0, reference.zeros_like(weights)
  for sentence in split(text):
    loss, gradient, _, wrong = reference.text_loss(
      weights, [-1, *sentence[:-1]], sentence, layer_clip=0.5, output_clip=0.5
    )
    nats, errors = nats + loss, errors + wrong
    gradients = reference.add(gradients, gradient)
  batches = SentenceBatches(text, MARK, batch_size=2)
  with jax.enable_x64(True):
    network = build_network(config, 7)
    params = to_package(weights, "lstm", "float64")
    expected = to_package(gradients, "lstm", "float64")
    loss_fn = text_loss(network)

    def summed(params, carry, batch):
      sums, carry = loss_fn(params, carry, batch, None)
      return sums.nats, (sums, carry)

    # What a batch leaves must not reach the next: begin with such a state.
    state, _ = network.init_with_output(
      jax.random.key(0), 2, method="initial_state"
    )
    carry = jax.tree.map(lambda x: x.astype("float64") + 0.5, state)
    sums, total = [], jax.tree.map(np.zeros_like, params)
    differentiate = jax.jit(jax.grad(summed, has_aux=True))
    for batch in batches.in_order():
      gradient, (part, carry) = differentiate(params, carry, batch)
      sums.append(part)
      total = jax.tree.map(np.add, total, gradient)
  counted = len(text), len(split(text))
  np.testing.assert_allclose(
    np.sum(sums, axis=0), [nats, errors, *counted], rtol=1e-9
  )
  for got, wanted in zip(
    jax.tree.leaves(total), jax.tree.leaves(expected), strict=True
  ):
    assert reference.relative_error(got, wanted) < 1e-9


TEXTS = (
  " the <unk> sat \n on the N mats \n",
  " the mats sat \n",
  " on <unk> \n the N \n",
)
CONFIG = """
from graves_jax.config import *

def get_config():
  return TextConfig(
    network=TextNetworkConfig(hidden=(8,)),
    data=TextDataConfig(
      source="penn_treebank", sequences="sentence", batch_size=2
    ),
    optimizer=SGD(learning_rate=1e-2),
    training=TextTrainingConfig(
      steps=4, evaluate_every=2, checkpoint_every=2, sample_every=2,
      sample_length=20,
    ),
  )
"""


@pytest.fixture
def treebank(tmp_path, monkeypatch):
  """The folder of a made-up treebank, with counts of its own."""

  def count(units, convention):
    spelled = [penn_treebank.spell(t, units, convention) for t in TEXTS]
    return tuple(map(len, spelled)), len(set(spelled[0]))

  counts = {f"characters {c}": count("characters", c) for c in "GS"}
  symbols = {k: v[0] for k, v in counts.items()} | {"words": (9, 4, 6)}
  distinct = {k: v[1] for k, v in counts.items()} | {"words": 7}
  monkeypatch.setattr(penn_treebank, "WORDS", (9, 4, 6))
  monkeypatch.setattr(penn_treebank, "SYMBOLS", symbols)
  monkeypatch.setattr(penn_treebank, "DISTINCT", distinct)
  folder = tmp_path / "ptb"
  folder.mkdir()
  for name, text in zip(penn_treebank.FILES, TEXTS, strict=True):
    (folder / name).write_text(text)
  return folder


@pytest.mark.parametrize(
  ("units", "convention", "sentences"),
  [
    ("characters", "G", ["on <unk> </s> ", "the N </s> "]),
    ("characters", "S", ["on <unk>\n", "the N\n"]),
    ("words", "G", ["on <unk>\n", "the N\n"]),
  ],
)
def test_sentences_of_penn_treebank(treebank, units, convention, sentences):
  corpus = penn_treebank.load(treebank, units=units, convention=convention)
  mark = corpus.codec.encode(corpus.sentence_end)
  batches = SentenceBatches(corpus.test, mark, batch_size=1)
  found = [targets for _, targets in rows_of(batches.in_order())]
  assert [corpus.codec.decode(classes) for classes in found] == sentences


def test_one_network_is_scored_by_sentences_and_as_a_stream(
  run_command, treebank, tmp_path
):
  (tmp_path / "tiny.py").write_text(CONFIG)
  run = tmp_path / "run"
  status, _, errors = run_command(
    *("train", tmp_path / "tiny.py", "--data.path", treebank),
    *("--workdir", run),
  )
  assert (status, errors) == (0, "")

  def score(*arguments):
    status, output, errors = run_command(
      *("evaluate", "--checkpoint", run, "--split", "test"),
      *("--data.path", treebank, *arguments),
    )
    assert (status, errors) == (0, "")
    return json.loads(output.splitlines()[-1])

  sentence, stream = score(), score("--sequences", "stream")
  one = score("--batch-size", "1")
  assert one["total_bits"] == pytest.approx(sentence["total_bits"], rel=1e-5)
  names = ("sequences", "sentences", "streams", "symbols")
  assert [sentence[name] for name in names] == ["sentence", 2, None, 25]
  assert [stream[name] for name in names] == ["stream", None, 1, 25]
  assert sentence["total_bits"] != stream["total_bits"]
  still = score("--dynamic", "--dynamics.learning-rate", "0")
  assert still["total_bits"] == pytest.approx(sentence["total_bits"], rel=1e-5)
  learned = score("--dynamic", "--dynamics.rule", "rms", "--tune")
  assert learned["dynamic"] and learned["length"] is None
  assert learned["total_bits"] != sentence["total_bits"]
  lengths = ("--checkpoint", run, "--dynamic", "--dynamics.length", "7")
  for arguments, message in (
    (lengths, "dynamics.length (=7)"),
    (("--sequences", "stream"), "handwriting"),
  ):
    status, _, errors = run_command("evaluate", *arguments)
    assert status == 2 and message in errors and errors.count("\n") == 1


def test_what_nothing_reads_beside_sentences_is_refused():
  for options in ({"length": 50}, {"reset_every": 3}):
    with pytest.raises(ValueError, match="sequences = sentence"):
      TextDataConfig(source="penn_treebank", sequences="sentence", **options)
