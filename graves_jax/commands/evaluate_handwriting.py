"""The part of graves-jax evaluate that scores handwriting."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands.console import loading
from graves_jax.commands.scored_lines import load_lines
from graves_jax.commands.telling import tell
from graves_jax.config import HandwritingConfig
from graves_jax.data.batches import Batches
from graves_jax.data.lines import LineBatches
from graves_jax.devices.parallel import (
  fitting,
  over_devices,
  require_divisible,
)
from graves_jax.fast.kernels.library import Kernels
from graves_jax.losses.handwriting import (
  HandwritingScores,
  handwriting_loss,
  handwriting_scores,
)
from graves_jax.losses.sigma_floors import FloorSums, floors_loss
from graves_jax.losses.sums import LossFn, Sums
from graves_jax.networks.build import build_network
from graves_jax.networks.synthesis import SynthesisNetwork
from graves_jax.tasks.handwriting import reading_test
from graves_jax.training.evaluate import evaluate, nats_gained_by_reading
from graves_jax.training.experiment import loss_summer

BATCH_SIZE = 64
# Figures with these are told beside those with the network's own.
OTHER_FLOORS = (0.0001, 0.001, 0.007, 0.01)


def score_handwriting(
  arguments: Any,
  restored: Restored,
  devices: Sequence[jax.Device],
  console: Console,
  kernels: Kernels | None,
) -> dict[str, Any]:
  """Scores every line of a split, and prints what its figures mean.

  Args:
    arguments: those of graves-jax evaluate.
    restored: the checkpoint.
    devices: to use.
    console: for progress and results.
    kernels: to score with, where they fit.

  Returns:
    The scores by name, and what they are of.

  Raises:
    ValueError, OSError: if an argument cannot be used.
  """
  config, codec = restored.metadata.of_handwriting()
  floor = sigma_floor(arguments, config)
  lines, split = load_lines(arguments, config.data, console)
  size = BATCH_SIZE if arguments.batch_size is None else arguments.batch_size
  batches = functools.partial(
    LineBatches,
    alphabet=codec.alphabet,
    normalization=codec.normalization,
    batch_size=size,
    buckets=config.data.buckets,
  )
  network = build_network(config.network, codec.size, kernels=kernels)
  whole = batches(lines)
  if not arguments.devices:
    devices = fitting(devices, size)
  require_divisible("batch_size", size, len(devices))
  scorer = functools.partial(
    scorer_of, params=restored.params, devices=devices, console=console
  )
  floors = sorted({floor, *OTHER_FLOORS})
  zero = codec.normalization.normalize(np.zeros(3))[:2]
  sums: Any = scorer(floors_loss(network, floor, floors, zero))(whole)
  scores = handwriting_scores(sums.own)
  if isinstance(network, SynthesisNetwork):
    test = reading_test(lines, batches)
    score = scorer(handwriting_loss(network, floor))
    gained = None if test is None else nats_gained_by_reading(score, test)
    scores = scores._replace(nats_gained_by_reading=gained)
  unknown = sum(len(codec.alphabet.unknown(x.text)) > 0 for x in lines)
  zeros = round(100 * float(sums.zeros / sums.elements), 3)
  by_floor = floor_scores(sums, floors)
  for text in (
    describe(scores, split, floor, unknown, zeros),
    describe_floors(by_floor),
  ):
    tell(console, text)
  return scores._asdict() | {
    "split": split,
    "sigma_floor": floor,
    "percent_zeros": zeros,
    "floors": by_floor,
  }


def sigma_floor(arguments: Any, config: HandwritingConfig) -> float:
  """The floor to score with: the argument's, else the network's.

  Raises:
    ValueError: if it is out of range.
  """
  floor = arguments.sigma_floor
  if floor is None:
    return config.network.sigma_floor
  if not 0 < floor < 1:
    raise ValueError(f"sigma_floor (={floor}) must be above 0 and below 1.")
  return floor


def floor_scores(
  sums: FloorSums, floors: Sequence[float]
) -> list[dict[str, float]]:
  """What each floor makes of the same predictions."""
  lines, points = float(sums.sequences), float(sums.elements)
  return [
    {
      "sigma_floor": floor,
      "nats_per_sequence": nats / lines,
      "nats_per_point": nats / points,
      "nats_of_zeros_per_sequence": of_zeros / lines,
      "percent_of_nats_of_zeros": 100 * of_zeros / (nats or math.inf),
    }
    for floor, nats, of_zeros in zip(
      floors, sums.by_floor.tolist(), sums.of_zeros.tolist(), strict=True
    )
  ]


def scorer_of(
  loss_fn: LossFn, params: Any, devices: Sequence[jax.Device], console: Console
) -> Callable[[Batches], Sums]:
  """What sums the losses of batches, spread over the devices."""
  mapped = over_devices(devices)
  sum_losses = loss_summer(loss_fn, mapped)
  params = mapped.replicate(params)

  def score(batches: Batches) -> Sums:
    with loading(console, "Scoring") as progress:
      return evaluate(sum_losses, params, (), batches, progress)

  return score


def describe(
  scores: HandwritingScores,
  split: str,
  floor: float,
  unknown: int,
  zeros: float,
) -> str:
  """The scores in sentences, with their units."""
  text = (
    f"{split}: {scores.sequences:,} lines, {scores.points:,} points, "
    f"{unknown} lines with unknown characters; nats over offsets of standard "
    f"deviation 1, sigma floored at {floor:g} of it ({zeros:.2f} % of offsets "
    f"are exactly zero). {scores.nats_per_sequence:.1f} nats per sequence, "
    f"{scores.nats_per_point:.4f} per point; squared error "
    f"{scores.squared_error_per_point:.3f} per point (x and y added up), "
    f"{scores.squared_error_per_coordinate:.3f} per coordinate (their mean, "
    "the one to compare with the paper's)."
  )
  if scores.nats_gained_by_reading is not None:
    text += (
      f" Reading its text gains {scores.nats_gained_by_reading:.1f} nats a "
      "line over reading another line's."
    )
  return text


def describe_floors(by_floor: Sequence[dict[str, float]]) -> str:
  """What the floor is worth, in sentences."""
  each = "; ".join(
    f"{f['sigma_floor']:g}: {f['nats_per_sequence']:.1f} "
    f"({f['nats_per_point']:.4f} per point), of which exact zeros bring "
    f"{f['nats_of_zeros_per_sequence']:.1f} "
    f"({f['percent_of_nats_of_zeros']:.1f} %)"
    for f in by_floor
  )
  return f"Nats per sequence by the floor of sigma: {each}."
