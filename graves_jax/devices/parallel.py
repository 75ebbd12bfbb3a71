"""Maps one per-device body over the devices, by shard_map or by pmap.

The body sums over its own rows and adds up across devices once, with
`jax.lax.psum(..., AXIS)`. Both maps give the same numbers; plain jit over
sharded batches would put an all-reduce into every time step of the scan.

With several processes (hosts) each holds its own rows of every batch, and the
devices are all processes' together.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from graves_jax.config.shared import Parallel

AXIS = "data"


@dataclasses.dataclass(frozen=True)
class Mapped:
  """Functions that spread work over devices.

  replicate: puts a tree on every device.
  share: which of so many rows are this process's.
  shard: splits the rows (axis 0) of a tree of NumPy arrays, this process's
    share, over its devices.
  gather: NumPy arrays of all rows, those of other processes too.
  map: turns `body(replicated, rows) -> (replicated, rows)` into one compiled
    function; its first argument is given away if `donate`.
  """

  replicate: Callable[[Any], Any]
  share: Callable[[int], slice]
  shard: Callable[[Any], Any]
  gather: Callable[[Any], Any]
  map: Callable[..., Callable[[Any, Any], Any]]


def over_devices(
  devices: Sequence[jax.Device], parallel: Parallel = "shard_map"
) -> Mapped:
  """Chooses the devices and the map.

  Raises:
    ValueError: if pmap is asked for and the devices are of several processes.
  """
  devices = sorted(devices, key=lambda d: (d.process_index, d.id))
  mesh = Mesh(devices, (AXIS,))
  replicated = NamedSharding(mesh, PartitionSpec())
  rows = NamedSharding(mesh, PartitionSpec(AXIS))
  is_alone = len(_by_process(devices)) == 1

  def replicate(tree):
    if is_alone:
      return jax.device_put(tree, replicated)
    return jax.tree.map(  # device_put would compare all processes' numbers
      lambda x: jax.make_array_from_process_local_data(
        replicated, np.asarray(x)
      ),
      tree,
    )

  def share(count):
    return _share(devices, jax.process_index(), count)

  if parallel == "pmap":
    if not is_alone:
      raise ValueError(
        "--parallel pmap is for one process; shard_map is for any number."
      )

    return Mapped(replicate, share, *_by_pmap(devices))

  def shard(batch):
    return jax.tree.map(
      lambda x: jax.make_array_from_process_local_data(rows, x), batch
    )

  def gather(tree):
    if is_alone:
      return jax.device_get(tree)
    return multihost_utils.process_allgather(tree, tiled=True)

  def map_(body, donate=False):
    mapped = jax.shard_map(
      body,
      mesh=mesh,
      in_specs=(PartitionSpec(), PartitionSpec(AXIS)),
      out_specs=(PartitionSpec(), PartitionSpec(AXIS)),
      check_vma=False,  # the body's psum is the one reduction
    )
    return jax.jit(mapped, donate_argnums=(0,) if donate else ())

  return Mapped(replicate, share, shard, gather, map_)


def _by_pmap(
  devices: Sequence[jax.Device],
) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
  """`shard`, `gather` and `map` of `Mapped`, by `pmap`."""

  def shard(batch):
    n = len(devices)
    return jax.tree.map(
      lambda x: x.reshape(n, x.shape[0] // n, *x.shape[1:]), batch
    )

  def gather(tree):
    return jax.tree.map(
      lambda x: x.reshape(-1, *x.shape[2:]), jax.device_get(tree)
    )

  def map_(body, donate=False):
    return jax.pmap(
      body,
      AXIS,
      in_axes=(None, 0),
      out_axes=(None, 0),
      devices=devices,
      donate_argnums=(0,) if donate else (),
    )

  return shard, gather, map_


def require_divisible(name: str, batch_size: int, devices: int) -> None:
  """Raises ValueError unless the batch splits evenly over the devices."""
  if batch_size % devices:
    raise ValueError(
      f"{name} (={batch_size}) must be a multiple of the {devices} devices; "
      f"try {-(-batch_size // devices) * devices}."
    )


def fitting(
  devices: Sequence[jax.Device], *batch_sizes: int
) -> Sequence[jax.Device]:
  """As many of the devices as all these batches split over evenly.

  As many of each process, and at least one.
  """
  groups = _by_process(devices)
  common = math.gcd(*batch_sizes)
  fits = (
    n
    for n in range(min(map(len, groups)), 1, -1)
    if common % (n * len(groups)) == 0
  )
  each = next(fits, 1)
  return first_of_each_process(devices, each)


def first_of_each_process(
  devices: Sequence[jax.Device], count: int
) -> list[jax.Device]:
  """So many devices of each process."""
  return [d for group in _by_process(devices) for d in group[:count]]


def _by_process(devices: Sequence[jax.Device]) -> list[list[jax.Device]]:
  groups: dict[int, list[jax.Device]] = {}
  for device in devices:
    groups.setdefault(device.process_index, []).append(device)
  return [groups[index] for index in sorted(groups)]


def _share(devices: Sequence[jax.Device], process: int, count: int) -> slice:
  """A process's part of `count` rows that are split over sorted devices."""
  before = sum(d.process_index < process for d in devices)
  own = sum(d.process_index == process for d in devices)
  each = count // len(devices)
  return slice(before * each, (before + own) * each)
