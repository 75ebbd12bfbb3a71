"""How well a network knows one writer's lines: own_hand.py LINES OWN.

Scores lines of one hand by the weights that ship, alone and after one of the
writer's other lines, and by weights that were tuned to those
(configs/handwriting_own_hand.py). The first points of each line are left out,
in which the pen comes from the prime.
"""

import dataclasses
from pathlib import Path

import launch
import numpy as np
import tyro
from report import print_json, rounded
from rich.console import Console

_FIRST = 10  # points that are left out
_SPACE = 150.0  # between words, in pen units


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Nats a point; the last line printed is JSON."""

  lines: tyro.conf.Positional[Path]
  """A stroke file of the lines to score."""
  own: tyro.conf.Positional[Path]
  """A stroke file of the writer's other lines; the longest is the prime."""
  tuned: tuple[Path, ...] = ()
  """Checkpoints that were tuned to those."""


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from graves_jax.checkpoints.writers import load_writer
  from graves_jax.commands import runtime
  from graves_jax.data.sources.stroke_file import read_stroke_file

  runtime.use_compilation_cache()
  splits = read_stroke_file(arguments.lines)
  lines = [*splits["train"], *splits["validation"]]
  own = read_stroke_file(arguments.own)["train"]
  prime = max(own, key=lambda line: len(line.points))
  writer = load_writer()
  found = {
    "by itself": nats_per_point(writer, lines, None),
    "primed": nats_per_point(writer, lines, prime),
  }
  for path in arguments.tuned:
    tuned = load_writer(path)
    found[f"tuned, {path.name}"] = nats_per_point(tuned, lines, None)
    found[f"tuned and primed, {path.name}"] = nats_per_point(
      tuned, lines, prime
    )
  for name, nats in found.items():
    console.print(f"{name}: {nats:.3f} nats a point", highlight=False)
  print_json(
    {
      "lines": len(lines),
      "nats_per_point": {name: rounded(nats) for name, nats in found.items()},
    }
  )


def nats_per_point(writer, lines, prime) -> float:
  """Mean over the points of all lines, each after the prime."""
  import jax.numpy as jnp

  from graves_jax.distributions import bivariate_mixture
  from graves_jax.layers.window_lstm import Text
  from graves_jax.networks.prediction import shift_right

  before, said = writer.prime(prime)
  texts = [said + line.text for line in lines]
  pens = [
    np.concatenate(
      [
        before,
        writer.normalization.normalize(
          line.points if prime is None else with_approach(prime, line)
        ),
      ]
    )
    for line in lines
  ]
  points = np.zeros((max(map(len, pens)), len(lines), 3), np.float32)
  characters = np.zeros((len(lines), max(map(len, texts))), np.int32)
  counted = np.zeros(points.shape[:2], bool)
  for row, (pen, text) in enumerate(zip(pens, texts, strict=True)):
    points[: len(pen), row] = pen
    characters[row, : len(text)] = writer.alphabet.encode(text)
    counted[len(pen) - len(lines[row].points) + _FIRST : len(pen), row] = True
  lengths = np.array(list(map(len, texts)))
  mask = np.arange(characters.shape[1]) < lengths[:, None]
  raw = writer.network.apply(
    writer.params,
    shift_right(jnp.asarray(points)),
    Text(characters, mask.astype(np.float32)),
  )
  nats = -bivariate_mixture.log_prob(
    raw, points, sigma_floor=writer.sigma_floor
  )
  return float(np.asarray(nats)[counted].mean())


def with_approach(prime, line) -> np.ndarray:
  """A line's elements after the pen's way to it, as if it followed the prime
  on the same baseline, a space further on."""
  end = prime.points[:, 1].sum() - _middle(prime)
  way = np.float32([[_SPACE, -_middle(line) - end, 0.0]])
  return np.concatenate([way, line.points])


def _middle(line) -> float:
  """Of the ink's heights, from where the line begins."""
  return float(np.median(line.points[:, 1].cumsum()))


if __name__ == "__main__":
  launch.run(main)
