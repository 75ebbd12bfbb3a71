"""What Muon adds to an update of the synthesis network, beside Adam.

Both make the same whole updates of the 3 x 400 network of Section 5; Muon also
orthogonalizes twenty matrices, whatever the batch. There is no other peer.
"""

import dataclasses

import launch
import tyro
from interleave import Side, interleave
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from same_memory import restart_with_kept_memory


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Times updates by Muon and by Adam in turn; the last line printed is JSON:
  `ours` and `peer` are seconds an update, `share` what Muon's rule takes of
  its update (median of the rounds')."""

  batch_size: int = 32
  """Lines of a batch."""
  length: int = 600
  """Points of every line."""
  rounds: int = 8
  """Updates of each that are timed, after one to warm up."""
  precision: str = "bfloat16"
  """Of the matrix products, Muon's among them."""

  def __post_init__(self):
    require_least(self, batch_size=1, length=2, rounds=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  import numpy as np
  import our_training
  from random_batches import random_lines

  from graves_jax.config import Muon
  from graves_jax.config.tagged import turned_into

  devices, kernels = our_training.training_devices(arguments.batch_size)
  network = our_training.handwriting_network(
    "synthesis", (400, 400, 400), arguments.precision, kernels
  )
  batch = random_lines(arguments.batch_size, arguments.length)

  def update(optimizer):
    return our_training.handwriting_update(network, batch, devices, optimizer)

  adam = our_training.OPTIMIZER
  sides = {
    Side(name, arguments.precision): update(optimizer).run
    for name, optimizer in (("ours", turned_into(Muon, adam)), ("adam", adam))
  }
  muon, adam = interleave(sides, arguments.rounds, console).seconds.values()
  shares = 1 - adam / muon
  low, middle, high = np.quantile(shares, (0.25, 0.5, 0.75))
  console.print(
    f"Muon {np.median(muon):.3f} s an update, Adam {np.median(adam):.3f} s: "
    f"{100 * middle:.1f} % ({100 * low:.1f} to {100 * high:.1f}) of Muon's.",
    highlight=False,
  )
  print_json(
    {
      "ours": rounded(np.median(muon)),
      "peer": rounded(np.median(adam)),
      "ratio": rounded(np.median(muon / adam)),
      "unit": "seconds an update",
      "share": rounded(middle),
      **dataclasses.asdict(arguments),
    }
  )


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
