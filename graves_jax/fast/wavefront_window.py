"""The window of layer 1 in the steps of `wavefront_steps.py`, and the way back.

What layer 1 has made of it reaches layer 2 one step later, as it reaches layer
1 itself, and layer 3 two steps later.

Axes: S steps, L layers, B batch, H hidden, K windows, A alphabet.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from graves_jax.fast.wavefront_stack import Reading
from graves_jax.layers.products import product
from graves_jax.layers.window import WindowParams
from graves_jax.layers.window_lstm import (
  Text,
  advance_window,
  advance_window_backward,
  window_outputs,
)


class Read(NamedTuple):
  """Of a step, for the way back: positions before it [B, K], outputs for the
  window [B, 3K], and the window after it [B, A]."""

  kappa: Array
  raw: Array
  window: Array


def read_on(
  params: WindowParams,
  output: Array,
  reading: Reading,
  is_at_work: Array,
  text: Text,
) -> tuple[Reading, Read]:
  """Moves the window on by layer 1's output [B, H], if it is at work."""
  newest, kappa = reading.windows[0], reading.kappa
  raw = window_outputs(params, output)
  window, moved = advance_window(raw, kappa, text, newest.shape[-1])
  window = jnp.where(is_at_work, window, newest)
  windows = window, *reading.windows[:-1]
  after = Reading(windows, jnp.where(is_at_work, moved, kappa))
  return after, Read(kappa, raw, window)


def read_back(
  params: WindowParams,
  d_reading: Reading,
  read: Read,
  is_at_work: Array,
  text: Text,
) -> tuple[Reading, Array, Array]:
  """The way back of `read_on`.

  Returns:
    Derivatives of windows and positions before the step, of the outputs for the
    window, and of layer 1's output.
  """
  (d_newest, *d_others), d_kappa = d_reading
  d_made = jnp.where(is_at_work, d_newest, 0)
  d_next, *d_others = *d_others, jnp.zeros_like(d_newest)
  d_windows = d_next + d_newest - d_made, *d_others
  d_moved = jnp.where(is_at_work, d_kappa, 0)
  d_raw, d_earlier = advance_window_backward(
    read.raw, read.kappa, text, d_made, d_moved
  )
  d_kappa = jnp.where(is_at_work, d_earlier, d_kappa)
  d_output = product(d_raw, params.weights.T, "float32")
  return Reading(d_windows, d_kappa), d_raw, d_output


def add_by_age(reading: Reading, d_window: Array) -> Reading:
  """Adds derivatives of what each layer saw, [L, B, A], to those of the windows
  that they saw: layers 1 and 2 the newest one."""
  first, second, *others = d_window
  seen = first + second, *others
  windows = tuple(x + y for x, y in zip(reading.windows, seen, strict=True))
  return Reading(windows, reading.kappa)


def windows_seen(first: Array, made: Array, layers: int) -> Array:
  """What every layer saw of the window at every step, [S, L, B, A], by the one
  before the first step [B, A] and those after each step [S, B, A]."""

  def aged(age):
    before = jnp.repeat(first[None], age, axis=0)
    return jnp.concatenate([before, made])[: len(made)]

  return jnp.stack([aged(max(n, 1)) for n in range(layers)], axis=1)
