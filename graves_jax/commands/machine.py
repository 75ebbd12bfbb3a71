"""What this machine and this source are, for records; no folder of it."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import graves_jax
from graves_jax.results.record import Machine

if TYPE_CHECKING:
  import jax

_PROCESSOR = Path("/proc/cpuinfo")


def machine_of(devices: Sequence["jax.Device"]) -> Machine:
  """Names the devices that something runs on."""
  count, name = len(devices), devices[0].device_kind
  if devices[0].platform == "cpu":
    name = f"{count} core{'s' * (count > 1)} of {_processor()}"
  elif count > 1:
    name = f"{count} x {name}"
  return Machine(name=name, cores=cores())


def cores() -> int:
  """How many cores of the processor this process may use."""
  if hasattr(os, "sched_getaffinity"):
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1


def _processor() -> str:
  try:
    found = re.search(r"^model name\s*:\s*(.+)$", _PROCESSOR.read_text(), re.M)
  except OSError:
    found = None
  return found[1].strip() if found else platform.machine()


def revision() -> str | None:
  """The revision of the source that runs, "+" behind it if the package was
  changed since; None where it is not a checkout of ours."""
  package = Path(graves_jax.__file__).parent
  if not (package.parent / ".git").exists():
    return None

  def git(*arguments: str) -> str:
    command = ["git", "-C", str(package.parent), *arguments]
    return subprocess.run(
      command, capture_output=True, text=True, check=True, timeout=30
    ).stdout.strip()

  try:
    changed = git("status", "--porcelain", "-uno", "--", package.name)
    return git("rev-parse", "--short=12", "HEAD") + "+" * bool(changed)
  except (OSError, subprocess.SubprocessError):
    return None


def without_folders(word: str) -> str:
  """A word of a command without folders of this machine: of a path from its
  root, a home or the folder above, the last name alone."""
  option, equals, path = "", "", word
  if word.startswith("--"):
    option, equals, path = word.partition("=")
  if path.startswith(("/", "~", "..")):
    path = Path(path).name
  return option + equals + path
