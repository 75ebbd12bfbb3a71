"""A recipe of the synthesis network, fitted to minutes on a card.

From random weights it is configs/handwriting_synthesis.py, made longer for a
card, and a run of N updates is that at N of its 8,000: warm-up and the
average's horizon shrink with it, the descent is a share anyhow. The curriculum
shrinks least, as the window needs its updates to learn to read: 450 of many
lines each, at most a third of the run. From trained weights it is
configs/handwriting_synthesis_dropout.py, without a curriculum.

N comes from the time of a few updates of every shape.
"""

import dataclasses
import functools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

import jax

from configs import handwriting_synthesis, handwriting_synthesis_dropout
from graves_jax.config import DataConfig, HandwritingConfig
from graves_jax.data.curriculum import StagedLineBatches
from graves_jax.data.lines import LineBatches, StrokeBatch
from graves_jax.training.experiment import Experiment

# Of a card's run from random weights: its updates, and its average.
_MOST_STEPS, _AVERAGE = 8000, 0.998
_SHORT_UPDATES = 450  # those of the curriculum,
_MOST_OF_RUN = 1 / 3  # and what they are at most
VALIDATIONS = 4  # of a run, the last one at its end
_TIMED = 3  # updates of each shape
# Updates: fewer, and the recipe's learning rate comes too soon.
_SHORTEST_WARMUP = 60


class Size(NamedTuple):
  """What is trained, and in which batches.

  batch_size: whole lines an update; of the curriculum twice as many.
  buckets: lengths of whole lines.
  hidden: cells in each layer.
  evaluation_batch_size: lines at once.
  learning_rate: of the updates; None: the recipe's.
  recurrent_dropout: of the network; None: the recipe's.
  """

  batch_size: int
  buckets: int
  hidden: tuple[int, ...]
  evaluation_batch_size: int
  learning_rate: float | None = None
  recurrent_dropout: float | None = None


class Shape(NamedTuple):
  """Of a batch: lines, points, characters."""

  lines: int
  points: int
  characters: int


class Stage(NamedTuple):
  """Some updates of one part of a run: an example of each shape of batch, and
  how often it came."""

  examples: dict[Shape, StrokeBatch]
  counts: Counter


def recipe_of(
  is_trained: bool, kind: Literal["synthesis", "prediction"] = "synthesis"
) -> HandwritingConfig:
  """The recipe from random weights, or from trained ones, whose alphabet and
  normalization it keeps. A trained prediction network goes on by the recipe of
  a trained synthesis network."""
  if not is_trained:
    recipe = handwriting_synthesis.get_config()
    training = dataclasses.replace(
      recipe.training, steps=_MOST_STEPS, average=_AVERAGE
    )
    return dataclasses.replace(recipe, training=training)
  recipe = handwriting_synthesis_dropout.get_config()
  data = dataclasses.replace(recipe.data, keep_codec=True)
  network = dataclasses.replace(recipe.network, kind=kind)
  return dataclasses.replace(recipe, data=data, network=network)


def plan(
  recipe: HandwritingConfig, size: Size, data: DataConfig, steps: int
) -> HandwritingConfig:
  """The recipe for a run of `steps` updates, validated now and then.

  Args:
    recipe: for as many updates as it has.
    size: of network and batches.
    data: where the lines are.
    steps: updates.
  """
  share = steps / recipe.training.steps
  dropout = size.recurrent_dropout
  if dropout is None:
    dropout = recipe.network.recurrent_dropout
  part = -(-steps // VALIDATIONS)
  return dataclasses.replace(
    recipe,
    network=dataclasses.replace(
      recipe.network,
      hidden=size.hidden,
      recurrent_dropout=dropout,
    ),
    data=dataclasses.replace(
      recipe.data,
      path=data.path,
      synthetic_lines=data.synthetic_lines,
      batch_size=size.batch_size,
      buckets=size.buckets,
      crop_schedule=tuple(
        (short_updates(recipe, steps), points, 2 * size.batch_size)
        for _, points, _ in recipe.data.crop_schedule
      ),
    ),
    optimizer=dataclasses.replace(
      recipe.optimizer,
      learning_rate=size.learning_rate or recipe.optimizer.learning_rate,
      schedule=dataclasses.replace(
        recipe.optimizer.schedule,
        warmup_steps=max(
          round(share * recipe.optimizer.schedule.warmup_steps),
          min(_SHORTEST_WARMUP, -(-steps // 4)),
        ),
      ),
    ),
    training=dataclasses.replace(
      recipe.training,
      steps=steps,
      average=max(1 - (1 - recipe.training.average) / share, 0.0),
      evaluate_every=part,
      checkpoint_every=part,
      sample_every=steps,
      evaluation_batch_size=size.evaluation_batch_size,
    ),
  )


def short_updates(recipe: HandwritingConfig, steps: int) -> int:
  """Updates of the curriculum, one stage or none, in a run of `steps`."""
  if not recipe.data.crop_schedule:
    return 0
  return max(min(_SHORT_UPDATES, round(_MOST_OF_RUN * steps)), 1)


def most_steps(
  recipe: HandwritingConfig, short: float, whole: float, seconds: float
) -> int:
  """The most updates that take so long, at most those of the longest recipe.

  Args:
    recipe: whose curriculum counts.
    short, whole: seconds of an update of the curriculum, and of whole lines.
    seconds: for all.
  """

  def taken(steps: int) -> float:
    first = short_updates(recipe, steps)
    return first * short + (steps - first) * whole

  low, high = 2, _MOST_STEPS
  while low < high:
    middle = (low + high + 1) // 2
    if taken(middle) <= seconds:
      low = middle
    else:
      high = middle - 1
  return low


def stages(
  batches: StagedLineBatches | LineBatches, short: int
) -> tuple[Stage, Stage]:
  """An epoch of the curriculum, or all of it, and one of whole lines."""
  epoch = len(batches)
  return (
    _stage(batches, range(min(short, epoch))),
    _stage(batches, range(short, short + epoch)),
  )


def _stage(
  batches: StagedLineBatches | LineBatches, steps: Sequence[int]
) -> Stage:
  stage = Stage({}, Counter())
  for step in steps:
    batch = batches.batch(step)
    shape = Shape(*batch.points.shape[:2], batch.characters.shape[1])
    stage.examples[shape] = batch
    stage.counts[shape] += 1
  return stage


def compile_updates(
  experiment: Experiment,
  examples: dict[Shape, StrokeBatch],
  *others: Callable[[], object],
) -> float:
  """Makes an update of each shape, all at once, as compilers use few cores.

  Args:
    experiment: whose update.
    examples: a batch of each shape.
    others: what else is to be compiled.

  Returns:
    Seconds that this took.
  """

  def update(batch: StrokeBatch) -> None:
    experiment.train_step(experiment.initial_state(), batch)

  started = time.perf_counter()
  calls = [functools.partial(update, batch) for batch in examples.values()]
  with ThreadPoolExecutor() as pool:
    for done in [pool.submit(call) for call in (*calls, *others)]:
      done.result()
  return time.perf_counter() - started


def time_updates(
  experiment: Experiment, examples: dict[Shape, StrokeBatch]
) -> dict[Shape, float]:
  """Median seconds of an update of each shape, compiled already."""
  state, seconds = experiment.initial_state(), {}
  for shape, batch in examples.items():
    times = []
    for _ in range(_TIMED):
      started = time.perf_counter()
      state, _ = jax.block_until_ready(experiment.train_step(state, batch))
      times.append(time.perf_counter() - started)
    seconds[shape] = statistics.median(times)
  return seconds


def mean_seconds(stage: Stage, seconds: dict[Shape, float]) -> float:
  """Of an update of a stage; 0 if it has none."""
  if not stage.counts:
    return 0.0
  taken = sum(n * seconds[shape] for shape, n in stage.counts.items())
  return taken / stage.counts.total()
