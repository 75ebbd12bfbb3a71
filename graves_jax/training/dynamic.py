"""Dynamic evaluation: weights learn from each segment once it is scored.

One pass (Section 3.1): a segment is scored with the weights as they are, then
the gradient of these very nats changes them, and the next segment is scored.
What the network carries from a segment to the next is the state in which the
weights that read it left it.
"""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from graves_jax.checkpoints.state import TrainState
from graves_jax.config import DynamicConfig
from graves_jax.data.batches import InOrder
from graves_jax.devices.parallel import Mapped
from graves_jax.losses.sums import LossFn, Sums
from graves_jax.training.evaluate import evaluate
from graves_jax.training.step import train_body

_FIRST_LEARNING_RATE = {"sgd": 1e-3, "rms": 1e-4}
_LEAST_RATE = 1e-9
# Of a score, in tuning; smaller gains are not worth another trial.
_LEAST_GAIN = 1e-4
# By rule: what is doubled and halved, and the momenta that are tried.
_TUNED = {"sgd": ("learning_rate",), "rms": ("learning_rate", "decay")}
_MOMENTA = {"sgd": (0.0, 0.5, 0.9), "rms": ()}


class DivergedError(ValueError):
  """Weights that learned until their loss was not finite."""


class SgdState(NamedTuple):
  """Gradient descent: its numbers, and the decaying sum of gradients."""

  learning_rate: Array | np.float32
  momentum: Array | np.float32
  velocity: Any


class RmsState(NamedTuple):
  """The rule of Krause et al.: its learning rate, and trees like the weights.

  trained: the weights as they were trained.
  scale: what gradients are multiplied by.
  pull: the share of its distance that a weight is drawn back by.
  """

  learning_rate: Array | np.float32
  trained: Any
  scale: Any
  pull: Any


def sgd_update(
  gradient: Any, state: SgdState, params: Any
) -> tuple[Any, SgdState]:
  """The change of the weights by gradient descent, and the next state."""
  del params
  velocity = jax.tree.map(
    lambda v, g: state.momentum * v + g, state.velocity, gradient
  )
  change = jax.tree.map(lambda v: -state.learning_rate * v, velocity)
  return change, state._replace(velocity=velocity)


def rms_state(config: DynamicConfig, trained: Any, rms: Any) -> RmsState:
  """The start of `rms_update`, from root mean squares of training gradients.

  Weights w, trained to w_0, change at each segment of gradient g by

  -learning_rate g / (rms + epsilon mean(rms))
      + min(decay rms / mean(rms), 1) (w_0 - w)

  (Krause et al., Dynamic Evaluation of Neural Sequence Models, 2018; the unit
  of epsilon is ours.)
  """
  leaves = jax.tree.leaves(rms)
  mean = sum(r.sum() for r in leaves) / sum(r.size for r in leaves)
  return RmsState(
    np.float32(learning_rate(config)),
    trained,
    scale=jax.tree.map(lambda r: 1 / (r + config.epsilon * mean), rms),
    pull=jax.tree.map(lambda r: np.minimum(config.decay * r / mean, 1), rms),
  )


def rms_update(
  gradient: Any, state: RmsState, params: Any
) -> tuple[Any, RmsState]:
  """The change of the weights as in `rms_state`, and the next state."""

  def change(g, trained, scale, pull, w):
    return pull * (trained - w) - state.learning_rate * g * scale

  return jax.tree.map(
    change, gradient, state.trained, state.scale, state.pull, params
  ), state


class DynamicEvaluation:
  """Evaluates a network dynamically; compiled once for one rule and shape."""

  def __init__(self, loss_fn: LossFn, params: Any, mapped: Mapped):
    """Prepares; nothing is compiled yet.

    Args:
      loss_fn: summed losses; nothing in them is drawn at random.
      params: the trained weights (NumPy).
      mapped: how work is spread over devices.
    """
    self._params = params
    self._mapped = mapped
    self._steps = {
      name: self._map(loss_fn, update)
      for name, update in (
        ("sgd", sgd_update),
        ("rms", rms_update),
        ("squares", _add_squares),
      )
    }

  def gradient_rms(self, batches: Iterator[Any], carry: Any) -> Any:
    """Root mean squares of the gradients of batches, a tree like the weights.

    Args:
      batches: of training data, in order.
      carry: what the first one starts from, on the devices.

    Raises:
      DivergedError: if a loss or gradient is not finite.
    """
    state, count = self._start(_zeros(self._params)), 0
    for batch in batches:
      state, metrics, carry = self._advance("squares", state, carry, batch)
      if not metrics.is_finite:  # waits, too: many under way can starve a CPU
        raise DivergedError(
          "the loss or gradient of a batch of training data is not finite; the "
          "weights or the data hold numbers that are not."
        )
      count += 1
    squares = jax.device_get(state.optimizer)
    return jax.tree.map(lambda s: np.sqrt(s / max(count, 1)), squares)

  def __call__(
    self,
    config: DynamicConfig,
    batches: InOrder,
    carry: Any,
    *,
    rms: Any = None,
    progress: Callable[[int, int], None] | None = None,
  ) -> Sums:
    """Sums the losses of everything once, in order, learning on the way.

    Args:
      config: the rule and its numbers.
      batches: the data, in segments.
      carry: what the first segment starts from, on the devices.
      rms: of `gradient_rms`, for the rule "rms".
      progress: called with the number of elements done and of all.

    Raises:
      DivergedError: as soon as a loss or gradient is not finite.
    """
    state = self._start(self._rule_state(config, rms))

    def sum_losses(_, carry, batch):
      nonlocal state
      state, metrics, carry = self._advance(config.rule, state, carry, batch)
      if not metrics.is_finite:
        raise DivergedError(
          f"dynamic evaluation with learning_rate = {learning_rate(config):g} "
          "went astray: a segment's loss or gradient is not finite; choose a "
          "smaller one."
        )
      return metrics.sums, carry

    return evaluate(sum_losses, None, carry, batches, progress)

  def _rule_state(self, config: DynamicConfig, rms: Any) -> Any:
    if config.rule == "sgd":
      rate, momentum = learning_rate(config), config.momentum
      zeros = _zeros(self._params)
      return SgdState(np.float32(rate), np.float32(momentum), zeros)
    return rms_state(config, self._params, rms)

  def _start(self, rule_state: Any) -> TrainState:
    step = np.zeros((), np.int32)
    return self._mapped.replicate(TrainState(step, self._params, rule_state))

  def _advance(self, name: str, state: TrainState, carry: Any, batch: Any):
    rows = carry, self._mapped.shard(batch)
    (state, metrics), carry = self._steps[name](state, rows)
    return state, metrics, carry

  def _map(self, loss_fn: LossFn, update: Callable):
    def calm_loss(params, carry, batch, keys):
      del keys  # evaluation has neither noise nor dropout
      return loss_fn(params, carry, batch, None)

    rule = optax.GradientTransformation(init=lambda _: (), update=update)
    body = train_body(calm_loss, rule, seed=0, loss_per="sequence")
    return self._mapped.map(body, donate=True)


def learning_rate(config: DynamicConfig) -> float:
  """The config's, or what its rule begins with."""
  if config.learning_rate is None:
    return _FIRST_LEARNING_RATE[config.rule]
  return config.learning_rate


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


def _add_squares(gradient: Any, squares: Any, params: Any):
  """Leaves the weights as they are, and sums up the squares of gradients."""
  squares = jax.tree.map(lambda s, g: s + g**2, squares, gradient)
  return jax.tree.map(jnp.zeros_like, params), squares


def _zeros(params: Any) -> Any:
  return jax.tree.map(lambda w: np.zeros(w.shape, w.dtype), params)
