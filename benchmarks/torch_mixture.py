"""The mixture density in PyTorch, by the equations of the package's own.

Raw outputs [..., 6M + 1] stand in the order of
graves_jax.distributions.bivariate_mixture.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

SIGMA_FLOOR = 0.007
RAW_CORRELATION_LIMIT = 6.0


def log_prob(raw: Tensor, points: Tensor) -> Tensor:
  """Log density in nats of pen elements [..., 3], the log of Eq. (23)."""
  end, log_weights, means, log_stddevs, r = _split(raw)
  z = (points[..., :2, None] - means) * torch.exp(-log_stddevs)
  z1, z2 = z.unbind(-2)
  squared = (z1 * torch.cosh(r) - z2 * torch.sinh(r)) ** 2 + z2**2
  log_cosh = r.abs() + torch.log1p(torch.exp(-2 * r.abs())) - math.log(2)
  components = (
    -0.5 * squared + log_cosh - log_stddevs.sum(-2) - math.log(2 * math.pi)
  )
  log_density = torch.logsumexp(F.log_softmax(log_weights, -1) + components, -1)
  pen_sign = 2 * points[..., 2] - 1
  return log_density + F.logsigmoid(-pen_sign * end)


def sample(raw: Tensor, bias: float) -> Tensor:
  """Draws elements [B, 3] from outputs [B, 6M + 1], biased (Section 5.4)."""
  end, log_weights, means, log_stddevs, r = _split(raw)
  weights = F.softmax(log_weights * (1 + bias), -1)
  # torch.multinomial asks the device whether the weights are good; this does
  # not wait, and torch.compile can make a graph of it.
  waiting_times = torch.empty_like(weights).exponential_()
  chosen = (weights / waiting_times).argmax(-1, keepdim=True)  # [B, 1]
  in_both = chosen[:, None].expand(-1, 2, 1)
  mu = means.gather(-1, in_both)[..., 0]
  sigma = torch.exp(log_stddevs.gather(-1, in_both)[..., 0] - bias)
  rho = torch.tanh(r.gather(-1, chosen))[:, 0]
  n1, n2 = torch.randn_like(mu).unbind(-1)
  n2 = rho * n1 + torch.sqrt(1 - rho**2) * n2
  offset = mu + sigma * torch.stack([n1, n2], -1)
  lifted = torch.rand_like(end) < torch.sigmoid(-end)
  return torch.cat([offset, lifted[:, None].to(offset.dtype)], -1)


def _split(raw: Tensor) -> tuple[Tensor, ...]:
  by_kind = raw[..., 1:].unflatten(-1, (6, -1))
  limit = RAW_CORRELATION_LIMIT
  return (
    raw[..., 0],
    by_kind[..., 0, :],
    by_kind[..., 1:3, :],
    by_kind[..., 3:5, :].clamp(min=math.log(SIGMA_FLOOR)),
    by_kind[..., 5, :].clamp(-limit, limit),
  )
