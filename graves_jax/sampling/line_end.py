"""When a written line ends: the paper's stop rule, or the stroke after it.

The paper's rule (Section 5.3) reads the window alone, which on real lines has
passed the text some 7 points before the last letter is finished.
Axes: B lines, U characters, K windows.
"""

from typing import Literal, NamedTuple

import jax.numpy as jnp
from jax import Array

Stop = Literal["stroke", "paper"]

# A stroke that the rule finds so short was begun when the text was complete.
_STUB = 2


class LineEnd(NamedTuple):
  """What the rule `stroke` remembers of each line, all [B].

  is_fired: whether the paper's rule has fired.
  has_returned: whether a stroke was begun after that.
  start: index of the first element of the stroke under way; 0 for the first
    stroke after the prime.
  is_return: whether that stroke begins left of the right edge.
  x: where the pen is, in standard deviations of the horizontal offsets.
  right: the right edge of the ink.
  """

  is_fired: Array
  has_returned: Array
  start: Array
  is_return: Array
  x: Array
  right: Array


class Moment(NamedTuple):
  """Step t of all lines: what is known when x_{t+1} has just been drawn.

  t: elements written so far.
  is_past: whether the window is past the text, [B].
  is_new: whether there is an element after the prime, [B].
  has_lifted: whether the last element ended a stroke, [B].
  move: how far right the pen goes to the new element, in standard
    deviations of the horizontal offsets, [B].
  """

  t: Array
  is_past: Array
  is_new: Array
  has_lifted: Array
  move: Array


def is_past_text(phi: Array, kappa: Array, text_lengths: Array) -> Array:
  """Whether phi(t, U+1) > phi(t, u) for all u in 1..U (Section 5.3), [B].

  Also true when all windows are so far past the text that phi has underflowed
  to 0.

  Args:
    phi: weights of the window, [B, columns], at least U + 1 of them.
    kappa: positions of the window, [B, K].
    text_lengths: U of each line, [B].
  """
  before_end = jnp.arange(phi.shape[1]) < text_lengths[:, None]
  within = jnp.where(before_end, phi, -jnp.inf).max(axis=1)
  is_past = phi[jnp.arange(len(phi)), text_lengths] > within
  is_far_past = kappa.min(axis=1) > text_lengths + 1
  return is_past | ((within == 0) & is_far_past)


def no_line_end(batch_size: int) -> LineEnd:
  """Lines before their first element."""
  no, zeros = jnp.zeros(batch_size, bool), jnp.zeros(batch_size)
  starts = jnp.zeros(batch_size, jnp.int32)
  return LineEnd(no, no, starts, no, zeros, jnp.full(batch_size, -jnp.inf))


def advance_line_end(
  line_end: LineEnd, moment: Moment
) -> tuple[LineEnd, Array, Array]:
  """Finishes the stroke under way when the paper's rule fires.

  Then one more stroke is written if it begins left of the right edge: the dot
  of an i, the bar of a t. A stroke of one or two elements when the rule fires
  is dropped, unless it begins there too or is the line's first: the text was
  complete before it.

  Returns:
    What to remember, whether each line ends [B], and elements it then has [B].
  """
  t, is_past, is_new, has_lifted, move = moment
  x = line_end.x + move
  fires = is_past & is_new & ~line_end.is_fired
  is_stub = fires & ~has_lifted & ~line_end.is_return & (line_end.start > 0)
  is_stub &= t - line_end.start <= _STUB
  is_fired = line_end.is_fired | fires
  is_return = has_lifted & (x < line_end.right)
  goes_on = is_fired & is_return & ~line_end.has_returned
  ends = is_stub | (is_fired & has_lifted & ~goes_on)
  lengths = jnp.where(is_stub, line_end.start, t)
  line_end = LineEnd(
    is_fired,
    line_end.has_returned | goes_on,
    jnp.where(has_lifted & is_new, t, line_end.start),
    jnp.where(has_lifted, is_return, line_end.is_return),
    x,
    jnp.maximum(line_end.right, x),
  )
  return line_end, ends, lengths
