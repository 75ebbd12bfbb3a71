"""Trains several copies of a network of handwriting at once on a lent card.

One copy leaves a card waiting between its small steps: six that take each step
together take twice as long as one. All start from the same trained weights and
go by configs/handwriting_synthesis_dropout.py; each has one setting of its own
(members.py), so that one loan of a card tells which noise helps.
members_run.py says how long they are trained, and what --out has at the end.

  python benchmarks/card_members.py --init-from handwriting \\
    --data .card/data.jsonl.gz --out OUT
"""

import dataclasses
from pathlib import Path

import launch
import tyro
from card_clock import Clock
from card_inputs import (
  SMALL,
  Sizes,
  initial_weights,
  pad_to_whole_chunks,
  read,
)
from members_run import Run, RunArguments, choose, new_report, require_card
from ranges import require_least
from rich.console import Console
from same_memory import restart_with_kept_memory


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments(RunArguments):
  """Trains all members at once; their weights are files in --out."""

  init_from: Path
  """Weights to start from: a run's folder, a checkpoint, or a name of weights
  that ship."""
  data: Path | None = None
  """A stroke file, as graves-jax prepare --out writes it; else synthetic."""
  batch_size: int = 64
  """Lines an update, the same ones for every member."""
  buckets: int = 3
  """Lengths that lines are padded to: each is compiled for."""
  recurrent_dropout: float = 0.5
  """Of every member."""
  scale_range: float = 0.1
  """As data.scale_range."""
  slant_range: float = 0.15
  """As data.slant_range."""

  def __post_init__(self):
    super().__post_init__()
    require_least(self, batch_size=1, buckets=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  clock = Clock(arguments.minutes)
  import members

  from graves_jax.commands import runtime

  require_card(arguments)
  chosen = choose(arguments.members, members.MEMBERS)
  initial = initial_weights(arguments.init_from, "synthesis", "prediction")
  runtime.use_compilation_cache()
  pad_to_whole_chunks()
  sizes = SMALL if arguments.anywhere else Sizes()
  lines = read(arguments.data, sizes, console)
  task = make_task(arguments, lines, initial)
  folder = new_report(arguments, argv, chosen)
  training = members.Training(task, initial, chosen)
  Run(arguments, training, clock, folder, console).to_the_end()


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
  recipe = recipe_of(is_trained=True, kind=config.network.kind)
  planned = plan(recipe, size, lines.config, recipe.training.steps)
  data = dataclasses.replace(
    planned.data,
    scale_range=arguments.scale_range,
    slant_range=arguments.slant_range,
  )
  training = arguments.changed(planned.training)
  planned = dataclasses.replace(planned, data=data, training=training)
  return handwriting_task(planned, lines.train, lines.validation, codec=codec)


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
