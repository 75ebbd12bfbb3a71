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
_OPTIONS_AND_PATH = re.compile(r"((?:[-\w.]+=)*)(file:)?(.*)", re.DOTALL)
_LEADS_ELSEWHERE = re.compile(
  r"^(?:\./+)*[/~]|^[A-Za-z]:|^\\|(?:^|/)\.\.(?:/|$)"
)


def machine_of(devices: Sequence["jax.Device"]) -> Machine:
  """Names the devices that something runs on; of a processor, its cores."""
  count, name = len(devices), devices[0].device_kind
  here = cores()
  if devices[0].platform == "cpu":
    name = f"{here} core{'s' * (here > 1)} of {_processor()}"
    if count != here:  # JAX's devices; one may use all cores
      name += f" as {count} device{'s' * (count > 1)}"
  elif count > 1:
    name = f"{count} x {name}"
  return Machine(name=name, cores=here)


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
  """A word of a command without folders of this machine: of a path from a
  root, a home or the folder above, or a file's address, the last name alone."""
  found = _OPTIONS_AND_PATH.fullmatch(word)
  assert found is not None  # it matches every word
  options, address, path = found.groups()
  if address or _LEADS_ELSEWHERE.search(path):
    path = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
  return options + path
