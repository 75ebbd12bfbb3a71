"""Trains several copies of a text network at once on a lent card.

All go by one config of text, from random weights or from trained ones; each has
noise of its own on its weights (members.py). members_run.py says how long they
are trained, and what --out has at the end.

  python benchmarks/card_text.py ptb_char --data ptb --out OUT
"""

import dataclasses
from pathlib import Path
from typing import Annotated

import launch
import tyro
from card_clock import Clock
from members_run import Run, RunArguments, choose, new_report, require_card
from ranges import require_least
from rich.console import Console
from same_memory import restart_with_kept_memory


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments(RunArguments):
  """Trains all members at once; their weights are files in --out."""

  config: Annotated[str, tyro.conf.Positional]
  """Of the text, a name or a file, as for graves-jax train."""
  data: Path | None = None
  """As data.path."""
  init_from: Path | None = None
  """Weights to start from: a run's folder or a checkpoint."""
  batch_size: int | None = None
  """Streams; by default the config's."""
  length: int | None = None
  """Symbols of each that an update reads; by default the config's."""
  recurrent_dropout: float | None = None
  """Of every member; by default the config's."""
  hidden: tuple[int, ...] | None = None
  """Cells in each layer; by default the config's."""

  def __post_init__(self):
    super().__post_init__()
    for name in ("batch_size", "length"):
      if getattr(self, name) is not None:
        require_least(self, **{name: 1})


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  clock = Clock(arguments.minutes)
  import members

  from graves_jax.commands import runtime

  require_card(arguments)
  chosen = choose(arguments.members, members.TEXT_MEMBERS)
  runtime.use_compilation_cache()
  with console.status("Reading the text"):
    task, initial = make_task(arguments)
  folder = new_report(arguments, argv, chosen)
  training = members.Training(task, initial, chosen)
  Run(arguments, training, clock, folder, console).to_the_end()


def make_task(arguments: Arguments):
  """The config's task without noise on its weights, and where these begin.

  Raises:
    FileNotFoundError, ValueError: if there is no such config or text, or the
      weights are of another network or text.
  """
  from graves_jax.checkpoints.read import restore_checkpoint
  from graves_jax.checkpoints.same import require_same_weights
  from graves_jax.commands import command_line
  from graves_jax.commands.train import find_config
  from graves_jax.config import NoiseConfig, TextConfig
  from graves_jax.data.sources.text import load_corpus
  from graves_jax.tasks.text import text_task

  config = command_line.read_config(find_config(arguments.config))
  if not isinstance(config, TextConfig):
    raise ValueError(f"{arguments.config}: this config is of no text.")
  if config.data.sequences != "stream":
    raise ValueError(
      f"{arguments.config}: it reads sentences, each length of which would be "
      "compiled for; name a config that reads streams, such as ptb_char."
    )
  data = {"batch_size": arguments.batch_size, "length": arguments.length}
  if arguments.data is not None:
    data["path"] = str(arguments.data)
  network = {
    "recurrent_dropout": arguments.recurrent_dropout,
    "hidden": arguments.hidden,
  }
  config = dataclasses.replace(
    config,
    network=_with(config.network, network),
    data=_with(config.data, data),
    optimizer=_with(
      config.optimizer, {"learning_rate": arguments.learning_rate}
    ),
    noise=NoiseConfig(),
    training=arguments.changed(config.training),
  )
  if config.training.average is None:
    raise ValueError(
      f"{arguments.config}: it averages no weights; give --average, such as "
      "0.998."
    )
  task = text_task(config, load_corpus(config.data))
  if arguments.init_from is None:
    return task, None
  initial = restore_checkpoint(
    command_line.find_checkpoint(arguments.init_from)
  )
  require_same_weights(initial.metadata, task.metadata)
  return task, initial


def _with(settings, values: dict):
  """The settings with others in place of those that are given."""
  given = {name: v for name, v in values.items() if v is not None}
  return dataclasses.replace(settings, **given)


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
