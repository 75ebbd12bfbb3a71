"""What a benchmark ran on: cores, instructions, or the graphics card."""

import os
from pathlib import Path

# Best first. What a processor has decides which precision is fast on it.
_INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")


def cores() -> int:
  """Cores that this process may use."""
  if hasattr(os, "sched_getaffinity"):
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1


def describe() -> str:
  """The device in words: of JAX's first device, or the processor's name."""
  import jax

  device = jax.devices()[0]
  if device.platform != "cpu":
    return device.device_kind
  return f"{_processor()}, {cores()} core{'s' * (cores() > 1)}"


def _processor() -> str:
  try:
    text = Path("/proc/cpuinfo").read_text("utf-8")
  except OSError:
    return "CPU"
  fields = dict(
    map(str.strip, line.split(":", 1))
    for line in text.splitlines()
    if ":" in line
  )
  flags = fields.get("flags", "").split()
  best = [name for name in _INSTRUCTIONS if name in flags][:1]
  return ", ".join([fields.get("model name", "CPU"), *best])
