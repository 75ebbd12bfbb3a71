"""Training the synthesis network: ours against PyTorch.

Both sides make whole updates of the 3 x 400 network of Section 5 on the same
batch: forward, full gradient through time, global-norm clipping, Adam. Ours is
the package's mapped train step on all cores (or one GPU). PyTorch's layer 1 is
an `nn.LSTMCell` and its window in a Python loop, layers 2 and 3 are `nn.LSTM`.

Not the same: `nn.LSTM` has no peepholes and clips no derivative, but has a
second bias per gate; ours also sums the squared error of Table 4 and masks
rows, as it does whenever it trains.
"""

import dataclasses
import functools

import launch
import tyro
from rich.console import Console
from same_memory import restart_with_kept_memory
from training_comparison import TrainingArguments, compare


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments(TrainingArguments):
  """Times updates of the synthesis network, ours and PyTorch's in turn; the
  last line printed is JSON."""

  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  import our_training
  import torch_training
  from random_batches import ALPHABET_SIZE, random_lines
  from torch_peers import SynthesisPeer

  devices, kernels = our_training.training_devices(arguments.batch_size)
  torch_device = torch_training.torch_device(devices[0].platform)
  batch = random_lines(arguments.batch_size, arguments.length)

  ours = functools.partial(
    our_training.new_handwriting_update,
    "synthesis",
    arguments.hidden,
    batch,
    devices,
    kernels,
  )

  def torch(precision):
    model = SynthesisPeer(arguments.hidden, ALPHABET_SIZE)
    return torch_training.handwriting_update(
      model, batch, precision, torch_device
    )

  compare(arguments, console, ours, torch, unit="points")


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
