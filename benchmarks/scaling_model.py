"""What data parallelism gives on machines that we do not have, by a model.

  update(n) = chain + arithmetic(B / n) + all_reduce(n)

  chain       2 T L s: the steps of all layers, forwards and backwards, of which
              each waits for the one before, s seconds or more each
  arithmetic  6 W T b / (e F) for b rows on a device: two operations a weight
              forwards and four backwards, at a share e of its peak F
  all_reduce  2 (n - 1) / n x 4 W / link + latency, once an update

s and e are assumptions and stand in MACHINES; no such machine was at hand.
benchmarks/scaling.py checks the model's form on virtual devices.
"""

import dataclasses
from typing import NamedTuple

import launch
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.table import Table


class Machine(NamedTuple):
  """Devices of one kind, and what joins them.

  devices: how many there are.
  peak: operations a second in bfloat16, by the maker (F).
  share: of it that the products reach, assumed (e).
  step_seconds: of a layer's step at least, assumed (s).
  link: bytes a second that a device sends, by the maker.
  latency_seconds: of an all-reduce, assumed.
  """

  devices: int
  peak: float
  share: float
  step_seconds: float
  link: float
  latency_seconds: float


MACHINES = {
  "8 x H100, NVLink": Machine(8, 989e12, 0.4, 20e-6, 450e9, 50e-6),
  "v5e-256 slice": Machine(256, 197e12, 0.4, 5e-6, 200e9, 100e-6),
}


class Network(NamedTuple):
  """W weights that multiply at every point, in L layers."""

  weights: float
  layers: int


NETWORKS = {
  "3 x 400, 3.7M": Network(3.7e6, 3),
  "3 x 1,200, 30M": Network(30e6, 3),
}
# Twice the devices should make an update at least so many times faster.
PAYS = 1.25
# Of the time of an update, what arithmetic should take at least.
EFFICIENT = 0.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Prints where data parallelism stops paying; the last line is JSON."""

  length: int = 600
  """Points of a line (T)."""
  batches: tuple[int, ...] = (64, 256, 1024, 4096, 16384)
  """Lines of an update on all devices together (B)."""

  def __post_init__(self):
    require_least(self, length=1, batches=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  found = []
  for name, machine in MACHINES.items():
    for network_name, network in NETWORKS.items():
      found.append(
        {
          "machine": name,
          "network": network_name,
          "all_reduce_seconds": rounded(
            all_reduce(machine, network, machine.devices)
          ),
          "chain_seconds": rounded(chain(machine, network, arguments.length)),
          "efficient_rows_a_device": efficient_rows(
            machine, network, arguments.length
          ),
          "devices_that_pay": {
            batch: devices_that_pay(machine, network, arguments.length, batch)
            for batch in arguments.batches
          },
        }
      )
  print_table(console, arguments.batches, found)
  print_json({**dataclasses.asdict(arguments), "machines": found})


def chain(machine: Machine, network: Network, length: int) -> float:
  """Seconds of all steps, each after the other."""
  return 2 * length * network.layers * machine.step_seconds


def arithmetic(
  machine: Machine, network: Network, length: int, rows: float
) -> float:
  """Seconds of the products of so many rows on one device."""
  operations = 6 * network.weights * length * rows
  return operations / (machine.share * machine.peak)


def all_reduce(machine: Machine, network: Network, devices: int) -> float:
  """Seconds of adding up float32 gradients over devices."""
  if devices == 1:
    return 0.0
  sent = 2 * (devices - 1) / devices * 4 * network.weights
  return sent / machine.link + machine.latency_seconds


def update(
  machine: Machine, network: Network, length: int, batch: int, devices: int
) -> float:
  """Seconds of an update of `batch` rows on so many devices."""
  return (
    chain(machine, network, length)
    + arithmetic(machine, network, length, batch / devices)
    + all_reduce(machine, network, devices)
  )


def devices_that_pay(
  machine: Machine, network: Network, length: int, batch: int
) -> int:
  """The largest power of two of devices that is worth its last doubling."""
  devices = 1
  while 2 * devices <= min(machine.devices, batch):
    now = update(machine, network, length, batch, devices)
    if now < PAYS * update(machine, network, length, batch, 2 * devices):
      break
    devices *= 2
  return devices


def efficient_rows(machine: Machine, network: Network, length: int) -> int:
  """Rows of each device from which on arithmetic takes EFFICIENT of the time,
  with all devices."""
  rest = chain(machine, network, length)
  rest += all_reduce(machine, network, machine.devices)
  one = arithmetic(machine, network, length, 1)
  return round(EFFICIENT / (1 - EFFICIENT) * rest / one)


def print_table(
  console: Console, batches: tuple[int, ...], found: list[dict]
) -> None:
  table = Table(
    title="Devices that pay, by lines an update", title_justify="left"
  )
  for name in ("machine", "network"):
    table.add_column(name, no_wrap=True)
  for name in (
    "all-reduce ms",
    "chain ms",
    "rows",
    *map("{:,}".format, batches),
  ):
    table.add_column(name, justify="right", no_wrap=True)
  for row in found:
    table.add_row(
      row["machine"],
      row["network"],
      f"{1e3 * row['all_reduce_seconds']:.2f}",
      f"{1e3 * row['chain_seconds']:.0f}",
      f"{row['efficient_rows_a_device']:,}",
      *(str(row["devices_that_pay"][batch]) for batch in batches),
    )
  console.print(table)


if __name__ == "__main__":
  launch.run(main)
