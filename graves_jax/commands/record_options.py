"""The options of graves-jax evaluate that write a record, and what they do."""

import dataclasses
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import graves_jax
from graves_jax.commands.machine import machine_of, revision, without_folders
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.results.metrics import METRICS, training_of
from graves_jax.results.record import Ancestor, Record, Training, to_json

if TYPE_CHECKING:
  import jax

  from graves_jax.checkpoints.read import Restored

STARTS = "starts.jsonl"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordOptions:
  """A record of the evaluation, from which graves-jax tables makes docs."""

  record: Path | None = None
  """Also writes the figures to this .json file, with the config, the command,
  the machine, and the minutes and validations of the training runs."""
  record_runs: tuple[Path, ...] = ()
  """The runs that led to the weights, the first one first: their metrics.jsonl
  tell minutes and validations. By default the checkpoint's own."""
  trained_on: tuple[str, ...] = ()
  """What each of these ran on, for folders without starts.jsonl, in which runs
  note it themselves."""

  def require_usable(self) -> None:
    """Raises ValueError or OSError if no record could be written."""
    if self.record is None:
      if self.record_runs or self.trained_on:
        raise ValueError("--record-runs and --trained-on need --record FILE.")
      return
    check_writable(self.record, [".json"])
    if self.trained_on and len(self.trained_on) != len(self.record_runs):
      raise ValueError(
        f"--trained-on names {len(self.trained_on)} machines, and "
        f"--record-runs {len(self.record_runs)} runs; name one for each."
      )


@dataclasses.dataclass(frozen=True)
class Begun:
  """What a record says that is known before anything is scored."""

  revision: str | None
  training: tuple[Training, ...]


def begin_record(
  options: RecordOptions, restored: "Restored", checkpoint: Path
) -> Begun | None:
  """Reads what a record needs besides figures; None if none is asked for.

  Raises:
    OSError, ValueError: if a run that was named cannot be read.
  """
  if options.record is None:
    return None
  return Begun(revision(), training_runs(options, restored, checkpoint))


def write_record(
  options: RecordOptions,
  restored: "Restored",
  begun: Begun | None,
  devices: Sequence["jax.Device"],
  figures: dict[str, Any],
) -> None:
  """Writes the record that is asked for, if one is.

  Args:
    options: where to, and of which runs.
    restored: what was scored.
    begun: of `begin_record`.
    devices: that it was scored on.
    figures: scores by name.

  Raises:
    OSError: if the file cannot be written.
    ValueError: names the file and the figure, if one is not finite.
  """
  if options.record is None or begun is None:
    return
  import jax

  metadata = restored.metadata
  record = Record(
    command=command_given(),
    package=graves_jax.__version__,
    revision=begun.revision,
    machine=machine_of(devices),
    kind=metadata.kind,
    checkpoint=restored.run,
    step=metadata.step,
    weights=sum(x.size for x in jax.tree.leaves(restored.params)),
    config=_without_folders(metadata.config),
    ancestry=tuple(
      Ancestor(**dataclasses.asdict(stage)) for stage in metadata.ancestry
    ),
    training=begun.training,
    figures={
      name: without_folders(value) if isinstance(value, str) else value
      for name, value in figures.items()
    },
  )
  try:
    text = to_json(record)
  except ValueError as error:
    raise ValueError(f"{options.record} is not written: {error}") from None
  write_atomically(options.record, text.encode())


def command_given() -> str:
  """The command line, without folders of this machine."""
  program, *words = sys.argv
  return " ".join(
    [Path(program).name, *(shlex.quote(without_folders(w)) for w in words)]
  )


def _without_folders(config: Any) -> Any:
  """The config, of whose folders and files only the names are told."""
  names = {
    field: Path(value).name
    for field in ("path", "prepared_dir")
    if (value := getattr(config.data, field, None))
  }
  data = dataclasses.replace(config.data, **names)
  return dataclasses.replace(config, data=data)


def training_runs(
  options: RecordOptions, restored: "Restored", checkpoint: Path
) -> tuple[Training, ...]:
  """What the runs' own records tell; empty if there are none.

  Raises:
    OSError, ValueError: if a run that was named cannot be read.
  """
  runs = options.record_runs
  if not runs:
    own = checkpoint.resolve()
    folders = own, *own.parents[:2]
    runs = tuple(f for f in folders if (f / METRICS).is_file())[:1]
  metadata = restored.metadata
  steps = [*(stage.step for stage in metadata.ancestry), metadata.step]
  if len(runs) > len(steps):
    raise ValueError(
      f"--record-runs names {len(runs)} runs, and the weights come from "
      f"{len(steps)}; name the runs that led to them."
    )
  named = options.trained_on or [None] * len(runs)
  return tuple(
    training_of(run, device or noted_device(run), step)
    for run, device, step in zip(
      runs, named, steps[len(steps) - len(runs) :], strict=True
    )
  )


def noted_device(run: Path) -> str | None:
  """What a run noted that it ran on, each start's once; None if nothing."""
  try:
    lines = (run / STARTS).read_text("utf-8").splitlines()
    starts = [json.loads(line) for line in lines]
    devices = dict.fromkeys(str(start["on"]) for start in starts)
  except (OSError, ValueError, KeyError, TypeError, RecursionError):
    return None
  return ", then ".join(devices) or None


def note_start(
  workdir: Path, devices: Sequence["jax.Device"], beside: str = ""
) -> None:
  """Notes in a run's folder what it runs on, and by which source.

  Args:
    workdir: the folder.
    devices: what it runs on.
    beside: in words, what else runs there, if anything is to be noted.

  Raises:
    OSError: if it cannot be written.
  """
  start = {
    "on": ", ".join(filter(None, (machine_of(devices).name, beside))),
    "package": graves_jax.__version__,
    "revision": revision(),
  }
  workdir.mkdir(parents=True, exist_ok=True)
  with (workdir / STARTS).open("a", encoding="utf-8") as file:
    file.write(json.dumps(start) + "\n")
