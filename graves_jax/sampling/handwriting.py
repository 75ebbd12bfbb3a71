"""Samples pen elements: unbiased, biased and primed share one step (§5.3-5.5).

Axes: B lines, P elements of a prime, U characters, A alphabet.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array, lax

from graves_jax.distributions import bivariate_mixture
from graves_jax.networks.prediction import shift_right
from graves_jax.networks.synthesis import SynthesisNetwork
from graves_jax.networks.window_layer import Text


class SampleInputs(NamedTuple):
  """What to write, and after what.

  keys: one JAX random key a line, [B]: a line's pen does not depend on what
    else is in the batch.
  bias: b >= 0, [B] floats.
  points: [limit, B, 3] normalized: the prime's elements, then anything.
  prime_lengths: P of each line, [B]; 0 without a prime.
  limits: elements at most, prime included, [B], none above `limit`.
  text: characters of the prime's text and of the text to write (synthesis).
  text_lengths: of both together, [B].
  """

  keys: Array
  bias: Array
  points: Array
  prime_lengths: Array
  limits: Array
  text: Text
  text_lengths: Array


class Sampled(NamedTuple):
  """What was written.

  points: [limit, B, 3] normalized, the prime included.
  lengths: elements of each line, [B].
  is_finished: whether the stop rule fired before the limit, [B].
  """

  points: Array
  lengths: Array
  is_finished: Array


@functools.partial(jax.jit, static_argnums=0, static_argnames="sigma_floor")
def sample_handwriting(
  network: nn.Module,
  params: Any,
  inputs: SampleInputs,
  *,
  sigma_floor: float = bivariate_mixture.SIGMA_FLOOR,
) -> Sampled:
  """Draws x_{t+1} from Pr(x_{t+1} | y_t) until every line is done.

  Within its prime a line is fed the prime; after it, what was drawn. A
  synthesis network's line ends when phi(t, U+1) > phi(t, u) for all u in
  1..U (Section 5.3), or when all windows are so far past the text that phi has
  underflowed to 0; a prediction network's line ends at its limit.
  """
  limit, batch_size = inputs.points.shape[:2]
  rows = jnp.arange(batch_size)
  reads = isinstance(network, SynthesisNetwork)
  columns = jnp.arange(inputs.text.characters.shape[1] + 1)
  before_end = columns < inputs.text_lengths[:, None]
  draw = functools.partial(bivariate_mixture.sample, sigma_floor=sigma_floor)

  def advance(state, element):
    if not reads:
      state, raw = network.apply(params, state, element, method="step")
      return state, raw, jnp.zeros(batch_size, bool)
    state, (raw, phi) = network.apply(
      params, state, element, inputs.text, method="step"
    )
    within = jnp.where(before_end, phi, -jnp.inf).max(axis=1)
    is_past = phi[rows, inputs.text_lengths] > within
    is_far_past = state.first.kappa.min(axis=1) > inputs.text_lengths + 1
    return state, raw, is_past | ((within == 0) & is_far_past)

  def is_running(carry):
    t, _, _, _, is_done, _ = carry
    return (t < limit) & ~is_done.all()

  def step(carry):
    t, state, points, lengths, is_done, is_finished = carry
    last = jnp.where(t > 0, points[t - 1], 0.0)  # x_1's input: the null vector
    state, raw, is_past_text = advance(state, last)
    keys = jax.vmap(jax.random.fold_in, in_axes=(0, None))(inputs.keys, t)
    drawn = jax.vmap(lambda k, y, b: draw(k, y, bias=b))(keys, raw, inputs.bias)
    is_prime = t < inputs.prime_lengths
    stops = ~is_prime & is_past_text & (t > inputs.prime_lengths)
    is_finished |= stops & ~is_done
    is_done |= stops | (t >= inputs.limits)
    element = jnp.where(is_prime[:, None], points[t], drawn)
    points = points.at[t].set(jnp.where(is_done[:, None], 0.0, element))
    return t + 1, state, points, lengths + ~is_done, is_done, is_finished

  none = jnp.zeros(batch_size, bool)
  start = (
    jnp.zeros((), jnp.int32),
    network.initial_state(batch_size),
    inputs.points,
    jnp.zeros(batch_size, jnp.int32),
    none,
    none,
  )
  _, _, points, lengths, _, is_finished = lax.while_loop(
    is_running, step, start
  )
  return Sampled(points, lengths, is_finished)


@functools.partial(jax.jit, static_argnums=0)
def trace_window(
  network: SynthesisNetwork, params: Any, points: Array, text: Text
) -> Array:
  """phi(t, u) while `points` are written (Figure 13).

  Args:
    network: a synthesis network.
    params: its weights.
    points: elements [T, B, 3], normalized.
    text: the characters that were written.

  Returns:
    [T, B, U]: the window from which each element was predicted.
  """

  def step(state, element):
    state, (_, phi) = network.apply(params, state, element, text, method="step")
    return state, phi[:, :-1]

  return lax.scan(
    step, network.initial_state(points.shape[1]), shift_right(points)
  )[1]


@functools.partial(jax.jit, static_argnums=0, static_argnames="sigma_floor")
def trace_densities(
  network: nn.Module,
  params: Any,
  points: Array,
  text: Text,
  *,
  sigma_floor: float = bivariate_mixture.SIGMA_FLOOR,
) -> bivariate_mixture.MixtureParameters:
  """The mixtures that predict `points` [T, B, 3] (Figures 10, 14)."""
  reads = isinstance(network, SynthesisNetwork)
  raw = network.apply(params, shift_right(points), *((text,) if reads else ()))
  return bivariate_mixture.parameters(raw, sigma_floor=sigma_floor)
