"""What the scripts beside this file share: errors, devices, compiled code."""

import contextlib
import dataclasses
import logging
import os
import re
import runpy
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import tyro
from rich.console import Console

from graves_jax.data import plain_text
from graves_jax.pretrained import NAMES, find

if TYPE_CHECKING:  # They wait for JAX, or take long.
  from graves_jax.config import Config
  from graves_jax.fast.kernels.library import Kernels

COMPILED = "~/.cache/graves_jax/compiled"
KERNELS = "~/.cache/graves_jax/kernels"
MAX_INPUT_BYTES = 2**24
_SET_HOME = "set HOME to a folder that can be written to."
# The devices of a CPU wait for each other; XLA ends a process in which one
# waits for more than 40 s: a laptop that slept, a process that was stopped.
_PATIENCE = "--xla_cpu_collective_call_terminate_timeout_seconds"
# A path made of an address, as gs://bucket/run, has only one of its slashes.
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+", re.IGNORECASE)
# Fields of text that name a file or a folder; all others are of type Path.
_TEXTS_OF_PATHS = {"path", "prepared_dir", "mixed_path", "style"}
_LONGEST_FAREWELL_SECONDS = 30.0
_STOPPING = (
  "Stopping: this update is finished and saved first. A second Ctrl-C ends at "
  "once, and loses what is not saved."
)

Parsed = TypeVar("Parsed")


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


def run(main: Callable[[list[str]], None]) -> None:
  """Runs a script; a user's mistake is one line, and exit status 2.

  After an error the process ends, whatever its threads wait for.
  """
  # Of a damaged checkpoint or a full disk, Orbax's tasks tell what the error
  # line says too.
  for name in ("absl", "asyncio"):
    logging.getLogger(name).setLevel(logging.CRITICAL)
  sys.unraisablehook = _tell_unraisable
  # Names of files may have characters that the terminal cannot show.
  if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(errors="backslashreplace")
  try:
    main(sys.argv[1:])
  except (ValueError, OSError) as error:
    say(f"error: {error}")
    _leave_threads_behind(2)
    sys.exit(2)
  except (MemoryError, RuntimeError) as error:
    if isinstance(error, RuntimeError) and "EXHAUSTED" not in str(error):
      raise
    Console(stderr=True).print(
      "error: the memory is full; use smaller batches, shorter lines or a "
      "smaller vocabulary."
    )
    sys.exit(2)
  except KeyboardInterrupt:
    sys.exit(130)


def _leave_threads_behind(status: int) -> None:
  """Ends this process some time after its main thread has ended, though other
  threads have not: one that writes to a disk that hangs never does."""

  def leave() -> None:
    threading.main_thread().join()
    time.sleep(_LONGEST_FAREWELL_SECONDS)
    os._exit(status)

  threading.Thread(target=leave, daemon=True).start()


def parse(arguments: type[Parsed], argv: list[str], **options: Any) -> Parsed:
  """Reads a command line by tyro, whose options these are.

  Raises:
    ValueError: if a file or a folder is on the network.
  """
  parsed = tyro.cli(arguments, args=argv, **options)
  require_local(arguments=parsed)
  return parsed


def require_local(**values: Any) -> None:
  """Refuses addresses such as gs://bucket/run in the place of paths.

  As a path that would be a folder named "gs:" of this machine, and what is
  written there lost with the machine.

  Args:
    values: by name; of dataclasses and tuples, what they hold.

  Raises:
    ValueError: names the first one.
  """
  for name, value in values.items():
    if dataclasses.is_dataclass(value):
      names = [field.name for field in dataclasses.fields(value)]
      require_local(**{name: getattr(value, name) for name in names})
    for path in value if isinstance(value, tuple) else (value,):
      is_path = isinstance(path, Path) or name in _TEXTS_OF_PATHS
      if is_path and (found := _ADDRESS.match(str(path))):
        raise ValueError(
          f"{name} (={found[1]}://{str(path)[found.end() :]}) is on the "
          "network, and files and folders must be of this machine; copy what "
          "is to be read to it, and what was written from it (also while "
          "training goes on): gcloud storage rsync -r, aws s3 sync, rclone."
        )


def find_checkpoint(checkpoint: Path) -> Path:
  """The folder that an option's path means, or its name of weights that ship;
  says so if there are both."""
  folder, ships = find(checkpoint), NAMES.get(str(checkpoint))
  if ships is not None and folder.resolve() != ships.resolve():
    say(
      f"{checkpoint} is the folder of that name here, not the weights that "
      f"ship, which are {ships}."
    )
  return folder


def _tell_unraisable(unraisable) -> None:
  """Tells of errors that nothing can catch, but for those of reads and writes
  that were under way when a checkpoint was found damaged, or a disk full."""
  if str(unraisable.exc_value) != "Event loop is closed":
    sys.__unraisablehook__(unraisable)


def read_config(path: Path) -> "Config":
  """Runs a file of Python and asks it for its config.

  Raises:
    ValueError: if that fails: one line, with the place in the file.
  """
  from graves_jax.config import Config

  rule = f"{path} is not a config: it must define get_config() -> Config"
  try:
    config = runpy.run_path(str(path))["get_config"]()
  except Exception as error:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    place = f"line {lines[-1]}: " if lines else ""
    message = " ".join(str(error).split())[:300]
    raise ValueError(
      f"{rule} ({place}{type(error).__name__}: {message})."
    ) from error
  if not isinstance(config, Config):
    raise ValueError(f"{rule}, which gave a {type(config).__name__}.")
  return config


def given_bytes(given: str, name: str) -> tuple[bytes, str]:
  """The bytes of a text that an argument gives, and the text's name.

  Args:
    given: the argument; "-" reads standard input.
    name: of the argument.

  Raises:
    ValueError: if standard input is closed or too long.
  """
  if given != "-":
    return plain_text.encode(given), name
  if sys.stdin is None:
    raise ValueError(f"{name} is -, and standard input is closed.")
  content = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
  if len(content) > MAX_INPUT_BYTES:
    raise ValueError(
      f"standard input is longer than {MAX_INPUT_BYTES:,} bytes, the most that "
      "is read; give a part of it."
    )
  return content, "standard input"


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


def say(text: str) -> None:
  """Prints a line beside what a script puts out."""
  Console(stderr=True).print(
    text, markup=False, highlight=False, soft_wrap=True
  )


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

  from graves_jax.devices.parallel import first_of_each_process

  if count < 0:
    raise ValueError(f"devices (={count}) must be 0 (all) or more.")
  cores = (
    len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
  )
  jax.config.update("jax_num_cpu_devices", count or cores)
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
    console.print(
      f"Without kernels, which is slower: {reason}",
      markup=False,
      highlight=False,
      soft_wrap=True,
    )
    return None


@contextlib.contextmanager
def stopping_on_signals(
  say: Callable[[str], None],
) -> Iterator[Callable[[], bool]]:
  """Yields what tells whether SIGINT or SIGTERM came; a second one exits.

  A thread of its own notes them: it does so even while the main thread waits
  for a device or a compiler, where Python's handlers have to wait too.

  Args:
    say: told of the first one, at once, in another thread: a console may hang
      that a second one is to end.
  """
  came: list[int] = []
  ours, signals = socket.socketpair()
  signals.setblocking(False)

  def watch() -> None:
    while number := ours.recv(1):
      if came:
        os._exit(128 + number[0])
      came.append(number[0])
      threading.Thread(target=say, args=(_STOPPING,), daemon=True).start()

  numbers = (signal.SIGINT, signal.SIGTERM)
  handlers = [signal.signal(n, lambda *_: None) for n in numbers]
  wakeup = signal.set_wakeup_fd(signals.fileno(), warn_on_full_buffer=False)
  watcher = threading.Thread(target=watch, daemon=True)
  watcher.start()
  try:
    yield lambda: bool(came)
  finally:
    signal.set_wakeup_fd(wakeup)
    for number, handler in zip(numbers, handlers, strict=True):
      signal.signal(number, handler)
    signals.close()
    watcher.join()
    ours.close()


def _be_patient() -> None:
  """Tells XLA to wait for devices that slept, unless the user said how long.

  A flag that XLA does not know would end the process; these versions know it.
  """
  from jaxlib.version import __version_info__

  flags = os.environ.get("XLA_FLAGS", "")
  if _PATIENCE not in flags and (0, 10, 2) <= __version_info__ < (0, 13):
    os.environ["XLA_FLAGS"] = f"{flags} {_PATIENCE}=100000".strip()
