"""The soft window over the text to write (Section 5, Eqs. 46-51).

Axes: U characters, K windows, A alphabet, H hidden.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

RAW_LIMIT = 10.0  # exp(10) characters a step are more than any text has


class WindowParams(NamedTuple):
  """W_h1p [H, 3K] and b_p [3K] of Eq. (48), in the order alpha, beta, kappa."""

  weights: Array
  bias: Array


def init_window(
  key: Array,
  hidden: int,
  windows: int,
  weight_range: float = 0.1,
  bias: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> WindowParams:
  """Weights uniform in [-weight_range, weight_range] [rnnlib].

  Args:
    key: a JAX random key.
    hidden: H, width of the first layer.
    windows: K.
    weight_range: half the interval's width.
    bias: of alpha, beta and kappa. exp of the last is how many characters the
      window moves at a step before it has learned anything.
  """
  weights = jax.random.uniform(
    key, (hidden, 3 * windows), minval=-weight_range, maxval=weight_range
  )
  return WindowParams(weights, jnp.repeat(jnp.array(bias), windows))


def window_parameters(raw: Array, kappa: Array) -> tuple[Array, Array, Array]:
  """Importance, width and position of each window, Eqs. (49)-(51).

  Raw outputs act up to `RAW_LIMIT`, so that no exponential overflows.

  Args:
    raw: the window layer's outputs, [..., 3K].
    kappa: positions after the previous step, [..., K].

  Returns:
    alpha, beta and the new kappa, each [..., K].
  """
  alpha, beta, step = jnp.split(
    jnp.exp(jnp.minimum(raw, RAW_LIMIT)), 3, axis=-1
  )
  return alpha, beta, kappa + step


def window_weights(
  alpha: Array, beta: Array, kappa: Array, length: int
) -> Array:
  """phi(t, u) for u = 1..length, Eq. (46): [..., length]."""
  u = jnp.arange(1, length + 1, dtype=alpha.dtype)
  phi = 0.0
  for k in range(alpha.shape[-1]):  # K arrays [..., U] stay in the cache
    at = slice(k, k + 1)
    phi += alpha[..., at] * jnp.exp(-beta[..., at] * (kappa[..., at] - u) ** 2)
  return phi


def soft_window(
  phi: Array, characters: Array, mask: Array, alphabet_size: int
) -> Array:
  """The window into the text, w_t of Eq. (47).

  Args:
    phi: [B, U].
    characters: classes 0..A-1, [B, U] integers.
    mask: 1 for characters of the text, 0 for padding, [B, U].
    alphabet_size: A.

  Returns:
    [B, A].
  """
  phi = phi * mask

  def add_up(phi, characters):  # several times faster than a product on CPU
    rows = jnp.arange(phi.shape[0])[:, None]
    zeros = jnp.zeros((phi.shape[0], alphabet_size), phi.dtype)
    return zeros.at[rows, characters].add(phi)

  def multiply(phi, characters):
    one_hot = jax.nn.one_hot(characters, alphabet_size, dtype=phi.dtype)
    return jnp.einsum("bu,bua->ba", phi, one_hot)

  return lax.platform_dependent(phi, characters, cpu=add_up, default=multiply)
