"""Tiny experiments that several test files train."""

import dataclasses
import functools

import jax
import numpy as np

from graves_jax.config import (
  Adam,
  Constant,
  DataConfig,
  HandwritingConfig,
  NetworkConfig,
  ReadingConfig,
  ReadingDataConfig,
  ReadingNetworkConfig,
  ReadingTrainingConfig,
  TrainingConfig,
)
from graves_jax.data.strokes import Line
from graves_jax.tasks.handwriting import handwriting_task
from graves_jax.tasks.reading import reading_task
from graves_jax.training.experiment import Experiment, build_experiment

CONFIG = HandwritingConfig(
  network=NetworkConfig(hidden=(8, 8), mixtures=3, windows=2),
  data=DataConfig(batch_size=4, buckets=2),
  optimizer=Adam(learning_rate=1e-2),
  training=TrainingConfig(
    steps=8,
    evaluate_every=4,
    checkpoint_every=2,
    sample_every=100,
    sample_texts=("ab",),
    evaluation_batch_size=4,
  ),
)


def make_lines(count: int, seed: int, lengths=(10, 50)) -> list[Line]:
  """Random walks, of so many points, with random texts."""
  random = np.random.default_rng(seed)
  lines = []
  for number in range(count):
    steps = random.integers(*lengths)
    points = random.normal((8, 0, 0), (40, 35, 0), (steps, 3))
    points[:, 2] = random.random(steps) < 0.1
    points[-1, 2] = 1
    text = "".join(random.choice(list("abc "), random.integers(2, 6)))
    lines.append(Line(points.astype(np.float32), text + "a", str(number)))
  return lines


TRAIN = [*make_lines(18, 0), Line(make_lines(1, 2)[0].points, "abc ", "all")]
# All are padded to 40 points: one shape to compile.
VALIDATION = make_lines(7, 1, lengths=(21, 41))
# What the loop alone reads: nothing is compiled anew for it. What an update
# reads must never be here, as it would then be tested at its default.
_OF_THE_LOOP = {
  "evaluate_every", "checkpoint_every", "sample_every", "record_every",
  "patience",
}  # fmt: skip


def shared(build, config, *options) -> Experiment:
  """`build` of a config, where what is traced and compiled serves all configs
  that differ in what the loop alone reads."""
  training, names = config.training, _OF_THE_LOOP
  if isinstance(config.optimizer.schedule, Constant):
    names = {*names, "steps"}
  usual = {f.name: f.default for f in dataclasses.fields(training)}
  usual = {name: usual[name] for name in names}
  same = dataclasses.replace(training, **usual)
  built = build(dataclasses.replace(config, training=same), *options)
  metadata = dataclasses.replace(built.task.metadata, config=config)
  task = dataclasses.replace(built.task, metadata=metadata)
  return dataclasses.replace(built, task=task)


def make_experiment(
  config: HandwritingConfig = CONFIG,
  devices: int = 1,
  parallel="shard_map",
  **training,
) -> Experiment:
  """`config` on so many devices, with changes to its training part."""
  config = dataclasses.replace(
    config, training=dataclasses.replace(config.training, **training)
  )
  return shared(_built, config, devices, parallel)


@functools.lru_cache(maxsize=32)
def _built(config: HandwritingConfig, devices: int, parallel) -> Experiment:
  """Builds an experiment once: what is traced and compiled serves all tests."""
  task = handwriting_task(config, TRAIN, VALIDATION)
  return build_experiment(task, jax.devices()[:devices], parallel)


# Pen elements of each letter: strokes in four directions.
_LETTERS = {
  "a": [[9, 0, 0], [9, 1, 0], [9, 0, 0], [9, 0, 1]],
  "b": [[0, 9, 0], [1, 9, 0], [0, 9, 0], [0, 9, 1]],
  "c": [[-9, 0, 0], [-9, 1, 0], [-9, 0, 0], [-9, 0, 1]],
  " ": [[0, -9, 0], [0, -9, 1]],
}
READING_CONFIG = ReadingConfig(
  network=ReadingNetworkConfig(hidden=(12,)),
  data=ReadingDataConfig(
    batch_size=4,
    buckets=1,
    scale_range=0.1,
    slant_range=0.1,
    point_noise=0.1,
  ),
  optimizer=Adam(learning_rate=3e-2, max_gradient_norm=1.0),
  training=ReadingTrainingConfig(
    steps=8,
    evaluate_every=4,
    checkpoint_every=2,
    sample_every=100,
    evaluation_batch_size=4,
  ),
)


def make_letters(count: int, seed: int) -> list[Line]:
  """Random words in letters that can be read."""
  random = np.random.default_rng(seed)
  lines = []
  for number in range(count):
    length = random.integers(3, 7)
    text = "".join(random.choice(list("aabc"), length)) + " a"
    points = np.concatenate([_LETTERS[c] for c in text]).astype(np.float32)
    lines.append(Line(points, text, str(number)))
  return lines


READABLE, TO_READ = make_letters(18, 0), make_letters(7, 1)


def make_reading_experiment(devices: int = 1, **training) -> Experiment:
  """`READING_CONFIG` on so many devices, with changes to its training part."""
  config = dataclasses.replace(
    READING_CONFIG,
    training=dataclasses.replace(READING_CONFIG.training, **training),
  )
  return shared(_built_to_read, config, devices)


@functools.lru_cache(maxsize=8)
def _built_to_read(config: ReadingConfig, devices: int) -> Experiment:
  task = reading_task(config, READABLE, TO_READ)
  return build_experiment(task, jax.devices()[:devices])


class Silent:
  """A listener that remembers."""

  def __init__(self):
    self.messages, self.reports = [], []
    self.validations, self.descriptions = [], []

  def message(self, text):
    self.messages.append(text)

  def step(self, report):
    self.reports.append(report)

  def validating(self, done, total):
    pass

  def validated(self, step, scores):
    self.validations.append((step, scores))

  def described(self, step, length):
    self.descriptions.append((step, length))

  def stopped(self, step):
    self.messages.append(f"stopped at {step}")
