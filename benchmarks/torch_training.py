"""Training updates in PyTorch: the same work as the package's own."""

from collections.abc import Callable
from typing import Any

import machine
import torch
from our_training import OPTIMIZER
from torch import Tensor, nn
from torch.nn import functional as F
from torch_mixture import log_prob
from torch_peers import SynthesisPeer
from update import Update

from graves_jax.data.lines import StrokeBatch
from graves_jax.data.streams import TextBatch


def torch_device(platform: str) -> torch.device:
  """PyTorch on all cores, or on the card that JAX runs on, in true float32.

  Args:
    platform: of JAX's devices.

  Raises:
    ValueError: if JAX runs on a GPU and PyTorch cannot.
  """
  torch.set_num_threads(machine.cores())
  torch.backends.cudnn.allow_tf32 = False
  torch.backends.cuda.matmul.allow_tf32 = False
  if platform == "cpu":
    return torch.device("cpu")
  if not torch.cuda.is_available():
    raise ValueError(
      f"JAX runs on {platform} here and PyTorch has no CUDA: install a torch "
      "with CUDA, or compare on the processor with JAX_PLATFORMS=cpu."
    )
  return torch.device("cuda")


def autocast(device: torch.device, precision: str) -> torch.autocast:
  """bfloat16 matrix products, or none; weights stay float32.

  On a GPU, autocast has run cuDNN's LSTM in float16 whatever type it is given;
  `gpu_table.py` says which type came out.
  """
  return torch.autocast(
    device.type, torch.bfloat16, enabled=precision == "bfloat16"
  )


def handwriting_update(
  model: nn.Module, batch: StrokeBatch, precision: str, device: torch.device
) -> Update:
  """Updates of a `SynthesisPeer` or `PredictionPeer`; see `_update`."""

  def loss(points, lengths, characters, text_lengths) -> Tensor:
    del lengths, text_lengths  # nothing is padded
    points = points.transpose(0, 1).contiguous()  # [T, B, 3]
    elements = torch.cat([torch.zeros_like(points[:1]), points[:-1]])
    reads = isinstance(model, SynthesisPeer)
    with autocast(device, precision):
      raw = model(elements, *((characters.long(),) if reads else ()))
    return -log_prob(raw.float(), points).mean()

  return _update(model, loss, batch, device)


def text_update(
  model: nn.Module, batch: TextBatch, precision: str, device: torch.device
) -> Update:
  """Updates of a `TextPeer`; see `_update`."""

  def loss(inputs, targets, resets) -> Tensor:
    del resets  # the peer starts from zero at every update
    with autocast(device, precision):
      logits = model(inputs.long().T)
    return F.cross_entropy(
      logits.float().flatten(0, 1), targets.long().T.flatten()
    )

  return _update(model, loss, batch, device)


def synchronize(device: torch.device) -> None:
  """Waits until the device has done all its work."""
  if device.type == "cuda":
    torch.cuda.synchronize(device)


def _update(
  model: nn.Module,
  loss_fn: Callable[..., Tensor],
  batch: Any,
  device: torch.device,
) -> Update:
  """Forward, full gradient, global-norm clipping and Adam, fused.

  Args:
    model: whose weights are trained; they stay float32.
    loss_fn: mean nats of the batch's tensors.
    batch: NumPy arrays; they travel to the device at each update.
    device: to train on.
  """
  model.to(device).train()
  optimizer = torch.optim.Adam(
    model.parameters(),
    OPTIMIZER.learning_rate,
    betas=(OPTIMIZER.momentum, OPTIMIZER.decay),
    eps=OPTIMIZER.epsilon,
    fused=True,
  )

  def run() -> None:
    tensors = [torch.as_tensor(x, device=device) for x in batch]
    optimizer.zero_grad(set_to_none=True)
    loss_fn(*tensors).backward()
    nn.utils.clip_grad_norm_(model.parameters(), OPTIMIZER.max_gradient_norm)
    optimizer.step()
    synchronize(device)

  return Update(run, sum(x.numel() for x in model.parameters()))
