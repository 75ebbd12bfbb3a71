"""Trains several copies of the synthesis network at once on a lent card.

One copy leaves a card waiting between its small steps; several that take each
step together cost little more. All start from the same trained weights and see
the same batches, by configs/handwriting_synthesis_dropout.py; each has dropout
masks and weight noise of its own, and one setting that differs (`MEMBERS`), so
that one loan of a card tells which noise helps.

The learning rate follows the clock: a level, then a descent that ends when the
time does. The folder --out has report.json, records.jsonl and of every member
NAME.tar.gz, the moving average of its weights, first from where the descent
begins, then from the end.

  python benchmarks/card_members.py --init-from handwriting \\
    --data .card/data.jsonl.gz --out OUT
"""

import collections
import dataclasses
import functools
import itertools
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import launch
import tyro
from card_clock import Clock
from card_folder import ResultFolder
from ranges import require_least
from rich.console import Console
from same_memory import restart_with_kept_memory

_DESCENT = 0.45  # of the time
_WARMUP = 30  # updates
_AFTER = 20.0  # seconds for what is written at the end
_DEVIATIONS_RATE = 0.1  # of the learning rate, for standard deviations
_IN_FLIGHT = 3  # updates that the card has been given beforehand


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Trains all members at once; their weights are files in --out."""

  init_from: Path
  """Weights to start from: a run's folder, a checkpoint, or a name of weights
  that ship."""
  data: Path | None = None
  """A stroke file, as graves-jax prepare --out writes it; else synthetic."""
  out: Path = Path("runs/members")
  """A new folder."""
  minutes: float = 7.5
  """For everything, from the start of this script."""
  batch_size: int = 64
  """Lines an update, the same ones for every member."""
  buckets: int = 6
  """Lengths that lines are padded to: each is compiled for."""
  learning_rate: float = 3e-3
  """Before the descent."""
  recurrent_dropout: float = 0.5
  """Of every member."""
  scale_range: float = 0.1
  """As data.scale_range."""
  slant_range: float = 0.15
  """As data.slant_range."""
  average: float = 0.995
  """Decay of the moving average of the weights."""
  most_updates: int | None = None
  """Ends sooner, to try the script."""
  anywhere: bool = False
  """Runs on whatever JAX runs on, on few short lines: to try this script."""

  def __post_init__(self):
    require_least(self, batch_size=1, buckets=1)
    for name in ("minutes", "learning_rate"):
      if not getattr(self, name) > 0:
        raise ValueError(
          f"--{name.replace('_', '-')} (={getattr(self, name)}) must be above 0."
        )


class Member(NamedTuple):
  """What one copy is trained with beside dropout.

  decay: of its matrices, in learning rates an update.
  stddev: of the noise on its weights; adaptive noise begins there.
  complexity: share of the description length of the weights that it pays for;
    0: the noise is fixed.
  """

  decay: float = 0.0
  stddev: float = 1e-6
  complexity: float = 0.0


MEMBERS = {
  "plain": Member(),
  "decay": Member(decay=0.1),
  "fixed": Member(stddev=0.015),
  "adaptive": Member(stddev=0.015, complexity=1.0),
  "third": Member(stddev=0.015, complexity=0.3),
  "tenth": Member(stddev=0.015, complexity=0.1),
}


class MemberState(NamedTuple):
  """Of one member; stacked, of all.

  trained: `AdaptiveParams`, weights and standard deviations.
  optimizer: the optimizer's state.
  average: of the weights.
  """

  trained: Any
  optimizer: Any
  average: Any


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  clock = Clock(arguments.minutes)
  import jax
  from card import Sizes, SMALL, describe, initial_weights, pad_to_whole_chunks
  from card import read

  from graves_jax.commands import command_line

  if jax.devices()[0].platform != "gpu" and not arguments.anywhere:
    raise ValueError(
      "JAX sees no GPU here; --anywhere tries this script without one."
    )
  command_line.use_compilation_cache()
  pad_to_whole_chunks()
  initial = initial_weights(arguments.init_from)
  sizes = SMALL if arguments.anywhere else Sizes()
  folder = ResultFolder(arguments.out)
  folder.note("command", argv)
  folder.note("device", describe())
  folder.note("members", {n: m._asdict() for n, m in MEMBERS.items()})
  lines = read(arguments.data, sizes, console)
  task = make_task(arguments, lines, initial)
  updates = Updates(arguments, task, initial)
  with console.status("Compiling"):
    updates.compile(clock)
  folder.note("seconds_before_training", clock.spent())
  console.print(f"Training begins after {clock.spent():.0f} s.")
  run(arguments, updates, clock, folder, console)
  console.print(f"Ended after {clock.spent():.0f} s.")


def make_task(arguments: Arguments, lines, initial):
  """The task of every member: dropout, and no noise on the weights."""
  from card_plan import Size, plan, recipe_of

  from graves_jax.tasks.handwriting import handwriting_task

  config, codec = initial.metadata.of_handwriting()
  size = Size(
    arguments.batch_size,
    arguments.buckets,
    config.network.hidden,
    arguments.batch_size,
    arguments.learning_rate,
    arguments.recurrent_dropout,
  )
  recipe = recipe_of(True)
  planned = plan(recipe, size, lines.config, recipe.training.steps)
  planned = dataclasses.replace(
    planned,
    data=dataclasses.replace(
      planned.data,
      scale_range=arguments.scale_range,
      slant_range=arguments.slant_range,
    ),
    training=dataclasses.replace(planned.training, average=arguments.average),
  )
  return handwriting_task(planned, lines.train, lines.validation, codec=codec)


class Updates:
  """Updates of all members at once."""

  def __init__(self, arguments: Arguments, task, initial):
    """Compiles nothing yet."""
    import jax
    import jax.numpy as jnp

    from graves_jax.config import Constant
    from graves_jax.noise.adaptive_weight_noise import (
      AdaptiveParams,
      with_adaptive_weight_noise,
    )
    from graves_jax.optimizers.build import build_optimizer

    self.task = task
    config = task.metadata.config
    self._average, self._seed = arguments.average, config.training.seed
    self._lines = task.train_batches.sequences
    self._loss = with_adaptive_weight_noise(task.loss_fn, self._lines)
    unit = dataclasses.replace(
      config.optimizer, learning_rate=1.0, schedule=Constant()
    )
    self._optimizer = build_optimizer(
      unit, config.training.steps, precision=config.network.precision
    )
    self._members = Member(
      *(jnp.array(x) for x in zip(*MEMBERS.values(), strict=True))
    )
    self._compiled: dict[tuple, Any] = {}

    def begin(member: Member) -> MemberState:
      params = jax.tree.map(jnp.asarray, initial.params)
      stddev = jax.tree.map(lambda w: jnp.full_like(w, member.stddev), params)
      trained = AdaptiveParams(params, stddev)
      return MemberState(trained, self._optimizer.init(trained), params)

    self.state = jax.jit(jax.vmap(begin))(self._members)

  def compile(self, clock: Clock) -> None:
    """Compiles for every shape of batch, all at once."""
    import jax
    from card_plan import stages

    _, whole = stages(self.task.train_batches, 0)
    update = jax.jit(self._update_all, donate_argnums=0)

    def compiled(batch):
      lowered = update.lower(self.state, batch, 1e-3, 0)
      return lowered.compile()

    with ThreadPoolExecutor() as pool:
      done = list(pool.map(compiled, whole.examples.values()))
    for batch, call in zip(whole.examples.values(), done, strict=True):
      self._compiled[_shape(batch)] = call
      temporary = call.memory_analysis().temp_size_in_bytes
      print(_shape(batch), f"{temporary / 1e9:.1f} GB", f"{clock.spent():.0f} s")

  def __call__(self, step: int, rate: float):
    """One update; gives every member's nats, and the number of points."""
    batch = self.task.train_batches.batch(step)
    call = self._compiled[_shape(batch)]
    self.state, told = call(self.state, batch, rate, step)
    return told

  def _update_all(self, states, batch, rate, step):
    import jax
    import jax.numpy as jnp

    numbers = jnp.arange(len(MEMBERS))
    of_all = jax.vmap(self._update, in_axes=(0, 0, 0, None, None, None))
    return of_all(states, self._members, numbers, batch, rate, step)

  def _update(self, state: MemberState, member: Member, number, batch, rate, step):
    import jax
    import jax.numpy as jnp

    from graves_jax.losses.sums import Keys
    from graves_jax.noise.adaptive_weight_noise import (
      AdaptiveParams,
      complexity,
      positive,
    )

    key = jax.random.fold_in(jax.random.key(self._seed), step)
    batch_key, rows_key = jax.random.split(jax.random.fold_in(key, number))
    keys = Keys(batch_key, jax.random.split(rows_key, len(batch.lengths)))

    def nats(trained):
      sums, _ = self._loss(trained, (), batch, keys)
      return sums.nats, sums

    gradient, sums = jax.grad(nats, has_aux=True)(state.trained)
    # What the loss adds of the complexity is all of it.
    unpaid = (1 - member.complexity) * sums.sequences / self._lines
    gradient = jax.tree.map(
      lambda g, c: (g - unpaid * c) / sums.elements,
      gradient,
      jax.grad(complexity)(state.trained),
    )
    moves, optimizer = self._optimizer.update(
      gradient, state.optimizer, state.trained
    )
    is_learned = (member.complexity > 0) * _DEVIATIONS_RATE
    trained = positive(
      AdaptiveParams(
        jax.tree.map(
          lambda w, m: w + rate * m - rate * member.decay * w * (w.ndim > 1),
          state.trained.mean,
          moves.mean,
        ),
        jax.tree.map(
          lambda s, m: s + rate * is_learned * m,
          state.trained.stddev,
          moves.stddev,
        ),
      )
    )
    decay = self._average
    share = (1 - decay) / (1 - decay ** (step + 1.0))
    average = jax.tree.map(
      lambda old, new: old + share * (new - old), state.average, trained.mean
    )
    count = sum(x.size for x in jax.tree.leaves(trained.stddev))
    noise = sum(x.sum() for x in jax.tree.leaves(trained.stddev)) / count
    is_finite = jnp.isfinite(sums.nats)
    new = jax.tree.map(
      functools.partial(jnp.where, is_finite),
      MemberState(trained, optimizer, average),
      state,
    )
    return new, (sums.nats, sums.elements, sums.sequences, noise)


def run(
  arguments: Arguments,
  updates: Updates,
  clock: Clock,
  folder: ResultFolder,
  console: Console,
) -> None:
  """Trains until the time ends; keeps weights twice."""
  import jax

  begun = clock.spent()
  seconds = clock.left() - _AFTER
  waiting: collections.deque = collections.deque()
  records: list[dict] = []
  descends = False

  def record() -> None:
    step, rate, told = waiting.popleft()
    nats, points, lines, noise = (x.tolist() for x in jax.device_get(told))
    records.append(
      {
        "step": step + 1,
        "seconds": round(clock.spent() - begun, 2),
        "learning_rate": rate,
        "points": points[0],
        "nats_per_sequence": [round(n / lines[0], 2) for n in nats],
        "nats_per_point": [round(n / points[0], 4) for n in nats],
        "mean_stddev": [round(n, 6) for n in noise],
      }
    )
    if step % 50 == 0:
      console.print(json.dumps(records[-1]), highlight=False, soft_wrap=True)

  for step in itertools.count():
    part = (clock.spent() - begun) / seconds
    if part >= 1 or step == arguments.most_updates:
      break
    if part > 1 - _DESCENT and not descends:
      descends = True
      folder.note("descent_begins_after_updates", step)
      keep(updates, folder, step)
      part = (clock.spent() - begun) / seconds
    rate = arguments.learning_rate * min(
      (step + 1) / _WARMUP, max((1 - part) / _DESCENT, 0.0), 1.0
    )
    waiting.append((step, rate, updates(step, rate)))
    if len(waiting) > _IN_FLIGHT:
      record()
  while waiting:
    record()
  folder.note("updates", len(records))
  folder.note("seconds_of_training", clock.spent() - begun)
  text = "".join(json.dumps(r) + "\n" for r in records)
  keep(updates, folder, len(records))
  folder.write("records.jsonl", text.encode())


def keep(updates: Updates, folder: ResultFolder, step: int) -> None:
  """Puts every member's average among the results."""
  import jax

  from graves_jax.checkpoints.export import bfloat16_values, write_weights

  averages = jax.device_get(updates.state.average)

  def write(index: int, name: str) -> None:
    params = jax.tree.map(lambda x: bfloat16_values(x[index]), averages)
    metadata = updates.task.metadata
    metadata = dataclasses.replace(metadata, step=step)
    with tempfile.TemporaryDirectory() as parent:
      write_weights(params, metadata, Path(parent) / name)
      folder.pack(Path(parent) / name)

  for index, name in enumerate(MEMBERS):
    write(index, name)


def _shape(batch) -> tuple:
  return *batch.points.shape[:2], batch.characters.shape[1]


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
