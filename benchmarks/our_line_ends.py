"""The package's stop rules along lines of real ink, for `line_ends.py`."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from graves_jax.data.strokes import Line
from graves_jax.distributions import bivariate_mixture
from graves_jax.sampling.handwriting import SampleInputs
from graves_jax.sampling.line_end import (
  Moment,
  advance_line_end,
  is_past_text,
  no_line_end,
)
from graves_jax.sampling.padding import pad_inputs
from graves_jax.sampling.writer import HandwritingWriter

BIAS = 1.0  # Of sample.py.
FURTHER = 120  # Elements after a line's end: about five characters.


def feed(
  writer: HandwritingWriter, lines: list[Line], seed: int
) -> SampleInputs:
  """Each line's ink as its own prime, with its text and room to go on."""
  lengths = np.array([len(line.points) for line in lines], np.int32)
  inputs = pad_inputs(
    [line.text for line in lines],
    keys=jax.random.split(jax.random.key(seed), len(lines)),
    bias=BIAS,
    primes=[np.zeros((0, 3), np.float32)] * len(lines),
    limits=lengths + FURTHER,
    alphabet=writer.alphabet,
    normalization=writer.normalization,
  )
  for row, line in enumerate(lines):
    pen = writer.normalization.normalize(line.points)
    inputs.points[: len(pen), row] = pen
  inputs.prime_lengths[: len(lines)] = lengths
  return inputs


@functools.partial(jax.jit, static_argnums=(0, 3))
def find_ends(
  network, params, inputs: SampleInputs, sigma_floor: float
) -> dict[str, Array]:
  """Elements [B] that each line has by each rule, rows of padding included; -1
  if it did not end."""
  draw = functools.partial(bivariate_mixture.sample, sigma_floor=sigma_floor)
  rows = inputs.points.shape[1]

  def step(carry, t):
    state, last, line_end, found = carry
    state, (raw, phi) = network.apply(
      params, state, last, inputs.text, method="step"
    )
    keys = jax.vmap(jax.random.fold_in, in_axes=(0, None))(inputs.keys, t)
    drawn = jax.vmap(lambda k, y, b: draw(k, y, bias=b))(keys, raw, inputs.bias)
    is_ink = (t < inputs.prime_lengths)[:, None]
    element = jnp.where(is_ink, inputs.points[t], drawn)
    is_past = is_past_text(phi, state.first.kappa, inputs.text_lengths)
    is_new = (t > 0) & (t <= inputs.limits)
    move = element[:, 0] - inputs.rest
    moment = Moment(t, is_past, is_new, last[:, 2] > 0.5, move)
    line_end, ends, lengths = advance_line_end(line_end, moment)
    ends = {"paper": (is_past, t), "stroke": (ends, lengths)}
    found = {
      rule: jnp.where(ends[rule][0] & is_new & (end < 0), ends[rule][1], end)
      for rule, end in found.items()
    }
    return (state, element, line_end, found), None

  unknown = jnp.full(rows, -1)
  start = (
    network.initial_state(rows),
    jnp.zeros((rows, 3)),
    no_line_end(rows),
    {"paper": unknown, "stroke": unknown},
  )
  carry, _ = lax.scan(step, start, jnp.arange(len(inputs.points)))
  return carry[-1]
