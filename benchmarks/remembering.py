"""How far back a text network remembers: its loss after contexts of a length.

Axes: T time, B windows.
"""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax import Array

from graves_jax.distributions import categorical
from graves_jax.sampling.text import TextWriter

_WINDOWS = 256  # read at a time


def losses_after_contexts(
  writer: TextWriter, text: Any, contexts: Sequence[int], places: int
) -> list[float]:
  """Mean nats of the same symbols, each time after so many before them.

  The network starts from a zero state, and reads no more than these.

  Args:
    writer: the network.
    text: classes, longer than the longest context.
    contexts: lengths, each at least 1.
    places: how many symbols are scored, spread over the text.
  """
  scored = np.linspace(max(contexts), len(text) - 1, places).astype(int)
  losses = []
  for context in contexts:
    nats = []
    for some in np.split(scored, range(_WINDOWS, places, _WINDOWS)):
      windows = np.stack([text[p - context : p + 1] for p in some], axis=1)
      nats.append(_last_nats(writer.network, writer.params, windows))
    losses.append(float(np.concatenate(nats).mean()))
  return losses


@functools.partial(jax.jit, static_argnums=0)
def _last_nats(network: Any, params: Any, windows: Array) -> Array:
  """Nats of the last symbol of each window [T+1, B], after the others."""
  state = network.apply(params, windows.shape[1], method="initial_state")
  raw = network.apply(params, state, windows[:-1], method="unroll")[1][-1]
  return -categorical.log_prob(raw, windows[-1])
