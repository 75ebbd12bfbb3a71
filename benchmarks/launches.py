"""What a time step of training costs a card, told without one.

XLA compiles loss and gradient for an H100, whose properties are written below,
on any machine with JAX's CUDA plugin (pip install "jax[cuda13]"), driver or
not.
Printed for each implementation are launches a time step, forward and back, what
they read and write if no cache helps, and the memory that is held meanwhile;
then, as JSON, all of it. Products are not tuned, and what a launch takes is not
told: loop_variants.py measures that.
"""

import dataclasses
import os
from typing import Any, Literal

import launch
import tyro
from compiled_module import Module
from ranges import require_least
from report import print_json, rounded
from rich.console import Console

_H100 = """
gpu_device_info {
  threads_per_block_limit: 1024
  threads_per_warp: 32
  shared_memory_per_block: 49152
  shared_memory_per_core: 233472
  shared_memory_per_block_optin: 232448
  threads_per_core_limit: 2048
  registers_per_core_limit: 65536
  registers_per_block_limit: 65536
  core_count: 132
  fpus_per_core: 128
  block_dim_limit_x: 2147483647
  block_dim_limit_y: 65535
  block_dim_limit_z: 65535
  memory_bandwidth: 3352320000000
  l2_cache_size: 52428800
  clock_rate_ghz: 1.98
  device_memory_size: 84929347584
  cuda_compute_capability { major: 9 }
}
platform_name: "CUDA"
dnn_version_info { major: 9 minor: 7 }
runtime_version { major: 13 minor: 0 patch: 0 }
device_description_str: "NVIDIA H100 80GB HBM3"
"""
_FLAGS = "--xla_gpu_enable_triton_gemm=false --xla_gpu_autotune_level=0"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Counts launches of loss and gradient; the last line is JSON."""

  kind: tuple[Literal["synthesis", "prediction"], ...] = (
    "prediction",
    "synthesis",
  )
  """Networks."""
  implementation: tuple[Literal["scan", "wavefront"], ...] = (
    "scan",
    "wavefront",
  )
  """Layer after layer, or all layers at offset times."""
  batch_size: int = 64
  """Lines."""
  length: int = 600
  """Points of each."""
  precision: Literal["float32", "bfloat16"] = "bfloat16"
  """Of the products."""
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""

  def __post_init__(self):
    require_least(self, batch_size=1, length=1, hidden=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_FLAGS}"
  # It asks the driver, which is not needed.
  os.environ["JAX_SKIP_CUDA_CONSTRAINTS_CHECK"] = "1"
  from graves_jax.fast import chunks

  chunks.CHUNK = chunks.CHUNK_ON_A_CARD  # no card is there to tell
  found = []
  for kind in arguments.kind:
    for implementation in arguments.implementation:
      with console.status(f"Compiling {kind}, {implementation}"):
        compiled = compile_for_card(arguments, kind, implementation)
      module = Module(compiled.as_text())
      held = compiled.memory_analysis().temp_size_in_bytes
      points = arguments.batch_size * arguments.length
      found.append(
        {
          "kind": kind,
          "implementation": implementation,
          "launches_per_time_step": rounded(
            module.launches() / arguments.length
          ),
          "moved_bytes_per_point": round(module.moved_bytes() / points),
          "held_bytes_per_point": round(held / points),
        }
      )
      console.print(found[-1], highlight=False)
  print_json({"of": found} | dataclasses.asdict(arguments))


def compile_for_card(arguments: Arguments, kind: str, implementation: str):
  """Loss and gradient of random lines, compiled for an H100.

  Raises:
    ValueError: if JAX has no plugin for CUDA.
  """
  import jax
  from jax.experimental import topologies
  from random_batches import ALPHABET_SIZE, random_lines

  from graves_jax.config import NetworkConfig
  from graves_jax.distributions.bivariate_mixture import SIGMA_FLOOR
  from graves_jax.losses.handwriting import handwriting_loss
  from graves_jax.networks.build import build_network, example_inputs

  try:
    card = topologies.get_topology_desc(
      platform="cuda", topology="1x1x1", target_config=_H100
    )
  except (NotImplementedError, RuntimeError) as error:
    raise ValueError(
      f"JAX cannot compile for CUDA here ({error}); pip install "
      '"jax[cuda13]", which needs no card.'
    ) from None
  network = build_network(
    NetworkConfig(
      kind=kind, hidden=arguments.hidden, precision=arguments.precision
    ),
    ALPHABET_SIZE,
    implementation=implementation,
  )
  loss_fn = handwriting_loss(network, SIGMA_FLOOR)

  def nats(params, batch):
    return loss_fn(params, (), batch, None)[0].nats

  mesh = topologies.make_mesh(card, (1,), ("card",))
  on_card = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
  params = jax.eval_shape(
    network.init, jax.random.key(0), *example_inputs(network)
  )
  given: Any = params, random_lines(arguments.batch_size, arguments.length)
  given = jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=on_card), given
  )
  traced = jax.jit(jax.value_and_grad(nats)).trace(*given)
  return traced.lower(lowering_platforms=("cuda",)).compile()


if __name__ == "__main__":
  launch.run(main)
