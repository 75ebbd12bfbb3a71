"""Compiles the kernels with the machine's own C++ compiler, and loads them.

Nothing needs them: where there is no compiler, or another processor, XLA's own
code runs. They are for processors with AVX-512. Those that also have AMX
multiply bfloat16 faster than the kernels do, and keep XLA's products for it.
"""

import ctypes
import dataclasses
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import jax
import jaxlib

from graves_jax.layers.products import Precision

_SOURCES = Path(__file__).parent
_OPTIONS = ("-O3", "-std=c++17", "-march=native", "-shared", "-fPIC", "-w")
_NEEDED = {"avx512f", "avx512bw", "avx512dq", "avx512vl"}
_registered: set[Precision] = set()  # JAX takes each name once a process


@dataclasses.dataclass(frozen=True)
class Kernels:
  """Kernels that were loaded into this process.

  precisions: of the products that they form.
  devices: among how many devices of this process its threads are shared out.
  """

  precisions: frozenset[Precision]
  devices: int = 1


def load(folder: Path, devices: int = 1) -> Kernels | None:
  """Loads the kernels; compiles them first, where that was not done yet.

  They run in the networks that are built with what this returns, and in no
  other.

  Args:
    folder: where compiled kernels are kept.
    devices: among how many devices of this process its threads are shared out.

  Returns:
    The kernels, or None where they do not fit.

  Raises:
    OSError: if they cannot be compiled or kept there.
  """
  precisions = fitting(_processor_flags())
  if not precisions or jax.default_backend() != "cpu" or not _compiler():
    return None
  if not _registered:
    library = ctypes.CDLL(str(_compiled(folder)))
    # A compiler may not know what its processor can do.
    precisions = {p for p in precisions if hasattr(library, f"forward_{p}")}
    for precision in precisions:
      for name in ("pack", "forward", "backward", "step_backward"):
        jax.ffi.register_ffi_target(
          f"graves_jax_{name}_{precision}",
          jax.ffi.pycapsule(getattr(library, f"{name}_{precision}")),
          platform="cpu",
        )
    _registered.update(precisions)
  loaded = frozenset(precisions & _registered)
  return Kernels(loaded, devices) if loaded else None


def fitting(flags: set[str]) -> set[Precision]:
  """Precisions whose kernels fit a processor of such flags."""
  if not flags >= _NEEDED:
    return set()
  if "avx512_bf16" not in flags or "amx_bf16" in flags:
    return {"float32"}
  return {"float32", "bfloat16"}


def _processor_flags() -> set[str]:
  information = Path("/proc/cpuinfo")
  if platform.machine() != "x86_64" or not information.exists():
    return set()
  lines = information.read_text().splitlines()
  return set(next((x for x in lines if x.startswith("flags")), "").split())


def _compiler() -> str | None:
  return next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)


def _compiled(folder: Path) -> Path:
  """The library for this source, compiler, processor and JAX."""
  compiler = _compiler()
  if compiler is None:
    raise OSError("there is no C++ compiler to compile the kernels with.")
  key = hashlib.sha256()
  for source in sorted(_SOURCES.glob("*.[ch]*")):
    key.update(source.read_bytes())
  for part in (
    os.path.realpath(compiler),
    jaxlib.__version__,
    " ".join(_OPTIONS),
    " ".join(sorted(_processor_flags())),
  ):
    key.update(part.encode() + b"\0")
  library = folder / f"lstm-{key.hexdigest()[:16]}.so"
  if not library.exists():
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
      made = Path(name) / library.name
      command = [compiler, *_OPTIONS, "-I", jax.ffi.include_dir()]
      done = subprocess.run(
        [*command, _SOURCES / "lstm.cc", "-o", made],
        capture_output=True,
        text=True,
      )
      if done.returncode:
        lines = done.stderr.strip().splitlines() or ["nothing said"]
        reason = next((line for line in lines if "error" in line), lines[0])
        raise OSError(f"{compiler} cannot compile the kernels: {reason}")
      made.replace(library)
  return library
