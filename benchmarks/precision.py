"""What the fast path and bfloat16 cost in accuracy.

Three comparisons, on the built-in synthetic handwriting: the gradient of the
fast path against that of the plain scan which defines it, both float32, at full
size; the gradient with bfloat16 products against float32; and a training run
in each precision, from the same weights on the same batches.

The aims: 1e-5, 2 %, and validation losses that differ by less than 1 %.
Gradients are compared by the norm of the difference over the norm of the
reference, for all weights together and for the worst single array.
"""

import dataclasses
import functools
import runpy
from pathlib import Path

import launch
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.progress import Progress
from rich.table import Table


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Compares gradients, and training runs in both precisions; the last line
  printed is JSON."""

  steps: int = 500
  """Updates of each training run; 0 compares gradients only."""
  config: Path = launch.ROOT / "configs/handwriting_synthetic.py"
  """Of the training runs."""
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer of the network whose gradients are compared."""
  batch_size: int = 32
  """Lines of the gradients' batch."""
  length: int = 200
  """Points of the gradients' lines; longer ones are cropped."""

  def __post_init__(self):
    require_least(self, steps=0, batch_size=1, length=2)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from graves_jax.commands import runtime

  devices = runtime.use_devices(0)
  kernels = runtime.use_kernels(console, devices)
  if not arguments.config.is_file():
    raise FileNotFoundError(f"there is no config {arguments.config}.")
  config = runpy.run_path(str(arguments.config))["get_config"]()
  with console.status("Comparing gradients"):
    errors = compare_gradients(arguments, config, kernels)
  table = Table(title="Relative difference of gradients", title_justify="left")
  for name in ("compared", "all weights", "worst array"):
    table.add_column(name)
  for name, (whole, worst, array) in errors.items():
    table.add_row(name, f"{whole:.1e}", f"{worst:.1e} ({array})")
  console.print(table)
  values = {
    name: {"all_weights": whole, "worst_array": worst, "array": array}
    for name, (whole, worst, array) in errors.items()
  }
  losses = dict.fromkeys(("float32", "bfloat16"))
  if arguments.steps:
    losses = train_both(arguments.steps, config, devices, kernels, console)
    console.print(
      "Validation after "
      f"{arguments.steps} updates, nats per sequence: "
      + ", ".join(f"{k} {v:.2f}" for k, v in losses.items())
    )
  float32, bfloat16 = losses["float32"], losses["bfloat16"]
  print_json(
    {
      "ours": bfloat16,
      "peer": float32,
      "ratio": rounded(bfloat16 / float32) if float32 else None,
      "unit": "validation nats per sequence, bfloat16 against float32",
      **values,
    }
    | dataclasses.asdict(arguments)
    | {"config": arguments.config.name}
  )


def compare_gradients(arguments: Arguments, config, kernels) -> dict:
  """Relative differences: of all weights, of the worst array, and its name."""
  import jax

  from graves_jax.checkpoints.state import initial_params
  from graves_jax.config import NetworkConfig
  from graves_jax.data.lines import LineBatches
  from graves_jax.data.sources.handwriting import load_split
  from graves_jax.data.strokes import Alphabet, Normalization
  from graves_jax.distributions.bivariate_mixture import SIGMA_FLOOR
  from graves_jax.losses.handwriting import handwriting_loss
  from graves_jax.networks.build import build_network, example_inputs

  lines = load_split(config.data, "validation")
  lines = [x._replace(points=x.points[: arguments.length]) for x in lines]
  alphabet = Alphabet.of(line.text for line in lines)
  batch = next(
    LineBatches(
      lines[: arguments.batch_size],
      alphabet,
      Normalization.of(lines),
      batch_size=arguments.batch_size,
      buckets=1,
    ).in_order()
  )
  settings = NetworkConfig(hidden=arguments.hidden)
  build = functools.partial(
    build_network, classes=alphabet.size, kernels=kernels
  )
  fast = build(settings)
  rounded_settings = dataclasses.replace(settings, precision="bfloat16")
  params = initial_params(fast, 0, *example_inputs(fast))

  def gradient(network):
    loss_fn = handwriting_loss(network, SIGMA_FLOOR)
    nats = jax.grad(lambda params: loss_fn(params, (), batch, None)[0].nats)
    return jax.jit(nats)(params)

  float32 = gradient(fast)
  return {
    "fast_path_to_reference_float32": difference(
      float32, gradient(build(settings, implementation="reference"))
    ),
    "bfloat16_to_float32": difference(
      gradient(build(rounded_settings)), float32
    ),
  }


def difference(actual, expected) -> tuple[float, float, str]:
  """Norm of the difference over that of `expected`: whole, worst, its name."""
  import jax
  import numpy as np

  def norm(arrays):
    return float(
      np.sqrt(sum((np.asarray(x, float) ** 2).sum() for x in arrays))
    )

  named = jax.tree_util.tree_leaves_with_path(expected)
  names = [
    jax.tree_util.keystr(path[1:], simple=True, separator=".")
    for path, _ in named
  ]
  expected = [np.asarray(x, float) for _, x in named]
  errors = [
    np.asarray(x, float) - y
    for x, y in zip(jax.tree.leaves(actual), expected, strict=True)
  ]
  whole = norm(errors) / norm(expected)
  each = [norm([e]) / norm([y]) for e, y in zip(errors, expected, strict=True)]
  worst = int(np.argmax(each))
  return rounded(whole), rounded(each[worst]), names[worst]


def train_both(steps: int, config, devices, kernels, console: Console) -> dict:
  """Validation nats per sequence after a run in each precision."""
  from graves_jax.data.sources.handwriting import load_lines
  from graves_jax.devices.parallel import fitting
  from graves_jax.fast.implementation import resolve
  from graves_jax.tasks.handwriting import handwriting_task
  from graves_jax.training.evaluate import evaluate
  from graves_jax.training.experiment import build_experiment
  from graves_jax.training.task import with_implementation

  sizes = config.data.batch_size, config.training.evaluation_batch_size
  devices = fitting(devices, *sizes)
  lines = load_lines(config.data)
  losses = {}
  with Progress(console=console, transient=True) as bars:
    for precision in ("float32", "bfloat16"):
      network = dataclasses.replace(config.network, precision=precision)
      training = dataclasses.replace(config.training, steps=steps)
      changed = dataclasses.replace(config, network=network, training=training)
      task = with_implementation(
        handwriting_task(changed, *lines),
        resolve("auto", precision, kernels),
      )
      experiment = build_experiment(task, devices)
      state = experiment.initial_state()
      description = f"Training in {precision}"
      for step in bars.track(range(steps), description=description):
        batch = task.train_batches.batch(step)
        state, metrics = experiment.train_step(state, batch)
        metrics.gradient_norm.block_until_ready()
      sums = evaluate(
        experiment.sum_losses, state.scored, (), task.validation_batches
      )
      losses[precision] = task.scores(sums).nats_per_sequence
  return losses


if __name__ == "__main__":
  launch.run(main)
