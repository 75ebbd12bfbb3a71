"""Copies of one network that are trained at once, each with noise of its own.

All take every step together, as one program over stacked weights, and see the
same batches. Weight decay, the noise on the weights and the share of its
complexity differ from member to member; dropout masks and draws do, too.
"""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from graves_jax.checkpoints.metadata import Metadata
from graves_jax.checkpoints.read import Restored
from graves_jax.checkpoints.state import TrainState, init_state, with_average
from graves_jax.config import Constant, NoiseConfig, Trapezoid
from graves_jax.losses.sums import Keys
from graves_jax.noise.adaptive_weight_noise import (
  STDDEV_FLOOR,
  AdaptiveParams,
  adaptive_params,
  with_adaptive_weight_noise,
)
from graves_jax.optimizers.build import build_optimizer
from graves_jax.training.evaluate import evaluate
from graves_jax.training.finite import (
  finite_rows,
  global_norm,
  layer_norms,
  where,
)
from graves_jax.training.task import Task

# Ours: standard deviations learn at a tenth of the weights' rate, as they are
# small (the paper has one rate for both).
_RATE_OF_STDDEV = 0.1
WARMUP = 30  # updates
DESCENT = 0.45  # of a run


class Member(NamedTuple):
  """What one copy is trained with beside dropout: numbers, or of all copies
  arrays [members].

  decay: of its matrices, in learning rates an update.
  stddev: of the noise on its weights; adaptive noise begins there.
  complexity: the share of its weights' complexity that is added to its loss (1:
    adaptive weight noise, Section 4.2); 0: the noise is fixed.
  """

  decay: float = 0.0
  stddev: float = STDDEV_FLOOR
  complexity: float = 0.0


MEMBERS = {
  "plain": Member(),
  "decay": Member(decay=0.1),
  "fixed": Member(stddev=0.015),
  "adaptive": Member(stddev=0.015, complexity=1.0),
  "third": Member(stddev=0.015, complexity=0.3),
  "tenth": Member(stddev=0.015, complexity=0.1),
}
# Of text; from random weights or from trained ones.
TEXT_MEMBERS = {
  "plain": Member(),
  "fixed": Member(stddev=0.03),
  "adaptive": Member(stddev=0.015, complexity=1.0),
  "third": Member(stddev=0.015, complexity=0.3),
}


def noise_of(member: Member) -> NoiseConfig:
  """The noise that a member is trained with, as a config says it."""
  if member.complexity:
    return NoiseConfig(
      kind="adaptive",
      stddev=member.stddev,
      complexity_share=member.complexity,
    )
  if member.stddev > STDDEV_FLOOR:
    return NoiseConfig(kind="fixed", stddev=member.stddev)
  return NoiseConfig()


class Metrics(NamedTuple):
  """What an update tells of each member, arrays [members].

  nats, elements, sequences: sums over the batch, noise and dropout included.
  stddev: mean over all weights.
  """

  nats: Array
  elements: Array
  sequences: Array
  stddev: Array


class Training:
  """Updates of all members at once, from the same weights."""

  def __init__(
    self,
    task: Task,
    initial: Restored | None,
    members: dict[str, Member],
  ):
    """Compiles nothing yet.

    Args:
      task: what to learn. Its config has an average; its optimizer's schedule
        is not used.
      initial: the weights to start from; None: random ones.
      members: by name.
    """
    config = task.metadata.config
    self.task = task
    self.members = members
    self._decay, self._seed = config.training.average, config.training.seed
    self._loss_per = config.optimizer.loss_per
    stddev = None
    if initial is None:
      params, self._ancestry = task.initial_params(self._seed), ()
    else:
      params, stddev, parent = (
        initial.params,
        initial.stddev,
        initial.metadata,
      )
      self._ancestry = *parent.ancestry, parent.as_stage(initial.run)
    self._lines = task.train_batches.sequences
    self._carry = task.initial_carry(config.data.batch_size)
    self._optimizer = build_optimizer(
      dataclasses.replace(
        config.optimizer, learning_rate=1.0, schedule=Constant()
      ),
      config.training.steps,
      precision=config.network.precision,
    )
    columns = zip(*members.values(), strict=True)
    self._columns = Member(*(jnp.array(column) for column in columns))
    self._updates: dict[Any, Any] = {}
    self._state = jax.jit(jax.vmap(self._begin, (0, None, None)))(
      self._columns, params, stddev
    )
    self._sum_losses = jax.jit(
      jax.vmap(lambda *given: task.loss_fn(*given, None), (0, 0, None))
    )

  def compile(self, scores: bool = False) -> None:
    """Compiles for every shape of batch, all at once; to score, too, if asked
    for."""
    batches = self.task.train_batches
    examples = {
      _shapes(batch := batches.batch(k)): batch for k in range(len(batches))
    }
    update = jax.jit(self._update_all, donate_argnums=0)

    def compiled(batch: Any):
      return update.lower(self._state, batch, 1e-3, 0).compile()

    with ThreadPoolExecutor() as pool:
      scored = pool.submit(self.scores) if scores else None
      done = pool.map(compiled, examples.values())
      self._updates = dict(zip(examples, done, strict=True))
      if scored:
        scored.result()

  def update(self, step: int, rate: float) -> Metrics:
    """Makes one update; returns before it is finished. A member whose loss or
    gradient is not finite stays as it was."""
    batch = self.task.train_batches.batch(step)
    call = self._updates[_shapes(batch)]
    self._state, metrics = call(self._state, batch, rate, step)
    return metrics

  @property
  def learning_rate(self) -> float:
    """The config's."""
    return self.task.metadata.config.optimizer.learning_rate

  @property
  def size(self) -> int:
    """Weights of a member."""
    return sum(x.size for x in jax.tree.leaves(self._state.params)) // len(
      self.members
    )

  def weights(self) -> dict[str, Any]:
    """Every member's weights as they are now, NumPy."""
    return self._by_name(self._state.params)

  def averages(self) -> dict[str, Any]:
    """The moving average of every member's weights, NumPy."""
    return self._by_name(self._state.average)

  def scores(self) -> dict[str, Any]:
    """What the validation data score by the average of each member's weights,
    without noise."""
    batches = self.task.validation_batches
    carry = jax.tree.map(
      lambda x: jnp.stack([x] * len(self.members)),
      self.task.initial_carry(batches.batch_size),
    )
    sums = evaluate(self._sum_losses, self._state.average, carry, batches)
    return {
      name: self.task.scores(jax.tree.map(lambda x, k=k: x[k], sums))
      for k, name in enumerate(self.members)
    }

  def stddevs(self) -> dict[str, Any]:
    """Standard deviations that are learned, NumPy; of other members None."""
    by_name = self._by_name(self._state.stddev)
    return {
      name: by_name[name] if member.complexity else None
      for name, member in self.members.items()
    }

  def _by_name(self, stacked: Any) -> dict[str, Any]:
    stacked = jax.device_get(stacked)
    return {
      name: jax.tree.map(lambda x, k=k: x[k], stacked)
      for k, name in enumerate(self.members)
    }

  def metadata(
    self, name: str, step: int, steps: int | None = None
  ) -> Metadata:
    """What a member's weights say of themselves after `step` updates, of
    `steps` (by default as many)."""
    config: Any = self.task.metadata.config
    schedule = Trapezoid(
      warmup_steps=WARMUP, descent_share=DESCENT, final_share=0.0
    )
    return dataclasses.replace(
      self.task.metadata,
      config=dataclasses.replace(
        config,
        noise=noise_of(self.members[name]),
        optimizer=dataclasses.replace(config.optimizer, schedule=schedule),
        training=dataclasses.replace(
          config.training, steps=max(step, steps or 0, 1)
        ),
      ),
      ancestry=self._ancestry,
      step=step,
    )

  def _begin(self, member: Member, params: Any, learned: Any) -> TrainState:
    """Where noise is learned, it goes on from what was `learned` before."""
    stddev = adaptive_params(params, member.stddev).stddev
    if learned is not None:
      stddev = where(member.complexity > 0, learned, stddev)
    return init_state(
      params,
      self._optimizer,
      stddev=stddev,
      carry=self._carry,
      averages=True,
    )

  def _update_all(self, states: TrainState, batch: Any, rate, step):
    numbers = jnp.arange(len(self.members))
    of_all = jax.vmap(self._update_one, (0, 0, 0, None, None, None))
    return of_all(states, self._columns, numbers, batch, rate, step)

  def _update_one(
    self,
    state: TrainState,
    member: Member,
    number,
    batch: Any,
    rate,
    step,
  ) -> tuple[TrainState, Metrics]:
    keys = self._keys(step, number, len(jax.tree.leaves(batch)[0]))
    gradient, (sums, carry) = self._gradient(state, member, batch, keys)
    moves, optimizer = self._optimizer.update(
      gradient, state.optimizer, state.trained
    )
    new = state.with_trained(_moved(state.trained, moves, member, rate))
    norm = global_norm(layer_norms(gradient))
    is_finite = jnp.isfinite(sums.nats) & jnp.isfinite(norm)
    new = where(is_finite, new.replace(optimizer=optimizer), state)
    new = new.replace(step=state.step + 1, carry=finite_rows(carry))
    new = with_average(new, self._decay)
    stddev = _mean(new.stddev)
    return new, Metrics(sums.nats, sums.elements, sums.sequences, stddev)

  def _keys(self, step, number, rows: int) -> Keys:
    key = jax.random.fold_in(jax.random.key(self._seed), step)
    of_batch, of_rows = jax.random.split(jax.random.fold_in(key, number))
    return Keys(of_batch, jax.random.split(of_rows, rows))

  def _gradient(self, state: TrainState, member: Member, batch, keys: Keys):
    loss = with_adaptive_weight_noise(
      self.task.loss_fn, self._lines, complexity_share=member.complexity
    )

    def nats(trained):
      sums, carry = loss(trained, state.carry, batch, keys)
      return sums.nats, (sums, carry)

    gradient, (sums, carry) = jax.grad(nats, has_aux=True)(state.trained)
    per_sequence = self._loss_per == "sequence"
    count = sums.sequences if per_sequence else sums.elements
    gradient = jax.tree.map(lambda g: g / count, gradient)
    return gradient, (sums, carry)


def _moved(
  trained: AdaptiveParams, moves: AdaptiveParams, member: Member, rate
) -> AdaptiveParams:
  """Weights after an update; deviations too, where these are learned."""
  learned = rate * _RATE_OF_STDDEV * (member.complexity > 0)

  def weight(w, move):
    return w + rate * move - rate * member.decay * w * (w.ndim > 1)

  return AdaptiveParams(
    jax.tree.map(weight, trained.mean, moves.mean),
    jax.tree.map(lambda s, m: s + learned * m, trained.stddev, moves.stddev),
  )


def _shapes(batch: Any) -> tuple[tuple[int, ...], ...]:
  return tuple(x.shape for x in jax.tree.leaves(batch))


def _mean(tree: Any) -> Array:
  leaves = jax.tree.leaves(tree)
  return sum(x.sum() for x in leaves) / sum(x.size for x in leaves)
