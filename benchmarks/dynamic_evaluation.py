"""Dynamic evaluation beside training: how much longer a segment takes.

Both sides read the same segments with the same network, the paper's for Penn
Treebank's characters: training makes an update of Adam, dynamic evaluation
scores the segment, then learns from it by either rule. There is no peer; the
aim is that a segment takes at most three times as long as an update.
"""

import dataclasses
from typing import Literal

import launch
import numpy as np
import tyro
from interleave import Side, interleave
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from same_memory import restart_with_kept_memory

CLASSES = 49
TRAINING = Side("training", "adam")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Times segments of dynamic evaluation and updates of training in turn; the
  last line printed is JSON."""

  batch_size: int = 1
  """Streams."""
  length: int = 100
  """Symbols of a segment of each."""
  segments: int = 20
  """Of every round."""
  rounds: int = 5
  hidden: tuple[int, ...] = (1000,)
  """Cells in each layer."""
  precision: Literal["float32", "bfloat16"] = "float32"
  """Of the matrix products."""

  def __post_init__(self):
    require_least(self, batch_size=1, length=1, segments=1, rounds=1, hidden=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  timings = interleave(sides(arguments), arguments.rounds, console)
  base = timings.seconds.pop(TRAINING)
  symbols = arguments.batch_size * arguments.length * arguments.segments
  times = {s: float(np.median(t / base)) for s, t in timings.seconds.items()}
  for side, ratio in times.items():
    console.print(f"{side}: {ratio:.2f} times as long as training")
  slowest = max(times, key=times.get)
  print_json(
    {
      "ours": rounded(symbols / np.median(timings.seconds[slowest])),
      "peer": rounded(symbols / np.median(base)),
      "ratio": rounded(times[slowest]),
      "unit": "symbols/s; ratio: time of a segment over that of an update",
      "times": {str(side): rounded(ratio) for side, ratio in times.items()},
    }
    | dataclasses.asdict(arguments)
  )


def sides(arguments: Arguments) -> dict:
  """What is timed: so many segments by each rule, and updates of training."""
  import jax
  import our_training
  from random_batches import random_text

  from graves_jax.checkpoints.state import initial_params
  from graves_jax.config import DynamicConfig
  from graves_jax.devices.parallel import over_devices
  from graves_jax.fast.implementation import resolve
  from graves_jax.losses.text import text_loss
  from graves_jax.networks.build import example_inputs
  from graves_jax.networks.prediction import PredictionNetwork
  from graves_jax.tasks.text import initial_text_carry
  from graves_jax.training.dynamic import DynamicEvaluation

  streams, length = arguments.batch_size, arguments.length
  devices, kernels = our_training.training_devices(streams)
  network = PredictionNetwork(
    inputs=CLASSES,
    outputs=CLASSES,
    hidden=arguments.hidden,
    lstm_clip=1.0,
    precision=arguments.precision,
    implementation=resolve("auto", arguments.precision, kernels),
  )
  batch = random_text(streams, length, CLASSES)
  update = our_training.text_update(network, batch, devices)
  params = initial_params(network, 0, *example_inputs(network))
  params = jax.device_get(params)
  mapped = over_devices(devices)
  dynamic = DynamicEvaluation(text_loss(network), params, mapped)
  segments = _Repeated(batch, arguments.segments)

  def by(rule):
    config = DynamicConfig(rule=rule, learning_rate=1e-6)
    rms = jax.tree.map(np.ones_like, params)

    def run():
      carry = mapped.shard(initial_text_carry(network, streams))
      dynamic(config, segments, carry, rms=rms)

    return run

  def train():
    for _ in range(arguments.segments):
      update.run()

  return {
    Side("dynamic", "sgd"): by("sgd"),
    Side("dynamic", "rms"): by("rms"),
    TRAINING: train,
  }


class _Repeated:
  """One batch, again and again."""

  def __init__(self, batch, times: int):
    self.elements = batch.targets.size * times
    self._batch, self._times = batch, times

  def in_order(self):
    return (self._batch for _ in range(self._times))


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
