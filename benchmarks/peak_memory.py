"""The most memory that this process has held."""

import resource
import sys
from pathlib import Path

import jax

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def held(device: jax.Device) -> int:
  """Bytes held now: resident on a processor, in use on an accelerator."""
  if device.platform != "cpu":
    return device.memory_stats()["bytes_in_use"]
  return _status("VmRSS") if _STATUS.exists() else peak(device)


def peak(device: jax.Device) -> int:
  """Most bytes held since the process, or the last `forget_peak`, began."""
  if device.platform != "cpu":
    return device.memory_stats()["peak_bytes_in_use"]
  if _STATUS.exists():
    return _status("VmHWM")
  unit = 1 if sys.platform == "darwin" else 1024
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def forget_peak() -> None:
  """Lets the peak begin anew at what is held now; Linux, processor only.

  Elsewhere the peak stays that of the whole process.
  """
  if _CLEAR.exists():
    _CLEAR.write_text("5")


def _status(field: str) -> int:
  for line in _STATUS.read_text().splitlines():
    if line.startswith(field + ":"):
      return int(line.split()[1]) * 1024
  raise OSError(f"{_STATUS} has no field {field}.")
