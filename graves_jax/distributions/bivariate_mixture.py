"""Mixture of bivariate Gaussians and a pen bit (Section 4, Eqs. 16-26, 61-62).

Everything stays in log space; no probability is ever floored. Two limits
bound the density, because pen offsets lie on a grid and a component could
otherwise collapse onto a point of it: no standard deviation is below
`sigma_floor`, and raw correlations act within [-6, 6] (|rho| < 0.99999).

Axes: M mixtures. Raw outputs y-hat [..., 6M + 1] stand in the order e-hat (1),
pi-hat (M), mu-hat (2M: all first coordinates, then all second), sigma-hat
(2M, likewise), rho-hat (M).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

# 0.007 of the normalized unit is 0.29 pen units of IAM-OnDB, the standard
# deviation of rounding to its grid (1/sqrt(12)).
SIGMA_FLOOR = 0.007
RAW_CORRELATION_LIMIT = 6.0


class MixtureParameters(NamedTuple):
  """y_t of Eq. (17).

  end_of_stroke: [...], e.
  weights: [..., M], pi.
  means: [..., M, 2], mu.
  stddevs: [..., M, 2], sigma.
  correlations: [..., M], rho.
  """

  end_of_stroke: Array
  weights: Array
  means: Array
  stddevs: Array
  correlations: Array


class _Raw(NamedTuple):
  end: Array  # [...]
  log_weights: Array  # [..., M]
  means: Array  # [..., 2, M]
  log_stddevs: Array  # [..., 2, M]
  correlations: Array  # [..., M], before tanh


def width(mixtures: int) -> int:
  """Number of network outputs, 6M + 1: 121 for M = 20 (Section 4)."""
  return 6 * mixtures + 1


def _split(raw: Array, sigma_floor: float) -> _Raw:
  mixtures = (raw.shape[-1] - 1) // 6
  if mixtures < 1 or raw.shape[-1] != width(mixtures):
    raise ValueError(
      f"the raw outputs have the shape {raw.shape}; their last axis must be "
      "6M + 1 for M mixtures, 121 for 20."
    )
  by_kind = raw[..., 1:].reshape(*raw.shape[:-1], 6, mixtures)
  limit = RAW_CORRELATION_LIMIT
  return _Raw(
    end=raw[..., 0],
    log_weights=by_kind[..., 0, :],
    means=by_kind[..., 1:3, :],
    log_stddevs=jnp.maximum(by_kind[..., 3:5, :], jnp.log(sigma_floor)),
    correlations=jnp.clip(by_kind[..., 5, :], -limit, limit),
  )


def _component_log_densities(raw: _Raw, offsets: Array) -> Array:
  """log N of Eqs. (24)-(25) for every component, [..., M].

  With rho = tanh(r), 1 - rho^2 = 1 / cosh(r)^2, so that Z / (1 - rho^2) is
  (z1 cosh r - z2 sinh r)^2 + z2^2: no difference of near-equal numbers.
  """
  r = raw.correlations
  z = (offsets[..., :, None] - raw.means) * jnp.exp(-raw.log_stddevs)
  z1, z2 = z[..., 0, :], z[..., 1, :]
  squared = (z1 * jnp.cosh(r) - z2 * jnp.sinh(r)) ** 2 + z2**2
  log_cosh = jnp.abs(r) + jnp.log1p(jnp.exp(-2 * jnp.abs(r))) - jnp.log(2.0)
  return (
    -0.5 * squared + log_cosh - raw.log_stddevs.sum(-2) - jnp.log(2 * jnp.pi)
  )


def log_prob(
  raw: Array, points: Array, *, sigma_floor: float = SIGMA_FLOOR
) -> Array:
  """Log density of pen elements in nats, the log of Eq. (23).

  Args:
    raw: network outputs y-hat [..., 6M + 1].
    points: elements x [..., 3], offsets in the normalized unit.
    sigma_floor: least standard deviation.

  Returns:
    [...], nats.

  Raises:
    ValueError: if either has another last axis.
  """
  split = _split(raw, sigma_floor)
  if points.shape[-1] != 3:
    raise ValueError(
      f"the points have the shape {points.shape}; their last axis must be 3: "
      "dx, dy and whether the pen lifts."
    )
  components = _component_log_densities(split, points[..., :2])
  log_weights = jax.nn.log_softmax(split.log_weights)  # Eq. (19)
  log_density = jax.nn.logsumexp(log_weights + components, axis=-1)
  # Eq. (18) reads e = 1 / (1 + exp(e-hat)): a large e-hat keeps the pen down.
  pen_sign = 2 * points[..., 2] - 1
  return log_density + jax.nn.log_sigmoid(-pen_sign * split.end)


def parameters(
  raw: Array, *, sigma_floor: float = SIGMA_FLOOR, bias: Array | float = 0.0
) -> MixtureParameters:
  """The mixture that raw outputs stand for, Eqs. (18)-(22), (61)-(62).

  Args:
    raw: network outputs y-hat [..., 6M + 1].
    sigma_floor: least standard deviation before the bias.
    bias: b >= 0, a number or [...]; larger is tidier and less diverse.
  """
  split = _split(raw, sigma_floor)
  bias = jnp.asarray(bias, raw.dtype)
  stddevs = jnp.exp(split.log_stddevs - bias[..., None, None])  # Eq. (61)
  return MixtureParameters(
    end_of_stroke=jax.nn.sigmoid(-split.end),  # Eq. (18)
    weights=jax.nn.softmax(split.log_weights * (1 + bias[..., None])),  # (62)
    means=jnp.swapaxes(split.means, -1, -2),
    stddevs=jnp.swapaxes(stddevs, -1, -2),
    correlations=jnp.tanh(split.correlations),  # Eq. (22)
  )


def mean(raw: Array) -> Array:
  """Expected element [..., 3]: mean offset, and probability of a pen lift."""
  y = parameters(raw)
  offset = (y.weights[..., None] * y.means).sum(-2)
  return jnp.concatenate([offset, y.end_of_stroke[..., None]], axis=-1)


def sample(
  key: Array,
  raw: Array,
  *,
  sigma_floor: float = SIGMA_FLOOR,
  bias: Array | float = 0.0,
) -> Array:
  """Draws an element x [..., 3] from Pr(x | y), biased by b (Section 5.4).

  As b grows the offset tends to the mean of the heaviest component; the pen
  bit is drawn as it is, since Section 5.4 biases only the mixture.

  Args:
    key: a JAX random key.
    raw: network outputs y-hat [..., 6M + 1].
    sigma_floor: least standard deviation before the bias.
    bias: b >= 0, a number or [...].
  """
  component_key, offset_key, pen_key = jax.random.split(key, 3)
  y = parameters(raw, sigma_floor=sigma_floor, bias=bias)
  chosen = jax.random.categorical(component_key, jnp.log(y.weights))

  def choose(x, axis):  # component `chosen` of x along the mixture axis
    index = jnp.expand_dims(chosen, tuple(range(chosen.ndim, x.ndim)))
    return jnp.take_along_axis(x, index, axis=axis).squeeze(axis)

  mu, sigma = choose(y.means, -2), choose(y.stddevs, -2)
  rho = choose(y.correlations, -1)
  n1, n2 = jnp.moveaxis(
    jax.random.normal(offset_key, mu.shape, mu.dtype), -1, 0
  )
  n2 = rho * n1 + jnp.sqrt(1 - rho**2) * n2
  offset = mu + sigma * jnp.stack([n1, n2], axis=-1)
  end = jax.random.bernoulli(pen_key, y.end_of_stroke)
  return jnp.concatenate([offset, end[..., None].astype(offset.dtype)], -1)
