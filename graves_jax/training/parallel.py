"""Maps one per-device body over the devices, by shard_map or by pmap.

The body sums over its own rows and adds up across devices once, with
`jax.lax.psum(..., AXIS)`. Both maps give the same numbers; plain jit over
sharded batches would put an all-reduce into every time step of the scan.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import jax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

AXIS = "data"
Parallel = Literal["shard_map", "pmap"]


@dataclasses.dataclass(frozen=True)
class Mapped:
  """Functions that spread work over devices.

  replicate: puts a tree on every device.
  shard: splits the rows (axis 0) of a tree of NumPy arrays over them.
  gather: the inverse of `shard`: NumPy arrays of all rows.
  map: turns `body(replicated, rows) -> (replicated, rows)` into one compiled
    function; its first argument is given away if `donate`.
  """

  replicate: Callable[[Any], Any]
  shard: Callable[[Any], Any]
  gather: Callable[[Any], Any]
  map: Callable[..., Callable[[Any, Any], Any]]


def over_devices(
  devices: Sequence[jax.Device], parallel: Parallel = "shard_map"
) -> Mapped:
  """Chooses the devices and the map."""
  mesh = Mesh(devices, (AXIS,))
  replicated = NamedSharding(mesh, PartitionSpec())
  rows = NamedSharding(mesh, PartitionSpec(AXIS))

  def replicate(tree):
    return jax.device_put(tree, replicated)

  if parallel == "pmap":

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

    return Mapped(replicate, shard, gather, map_)

  def shard(batch):
    return jax.tree.map(
      lambda x: jax.make_array_from_process_local_data(rows, x), batch
    )

  def map_(body, donate=False):
    mapped = jax.shard_map(
      body,
      mesh=mesh,
      in_specs=(PartitionSpec(), PartitionSpec(AXIS)),
      out_specs=(PartitionSpec(), PartitionSpec(AXIS)),
      check_vma=False,  # the body's psum is the one reduction
    )
    return jax.jit(mapped, donate_argnums=(0,) if donate else ())

  return Mapped(replicate, shard, jax.device_get, map_)


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
  """As many of the devices as all these batches split over evenly."""
  common = math.gcd(*batch_sizes)
  fits = (n for n in range(len(devices), 1, -1) if common % n == 0)
  return devices[: next(fits, 1)]
