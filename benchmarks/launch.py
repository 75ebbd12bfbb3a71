"""How every benchmark starts, and how it tells a user's mistake."""

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(main: Callable[[list[str]], None]) -> None:
  """Runs a benchmark as the scripts in ROOT are run: mistakes are one line."""
  sys.path.insert(0, str(ROOT))  # benchmarks run where they lie, uninstalled
  from graves_jax.commands import command_line

  def with_peers(argv: list[str]) -> None:
    try:
      main(argv)
    except ModuleNotFoundError as error:
      if error.name != "torch":
        raise
      raise ValueError(
        'the peer is PyTorch, which is not installed: pip install -e ".[bench]"'
      ) from None

  command_line.run(with_peers)
