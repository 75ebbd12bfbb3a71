"""Sampling in PyTorch: the synthesis network and its density, step by step."""

from collections.abc import Callable
from typing import Any

import torch
from our_sampling import BIAS, WINDOW_BIAS
from random_batches import ALPHABET_SIZE, random_lines
from torch import Tensor
from torch_mixture import sample as draw
from torch_peers import SynthesisPeer
from torch_training import autocast, synchronize


def sampler(
  hidden: tuple[int, ...],
  precision: str,
  batch_size: int,
  length: int,
  device: torch.device,
  *,
  compiled: bool,
) -> Callable[[], None]:
  """Writes `length` points of every line a call, as `our_sampling.sampler`.

  Args:
    hidden: cells in each layer.
    precision: of the matrix products.
    batch_size: lines.
    length: points of each.
    device: to sample on.
    compiled: whether `torch.compile` makes one function of a step; on a GPU
      also one CUDA graph.
  """
  model = SynthesisPeer(hidden, ALPHABET_SIZE, window_bias=WINDOW_BIAS)
  model.to(device).eval()
  lines = random_lines(batch_size, length)
  text = torch.as_tensor(lines.characters, device=device).long()

  def step(state: Any, element: Tensor) -> tuple[Any, Tensor]:
    with autocast(device, precision):
      state, raw = model.step(state, element, text)
    return state, draw(raw.float(), BIAS)

  if compiled:
    step = _compile(step, device)

  @torch.no_grad()
  def sample() -> None:
    element = torch.zeros(batch_size, 3, device=device)
    state = model.initial_state(element)
    points = torch.empty(length, batch_size, 3, device=device)
    for t in range(length):
      state, element = step(state, element)
      points[t] = element
    synchronize(device)

  return sample


def _compile(step: Callable, device: torch.device) -> Callable:
  if device.type != "cuda":
    return torch.compile(step, dynamic=False)
  graph = torch.compile(step, dynamic=False, mode="reduce-overhead")

  def replay(state: Any, element: Tensor) -> tuple[Any, Tensor]:
    torch.compiler.cudagraph_mark_step_begin()
    # The next replay writes over what this one returns.
    return torch.utils._pytree.tree_map(torch.clone, graph(state, element))

  return replay
