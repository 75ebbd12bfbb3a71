"""What the commands beside this file share: arguments, texts and errors."""

import _thread
import contextlib
import dataclasses
import functools
import inspect
import logging
import os
import re
import runpy
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import tyro
from rich.console import Console

from graves_jax.commands.help_texts import whole_paragraphs
from graves_jax.commands.telling import tell
from graves_jax.data import plain_text
from graves_jax.pretrained import NAMES, find

if TYPE_CHECKING:  # Its import takes long.
  from graves_jax.config import Config

MAX_INPUT_BYTES = 2**24
# A path made of an address, as gs://bucket/run, has only one of its slashes.
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+", re.IGNORECASE)
# Fields of text that name a file or a folder; all others are of type Path.
_TEXTS_OF_PATHS = {"path", "prepared_dir", "mixed_path", "style"}
_LONGEST_FAREWELL_SECONDS = 30.0
_MOMENT_SECONDS = 0.05
Parsed = TypeVar("Parsed")


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
    tell(
      Console(stderr=True),
      "error: the memory is full; use smaller batches, shorter lines or a "
      "smaller vocabulary.",
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

  Returns:
    The arguments, with ~ as the home folder in paths, wherever the shell left
    it; but not in the texts of a config, which are kept as they were written.

  Raises:
    ValueError: if a file or a folder is on the network, or below a home folder
      that is not known.
  """
  with whole_paragraphs():
    parsed = tyro.cli(arguments, args=argv, **options)
  return _local("arguments", parsed)


def call(function: Callable[..., None], argv: list[str]) -> None:
  """Calls a function with what a command line gives, as `parse` reads it."""

  @functools.wraps(function)
  def with_local_paths(*args: Any, **kwargs: Any) -> None:
    given = inspect.signature(function).bind(*args, **kwargs).arguments
    function(**{name: _local(name, value) for name, value in given.items()})

  with whole_paragraphs():
    tyro.cli(with_local_paths, args=argv)


def _local(name: str, value: Any) -> Any:
  require_local(**{name: value})
  return _below_home(name, value)


def _below_home(name: str, value: Any) -> Any:
  """A value whose paths, in dataclasses and tuples, too, have the home folder
  in place of ~.

  Raises:
    ValueError: names a path whose home folder is not known.
  """
  if dataclasses.is_dataclass(value) and not isinstance(value, type):
    names = [field.name for field in dataclasses.fields(value)]
    held = {name: getattr(value, name) for name in names}
    local = {name: _below_home(name, each) for name, each in held.items()}
    changed = {k: each for k, each in local.items() if each is not held[k]}
    return dataclasses.replace(value, **changed) if changed else value
  if isinstance(value, tuple) and any(isinstance(x, Path) for x in value):
    return tuple(_below_home(name, each) for each in value)
  is_text = isinstance(value, str) and name in _TEXTS_OF_PATHS
  if not (isinstance(value, Path) or is_text):
    return value
  try:
    path = Path(value).expanduser()
  except RuntimeError:
    raise ValueError(
      f"{name} (={value}): there is no such home folder; write the whole path."
    ) from None
  return value if is_text or path == value else path


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
  that were under way when a checkpoint was found damaged, or a disk full.

  Ctrl-C that came while JAX was called by Python's collector of garbage would
  end there: it comes again, a moment later.
  """
  if isinstance(unraisable.exc_value, KeyboardInterrupt):
    with contextlib.suppress(RuntimeError):  # Python is at its end
      _thread.start_new_thread(_interrupt, ())  # as threads of threading wait
    return
  if str(unraisable.exc_value) != "Event loop is closed":
    sys.__unraisablehook__(unraisable)


def _interrupt() -> None:
  """Does what Ctrl-C does, in a moment."""
  time.sleep(_MOMENT_SECONDS)
  thread = threading.main_thread().ident
  if thread is not None and hasattr(signal, "pthread_kill"):
    signal.pthread_kill(thread, signal.SIGINT)  # it ends a sleep, too
  else:
    signal.raise_signal(signal.SIGINT)


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


def say(text: str) -> None:
  """Prints a line beside what a script puts out."""
  tell(Console(stderr=True), text)
