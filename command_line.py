"""What the scripts beside this file share: errors, devices, compiled code."""

import logging
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

COMPILED = Path.home() / ".cache/graves_jax/compiled"


def run(main: Callable[[list[str]], None]) -> None:
  """Runs a script; a user's mistake is one line, and exit status 2."""
  # Of a damaged checkpoint, Orbax's tasks tell what the error line says too.
  for name in ("absl", "asyncio"):
    logging.getLogger(name).setLevel(logging.CRITICAL)
  sys.unraisablehook = _tell_unraisable
  try:
    main(sys.argv[1:])
  except (ValueError, OSError) as error:
    Console(stderr=True).print(
      f"error: {error}", markup=False, highlight=False, soft_wrap=True
    )
    sys.exit(2)
  except (MemoryError, RuntimeError) as error:
    if isinstance(error, RuntimeError) and "EXHAUSTED" not in str(error):
      raise
    Console(stderr=True).print(
      "error: the memory is full; use smaller batches or shorter lines."
    )
    sys.exit(2)
  except KeyboardInterrupt:
    sys.exit(130)


def _tell_unraisable(unraisable) -> None:
  """Tells of errors that nothing can catch, but for those of reads that were
  still under way when a checkpoint turned out to be damaged."""
  if str(unraisable.exc_value) != "Event loop is closed":
    sys.__unraisablehook__(unraisable)


def read_config(path: Path):
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


def use_compilation_cache() -> None:
  """Keeps compiled code on disk: the next start of a script is faster."""
  import jax

  jax.config.update("jax_compilation_cache_dir", str(COMPILED))
  jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
  jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def use_devices(count: int) -> list:
  """The first `count` devices, or all if 0; on CPU, its cores as devices.

  Raises:
    ValueError: if there are not so many.
  """
  import jax

  if count < 0:
    raise ValueError(f"devices (={count}) must be 0 (all) or more.")
  cores = (
    len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
  )
  jax.config.update("jax_num_cpu_devices", count or cores)
  devices = jax.devices()
  if count > len(devices):
    raise ValueError(f"devices (={count}) must be at most {len(devices)} here.")
  return devices[: count or None]
