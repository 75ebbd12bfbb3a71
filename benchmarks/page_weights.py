"""What the 8-bit weights of the page cost: nats on validation lines.

Scores the first lines of IAM-OnDB's testset_v with the weights as they are and
as the page carries them (graves_jax/rendering/page_weights.py).
"""

import dataclasses
from pathlib import Path

import launch
import tyro
from rich.console import Console


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Scores weights, whole and rounded."""

  data: Path
  """IAM-OnDB: its folder, or the file that graves-jax prepare made."""
  lines: int = 128
  """How many lines of the validation split."""


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from graves_jax.checkpoints.writers import load_writer
  from graves_jax.config import DataConfig
  from graves_jax.data.sources.handwriting import load_split

  data = DataConfig(path=str(arguments.data))
  lines = load_split(data, "validation")[: arguments.lines]
  writer = load_writer()
  for name, params in (
    ("float32", writer.params),
    ("8 bits", {"params": rounded(writer.params["params"])}),
  ):
    nats = score(writer, params, lines)
    console.print(f"{name}: {nats:.2f} nats a line", highlight=False)


def rounded(params):
  """The matrices as the page multiplies them."""
  from graves_jax.rendering.page_weights import quantized

  def back(matrix):
    whole, scales = quantized(matrix.T)
    return (whole * scales[:, None]).T

  layers = {
    name: layer._replace(
      inputs=back(layer.inputs), recurrent=back(layer.recurrent)
    )
    for name, layer in params.items()
    if name.startswith("layer_")
  }
  output = params["output"]
  output = output._replace(weights=back(output.weights))
  return dict(params) | layers | {"output": output}


def score(writer, params, lines) -> float:
  """Nats a line, line by line in rows of 16."""
  import jax
  import jax.numpy as jnp
  import numpy as np

  from graves_jax.distributions import bivariate_mixture
  from graves_jax.layers.window_lstm import Text
  from graves_jax.networks.prediction import shift_right

  longest = max(len(line.points) for line in lines)
  columns = max(len(line.text) for line in lines)

  @jax.jit
  def nats(params, points, text, mask):
    raw = writer.network.apply(params, shift_right(points), text)
    log_prob = bivariate_mixture.log_prob(
      raw, points, sigma_floor=writer.sigma_floor
    )
    return -(log_prob * mask).sum()

  total = 0.0
  for first in range(0, len(lines), 16):
    rows = lines[first : first + 16]
    points = np.zeros((longest, 16, 3), np.float32)
    mask = np.zeros((longest, 16), np.float32)
    characters = np.zeros((16, columns), np.int32)
    read = np.zeros((16, columns), np.float32)
    for row, line in enumerate(rows):
      steps, letters = len(line.points), len(line.text)
      points[:steps, row] = writer.normalization.normalize(line.points)
      mask[:steps, row] = 1
      characters[row, :letters] = writer.alphabet.encode(line.text)
      read[row, :letters] = 1
    text = Text(jnp.asarray(characters), jnp.asarray(read))
    total += float(nats(params, points, text, mask))
  return total / len(lines)


if __name__ == "__main__":
  launch.run(main)
