"""Softmax over K classes (Section 3, Eqs. 12-14).

Classes are integers 0 to K - 1; the class -1 is padding and never scored. Raw
outputs y-hat are [..., K].
"""

import numbers

import jax
import jax.numpy as jnp
from jax import Array, lax


def width(classes: int) -> int:
  """Number of network outputs: one a class, K."""
  return classes


def log_prob(raw: Array, classes: Array) -> Array:
  """Log probability of classes in nats, the log of Eq. (12).

  Where the class is -1 the result is exactly 0 and has no derivative, whatever
  the raw outputs are there. A class of K or more gives NaN.

  Args:
    raw: network outputs y-hat [..., K].
    classes: integers [...].

  Returns:
    [...], nats.
  """
  return _log_prob(raw, classes)


def parameters(raw: Array) -> Array:
  """The probabilities y of Eq. (12) for raw outputs y-hat, both [..., K]."""
  return jax.nn.softmax(raw)


def error(raw: Array, classes: Array) -> Array:
  """Whether the most probable class is another than `classes`, booleans [...].

  False where the class is -1.
  """
  return (classes >= 0) & (jnp.argmax(raw, axis=-1) != classes)


def sample(
  key: Array,
  raw: Array,
  *,
  temperature: Array | float = 1.0,
  top_k: int | None = None,
) -> Array:
  """Draws classes [...] from the softmax of y-hat / temperature.

  Args:
    key: a JAX random key.
    raw: network outputs y-hat [..., K].
    temperature: a number or [...]; below 1 the likely becomes likelier. At 0
      the most probable class is taken, the first of several equals.
    top_k: draws among so many of the most probable classes only.

  Raises:
    ValueError: if temperature (where it is a Python number) or top_k is out
      of its range.
  """
  if isinstance(temperature, numbers.Real) and not temperature >= 0:
    raise ValueError(f"temperature (={temperature}) must be 0 or more.")
  if top_k is not None and top_k < 1:
    raise ValueError(f"top_k (={top_k}) must be 1 or more, or None for all.")
  if top_k is not None and top_k < raw.shape[-1]:
    raw, classes = lax.top_k(raw, top_k)
    chosen = sample(key, raw, temperature=temperature)
    return jnp.take_along_axis(classes, chosen[..., None], -1).squeeze(-1)
  temperature = jnp.asarray(temperature, raw.dtype)[..., None]
  below = raw - raw.max(-1, keepdims=True)  # 0 at most: no overflow to +inf
  divisor = jnp.maximum(temperature, jnp.finfo(raw.dtype).tiny)
  drawn = jax.random.categorical(key, below / divisor)
  return jnp.where(temperature[..., 0] > 0, drawn, jnp.argmax(raw, axis=-1))


@jax.custom_vjp
def _log_prob(raw, classes):
  return _forward(raw, classes)[0]


def _forward(raw, classes):
  log_total = jax.nn.logsumexp(raw, axis=-1)
  chosen = jnp.take_along_axis(raw, classes[..., None], -1).squeeze(-1)
  result = jnp.where(classes >= 0, chosen - log_total, 0)
  return result, (raw, classes, log_total)


def _backward(residuals, derivative):
  raw, classes, log_total = residuals
  # Compared within the one pass that writes the derivative: no array is made
  # of the comparison, and no probability is kept from the forward pass.
  delta = jnp.arange(raw.shape[-1]) == classes[..., None]
  d_raw = delta - jnp.exp(raw - log_total[..., None])  # Eq. (14), of log y
  scored = (classes >= 0)[..., None]
  return jnp.where(scored, derivative[..., None] * d_raw, 0), None


_log_prob.defvjp(_forward, _backward)
