"""The rows of gpu_table.py that fit into minutes, most telling first."""

import dataclasses
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import gpu_table
import jax
import our_sampling
from card_folder import ResultFolder
from rich.console import Console


class Item(NamedTuple):
  """One measurement.

  work: one of gpu_table.WORKS.
  batch_size: lines.
  torch_sampler: how PyTorch samples.
  """

  work: str
  batch_size: int
  torch_sampler: str = "eager"

  def __str__(self) -> str:
    name = f"{self.work}, B={self.batch_size:,}"
    return f"{name}, compiled" if self.torch_sampler == "compiled" else name


def items(
  works: Sequence[str], batch_sizes: Sequence[int], sampled: Sequence[int]
) -> list[Item]:
  """All, in order: training, sampling, at last what takes long to compile.

  Args:
    works: some of gpu_table.WORKS.
    batch_sizes: of training; the middle one comes first.
    sampled: lines at once.
  """
  middle = batch_sizes[len(batch_sizes) // 2]
  sizes = sorted(batch_sizes, key=lambda n: n != middle)
  training = [
    Item(work, n) for n in sizes for work in ("synthesis", "prediction")
  ]
  every = [
    *training,
    *(Item("sampling", n) for n in sampled),
    *(Item("sampling", n, "compiled") for n in sampled),
  ]
  return [item for item in every if item.work in works]


class Table:
  """Measures items one by one; report.json and table.md have each at once."""

  def __init__(
    self,
    arguments: gpu_table.Arguments,
    card: jax.Device,
    folder: ResultFolder,
    console: Console,
  ):
    """Measures nothing yet.

    Args:
      arguments: lengths, rounds and cells; of no item.
      card: the device.
      folder: for the results.
      console: shows progress.
    """
    self._arguments = arguments
    self._card = card
    self._folder = folder
    self._console = console
    self._peer = gpu_table.torch_device(card, console)
    self._rows: list[gpu_table.Row] = []
    self._not_run: dict[str, str] = {}
    folder.note("peer_type_in_bfloat16", gpu_table.lstm_type(self._peer))

  def compile(self, items: Sequence[Item]) -> None:
    """Compiles our updates and runs our samplers once, all at the same time;
    what fails here is told of where it is measured."""
    precisions = self._arguments.precision
    # An item of PyTorch's compiled sampler has the same sampler of ours.
    with ThreadPoolExecutor() as pool:
      fresh = [i for i in items if i.torch_sampler == "eager"]
      for item, precision in itertools.product(fresh, precisions):
        pool.submit(self._compile, item, precision)

  def _compile(self, item: Item, precision: str) -> None:
    if item.work == "sampling":
      sizes = self._arguments.hidden, precision, item.batch_size
      our_sampling.sampler(*sizes, self._arguments.sampled)()
    else:
      gpu_table.our_update(
        self._arguments, item.work, item.batch_size, precision
      ).compile()

  def measure(self, item: Item) -> None:
    """Times one item."""
    arguments = dataclasses.replace(
      self._arguments,
      batch_size=(item.batch_size,),
      torch_sampler=(item.torch_sampler,),
    )
    work, size = item.work, item.batch_size
    timings, weights = gpu_table.measure(
      arguments, work, size, self._peer, self._console
    )
    rows = gpu_table.rows_of(
      arguments, work, size, timings, weights, self._card
    )
    if item.torch_sampler == "compiled":
      rows = [dataclasses.replace(r, work=f"{work}, compiled") for r in rows]
    self._rows += rows
    for side, why in timings.not_run.items():
      self._not_run[f"{item}, {side}"] = why
    self._folder.note("rows", [dataclasses.asdict(r) for r in self._rows])
    self._folder.note("not_run", self._not_run)
    table = gpu_table.markdown(self._rows)
    self._folder.write("table.md", f"{table}\n".encode())
