"""Dynamic evaluation: weights learn from each segment once it is scored.

One pass (Section 3.1): a segment is scored with the weights as they are, then
the gradient of these very nats changes them, and the next segment is scored.
What the network carries from a segment to the next is the state in which the
weights that read it left it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from graves_jax.checkpoints.state import TrainState
from graves_jax.config import DynamicConfig
from graves_jax.data.batches import InOrder
from graves_jax.devices.parallel import Mapped
from graves_jax.losses.sums import LossFn, Sums
from graves_jax.training.dynamic_rules import (
  SgdState,
  learning_rate,
  rms_state,
  rms_update,
  sgd_update,
)
from graves_jax.training.evaluate import evaluate
from graves_jax.training.step import train_body


class DivergedError(ValueError):
  """Weights that learned until their loss was not finite."""


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


def _add_squares(gradient: Any, squares: Any, params: Any):
  """Leaves the weights as they are, and sums up the squares of gradients."""
  squares = jax.tree.map(lambda s, g: s + g**2, squares, gradient)
  return jax.tree.map(jnp.zeros_like, params), squares


def _zeros(params: Any) -> Any:
  return jax.tree.map(lambda w: np.zeros(w.shape, w.dtype), params)
