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
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.prediction import shift_right
from graves_jax.networks.synthesis import SynthesisNetwork
from graves_jax.sampling.line_end import (
  LineEnd,
  Moment,
  Stop,
  advance_line_end,
  is_past_text,
  no_line_end,
)


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
  rest: x of an element that does not move the pen, normalized.
  """

  keys: Array
  bias: Array
  points: Array
  prime_lengths: Array
  limits: Array
  text: Text
  text_lengths: Array
  rest: Array


class Sampled(NamedTuple):
  """What was written.

  points: [limit, B, 3] normalized, the prime included; anything after a line's
    end.
  lengths: elements of each line, [B].
  is_finished: whether the stop rule ended the line before the limit, [B].
  reading: for how many elements after the prime each character was read, [B,
    U]: the sum of the window's shares phi(t, u) / sum_v phi(t, v).
  places: the character that was read most for each element, [limit, B].
  """

  points: Array
  lengths: Array
  is_finished: Array
  reading: Array
  places: Array


@functools.partial(
  jax.jit, static_argnums=0, static_argnames=("sigma_floor", "stop")
)
def sample_handwriting(
  network: nn.Module,
  params: Any,
  inputs: SampleInputs,
  *,
  sigma_floor: float = bivariate_mixture.SIGMA_FLOOR,
  stop: Stop = "stroke",
) -> Sampled:
  """Draws x_{t+1} from Pr(x_{t+1} | y_t) until every line is done.

  Within its prime a line is fed the prime; after it, what was drawn. A
  synthesis network's line ends by a stop rule, a prediction network's at its
  limit.

  Args:
    network: a prediction or synthesis network.
    params: its weights.
    inputs: what to write.
    sigma_floor: least standard deviation of the mixture.
    stop: "paper" ends a line when the window is past the text (Section 5.3),
      "stroke" when the stroke under way is finished then; see
      `advance_line_end`.
  """
  limit = len(inputs.points)
  draw = functools.partial(bivariate_mixture.sample, sigma_floor=sigma_floor)

  def step(progress):
    t, state, points, reading, places, *ending = progress
    line_end, lengths, is_done, is_finished = ending
    last = jnp.where(t > 0, points[t - 1], 0.0)  # x_1's input: the null vector
    state, raw, is_past, shares = _advance(network, params, state, last, inputs)
    keys = jax.vmap(jax.random.fold_in, in_axes=(0, None))(inputs.keys, t)
    drawn = jax.vmap(lambda k, y, b: draw(k, y, bias=b))(keys, raw, inputs.bias)
    is_prime = t < inputs.prime_lengths
    element = jnp.where(is_prime[:, None], points[t], drawn)
    is_new = t > inputs.prime_lengths
    ends, ended_lengths = is_past & is_new, t
    if stop == "stroke":
      moment = Moment(
        t=t,
        is_past=is_past,
        is_new=is_new,
        has_lifted=last[:, 2] > 0.5,
        move=element[:, 0] - inputs.rest,
      )
      line_end, ends, ended_lengths = advance_line_end(line_end, moment)
    is_finished |= ends & ~is_done
    ended_lengths = jnp.where(ends, ended_lengths, t)
    lengths = jnp.where(is_done, lengths, ended_lengths)
    is_done |= ends | (t >= inputs.limits)
    reading += jnp.where((is_prime | is_done)[:, None], 0.0, shares)
    points = points.at[t].set(jnp.where(is_done[:, None], 0.0, element))
    places = places.at[t].set(shares.argmax(axis=1))
    return _Progress(
      t + 1,
      state,
      points,
      reading,
      places,
      line_end,
      lengths + ~is_done,
      is_done,
      is_finished,
    )

  end = lax.while_loop(
    lambda progress: (progress.t < limit) & ~progress.is_done.all(),
    step,
    _start(network, inputs),
  )
  return Sampled(
    end.points, end.lengths, end.is_finished, end.reading, end.places
  )


class _Progress(NamedTuple):
  """What is carried from element to element; as in `Sampled`."""

  t: Array
  state: Any
  points: Array
  reading: Array
  places: Array
  line_end: LineEnd
  lengths: Array
  is_done: Array
  is_finished: Array


def _start(network: nn.Module, inputs: SampleInputs) -> _Progress:
  batch_size = inputs.points.shape[1]
  none = jnp.zeros(batch_size, bool)
  return _Progress(
    t=jnp.zeros((), jnp.int32),
    state=network.initial_state(batch_size),
    points=inputs.points,
    reading=jnp.zeros(inputs.text.mask.shape),
    places=jnp.zeros(inputs.points.shape[:2], jnp.int32),
    line_end=no_line_end(batch_size),
    lengths=jnp.zeros(batch_size, jnp.int32),
    is_done=none,
    is_finished=none,
  )


def _advance(
  network: nn.Module,
  params: Any,
  state: Any,
  element: Array,
  inputs: SampleInputs,
) -> tuple[Any, Array, Array, Array]:
  """The next state, y-hat, whether the window is past, its shares [B, U]."""
  if not isinstance(network, SynthesisNetwork):
    stepped: Any = network.apply(params, state, element, method="step")
    state, raw = stepped
    nothing = jnp.zeros(inputs.text.mask.shape)
    return state, raw, jnp.zeros(len(element), bool), nothing
  stepped = network.apply(params, state, element, inputs.text, method="step")
  state, (raw, phi) = stepped
  is_past = is_past_text(phi, state.first.kappa, inputs.text_lengths)
  is_text = jnp.arange(phi.shape[1]) <= inputs.text_lengths[:, None]
  phi = jnp.where(is_text, phi, 0.0)
  tiny = jnp.finfo(phi.dtype).tiny
  shares = phi / jnp.maximum(phi.sum(axis=1, keepdims=True), tiny)
  return state, raw, is_past, shares[:, :-1]


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
    stepped: Any = network.apply(params, state, element, text, method="step")
    state, (_, phi) = stepped
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
  inputs = shift_right(points), *((text,) if reads else ())
  raw: Any = network.apply(params, *inputs)
  return bivariate_mixture.parameters(raw, sigma_floor=sigma_floor)
