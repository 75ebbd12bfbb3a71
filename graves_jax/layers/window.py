"""The soft window over the text to write (Section 5, Eqs. 46-51).

Axes: U characters, K windows, A alphabet, H hidden.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

RAW_LIMIT = 10.0  # exp(10) characters a step are more than any text has


class WindowParams(NamedTuple):
  """Weights of Eq. (48), in the order alpha, beta, kappa.

  >>> H, K = 4, 10
  >>> WindowParams(jnp.zeros((H, 3 * K)), jnp.zeros(3 * K)).bias.shape
  (30,)

  weights: [H, 3K], W_h1p.
  bias: [3K], b_p.
  """

  weights: Array
  bias: Array


def init_window(
  key: Array,
  hidden: int,
  windows: int,
  weight_range: float = 0.1,
  bias: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> WindowParams:
  """Draws weights uniform in [-weight_range, weight_range], for Eq. (48).

  >>> init_window(jax.random.key(0), hidden=4, windows=10).weights.shape
  (4, 30)

  Args:
    key: a JAX random key.
    hidden: H, width of the first layer.
    windows: K.
    weight_range: 0.1 in rnnlib, the paper author's library.
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

  >>> alpha, beta, kappa = window_parameters(jnp.zeros(6), jnp.arange(2.0))
  >>> kappa.tolist()
  [1.0, 2.0]

  Args:
    raw: the window layer's outputs, [..., 3K].
    kappa: positions after the previous step, in characters, [..., K].

  Returns:
    alpha, beta and the new kappa, each [..., K].

  Raises:
    ValueError: if raw is not three times as wide as kappa.
  """
  if raw.shape[-1] != 3 * kappa.shape[-1]:
    raise ValueError(
      f"raw outputs of the shape {raw.shape} are not three times as wide as "
      f"kappa, {kappa.shape}."
    )
  alpha, beta, step = jnp.split(
    jnp.exp(jnp.minimum(raw, RAW_LIMIT)), 3, axis=-1
  )
  return alpha, beta, kappa + step


def window_weights(
  alpha: Array, beta: Array, kappa: Array, length: int
) -> Array:
  """Weighs the characters: phi(t, u) for u = 1..length, Eq. (46).

  >>> one = jnp.ones(1)
  >>> window_weights(one, one, 2 * one, length=3).argmax().item()
  1

  Args:
    alpha, beta, kappa: of K windows, each [..., K], as `window_parameters`
      returns them.
    length: U, characters of the text; 1 more for the stop rule (Section 5.3).

  Returns:
    [..., length].
  """
  u = jnp.arange(1, length + 1, dtype=alpha.dtype)

  def one_by_one(alpha, beta, kappa):  # arrays [..., U] stay in the cache
    phi = jnp.zeros((), alpha.dtype)
    for k in range(alpha.shape[-1]):
      at = slice(k, k + 1)
      phi += _bells(alpha[..., at], beta[..., at], kappa[..., at], u)
    return phi

  def at_once(alpha, beta, kappa):  # few large operations
    alpha, beta, kappa = (x[..., None] for x in (alpha, beta, kappa))
    return _bells(alpha, beta, kappa, u).sum(-2)

  return lax.platform_dependent(
    *(alpha, beta, kappa), cpu=one_by_one, default=at_once
  )


def _bells(alpha, beta, kappa, u):
  return alpha * jnp.exp(-beta * (kappa - u) ** 2)


def soft_window(
  phi: Array, characters: Array, mask: Array, alphabet_size: int
) -> Array:
  """Reads the text through the window, w_t of Eq. (47).

  >>> phi, text = jnp.array([[0.25, 1.0]]), jnp.array([[2, 0]])
  >>> soft_window(phi, text, jnp.ones((1, 2)), alphabet_size=3).tolist()
  [[1.0, 0.0, 0.25]]

  Args:
    phi: weights of the characters, [B, U].
    characters: classes 0..A-1, [B, U] integers; any other, such as -1, is the
      null vector.
    mask: 1 for characters of the text, 0 for padding, [B, U].
    alphabet_size: A.

  Returns:
    w_t, the sum of one-hot vectors of the characters by their weights, [B, A].
  """
  phi = phi * mask

  def add_up(phi, characters):  # several times faster than a product on CPU
    rows = jnp.arange(phi.shape[0])[:, None]
    zeros = jnp.zeros((phi.shape[0], alphabet_size), phi.dtype)
    at_characters = zeros.at[rows, characters]
    return at_characters.add(phi, mode="drop", wrap_negative_indices=False)

  def select(phi, characters):  # elsewhere one operation, without a product
    is_here = characters[..., None] == jnp.arange(alphabet_size)
    return jnp.where(is_here, phi[..., None], 0).sum(-2)

  return lax.platform_dependent(phi, characters, cpu=add_up, default=select)
