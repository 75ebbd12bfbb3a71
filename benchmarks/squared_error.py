"""Which squared error the paper's may be: a checkpoint's, by four definitions.

Tables 3 and 4 give a sum-squared error of 0.40, 0.41 and 0.23 and do not define
it. Each of these is an average over points, and of offsets of standard
deviation 1:

- the squared distance from the mean of the predicted mixture, x and y added up;
- half of it, the mean over x and y;
- the squared distance from the mean of the heaviest component;
- the squared distance from a point drawn from the mixture, in expectation: its
  variance added to the first.

Also said is how much of the first comes from the points after a pen lift, where
the pen jumps to the next stroke.
"""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import launch
import numpy as np
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console

BATCH_SIZE = 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Scores validation lines; the last line printed is JSON."""

  data_path: Path
  """A folder of IAM-OnDB's archives, or a stroke file."""
  checkpoint: Path | None = None
  """A run's folder, or one checkpoint; by default the weights that ship."""
  every: int = 1
  """Takes one of so many lines; 1: all of them."""

  def __post_init__(self):
    require_least(self, every=1)


class Errors(NamedTuple):
  """Sums over points, scalars.

  mean, heaviest, drawn: squared distances, as the file's docstring has them.
  after_lift: what points after a pen lift add to `mean`.
  points, lifts: points in all, and after a lift.
  """

  mean: float
  heaviest: float
  drawn: float
  after_lift: float
  points: float
  lifts: float


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from graves_jax.commands import runtime

  runtime.use_compilation_cache()
  kernels = runtime.use_kernels(console, runtime.use_devices(1))
  with console.status("Scoring"):
    lines, sums = score(arguments, kernels)
  figures = {
    "to_the_mean": sums.mean / sums.points,
    "half_of_that": sums.mean / sums.points / 2,
    "to_the_heaviest_component": sums.heaviest / sums.points,
    "to_a_draw": sums.drawn / sums.points,
  }
  for name, value in figures.items():
    console.print(f"{name.replace('_', ' ')}: {value:.3f}", highlight=False)
  points, share = sums.lifts / sums.points, sums.after_lift / sums.mean
  console.print(
    f"{100 * points:.1f} % of the {round(sums.points):,} points follow a lift; "
    f"{100 * share:.0f} % of the first figure is theirs.",
    highlight=False,
  )
  print_json(
    {k: rounded(v) for k, v in figures.items()}
    | {"unit": "squared standard deviations of the offsets"}
    | {"share_of_points_after_lifts": rounded(points)}
    | {"share_of_error_after_lifts": rounded(share), "lines": lines}
  )


def score(arguments: Arguments, kernels) -> tuple[int, Errors]:
  """How many lines there were, and sums over their points."""
  import jax
  import jax.numpy as jnp

  from graves_jax.checkpoints.read import restore_checkpoint
  from graves_jax.data.lines import LineBatches
  from graves_jax.data.sources.handwriting import load_split
  from graves_jax.distributions import bivariate_mixture
  from graves_jax.losses.handwriting import network_inputs
  from graves_jax.networks.build import build_network
  from graves_jax.pretrained import HANDWRITING

  restored = restore_checkpoint(arguments.checkpoint or HANDWRITING)
  metadata = restored.metadata
  if metadata.kind != "handwriting":
    raise ValueError(f"{arguments.checkpoint} holds no handwriting network.")
  config, codec = metadata.config, metadata.codec
  data = dataclasses.replace(config.data, path=str(arguments.data_path))
  lines = load_split(data, "validation")[:: arguments.every]
  batches = LineBatches(
    *(lines, codec.alphabet, codec.normalization),
    batch_size=BATCH_SIZE,
    buckets=data.buckets,
  )
  network = build_network(config.network, codec.size, kernels=kernels)

  @jax.jit
  def sum_errors(params, batch) -> Errors:
    points = jnp.swapaxes(batch.points, 0, 1)  # [T, B, 3]
    inside = jnp.arange(len(points))[:, None] < batch.lengths
    raw = network.apply(params, *network_inputs(network, batch))
    raw = jnp.where(inside[..., None], raw, 0)
    y = bivariate_mixture.parameters(
      raw, sigma_floor=config.network.sigma_floor
    )
    offsets = points[..., :2]
    mean = (y.weights[..., None] * y.means).sum(-2)
    heaviest = jnp.take_along_axis(
      y.means, y.weights.argmax(-1)[..., None, None], axis=-2
    ).squeeze(-2)
    # E|x - draw|^2, component by component: bias and variance.
    spread = ((offsets[..., None, :] - y.means) ** 2 + y.stddevs**2).sum(-1)
    is_after_lift = jnp.pad(points[:-1, :, 2], ((1, 0), (0, 0)))
    to_mean = ((offsets - mean) ** 2).sum(-1)

    def total(values):
      return jnp.where(inside, values, 0).sum()

    return Errors(
      mean=total(to_mean),
      heaviest=total(((offsets - heaviest) ** 2).sum(-1)),
      drawn=total((y.weights * spread).sum(-1)),
      after_lift=total(to_mean * is_after_lift),
      points=total(jnp.ones_like(to_mean)),
      lifts=total(is_after_lift),
    )

  params = jax.device_put(restored.params)
  sums = [
    np.array(sum_errors(params, batch), np.float64)
    for batch in batches.in_order()
  ]
  return len(lines), Errors(*np.sum(sums, axis=0))


if __name__ == "__main__":
  launch.run(main)
