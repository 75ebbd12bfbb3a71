"""Scores handwriting for graves-jax evaluate --dynamic: the weights learn along
each writer's lines."""

import functools
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
# Lines are padded to few lengths, as each takes longer to compile than to read.
_BUCKETS = 6


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
  require_of_lines(arguments)
  config, codec = restored.metadata.of_handwriting()
  floor = sigma_floor(arguments, config)
  lines, split = load_lines(arguments, config.data, console)
  writers = chosen_writers(arguments, by_writer(lines))
  tuning = tuning_writers(arguments, len(writers), split)
  learned_from = rms_lines(arguments, config, console)
  network = build_network(config.network, codec.size, kernels=kernels)
  loss = handwriting_loss(network, floor)
  encoding = codec.alphabet, codec.normalization
  first, *hands = in_turn([learned_from, *writers], *encoding, buckets=_BUCKETS)
  mapped = over_devices(devices[:1])
  dynamic = DynamicEvaluation(loss, restored.params, mapped)
  rms = None
  if learned_from:
    with loading(console, "Gradients of training lines"):
      rms = dynamic.gradient_rms(first.in_order(), ())
  learn = functools.partial(learning_scores, dynamic, console, rms)
  say = functools.partial(console.print, highlight=False, soft_wrap=True)
  dynamics = arguments.dynamics
  if tuning:

    def nats(config: DynamicConfig) -> float:
      return learn(config, hands[:tuning], "Trying").nats_per_sequence

    dynamics = choose_numbers(dynamics, nats, "nats per sequence", say)
  scores = learn(dynamics, hands[tuning:], "Scoring, and learning")
  reported = [line for writer in writers[tuning:] for line in writer]
  still = LineBatches(
    reported, *encoding, batch_size=BATCH_SIZE, buckets=config.data.buckets
  )
  if not arguments.devices:
    devices = fitting(devices, BATCH_SIZE)
  static = handwriting_scores(
    scorer_of(loss, restored.params, devices, console)(still)
  )
  count = len(writers) - tuning
  say(describe(scores, static, split, count, tuning, dynamics, floor))
  return scores._asdict() | {
    "split": split,
    "sigma_floor": floor,
    "dynamic": True,
    "tuned": bool(tuning),
    "writers": count,
    "tuning_writers": tuning,
    **numbers(dynamics),
    "length": None,
    "static": static._asdict(),
  }


def learning_scores(
  dynamic: DynamicEvaluation,
  console: Console,
  rms: Any,
  config: DynamicConfig,
  hands: Sequence[InTurn],
  what: str,
) -> HandwritingScores:
  """Scores of these writers' lines; the progress bar says what they are for."""
  with loading(console, what) as progress:
    sums = evaluate_writers(dynamic, config, hands, rms=rms, progress=progress)
  return handwriting_scores(added_up(sums))


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
    ValueError, OSError: if there are none.
  """
  if arguments.dynamics.rule != "rms":
    return []
  lines = load_split_named("train", arguments, config.data, console)
  if not lines:
    raise ValueError(
      "--dynamics.rule rms measures gradients of training lines, and the data "
      "have none; give data with a train split, or --dynamics.rule sgd."
    )
  count = min(arguments.dynamics.rms_segments, len(lines))
  places = np.linspace(0, len(lines) - 1, count).astype(int)
  return [lines[place] for place in places]


def describe(
  scores: HandwritingScores,
  static: HandwritingScores,
  split: str,
  writers: int,
  tuning: int,
  config: DynamicConfig,
  floor: float,
) -> str:
  """The scores in sentences, with their units."""
  chosen = ""
  if tuning:
    chosen = f", chosen on the {tuning} writers before them"
  return (
    f"{split}: {scores.sequences:,} lines, {scores.points:,} points, "
    f"{writers} writers (each form counts as one); nats over offsets of "
    f"standard deviation 1, sigma floored at {floor:g} of it. Each line is "
    "scored, then the weights learn from it; the trained weights meet each "
    f"writer ({name_numbers(config)}{chosen}). "
    f"{scores.nats_per_sequence:.1f} nats per sequence, "
    f"{scores.nats_per_point:.4f} per point; with fixed weights "
    f"{static.nats_per_sequence:.1f} and {static.nats_per_point:.4f}. Squared "
    f"error {scores.squared_error_per_coordinate:.4f} per coordinate; with "
    f"fixed weights {static.squared_error_per_coordinate:.4f}."
  )
