"""Finds what a script imports on its way, and imports the same alone.

  python imports.py record LIST SCRIPT [ARGUMENTS ...]
  python imports.py repeat LIST

The first runs the script and writes the names of all modules that it had
imported at its end, in order; the second imports them and does nothing else.
"""

import contextlib
import importlib
import json
import runpy
import sys
from pathlib import Path


def record(names: Path, script: Path, arguments: list[str]) -> None:
  """Runs a script and writes down what it has imported."""
  sys.argv = [str(script), *arguments]
  sys.path[0] = str(script.parent)
  try:
    runpy.run_path(str(script), run_name="__main__")
  finally:
    names.write_text(json.dumps([str(script.parent), *sys.modules]))


def repeat(names: Path) -> None:
  """Imports what was written down; modules made by others are made again."""
  sys.path[0], *modules = json.loads(names.read_text())
  for module in modules:
    with contextlib.suppress(ImportError):
      importlib.import_module(module)


if __name__ == "__main__":
  if sys.argv[1] == "record":
    record(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
  else:
    repeat(Path(sys.argv[2]))
