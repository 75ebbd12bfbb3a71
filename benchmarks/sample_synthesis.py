"""Sampling from the synthesis network: ours against PyTorch.

Each side writes the same number of points with random weights of the 3 x 400
network: cell, window, output layer and a draw from the mixture per step. Ours
is `sample_handwriting`, the loop inside one compiled function; PyTorch runs a
Python loop over `LSTMCell`s, eager, and again with the step in `torch.compile`.

Not the same: ours has peepholes, applies the stop rule at every step (its
window never gets to the text's end here) and draws each line's numbers from
that line's own key; PyTorch has none of this.
"""

import dataclasses
from typing import Literal

import launch
import tyro
from ranges import require_least
from rich.console import Console
from same_memory import restart_with_kept_memory


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Times the writing of lines, ours and PyTorch's in turn; the last line
  printed is JSON: of the first batch size, with the others inside."""

  batch_size: tuple[int, ...] = (1, 64)
  """Lines that are written at once."""
  length: int = 500
  """Points of every line."""
  rounds: int = 5
  """How often each side writes, after once to warm up."""
  precision: tuple[Literal["float32", "bfloat16"], ...] = (
    "float32",
    "bfloat16",
  )
  """Of the matrix products, on both sides; the fastest of each is compared."""
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""
  compiled: bool = True
  """Also times torch.compile, which needs a C++ compiler on CPU."""

  def __post_init__(self):
    require_least(self, batch_size=1, length=1, rounds=1)
    if not self.precision:
      raise ValueError("--precision: name float32, bfloat16 or both.")


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  import jax
  import our_sampling
  import torch_sampling
  from interleave import Side, interleave
  from report import figures, print_json, print_table
  from torch_training import torch_device

  device = torch_device(jax.devices()[0].platform)
  results = []
  for batch_size in arguments.batch_size:
    sides = {}
    for precision in arguments.precision:
      sizes = (arguments.hidden, precision, batch_size, arguments.length)
      sides[Side("ours", precision)] = our_sampling.sampler(*sizes)
      for name in ("eager", "compiled")[: 1 + arguments.compiled]:
        sides[Side(f"torch {name}", precision)] = torch_sampling.sampler(
          *sizes, device, compiled=name == "compiled"
        )
    title = f"B={batch_size}, T={arguments.length}"
    timings = interleave(sides, arguments.rounds, console, title)
    unit = "steps per second"
    print_table(console, title, timings, arguments.length, unit)
    result = {"unit": unit, "batch_size": batch_size}
    results.append(figures(timings, arguments.length) | result)
  first, *others = results
  shared = dataclasses.asdict(arguments)
  del shared["batch_size"]
  print_json(first | shared | {"other_batch_sizes": others})


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
