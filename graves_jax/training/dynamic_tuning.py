"""Chooses the numbers of a rule of dynamic evaluation."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable

from graves_jax.config import DynamicConfig
from graves_jax.training.dynamic_rules import learning_rate

_LEAST_RATE = 1e-9
# Of a score, in tuning; smaller gains are not worth another trial.
_LEAST_GAIN = 1e-4
# By rule: what is doubled and halved, and the momenta that are tried.
_TUNED = {"sgd": ("learning_rate",), "rms": ("learning_rate", "decay")}
_MOMENTA = {"sgd": (0.0, 0.5, 0.9), "rms": ()}


def tune(
  score: Callable[[DynamicConfig], float], start: DynamicConfig
) -> DynamicConfig:
  """Chooses the numbers of a rule: those whose score is least.

  Halves the learning rate until the score is finite. Then doubles or halves
  one number at a time for as long as that helps (by a ten-thousandth of the
  score, or more), or takes another momentum (of sgd) with the learning rate
  that leaves the length of the steps as it is, until nothing more helps.

  Args:
    score: of a config, smaller being better; not finite: of no use.
    start: where to begin.

  Raises:
    ValueError: if no learning rate has a finite score.
  """
  score = functools.cache(score)

  def scaled(config, name, factor):
    value = getattr(config, name) * factor
    return dataclasses.replace(config, **{name: value})

  def with_momentum(config, momentum):
    longer = (1 - momentum) / (1 - config.momentum)
    config = scaled(config, "learning_rate", longer)
    return dataclasses.replace(config, momentum=momentum)

  def helps(other, best):
    return score(best) - score(other) > _LEAST_GAIN * abs(score(best))

  changes = [
    functools.partial(scaled, name=name, factor=factor)
    for name, factor in itertools.product(_TUNED[start.rule], (2.0, 0.5))
  ]
  changes += [
    functools.partial(with_momentum, momentum=momentum)
    for momentum in _MOMENTA[start.rule]
  ]
  best = dataclasses.replace(start, learning_rate=learning_rate(start))
  while not math.isfinite(score(best)) and learning_rate(best) > _LEAST_RATE:
    best = scaled(best, "learning_rate", 0.5)
  if not math.isfinite(score(best)):
    raise ValueError(
      f"no learning rate from {learning_rate(start):g} down to "
      f"{learning_rate(best):g} gives a finite loss; the weights may be "
      "damaged."
    )
  before = None
  while before != best:
    before = best
    for change in changes:
      while helps(other := change(best), best):
        best = other
  return best
