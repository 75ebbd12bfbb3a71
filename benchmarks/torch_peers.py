"""The paper's networks as a PyTorch user would write them for speed.

`nn.LSTM` (oneDNN on CPU, cuDNN on a GPU) wherever a layer can be unrolled by
itself. It has no peepholes and clips no derivative, but a second bias per
gate. Axes as in the package: T time, B batch, U characters, A alphabet,
K windows.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

OUTPUTS = 121  # 20 components and the pen bit
WINDOW_BIAS = (0.0, -0.5, -3.0)  # of alpha, beta, kappa: the package's


class PredictionPeer(nn.Module):
  """Stacked LSTM layers with skip connections, Eqs. (1)-(4)."""

  def __init__(self, hidden: Sequence[int]):
    super().__init__()
    below = (0, *hidden)
    self.layers = nn.ModuleList(
      nn.LSTM(3 + below[n], width) for n, width in enumerate(hidden)
    )
    self.output = nn.Linear(sum(hidden), OUTPUTS)

  def forward(self, elements: Tensor) -> Tensor:
    """y-hat [T, B, 121] of elements [T, B, 3]."""
    return self.output(torch.cat(upper(self.layers, elements, []), -1))


class TextPeer(nn.Module):
  """`nn.LSTM` of several layers over one-hot characters; no skips."""

  def __init__(self, classes: int, hidden: int, layers: int):
    super().__init__()
    self.classes = classes
    self.lstm = nn.LSTM(classes, hidden, num_layers=layers)
    self.output = nn.Linear(hidden, classes)

  def forward(self, classes: Tensor) -> Tensor:
    """Logits [T, B, classes] of characters [T, B]."""
    one_hot = F.one_hot(classes, self.classes).to(self.output.weight.dtype)
    return self.output(self.lstm(one_hot)[0])


class FirstState(NamedTuple):
  """Of layer 1: h and c [B, H], the window [B, A] and kappa [B, K]."""

  h: Tensor
  c: Tensor
  window: Tensor
  kappa: Tensor


class SynthesisPeer(nn.Module):
  """Layer 1 and its window step by step, the others unrolled (Section 5)."""

  def __init__(
    self,
    hidden: Sequence[int],
    alphabet_size: int,
    windows: int = 10,
    window_bias: Sequence[float] = WINDOW_BIAS,
  ):
    super().__init__()
    self.alphabet_size, self.windows = alphabet_size, windows
    seen = 3 + alphabet_size
    self.first = nn.LSTMCell(seen, hidden[0])
    self.window = nn.Linear(hidden[0], 3 * windows)
    bias = torch.tensor(window_bias).repeat_interleave(windows)
    self.window.bias = nn.Parameter(bias)
    self.layers = nn.ModuleList(
      nn.LSTM(seen + below, width)
      for below, width in itertools.pairwise(hidden)
    )
    self.output = nn.Linear(sum(hidden), OUTPUTS)

  def forward(self, elements: Tensor, text: Tensor) -> Tensor:
    """y-hat [T, B, 121] of elements [T, B, 3], characters [B, U]."""
    state = self.first_state(elements[0])
    hidden, windows = [], []
    for element in elements:
      state = self.first_step(state, element, text)
      hidden.append(state.h)
      windows.append(state.window)
    seen = torch.cat([elements, torch.stack(windows)], -1)
    outputs = upper(self.layers, seen, [torch.stack(hidden)])
    return self.output(torch.cat(outputs, -1))

  def step(self, state: tuple, element: Tensor, text: Tensor):
    """One element [B, 3] on: the next state and y-hat [B, 121].

    The state is that of layer 1 and (h, c) of each other layer.
    """
    first, *above = state
    first = self.first_step(first, element, text)
    seen = torch.cat([element, first.window], -1)
    outputs, states = [first.h], [first]
    for layer, layer_state in zip(self.layers, above, strict=True):
      inputs = torch.cat([seen, outputs[-1]], -1)
      layer_state = torch.lstm_cell(inputs, layer_state, *layer.all_weights[0])
      outputs.append(layer_state[0])
      states.append(layer_state)
    return tuple(states), self.output(torch.cat(outputs, -1))

  def first_step(
    self, state: FirstState, element: Tensor, text: Tensor
  ) -> FirstState:
    """Layer 1 and its window, Eqs. (46)-(52)."""
    h, c = self.first(torch.cat([element, state.window], -1), state[:2])
    raw = torch.exp(self.window(h).float())
    alpha, beta, step = raw.chunk(3, -1)  # [B, K]
    kappa = state.kappa + step
    u = torch.arange(1, text.shape[1] + 1, device=h.device, dtype=raw.dtype)
    distance = kappa[..., None] - u  # [B, K, U]
    phi = (alpha[..., None] * torch.exp(-beta[..., None] * distance**2)).sum(1)
    # On CPU a third of the time of a product with one-hot characters.
    window = torch.zeros_like(state.window).scatter_add(1, text, phi)
    return FirstState(h, c, window, kappa)

  def first_state(self, element: Tensor) -> FirstState:
    """Zeros: the window before the first character; element is x_1 [B, 3]."""
    cells = self.first.hidden_size
    widths = (cells, cells, self.alphabet_size, self.windows)
    return FirstState(*(element.new_zeros(len(element), n) for n in widths))

  def initial_state(self, element: Tensor) -> tuple:
    """Where `step` starts; element is x_1 [B, 3]."""
    above = [
      tuple(element.new_zeros(len(element), x.hidden_size) for _ in range(2))
      for x in self.layers
    ]
    return (self.first_state(element), *above)


def upper(
  layers: Sequence[nn.LSTM], seen: Tensor, outputs: list[Tensor]
) -> list[Tensor]:
  """Outputs [T, B, H] of all layers; each sees `seen` and the one below."""
  for layer in layers:
    inputs = torch.cat([seen, *outputs[-1:]], -1)
    outputs = [*outputs, layer(inputs)[0]]
  return outputs
