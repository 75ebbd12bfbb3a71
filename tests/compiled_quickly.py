"""Has XLA compile quickly rather than well.

The tests run hundreds of small programs once or twice each: nine tenths of
their time would go into making them fast. Processes that the tests start
inherit what is asked for here.
"""

import os
import subprocess
import sys

_OPTIONS = {
  "xla_backend_optimization_level": 0,
  "xla_llvm_disable_expensive_passes": True,
  "xla_cpu_use_fusion_emitters": False,
}
_VARIABLE = "XLA_FLAGS"
_ASKED = "GRAVES_JAX_TESTS_XLA_FLAGS"


def ask() -> None:
  """Adds the options to XLA's own, before it starts; once a session."""
  if _ASKED not in os.environ:
    answer = subprocess.run(
      [sys.executable, __file__], capture_output=True, text=True, check=True
    )
    os.environ[_ASKED] = answer.stdout.strip()
    given = os.environ.get(_VARIABLE, "")
    os.environ[_VARIABLE] = f"{given} {os.environ[_ASKED]}".strip()


def known() -> list[str]:
  """Those that this version of XLA knows: another one would end the process."""
  import jax

  found = []
  for name, value in _OPTIONS.items():
    try:
      program = jax.jit(lambda x: x + 1).lower(1.0)
      program.compile(compiler_options={name: value})
    except jax.errors.JaxRuntimeError:
      continue
    found.append(f"--{name}={str(value).lower()}")
  return found


if __name__ == "__main__":
  print(*known())
