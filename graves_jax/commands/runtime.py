"""What a command runs on: processes, devices, kernels, compiled code."""

import dataclasses
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from rich.console import Console

from graves_jax.commands.command_line import say
from graves_jax.commands.telling import tell

if TYPE_CHECKING:  # Its import loads JAX.
  from graves_jax.fast.kernels.library import Kernels

COMPILED = "~/.cache/graves_jax/compiled"
KERNELS = "~/.cache/graves_jax/kernels"
_SET_HOME = "set HOME to a folder that can be written to."
# The devices of a CPU wait for each other; XLA ends a process in which one
# waits for more than 40 s: a laptop that slept, a process that was stopped.
_PATIENCE = "--xla_cpu_collective_call_terminate_timeout_seconds"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Distributed:
  """One process a host, all started with the same command."""

  join: Annotated[bool, tyro.conf.arg(name="")] = False
  """Joins the other processes; JAX finds them on Cloud TPU, SLURM, Open MPI
  and Kubernetes. Elsewhere give all that follows."""
  coordinator: str | None = None
  """HOST:PORT of process 0, which it opens and the others reach."""
  processes: int | None = None
  """How many there are."""
  process: int | None = None
  """Which one this is, from 0."""

  @property
  def is_wanted(self) -> bool:
    """Whether there are other processes."""
    given = (self.coordinator, self.processes, self.process)
    return self.join or any(value is not None for value in given)


def use_compilation_cache() -> None:
  """Keeps compiled code on disk: the next start of a script is faster.

  Where that cannot be, says so; where the disk is full, goes on without.
  """
  import jax

  try:
    folder = _cache_folder(COMPILED)
  except OSError as error:
    say(f"Each start takes longer, as compiled code is not kept: {error}")
    return
  warnings.filterwarnings("ignore", "Error writing persistent compilation")
  jax.config.update("jax_compilation_cache_dir", str(folder))
  jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
  jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _cache_folder(name: str | Path) -> Path:
  """A folder below the home folder, made if missing.

  Raises:
    OSError: if it cannot be written to.
  """
  folder, reason = _below_home(name), "Permission denied"
  try:
    folder.mkdir(parents=True, exist_ok=True)
    is_writable = os.access(folder, os.W_OK | os.X_OK)
  except OSError as error:
    is_writable, reason = False, error.strerror or str(error)
  if not is_writable:
    raise OSError(f"{folder}: {reason}; {_SET_HOME}")
  return folder


def _below_home(name: str | Path) -> Path:
  try:
    return Path(name).expanduser()
  except RuntimeError:
    raise OSError(f"there is no home folder; {_SET_HOME}") from None


def join_processes(distributed: Distributed) -> None:
  """Connects this process with the others of the run, if there are any.

  Raises:
    ValueError: if they are not found, or cannot be reached.
  """
  if not distributed.is_wanted:
    return
  import jax

  # It would keep SIGTERM to itself until `stopping_on_signals` takes over.
  jax.config.update("jax_enable_preemption_service", False)
  try:
    jax.distributed.initialize(
      distributed.coordinator, distributed.processes, distributed.process
    )
  except (ValueError, RuntimeError) as error:
    reason = str(error).strip().splitlines()[0]
    raise ValueError(
      f"--distributed cannot join the other processes ({reason}); give "
      "--distributed.coordinator HOST:PORT --distributed.processes N "
      "--distributed.process I."
    ) from None


def use_devices(count: int) -> list:
  """The first `count` devices of each process, or all if 0; on CPU, its cores
  as devices.

  Raises:
    ValueError: if there are not so many.
  """
  import jax

  from graves_jax.commands.machine import cores
  from graves_jax.devices.parallel import first_of_each_process

  if count < 0:
    raise ValueError(f"devices (={count}) must be 0 (all) or more.")
  jax.config.update("jax_num_cpu_devices", count or cores())
  _be_patient()
  devices, most = jax.devices(), jax.local_device_count()
  if count > most:
    raise ValueError(f"devices (={count}) must be at most {most} here.")
  return first_of_each_process(devices, count or most)


def use_kernels(console: Console, devices: Sequence[Any]) -> "Kernels | None":
  """Compiles, once, and loads kernels for these devices if they are this
  processor's; where that fails, says why and goes on without.

  Returns:
    The kernels to build networks with, or None.
  """
  from graves_jax.fast.kernels import library

  here = sum(d.process_index == d.client.process_index() for d in devices)
  try:
    with console.status("Compiling kernels for this processor, once"):
      return library.load(_below_home(KERNELS), here)
  except OSError as error:
    reason = f"{error.filename}: {error.strerror}" if error.errno else error
    tell(console, f"Without kernels, which is slower: {reason}")
    return None


def _be_patient() -> None:
  """Tells XLA to wait for devices that slept, unless the user said how long.

  A flag that XLA does not know would end the process; these versions know it.
  """
  from jaxlib.version import __version_info__

  flags = os.environ.get("XLA_FLAGS", "")
  if _PATIENCE not in flags and (0, 10, 2) <= __version_info__ < (0, 13):
    os.environ["XLA_FLAGS"] = f"{flags} {_PATIENCE}=100000".strip()
