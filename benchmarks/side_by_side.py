"""The standard RNN and LSTM side by side, of one to three layers each.

python benchmarks/side_by_side.py --data tinyshakespeare.txt

Six networks of about equal numbers of weights learn the same text, in the same
batches, by Adam (Section 2 of the paper; Karpathy, Johnson & Li, 2015). Two
figures come of it: validation losses, against symbols read and against minutes
of one core; and how far back each network remembers, its loss when it is shown
no more than the last so many characters.

Minutes are updates times an update's processor time, the median of rounds in
which all six take turns, XLA's code in all: what else the machine did meanwhile
does not matter, nor that LSTM has kernels of its own here.

The learning rates decide much, and are not those of a search: at 5e-3 the LSTM
of two layers ends 0.23 nats higher than at 1.6e-2, and the RNN was not tried
above 8e-3. Started again, the script goes on where it was, and measures nothing
that is in runs/side_by_side/side_by_side.json, which tells the settings, too.
"""

import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import launch
import numpy as np
import tyro
from ranges import require_least
from rich.console import Console

LEARNING_RATES = {"lstm": 1.6e-2, "rnn": 5e-3}
_CONFIG = launch.ROOT / "configs/char_rnn.py"
_RESULTS = "side_by_side.json"
_STREAMS, _LENGTH = 50, 100  # of an update


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Trains, times and questions six networks, and draws two figures."""

  data: Path
  """A text file."""
  workdir: Path = Path("runs/side_by_side")
  """Runs, and what was measured of them."""
  out: Path = Path("docs/figures")
  """A folder for the figures."""
  weights: int = 200_000
  """Weights of each network, about."""
  steps: int = 1200
  """Updates of 50 streams of 100 characters."""
  places: int = 4096
  """Places of the validation text that are scored after each context."""
  contexts: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
  """Characters that a network is shown before such a place."""
  only: tuple[str, ...] = ()
  """Networks to train and no more, such as lstm_2 rnn_1."""

  def __post_init__(self):
    require_least(self, weights=1000, steps=1, places=1, contexts=1)
    if list(self.contexts) != sorted(set(self.contexts)):
      raise ValueError(f"contexts (={self.contexts}) must go up.")


@dataclasses.dataclass(frozen=True)
class Side:
  """A network: its cell, "lstm" or "rnn", and the units of its layers."""

  cell: str
  hidden: tuple[int, ...]

  @property
  def name(self) -> str:
    return f"{self.cell}_{len(self.hidden)}"


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from graves_jax.commands import runtime

  runtime.use_devices(1)
  corpus, longest = load(arguments.data), arguments.contexts[-1]
  if len(corpus.validation) <= longest:
    raise ValueError(
      f"--data {arguments.data} has {len(corpus.validation):,} characters of "
      f"validation text; contexts of {longest} need more."
    )
  sides = [
    Side(cell, (widest(cell, layers, corpus.codec.size, arguments),) * layers)
    for cell in ("lstm", "rnn")
    for layers in (1, 2, 3)
  ]
  for side in sides:
    if not arguments.only or side.name in arguments.only:
      console.print(f"{side.name}: {side.hidden}", highlight=False)
      train(side, arguments)
  if arguments.only:
    return
  from side_by_side_figures import draw

  from graves_jax.rendering.files import write_atomically

  measured = arguments.workdir / _RESULTS
  settings = settings_of(sides, corpus, arguments)
  results = read_results(measured, settings)
  if results is None:
    results = measure(sides, corpus, arguments, console)
    found = {"settings": settings, "networks": results}
    write_atomically(measured, json.dumps(found, indent=1).encode())
  figures = draw(results, arguments.out)
  for path in (measured, *figures):
    console.print(path, markup=False, highlight=False, soft_wrap=True)


def settings_of(
  sides: Sequence[Side], corpus: Any, arguments: Arguments
) -> dict[str, Any]:
  """What decides the results, as it is in their file."""
  return {
    "networks": {side.name: list(side.hidden) for side in sides},
    "learning_rates": LEARNING_RATES,
    "symbols": [len(corpus.train), len(corpus.validation)],
    "symbols_per_update": _STREAMS * _LENGTH,
    "steps": arguments.steps,
    "places": arguments.places,
    "contexts": list(arguments.contexts),
  }


def read_results(path: Path, settings: dict[str, Any]) -> list[dict] | None:
  """What was measured before; None if nothing was.

  Raises:
    ValueError: if that was with other settings, or cannot be read.
  """
  if not path.is_file():
    return None
  advice = "take it away to measure again, or name another --workdir."
  try:
    found = json.loads(path.read_text("utf-8"))
  except ValueError:
    raise ValueError(f"{path} cannot be read; {advice}") from None
  if not isinstance(found, dict) or found.get("settings") != settings:
    raise ValueError(f"{path} is of other settings than those given; {advice}")
  return found["networks"]


def load(path: Path) -> Any:
  """The text as train.py reads it."""
  from graves_jax.commands import command_line
  from graves_jax.data.sources.text import load_corpus

  data = command_line.read_config(_CONFIG).data
  data = dataclasses.replace(data, path=str(path))
  return load_corpus(data, lambda *_: None)


def widest(cell: str, layers: int, classes: int, arguments: Arguments) -> int:
  """The widest layers with which a network has no more than the weights."""
  width = 1
  while weights_of(Side(cell, (width + 1,) * layers), classes) <= (
    arguments.weights
  ):
    width += 1
  return width


def weights_of(side: Side, classes: int) -> int:
  """Weights of a network: of Eqs. (1)-(3), with biases and peepholes."""
  per_unit, gates = (3, 4) if side.cell == "lstm" else (0, 1)
  below, count = 0, classes
  for width in side.hidden:
    inputs = classes + below + width + 1  # skip, below, itself, bias
    count += width * (gates * inputs + per_unit + classes)
    below = width
  return count


def train(side: Side, arguments: Arguments) -> None:
  """Trains by the command that stands in the README, in its own process."""
  options = {
    "--data.path": arguments.data,
    "--data.batch-size": _STREAMS,
    "--data.length": _LENGTH,
    "--workdir": arguments.workdir / side.name,
    "--devices": 1,
    "--network.cell": side.cell,
    "--network.dropout": 0,
    "--network.weight-range": 0.08,  # Karpathy, Johnson & Li's
    "--optimizer.name": "adam",
    "--optimizer.decay": 0.99,
    "--optimizer.learning-rate": LEARNING_RATES[side.cell],
    "--training.steps": arguments.steps,
    "--training.evaluate-every": 50,
    "--training.evaluation-batch-size": 50,
    "--training.sample-every": arguments.steps,
  }
  words = [str(word) for pair in options.items() for word in pair]
  words += ["--network.hidden", *map(str, side.hidden)]
  script = launch.ROOT / "train.py"
  subprocess.run([sys.executable, script, _CONFIG, *words], check=True)


def measure(
  sides: Sequence[Side], corpus: Any, arguments: Arguments, console: Console
) -> list[dict]:
  """What is known of each network: its size, time, losses and memory."""
  from remembering import losses_after_contexts

  from graves_jax.checkpoints.writers import load_text_writer
  from graves_jax.results.metrics import read_rows

  seconds = time_updates(sides, corpus, console)
  results = []
  for side in sides:
    console.print(f"{side.name}: how far it remembers", highlight=False)
    run = arguments.workdir / side.name
    validations = [r for r in read_rows(run) if r["kind"] == "validation"]
    results.append(
      {
        "cell": side.cell,
        "hidden": side.hidden,
        "weights": weights_of(side, corpus.codec.size),
        "seconds_per_update": seconds[side],
        "symbols_per_update": _STREAMS * _LENGTH,
        "symbols": [_STREAMS * _LENGTH * row["step"] for row in validations],
        "nats": [row["nats_per_symbol"] for row in validations],
        "contexts": arguments.contexts,
        "nats_after_context": losses_after_contexts(
          load_text_writer(run),
          corpus.validation,
          arguments.contexts,
          arguments.places,
        ),
      }
    )
  return results


def time_updates(
  sides: Sequence[Side], corpus: Any, console: Console, rounds: int = 8
) -> dict[Side, float]:
  """The median processor seconds of an update of each network."""
  import our_training
  from random_batches import random_text

  from graves_jax.commands import runtime
  from graves_jax.networks.prediction import PredictionNetwork

  classes, devices = corpus.codec.size, runtime.use_devices(1)
  batch = random_text(_STREAMS, _LENGTH, classes)
  updates = {}
  for side in sides:
    network = PredictionNetwork(
      inputs=classes,
      outputs=classes,
      hidden=side.hidden,
      cell=side.cell,
      lstm_clip=1.0,
      output_clip=1.0,
    )
    updates[side] = our_training.text_update(network, batch, devices)
    updates[side].run()  # compiles
  seconds = {side: [] for side in sides}
  for number in range(rounds):
    console.print(f"timing: round {number + 1} of {rounds}", highlight=False)
    for side in sides:
      started = time.process_time()
      updates[side].run()
      seconds[side].append(time.process_time() - started)
  return {side: float(np.median(of)) for side, of in seconds.items()}


if __name__ == "__main__":
  launch.run(main)
