"""Trains a network: graves-jax train [CONFIG] [--data.path ...] [...]."""

import contextlib
import dataclasses
import difflib
import functools
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, NamedTuple, TypeVar

import tyro
from rich.console import Console

import graves_jax
from graves_jax.commands import command_line, runtime, stopping
from graves_jax.commands.preemption import SERVERS, Cloud, watching
from graves_jax.commands.telling import tell
from graves_jax.config import (
  Config,
  HandwritingConfig,
  OptimizerConfig,
  ReadingConfig,
  TextConfig,
)
from graves_jax.config.optimizers import choose
from graves_jax.config.shared import Parallel

if TYPE_CHECKING:  # They wait for JAX.
  from collections.abc import Sequence

  import jax

  from graves_jax.checkpoints.metadata import Metadata
  from graves_jax.checkpoints.read import Restored
  from graves_jax.data.strokes import Line, StrokeCodec
  from graves_jax.training.task import Task

PACKAGE = Path(graves_jax.__file__).parent
# Configs lie beside the package in a checkout, and in it once it is installed.
CONFIGS = next(
  filter(Path.is_dir, (PACKAGE / "configs", PACKAGE.parent / "configs")),
  PACKAGE / "configs",
)
DEFAULT_CONFIG = "handwriting_synthetic"
AnyConfig = TypeVar("AnyConfig")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments(Generic[AnyConfig]):
  """Trains a network. Started again in the same workdir, it goes on exactly
  where it was. The first argument may name a config: NAME, of those that come
  with graves_jax, or a file, NAME.py."""

  config: Annotated[AnyConfig, tyro.conf.arg(name="")]
  workdir: Path
  """Checkpoints, records and samples are kept here."""
  devices: int = 0
  """How many devices (on CPU: cores) of each process; 0: as many as the
  batches fit."""
  parallel: Parallel = "shard_map"
  """The map over devices; both give the same weights."""
  init_from: Path | None = None
  """A run (its best checkpoint), one checkpoint, or a name of weights that
  ship, whose weights a new run starts from: a stage after another one."""
  debug_nans: bool = False
  """Ends at the first update whose loss or gradient is not finite and names
  the operation to blame: that update is made again, one operation after
  another, each checked as by jax_debug_nans. Slower, as every update copies
  the state. Without it such an update is skipped and training goes on."""
  tensorboard: bool = False
  """Also writes the figures for TensorBoard (needs the extra tensorboard)."""
  profile: Annotated[int, tyro.conf.arg(metavar="STEPS")] = 0
  """Traces so many updates, once they are compiled, into WORKDIR/profile: what
  the device did, and for how long."""
  preemption_notice: Cloud | None = None
  """Also asks this cloud's metadata server whether the machine is about to be
  taken away, and stops then as on SIGTERM: for where no signal comes."""
  distributed: runtime.Distributed = dataclasses.field(
    default_factory=runtime.Distributed
  )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chosen:
  """The names on a command line that say which other arguments there are."""

  optimizer: Annotated[str, tyro.conf.arg(name="optimizer.name")]
  schedule: Annotated[str, tyro.conf.arg(name="optimizer.schedule.name")]


def main(argv: list[str]) -> None:
  arguments = parse(argv)
  if arguments.profile < 0:
    raise ValueError(
      f"--profile (={arguments.profile}) must be a number of updates, such as "
      "10; without it nothing is traced."
    )
  from graves_jax.devices.processes import is_first, together
  from graves_jax.training.run_lock import locked

  runtime.use_compilation_cache()
  runtime.join_processes(arguments.distributed)
  devices = runtime.use_devices(arguments.devices)
  console, start = Console(quiet=not is_first()), Start()
  with contextlib.ExitStack() as stack:
    with together():
      if is_first():
        stack.enter_context(
          locked(arguments.workdir, functools.partial(tell, console))
        )
        start = check_runs(arguments)
    train_locked(arguments, argv, devices, console, start)


class Start(NamedTuple):
  """What a run starts from, or goes on from.

  initial: the checkpoint of --init-from.
  codec: to keep, with data.keep_codec: that of the run's newest checkpoint; in
    a new run that of `initial`.
  """

  initial: "Restored | None" = None
  codec: "StrokeCodec | None" = None


def check_runs(arguments: Arguments) -> Start:
  """What can be known of the runs to go on from before any data are read.

  Raises:
    ValueError: if one of them is of another config.
  """
  from graves_jax.checkpoints.read import (
    require_same_run,
    restore_checkpoint,
  )
  from graves_jax.checkpoints.same import require_same_weights

  saved = require_same_run(arguments.workdir, arguments.config)
  if arguments.init_from is None:
    return Start(codec=kept_codec(arguments.config, saved))
  initial = restore_checkpoint(
    command_line.find_checkpoint(arguments.init_from)
  )
  metadata = initial.metadata
  wanted = dataclasses.replace(metadata, config=arguments.config)
  require_same_weights(metadata, wanted)
  return Start(initial, kept_codec(arguments.config, saved or metadata))


def kept_codec(
  config: Config, metadata: "Metadata | None"
) -> "StrokeCodec | None":
  """The codec of a checkpoint, if there is one and the config keeps it."""
  if not isinstance(config, HandwritingConfig) or not config.data.keep_codec:
    return None
  return None if metadata is None else metadata.of_handwriting()[1]


def train_locked(
  arguments: Arguments,
  argv: list[str],
  devices: "Sequence[jax.Device]",
  console: Console,
  start: Start,
) -> None:
  """Trains in a workdir that no other run uses."""
  workdir, config = arguments.workdir, arguments.config
  import jax

  from graves_jax.commands.console import ConsoleListener
  from graves_jax.commands.record_options import note_start
  from graves_jax.devices.parallel import fitting
  from graves_jax.devices.processes import ask, is_first, together
  from graves_jax.fast.implementation import resolve
  from graves_jax.training.experiment import build_experiment
  from graves_jax.training.loop import train
  from graves_jax.training.task import with_implementation

  with together():
    task = load_task(config, console, codec_from_first(start.codec))
  if not arguments.devices:
    batches = task.train_batches, task.validation_batches
    devices = fitting(devices, *(b.batch_size for b in batches))
  kernels = runtime.use_kernels(console, devices)
  implementation = resolve("auto", config.network.precision, kernels)
  if ask(lambda: implementation == "scan")():
    implementation = "scan"  # in all processes, or in none
  task = with_implementation(task, implementation)
  experiment = build_experiment(task, devices, arguments.parallel)
  if arguments.debug_nans:
    if jax.process_count() > 1:
      raise ValueError(
        "--debug-nans is for one process; a run of several goes on with one, "
        "with the same batches."
      )
    from graves_jax.training.first_nonfinite import naming_first_operation

    experiment = naming_first_operation(experiment)
  with together():
    listener = ConsoleListener(
      console,
      workdir,
      arguments.tensorboard and is_first(),
      again=shlex.join(["graves-jax", "train", *argv]),
      note_start=functools.partial(note_start, workdir, devices)
      if is_first()
      else None,
    )
  notice = arguments.preemption_notice
  server = None if notice is None else SERVERS[notice]
  with contextlib.ExitStack() as stack:
    was_told_to = stack.enter_context(
      stopping.stopping_on_signals(listener.message)
    )
    with together():
      is_preempted = stack.enter_context(watching(server))
    stack.enter_context(listener)
    if arguments.profile and is_first():
      from graves_jax.commands.profiling import profiled

      experiment = stack.enter_context(
        profiled(experiment, workdir, arguments.profile, listener.message)
      )
    listener.introduce(experiment, devices)
    listener.message(f"Checkpoints, records and samples: {workdir}")
    train(
      experiment,
      workdir,
      listener,
      initial=start.initial,
      should_stop=lambda: was_told_to() or is_preempted(),
      write_samples=task.sample_writer(workdir),
    )


def codec_from_first(codec: "StrokeCodec | None") -> "StrokeCodec | None":
  """The codec of the first process, which alone has read the checkpoints."""
  from graves_jax.data.strokes import StrokeCodec
  from graves_jax.devices.processes import text_from_first

  values = None if codec is None else codec.to_json()
  values = json.loads(text_from_first(json.dumps(values)))
  return None if values is None else StrokeCodec.from_json(values)


def load_task(
  config: Config,
  console: Console,
  codec: "StrokeCodec | None" = None,
) -> "Task":
  """Reads the config's data and makes the config concrete.

  Args:
    config: the experiment.
    console: where a bar shows what is read.
    codec: with data.keep_codec, that of the weights to start or go on from.
  """
  from graves_jax.commands.console import loading

  with loading(console) as progress:
    if isinstance(config, TextConfig):
      from graves_jax.data.corpus import vocabulary_warning
      from graves_jax.data.sources.text import load_corpus
      from graves_jax.tasks.text import text_task

      corpus = load_corpus(config.data, progress)
      warning = vocabulary_warning(corpus.codec, len(corpus.train))
      if warning:
        tell(console, f"Warning: {warning}")
      return text_task(config, corpus)
    from graves_jax.data.sources.handwriting import load_lines

    lines = load_lines(config.data, progress)
    if isinstance(config, ReadingConfig):
      from graves_jax.tasks.reading import reading_task

      return reading_task(config, *lines)
    from graves_jax.tasks.handwriting import handwriting_task

    mixed: tuple[Line, ...] = ()
    if (path := config.data.mixed_path) is not None:
      if not Path(path).expanduser().exists():
        raise FileNotFoundError(
          f"data.mixed_path (={path}) does not exist; give a folder with the "
          "archives of IAM-OnDB, or a stroke file (.jsonl, .jsonl.gz)."
        )
      other = dataclasses.replace(config.data, path=path)
      mixed = tuple(load_lines(other, progress)[0])
    return handwriting_task(config, *lines, codec=codec, mixed=mixed)


def parse(argv: list[str]) -> Arguments:
  name = DEFAULT_CONFIG
  if argv and not argv[0].startswith("-"):
    name, *argv = argv
  path = find_config(name)
  config = command_line.read_config(path)
  optimizer = choose_optimizer(config.optimizer, argv)
  config = dataclasses.replace(config, optimizer=optimizer)
  arguments: Any = Arguments
  return command_line.parse(
    arguments[type(config)],
    argv,
    default=Arguments(config=config, workdir=Path("runs") / path.stem),
    config=(tyro.conf.AvoidSubcommands,),  # the optimizer is chosen by now
  )


def choose_optimizer(
  config: OptimizerConfig, argv: list[str]
) -> OptimizerConfig:
  """The optimizer and the schedule that a command line names, else the
  config's. What numbers there are to set depends on them."""
  named, _ = tyro.cli(
    Chosen,
    args=argv,
    default=Chosen(optimizer=config.name, schedule=config.schedule.name),
    add_help=False,
    return_unknown_args=True,
  )
  return choose(config, named.optimizer, named.schedule)


def find_config(name: str) -> Path:
  """The file of a config.

  Args:
    name: that of a config of ours, or a file.

  Raises:
    FileNotFoundError: if there is none.
  """
  path = Path(name) if name.endswith(".py") else CONFIGS / f"{name}.py"
  if path.is_file():
    return path
  known = sorted(p.stem for p in CONFIGS.glob("*.py") if p.stem != "__init__")
  near = difflib.get_close_matches(path.stem, known, n=1)
  meant = f" Did you mean {near[0]}?" if near else ""
  raise FileNotFoundError(
    f"there is no config {name}.{meant} Name a file that ends in .py, or one "
    f"of {', '.join(known)}."
  )
