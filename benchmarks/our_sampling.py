"""The package's own sampler, as a benchmark calls it."""

from collections.abc import Callable

import jax
import numpy as np
from random_batches import ALPHABET_SIZE, random_lines
from rich.console import Console

from graves_jax.checkpoints.state import initial_params
from graves_jax.commands import runtime
from graves_jax.config import NetworkConfig
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.build import build_network, example_inputs
from graves_jax.sampling.handwriting import SampleInputs, sample_handwriting

# Random weights whose window hardly moves: the stop rule never fires.
WINDOW_BIAS = (0.0, -0.5, -6.0)
BIAS = 1.0  # of sample.py


def sampler(
  hidden: tuple[int, ...], precision: str, batch_size: int, length: int
) -> Callable[[], None]:
  """Writes `length` points of every line a call, with random weights.

  The text is as long as that of a real line of so many points.

  Returns:
    What writes them; it raises ValueError if a line ended early.
  """
  kernels = runtime.use_kernels(Console(), jax.devices()[:1])
  config = NetworkConfig(
    hidden=hidden, window_bias=WINDOW_BIAS, precision=precision
  )
  network = build_network(config, ALPHABET_SIZE, kernels=kernels)
  lines = random_lines(batch_size, length)
  params = initial_params(network, 0, *example_inputs(network))
  inputs = SampleInputs(
    keys=jax.random.split(jax.random.key(0), batch_size),
    bias=np.full(batch_size, BIAS, np.float32),
    points=np.zeros((length, batch_size, 3), np.float32),
    prime_lengths=np.zeros(batch_size, np.int32),
    limits=np.full(batch_size, length, np.int32),
    text=Text(lines.characters, np.ones(lines.characters.shape, np.float32)),
    text_lengths=lines.text_lengths,
    rest=np.float32(0),
  )

  def sample() -> None:
    shortest = int(sample_handwriting(network, params, inputs).lengths.min())
    if shortest < length:
      raise ValueError(
        f"a line ended after {shortest} of {length} points; the figures would "
        "be of another length than the peer's."
      )

  return sample
