"""Training a character language model: ours against PyTorch.

Both sides make whole updates of a 2 x 512 LSTM over characters with a softmax
(Section 3): forward, full gradient through time, global-norm clipping,
Adam. Ours is `PredictionNetwork` in the package's mapped train step on all
cores (or one GPU); PyTorch is `nn.LSTM(num_layers=2)`, both layers in one call.

Not the same: ours has the paper's skip connections (the input also enters
layer 2, and layer 1 the output), peepholes, and derivatives clipped to [-1, 1];
`nn.LSTM` has none of them, but a second bias per gate. Ours carries its state
from update to update and looks characters up; PyTorch starts from zero, and
reads one-hot vectors. The JSON line counts the weights of both.
"""

import dataclasses

import launch
import tyro
from rich.console import Console
from same_memory import restart_with_kept_memory
from training_comparison import TrainingArguments, compare


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments(TrainingArguments):
  """Times updates of a character model, ours and PyTorch's in turn; the last
  line printed is JSON."""

  batch_size: int = 100
  """Rows of a batch."""
  length: int = 100
  """Characters of every row."""
  rounds: int = 20
  """Updates of each side that are timed, after one to warm up."""
  hidden: int = 512
  """Cells in each layer."""
  layers: int = 2
  classes: int = 100
  """Characters of the alphabet."""


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  import our_training
  import torch_training
  from random_batches import random_text
  from torch_peers import TextPeer

  from graves_jax.fast.implementation import resolve
  from graves_jax.networks.prediction import PredictionNetwork

  classes, layers = arguments.classes, arguments.layers
  devices, kernels = our_training.training_devices(arguments.batch_size)
  torch_device = torch_training.torch_device(devices[0].platform)
  batch = random_text(arguments.batch_size, arguments.length, classes)

  def ours(precision):
    network = PredictionNetwork(
      inputs=classes,
      outputs=classes,
      hidden=(arguments.hidden,) * layers,
      lstm_clip=1.0,  # Section 3.1
      precision=precision,
      implementation=resolve("auto", precision, kernels),
    )
    return our_training.text_update(network, batch, devices)

  def torch(precision):
    model = TextPeer(classes, arguments.hidden, layers)
    return torch_training.text_update(model, batch, precision, torch_device)

  compare(arguments, console, ours, torch, unit="characters")


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
