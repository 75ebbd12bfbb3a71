"""Gives both sides of a benchmark the same, kept memory.

By default glibc returns large arrays to the system when they are freed and
takes them anew, zeroed page by page, at the next update: 10 % of either
framework's time, several times as much where the machine is itself virtual.
These settings keep the pages. They are read when a process starts, so the
benchmark starts itself again with them. They belong here, never in the
package.
"""

import os
import sys

SETTINGS = {
  # Of any other arena than the first, none of the rest is true. XLA takes an
  # update's memory from threads of its own.
  "MALLOC_ARENA_MAX": "1",
  "MALLOC_MMAP_MAX_": "0",
  "MALLOC_TRIM_THRESHOLD_": "100000000000",
  "MALLOC_TOP_PAD_": "268435456",
  # On a GPU, JAX would take most of the memory before PyTorch gets any.
  "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}


def restart_with_kept_memory() -> None:
  """Starts this process again with SETTINGS, unless it has them already."""
  has_them = all(os.environ.get(k) == v for k, v in SETTINGS.items())
  if has_them or sys.platform != "linux":
    return
  os.execve(sys.executable, sys.orig_argv, os.environ | SETTINGS)
