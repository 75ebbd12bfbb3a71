"""Training and sampling on a graphics card, beside cuDNN on the same card.

For every batch size: points per second of training (synthesis and prediction)
and of sampling, ours and PyTorch's, in float32 and bfloat16, in turn, and for
prediction in float32 those of `jax.experimental.rnn`, which is cuDNN too; the
time of one epoch of IAM-OnDB; and the share of the card's arithmetic and
bandwidth that ours uses. What is not the same on both sides is said in
train_synthesis.py, train_prediction.py and sample_synthesis.py.

The shares are computed, not measured by counters: 6 operations a weight and
point (2 forward, 4 backward); and as bytes the weights, read from memory at
every time step forward and backward, and what the backward pass needs of the
forward pass, written once and read once in float32. Weights that stay in the
card's cache make the true traffic smaller.
"""

import dataclasses
from typing import Literal

import launch
import tyro
from interleave import OURS, Side, Timings, interleave
from ranges import require_least
from report import fastest, only, print_json, rate, ratio, rounded
from rich.console import Console
from same_memory import restart_with_kept_memory

EPOCH_POINTS = 6.7e6  # of IAM-OnDB's training lines
WORKS = ("synthesis", "prediction", "sampling")
FROM_JAX = Side("jax.experimental.rnn", "float32")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Measures training and sampling on a GPU; prints a Markdown table, and as
  its last line JSON."""

  batch_size: tuple[int, ...] = (64, 256, 1024)
  """Lines at once."""
  length: int = 600
  """Points of every line of training."""
  sampled: int = 300
  """Points of every line that is sampled."""
  rounds: int = 5
  """How often each side is timed, after once to warm up."""
  precision: tuple[Literal["float32", "bfloat16"], ...] = (
    "float32",
    "bfloat16",
  )
  """Of the matrix products, on both sides."""
  torch_sampler: tuple[Literal["eager", "compiled"], ...] = (
    "eager",
    "compiled",
  )
  """How PyTorch samples; to compile takes it tens of seconds each time."""
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer."""
  anywhere: bool = False
  """Measures on whatever JAX runs on: to try this script, not for figures."""

  def __post_init__(self):
    require_least(self, batch_size=1, length=2, sampled=1, rounds=1)
    if not self.precision:
      raise ValueError("--precision: name float32, bfloat16 or both.")
    if not self.torch_sampler:
      raise ValueError("--torch-sampler: name eager, compiled or both.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
  """One row of the table; rates in points per second, of all lines."""

  work: str
  batch_size: int
  precision: str
  ours: float
  peer: float | None
  ratio: float | None
  from_jax: float | None
  epoch_seconds: float | None
  arithmetic_share: float | None
  bandwidth_share: float | None


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  import jax

  device = jax.devices()[0]
  if device.platform != "gpu" and not arguments.anywhere:
    raise ValueError(
      f"JAX sees no GPU here (its device is: {device.device_kind}); nothing "
      'was measured. On a machine with one: pip install -e ".[gpu]"'
    )
  peer = torch_device(device, console)
  rows, not_run = [], {}
  for batch_size in arguments.batch_size:
    for work in WORKS:
      timings, weights = measure(arguments, work, batch_size, peer, console)
      rows += rows_of(arguments, work, batch_size, timings, weights, device)
      for side, why in timings.not_run.items():
        not_run[f"{work}, B={batch_size}, {side}"] = why
  print(f"\n{markdown(rows)}\n")
  best = max((r for r in rows if r.work == WORKS[0]), key=lambda r: r.ours)
  print_json(
    {
      "ours": best.ours,
      "peer": best.peer,
      "ratio": best.ratio,
      "unit": "points per second of synthesis training",
      "peer_type_in_bfloat16": lstm_type(peer),
      "rows": [dataclasses.asdict(row) for row in rows],
      "not_run": not_run,
    }
    | dataclasses.asdict(arguments)
  )


def torch_device(device, console: Console):
  """PyTorch's device on the same card; None, said aloud, if it has none."""
  try:
    import torch_training

    return torch_training.torch_device(device.platform)
  except (ImportError, ValueError) as error:
    console.print(f"No peer: {error}", markup=False, highlight=False)
    return None


def lstm_type(device) -> str | None:
  """The type that PyTorch's `nn.LSTM` computes in under autocast."""
  if device is None:
    return None
  import torch
  from torch_training import autocast

  layer = torch.nn.LSTM(8, 8).to(device)
  try:
    with torch.no_grad(), autocast(device, "bfloat16"):
      return str(layer(torch.zeros(1, 1, 8, device=device))[0].dtype)
  except RuntimeError:
    return None


def measure(
  arguments: Arguments, work: str, batch_size: int, peer, console: Console
) -> tuple[Timings, int]:
  """Times one kind of work; also the number of our weights."""
  sides, weights = {}, 0
  prepare = sampling_sides if work == "sampling" else training_sides
  for precision in arguments.precision:
    new, weights = prepare(arguments, work, batch_size, precision, peer)
    sides |= new
  title = f"{work}, B={batch_size}"
  return interleave(sides, arguments.rounds, console, title), weights


def training_sides(arguments, kind: str, batch_size: int, precision: str, peer):
  """Updates of ours and of PyTorch, and the number of our weights."""
  import jax
  from random_batches import ALPHABET_SIZE, random_lines

  ours = our_update(arguments, kind, batch_size, precision)
  batch = random_lines(batch_size, arguments.length)
  sides = {Side(OURS, precision): ours.run}
  if kind == "prediction" and precision == FROM_JAX.precision:
    from cudnn_peer import cudnn_update

    sides[FROM_JAX] = cudnn_update(arguments.hidden, batch, jax.devices()[:1])
  if peer is not None:
    import torch_training
    from torch_peers import PredictionPeer, SynthesisPeer

    model = (
      SynthesisPeer(arguments.hidden, ALPHABET_SIZE)
      if kind == "synthesis"
      else PredictionPeer(arguments.hidden)
    )
    sides[Side("torch", precision)] = torch_training.handwriting_update(
      model, batch, precision, peer
    ).run
  return sides, ours.weights


def our_update(arguments, kind: str, batch_size: int, precision: str):
  """Updates of ours, of one batch of random lines, not compiled yet."""
  import jax
  import our_training
  from random_batches import random_lines

  network = our_training.handwriting_network(kind, arguments.hidden, precision)
  batch = random_lines(batch_size, arguments.length)
  return our_training.handwriting_update(network, batch, jax.devices()[:1])


def sampling_sides(arguments, _, batch_size: int, precision: str, peer):
  """Samplers of ours and of PyTorch, eager and compiled."""
  import our_sampling

  sizes = (arguments.hidden, precision, batch_size, arguments.sampled)
  sides = {Side(OURS, precision): our_sampling.sampler(*sizes)}
  if peer is not None:
    import torch_sampling

    for name in arguments.torch_sampler:
      sides[Side(f"torch {name}", precision)] = torch_sampling.sampler(
        *sizes, peer, compiled=name == "compiled"
      )
  return sides, 0


def rows_of(
  arguments: Arguments,
  work: str,
  batch_size: int,
  timings: Timings,
  weights: int,
  device,
) -> list[Row]:
  """A row a precision: ours beside the fastest peer of that precision."""
  from gpu_peaks import peaks_of

  trains = work != "sampling"
  peaks = peaks_of(device.device_kind) if trains else None
  points = batch_size * (arguments.length if trains else arguments.sampled)
  rows = []
  for precision in arguments.precision:
    same = only(timings, precision)
    ours, peer = fastest(same, OURS), fastest(same, "torch")
    compared, speed = ratio(same, ours, peer), rate(same, ours, points)
    shares = None, None
    if peaks is not None:
      moved = bytes_per_point(arguments.hidden, weights, batch_size, precision)
      operations = peaks._asdict()[precision]
      shares = (
        rounded(6 * weights * speed / operations),
        rounded(moved * speed / peaks.bandwidth),
      )
    rows.append(
      Row(
        work=work,
        batch_size=batch_size,
        precision=precision,
        ours=speed,
        peer=rate(same, peer, points),
        ratio=rounded(compared[0]) if compared else None,
        from_jax=rate(same, FROM_JAX, points),
        epoch_seconds=rounded(EPOCH_POINTS / speed) if trains else None,
        arithmetic_share=shares[0],
        bandwidth_share=shares[1],
      )
    )
  return rows


def bytes_per_point(
  hidden: tuple[int, ...], weights: int, batch_size: int, precision: str
) -> float:
  """Memory traffic of training, as the head of this file counts it."""
  bytes_per_weight = {"float32": 4, "bfloat16": 2}[precision]
  read = 2 * weights * bytes_per_weight / batch_size
  kept = 5 * sum(hidden)  # h and four gates; cells are made again of every cell
  return read + 2 * 4 * kept


def markdown(rows: list[Row]) -> str:
  """The table for README.md."""
  names = (
    "work",
    "B",
    "precision",
    "ours, points/s",
    "PyTorch, points/s",
    "ratio",
    "jax.experimental.rnn, points/s",
    "epoch, s",
    "arithmetic",
    "bandwidth",
  )
  lines = [names, ["---"] * len(names)]
  for row in rows:
    lines.append(
      (
        row.work,
        f"{row.batch_size:,}",
        row.precision,
        f"{row.ours:,.0f}",
        shown(row.peer, ",.0f"),
        shown(row.ratio, ".2f"),
        shown(row.from_jax, ",.0f"),
        shown(row.epoch_seconds, ".1f"),
        shown(row.arithmetic_share, ".1%"),
        shown(row.bandwidth_share, ".1%"),
      )
    )
  return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(value: float | None, form: str) -> str:
  """A number, or a dash for what was not measured."""
  return "–" if value is None else format(value, form)


if __name__ == "__main__":
  restart_with_kept_memory()
  launch.run(main)
