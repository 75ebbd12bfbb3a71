"""Training the prediction network: ours against PyTorch and Flax.

Both sides make whole updates of the 3 x 400 network of Section 4 on the same
batch: forward, full gradient through time, global-norm clipping, Adam. Ours is
the package's mapped train step on all cores (or one GPU). PyTorch is three
`nn.LSTM` with skip connections. Flax, in float32, is three `nn.RNN` of
`nn.OptimizedLSTMCell` inside our own train step, on the same devices.

Not the same: neither peer has peepholes or clips a derivative; `nn.LSTM` has a
second bias per gate. Ours and Flax also sum the squared error of Table 3 and
mask rows.
"""

import dataclasses
import functools

import launch
import tyro
from interleave import Side
from rich.console import Console
from same_memory import restart_with_kept_memory
from training_comparison import TrainingArguments, compare


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments(TrainingArguments):
  """Times updates of the prediction network, ours, PyTorch's and Flax's in
  turn; the last line printed is JSON."""

  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""
  also_flax: bool = True
  """Also times Flax, where float32 is timed."""


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  import our_training
  import torch_training
  from flax_peer import FlaxPrediction
  from random_batches import random_lines
  from torch_peers import OUTPUTS, PredictionPeer

  devices, kernels = our_training.training_devices(arguments.batch_size)
  torch_device = torch_training.torch_device(devices[0].platform)
  batch = random_lines(arguments.batch_size, arguments.length)

  ours = functools.partial(
    our_training.new_handwriting_update,
    "prediction",
    arguments.hidden,
    batch,
    devices,
    kernels,
  )

  def torch(precision):
    model = PredictionPeer(arguments.hidden)
    return torch_training.handwriting_update(
      model, batch, precision, torch_device
    )

  also = {}
  if arguments.also_flax and "float32" in arguments.precision:
    network = FlaxPrediction(arguments.hidden, OUTPUTS)
    update = our_training.handwriting_update(network, batch, devices)
    also[Side("flax", "float32")] = update
  compare(arguments, console, ours, torch, unit="points", also=also)


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
