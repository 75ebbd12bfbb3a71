"""Trains several copies of the synthesis network at once on a lent card.

One copy leaves a card waiting between its small steps: six that take each step
together take twice as long as one. All start from the same trained weights and
go by configs/handwriting_synthesis_dropout.py; each has one setting of its own
(members.py), so that one loan of a card tells which noise helps.

The learning rate follows the clock: a level, then a descent that ends when the
time does. The folder --out has report.json, records.jsonl and of every member
NAME.tar.gz, the moving average of its weights, written where the descent begins
and at the end.

  python benchmarks/card_members.py --init-from handwriting \\
    --data .card/data.jsonl.gz --out OUT
"""

import collections
import dataclasses
import itertools
import json
import tempfile
from pathlib import Path

import launch
import tyro
from card_clock import Clock
from card_folder import ResultFolder
from card_inputs import (
  SMALL,
  Sizes,
  describe,
  initial_weights,
  pad_to_whole_chunks,
  read,
)
from ranges import require_least
from rich.console import Console
from same_memory import restart_with_kept_memory

_SECONDS_AFTER = 20.0  # for what is written at the end
_IN_FLIGHT = 3  # updates that the card has been given beforehand
_SHOWN_EVERY = 50  # updates
_MOST_MEMBERS = 6  # eight files come back, two of which are records


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Trains all members at once; their weights are files in --out."""

  init_from: Path
  """Weights to start from: a run's folder, a checkpoint, or a name of weights
  that ship."""
  members: tuple[str, ...] = ()
  """Names of those to train; by default all of members.py."""
  data: Path | None = None
  """A stroke file, as graves-jax prepare --out writes it; else synthetic."""
  out: Path = Path("runs/members")
  """A new folder."""
  minutes: float = 8.0
  """For everything, from the start of this script."""
  batch_size: int = 64
  """Lines an update, the same ones for every member."""
  buckets: int = 3
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
  """Runs on whatever JAX runs on, on few lines: to try this script."""

  def __post_init__(self):
    require_least(self, batch_size=1, buckets=1)
    for name in ("minutes", "learning_rate"):
      if not getattr(self, name) > 0:
        option = name.replace("_", "-")
        raise ValueError(
          f"--{option} (={getattr(self, name)}) must be above 0."
        )


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  clock = Clock(arguments.minutes)
  import jax
  import members

  from graves_jax.commands import command_line

  if jax.devices()[0].platform != "gpu" and not arguments.anywhere:
    raise ValueError(
      "JAX sees no GPU here; --anywhere tries this script without one."
    )
  chosen = choose(arguments.members, members.MEMBERS)
  initial = initial_weights(arguments.init_from)
  command_line.use_compilation_cache()
  pad_to_whole_chunks()
  folder = ResultFolder(arguments.out)
  folder.note("command", argv)
  folder.note("device", describe())
  folder.note("members", {name: m._asdict() for name, m in chosen.items()})
  sizes = SMALL if arguments.anywhere else Sizes()
  lines = read(arguments.data, sizes, console)
  task = make_task(arguments, lines, initial)
  training = members.Training(task, initial, chosen, arguments.average)
  with console.status("Compiling"):
    training.compile()
  folder.note("seconds_before_training", round(clock.spent(), 1))
  run(arguments, training, clock, folder, console)


def choose(names: tuple[str, ...], members: dict) -> dict:
  """The members of these names, or all.

  Raises:
    ValueError: if a name is none of theirs, or they are too many.
  """
  unknown = [name for name in names if name not in members]
  if unknown:
    raise ValueError(
      f"--members: {', '.join(unknown)}: no such member; there are "
      f"{', '.join(members)}."
    )
  chosen = {name: members[name] for name in names or members}
  if len(chosen) > _MOST_MEMBERS:
    raise ValueError(f"--members: at most {_MOST_MEMBERS} at once.")
  return chosen


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
  recipe = recipe_of(is_trained=True)
  planned = plan(recipe, size, lines.config, recipe.training.steps)
  data = dataclasses.replace(
    planned.data,
    scale_range=arguments.scale_range,
    slant_range=arguments.slant_range,
  )
  training = dataclasses.replace(planned.training, average=arguments.average)
  planned = dataclasses.replace(planned, data=data, training=training)
  return handwriting_task(planned, lines.train, lines.validation, codec=codec)


def run(
  arguments: Arguments,
  training,
  clock: Clock,
  folder: ResultFolder,
  console: Console,
) -> None:
  """Trains until the time ends; keeps weights and records twice.

  Raises:
    ValueError: if compiling took all the time.
  """
  from members import DESCENT

  begun, seconds = clock.spent(), clock.left() - _SECONDS_AFTER
  if seconds <= 0:
    raise ValueError(
      f"--minutes (={arguments.minutes:g}): compiling took {begun:.0f} s of "
      "it, and no time is left to train; give more minutes, or fewer --buckets."
    )
  waiting: collections.deque = collections.deque()
  records: list[dict] = []
  descends = False

  def record() -> None:
    step, rate, metrics = waiting.popleft()
    row = described(metrics) | {"learning_rate": rate}
    row = {"step": step + 1, "seconds": round(clock.spent() - begun, 2)} | row
    records.append(row)
    if step % _SHOWN_EVERY == 0:
      console.print(json.dumps(row), highlight=False, soft_wrap=True)

  def part() -> float:
    return (clock.spent() - begun) / seconds

  for step in itertools.count():
    if part() >= 1 or step == arguments.most_updates:
      break
    if part() > 1 - DESCENT and not descends:
      descends = True
      folder.note("descent_begins_after_updates", step)
      keep(training, folder, records)
    rate = arguments.learning_rate * share(step, part())
    waiting.append((step, rate, training.update(step, rate)))
    if len(waiting) > _IN_FLIGHT:
      record()
  while waiting:
    record()
  folder.note("updates", len(records))
  folder.note("seconds_of_training", round(clock.spent() - begun, 1))
  keep(training, folder, records)


def share(step: int, part: float) -> float:
  """The share of the learning rate for an update: a warm-up by updates, then a
  level and a descent by time.

  Args:
    step: updates before it.
    part: of the time that is over.
  """
  from members import DESCENT, WARMUP

  return min((step + 1) / WARMUP, max((1 - part) / DESCENT, 0.0), 1.0)


def described(metrics) -> dict:
  """What an update tells, of every member in turn."""
  import jax

  nats, points, lines, stddev = (x.tolist() for x in jax.device_get(metrics))
  return {
    "points": points[0],
    "nats_per_sequence": [round(n / lines[0], 2) for n in nats],
    "nats_per_point": [round(n / points[0], 4) for n in nats],
    "mean_stddev": [round(s, 6) for s in stddev],
  }


def keep(training, folder: ResultFolder, records: list[dict]) -> None:
  """Puts records and every member's average, in bfloat16, among the results."""
  import jax

  from graves_jax.checkpoints.export import bfloat16_values, write_weights

  rows = "".join(json.dumps(row) + "\n" for row in records)
  folder.write("records.jsonl", rows.encode())
  for name, params in training.averages().items():
    with tempfile.TemporaryDirectory() as parent:
      target, metadata = (
        Path(parent) / name,
        training.metadata(name, len(records)),
      )
      write_weights(jax.tree.map(bfloat16_values, params), metadata, target)
      folder.pack(target)


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
