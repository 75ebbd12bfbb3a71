"""Scores handwriting for graves-jax evaluate --dynamic: the weights learn along
each writer's lines."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands.console import loading
from graves_jax.commands.dynamic_scoring import (
  choose_numbers,
  name_numbers,
  numbers,
)
from graves_jax.commands.evaluate_handwriting import (
  BATCH_SIZE,
  scorer_of,
  sigma_floor,
)
from graves_jax.commands.scored_lines import load_lines, load_split_named
from graves_jax.commands.telling import tell
from graves_jax.config import DynamicConfig, HandwritingConfig
from graves_jax.data.lines import LineBatches
from graves_jax.data.strokes import Line
from graves_jax.data.writers import InTurn, by_writer, in_turn
from graves_jax.devices.parallel import fitting, over_devices
from graves_jax.fast.kernels.library import Kernels
from graves_jax.losses.handwriting import (
  HandwritingScores,
  handwriting_loss,
  handwriting_scores,
)
from graves_jax.networks.build import build_network
from graves_jax.training.dynamic import DynamicEvaluation
from graves_jax.training.dynamic_writers import added_up, evaluate_writers

TUNING_WRITERS = 8
# The nats of a line are those of hundreds of points: text's rate is too large.
_FIRST_SGD_RATE = 1e-5
# Lines are padded to few lengths, as each takes longer to compile than to read.
_BUCKETS = 6


class WritersScorer:
  """A handwriting network, and the writers whose lines it is scored on."""

  def __init__(
    self,
    arguments: Any,
    restored: Restored,
    devices: Sequence[jax.Device],
    console: Console,
    kernels: Kernels | None,
  ):
    """Reads the lines, and measures gradients if the rule needs them.

    Raises:
      ValueError, OSError: if an argument cannot be used.
    """
    require_of_lines(arguments)
    config, self._codec = restored.metadata.of_handwriting()
    self.floor = sigma_floor(arguments, config)
    lines, self.split = load_lines(arguments, config.data, console)
    self.writers = chosen_writers(arguments, by_writer(lines))
    self.tuning = tuning_writers(arguments, len(self.writers), self.split)
    training_lines = rms_lines(arguments, config, console)
    network = build_network(config.network, self._codec.size, kernels=kernels)
    self._loss = handwriting_loss(network, self.floor)
    self._params, self._console = restored.params, console
    self._devices = fitting(devices, BATCH_SIZE)
    self._buckets = config.data.buckets
    self._dynamic = DynamicEvaluation(
      self._loss, self._params, over_devices(devices[:1])
    )
    first, *self.hands = in_turn(
      [training_lines, *self.writers],
      self._codec.alphabet,
      self._codec.normalization,
      buckets=_BUCKETS,
    )
    self._rms = None
    if training_lines:
      with loading(console, "Gradients of training lines"):
        self._rms = self._dynamic.gradient_rms(first.in_order(), ())

  def learn(
    self, config: DynamicConfig, hands: Sequence[InTurn], what: str
  ) -> HandwritingScores:
    """Scores with weights that learn along each writer's lines.

    Args:
      config: the rule and its numbers.
      hands: lines of each.
      what: what that is for, in a word.
    """
    with loading(self._console, what) as progress:
      sums = evaluate_writers(
        self._dynamic, config, hands, rms=self._rms, progress=progress
      )
    return handwriting_scores(added_up(sums))

  def choose(self, config: DynamicConfig) -> DynamicConfig:
    """The numbers that are best on the first writers, if any are for that."""
    if config.rule == "sgd" and config.learning_rate is None:
      config = dataclasses.replace(config, learning_rate=_FIRST_SGD_RATE)
    if not self.tuning:
      return config

    def nats(config: DynamicConfig) -> float:
      hands = self.hands[: self.tuning]
      return self.learn(config, hands, "Trying").nats_per_sequence

    return choose_numbers(config, nats, "nats per sequence", self.say)

  def static(self) -> HandwritingScores:
    """Scores of the reported writers' lines with fixed weights."""
    lines = [x for writer in self.writers[self.tuning :] for x in writer]
    batches = LineBatches(
      lines,
      self._codec.alphabet,
      self._codec.normalization,
      batch_size=BATCH_SIZE,
      buckets=self._buckets,
    )
    score = scorer_of(self._loss, self._params, self._devices, self._console)
    return handwriting_scores(score(batches))

  def say(self, text: str) -> None:
    tell(self._console, text)


def score_writers(
  arguments: Any,
  restored: Restored,
  devices: Sequence[jax.Device],
  console: Console,
  kernels: Kernels | None,
) -> dict[str, Any]:
  """Scores lines with weights that learn along each writer's, beside the same
  lines with fixed weights, and prints what the figures mean.

  Args:
    arguments: those of graves-jax evaluate.
    restored: the checkpoint.
    devices: to use.
    console: for progress and results.
    kernels: to score with, where they fit.

  Returns:
    The dynamic scores by name, the static ones as "static", and what they are
    of.

  Raises:
    ValueError, OSError: if an argument cannot be used.
  """
  scorer = WritersScorer(arguments, restored, devices, console, kernels)
  static = scorer.static()  # what fails there fails before hours of learning
  config = scorer.choose(arguments.dynamics)
  reported = scorer.hands[scorer.tuning :]
  scores = scorer.learn(config, reported, "Scoring, and learning")
  figures = {
    "split": scorer.split,
    "sigma_floor": scorer.floor,
    "dynamic": True,
    "tuned": bool(scorer.tuning),
    "writers": len(reported),
    "tuning_writers": scorer.tuning,
  }
  scorer.say(describe(scores, static, config, figures))
  learning = numbers(config) | {"length": None, "static": static._asdict()}
  return scores._asdict() | figures | learning


def require_of_lines(arguments: Any) -> None:
  """Raises ValueError if an option is not for lines that are read in turn."""
  if arguments.dynamics.length != DynamicConfig.length:
    raise ValueError(
      f"dynamics.length (={arguments.dynamics.length}) is of text; of "
      "handwriting each line is a segment. Leave it out."
    )
  unread = {
    "--batch-size": arguments.batch_size,
    "--tune-symbols": arguments.tune_symbols,
  }
  for option, value in unread.items():
    if value is not None:
      raise ValueError(
        f"{option} is not read with --dynamic of handwriting, whose lines are "
        "read one by one; leave it out."
      )


def chosen_writers(
  arguments: Any, writers: list[list[Line]]
) -> list[list[Line]]:
  """As many writers as are asked for, spread over all of them.

  Raises:
    ValueError: if there are not so many.
  """
  count = len(writers) if arguments.writers is None else arguments.writers
  if not 0 < count <= len(writers):
    raise ValueError(
      f"writers (={count}) must be 1 to {len(writers):,}, as many as there are."
    )
  places = np.linspace(0, len(writers) - 1, count).astype(int)
  return [writers[place] for place in places]


def tuning_writers(arguments: Any, writers: int, split: str) -> int:
  """How many writers numbers are chosen on; they are not reported.

  Raises:
    ValueError: if none would be left.
  """
  if not arguments.tune:
    return 0
  count = arguments.tune_writers or TUNING_WRITERS
  if not 0 < count < writers:
    raise ValueError(
      f"tune_writers (={count}) must be 1 or more, and less than the {writers} "
      f"writers of {split}."
    )
  return count


def rms_lines(
  arguments: Any, config: HandwritingConfig, console: Console
) -> list[Line]:
  """Training lines, evenly chosen, for the rule that measures gradients.

  Raises:
    ValueError, OSError: if there are none, or they cannot be read.
  """
  if arguments.dynamics.rule != "rms":
    return []
  try:
    lines = load_split_named("train", arguments, config.data, console)
  except ValueError as error:
    raise ValueError(
      f"--dynamics.rule rms reads training lines (sgd reads none): {error}"
    ) from None
  count = min(arguments.dynamics.rms_segments, len(lines))
  places = np.linspace(0, len(lines) - 1, count).astype(int)
  return [lines[place] for place in places]


def describe(
  scores: HandwritingScores,
  static: HandwritingScores,
  config: DynamicConfig,
  figures: dict[str, Any],
) -> str:
  """The scores in sentences, with their units."""
  chosen = ""
  if figures["tuned"]:
    chosen = f", chosen on the {figures['tuning_writers']} writers before them"
  return (
    f"{figures['split']}: {scores.sequences:,} lines, {scores.points:,} "
    f"points, {figures['writers']} writers (each form counts as one); nats "
    "over offsets of standard deviation 1, sigma floored at "
    f"{figures['sigma_floor']:g} of it. Each line is scored, then the weights "
    "learn from it; the trained weights meet each writer "
    f"({name_numbers(config)}{chosen}). "
    f"{scores.nats_per_sequence:.1f} nats per sequence, "
    f"{scores.nats_per_point:.4f} per point; with fixed weights "
    f"{static.nats_per_sequence:.1f} and {static.nats_per_point:.4f}. Squared "
    f"error {scores.squared_error_per_coordinate:.4f} per coordinate; with "
    f"fixed weights {static.squared_error_per_coordinate:.4f}."
  )
