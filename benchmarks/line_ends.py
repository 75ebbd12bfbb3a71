"""Where a line of real ink ends by each stop rule, and where it really does.

The network is fed each line's own ink, then goes on by itself, so that a rule
that does not see the end at once can be late. No rule is told where the ink
ends.
"""

import dataclasses
import json
from pathlib import Path

import launch
import numpy as np
import tyro
from ranges import require_least


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Prints a table of where lines end, then JSON."""

  data: Path
  """Folder of IAM-OnDB's archives."""
  lines: int = 64
  """So many of testset_v, from its first on; of those that the weights can
  write."""
  checkpoint: Path | None = None
  """A run's folder, or one checkpoint; by default the one that ships."""
  seed: int = 0
  """Of what the network writes after the ink."""


def main(argv: list[str]) -> None:
  arguments = tyro.cli(Arguments, args=argv)
  require_least(arguments, lines=1, seed=0)
  from our_line_ends import feed, find_ends

  from graves_jax.checkpoints.writers import load_writer
  from graves_jax.data.sources.iam_ondb import prepared as iam_ondb

  writer = load_writer(arguments.checkpoint)
  if not writer.reads:
    raise ValueError("--checkpoint: it holds no synthesis network.")
  lines = iam_ondb.load(arguments.data, "testset_v")
  lines = [line for line in lines if not writer.alphabet.unknown(line.text)]
  lines = lines[: arguments.lines]
  inputs = feed(writer, lines, arguments.seed)
  found = find_ends(writer.network, writer.params, inputs, writer.sigma_floor)
  real = np.array([len(line.points) for line in lines])
  rows = {
    rule: count(np.asarray(ends)[: len(lines)], real)
    for rule, ends in found.items()
  }
  print("| rule | exact | early | late | never | early by | late by |")
  print("|---|---|---|---|---|---|---|")
  for rule, row in rows.items():
    print(f"| {rule} | {' | '.join(str(value) for value in row.values())} |")
  print(json.dumps({"lines": len(lines), **rows}))


def count(ends: np.ndarray, real: np.ndarray) -> dict[str, float]:
  """Lines by where they end, and medians of distances in elements."""
  off = (ends - real)[ends >= 0]
  return {
    "exact": int((off == 0).sum()),
    "early": int((off < 0).sum()),
    "late": int((off > 0).sum()),
    "never": int((ends < 0).sum()),
    "early_by": float(np.median(-off[off < 0])) if (off < 0).any() else 0.0,
    "late_by": float(np.median(off[off > 0])) if (off > 0).any() else 0.0,
  }


if __name__ == "__main__":
  launch.run(main)
