"""What dynamic evaluation of text and of handwriting share: numbers, tried
and named."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from graves_jax.config import DynamicConfig
from graves_jax.training.dynamic import DivergedError
from graves_jax.training.dynamic_rules import learning_rate
from graves_jax.training.dynamic_tuning import tune


def choose_numbers(
  config: DynamicConfig,
  score: Callable[[DynamicConfig], float],
  unit: str,
  say: Callable[[str], None],
) -> DynamicConfig:
  """Tries numbers of a rule, says each score, and returns the best.

  Args:
    config: where to begin.
    score: of a config, smaller being better.
    unit: of a score.
    say: told of each trial.

  Raises:
    ValueError: if no learning rate has a finite score.
  """

  def trial(config: DynamicConfig) -> float:
    try:
      value = score(config)
    except DivergedError:
      return math.inf
    say(f"{name_numbers(config)}: {value:.4f} {unit}")
    return value

  return tune(trial, config)


def numbers(config: DynamicConfig) -> dict[str, Any]:
  """The numbers that a rule of dynamic evaluation reads."""
  values = dataclasses.asdict(config)
  values["learning_rate"] = learning_rate(config)
  unread = config.UNREAD[config.rule]
  return {k: v for k, v in values.items() if k not in unread}


def name_numbers(config: DynamicConfig) -> str:
  """The same in words, without the length of a segment."""
  return ", ".join(
    f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
    for name, value in numbers(config).items()
    if name != "length"
  )
