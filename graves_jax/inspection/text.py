"""Reads a text with a text network, and records what its units do."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from graves_jax.data.codec import TextCodec
from graves_jax.distributions import categorical
from graves_jax.inspection.recording import record
from graves_jax.inspection.survey import Findings, Survey
from graves_jax.inspection.text_properties import Language, text_properties
from graves_jax.sampling.text import TextWriter

GUESSES = 5
_NULL = -1  # the class of the null vector, the input before x_1
_PIECE = 512  # symbols that are read at a time


class TextFindings(NamedTuple):
  """What was found while a text was read; S symbols of it are kept.

  findings: of the units.
  symbols: classes of the symbols that were read, [S].
  guesses: after each of them the likeliest next classes, likeliest first,
    [S, GUESSES] (fewer if there are fewer classes).
  probabilities: theirs, [S, GUESSES].
  bits: that each symbol cost, by the prediction before it, [S].
  """

  findings: Findings
  symbols: np.ndarray
  guesses: np.ndarray
  probabilities: np.ndarray
  bits: np.ndarray


def inspect_text(
  writer: TextWriter,
  classes: np.ndarray,
  language: Language,
  keep: int,
  progress: Callable[[int, int], None] | None = None,
) -> TextFindings:
  """Reads a text from its first symbol on, from a zero state.

  Args:
    writer: a text network, opened.
    classes: of the text's symbols, [T], at least one.
    language: which comments and strings there are.
    keep: how many symbols to keep, the first ones.
    progress: called with how many symbols are read, and all.
  """
  network, codec = writer.network, writer.codec
  properties = text_properties(_spelled(codec, classes), codec.units, language)
  values = np.stack(list(properties.values()), axis=-1)
  survey = Survey(network.hidden, list(properties), keep)
  state = network.apply(writer.params, 1, method="initial_state")
  inputs = np.concatenate([[_NULL], classes]).astype(np.int32)
  raw, guessed, done = None, [], 0
  for start in range(0, len(inputs), _PIECE):
    piece = inputs[start : start + _PIECE]
    padded = np.pad(piece, (0, _PIECE - len(piece)))[:, None]
    state, read = record(network, writer.params, state, padded)
    if raw is None:  # the null vector is no symbol
      raw, padded = read.outputs[:1], padded[1:]
      read = jax.tree.map(lambda x: x[1:], read)
    steps = min(len(padded), len(classes) - done)
    survey.add(read, values[done : done + steps])
    if done < keep:
      guesses = _guess(raw, read.outputs, padded)
      guessed.append([np.asarray(x)[:steps] for x in guesses])
    raw, done = read.outputs[-1:], done + steps
    if progress:
      progress(done, len(classes))
  guesses, probabilities, bits = (
    np.concatenate(parts)[:keep] for parts in zip(*guessed, strict=True)
  )
  return TextFindings(
    survey.findings(), classes[:keep], guesses, probabilities, bits
  )


@jax.jit
def _guess(before: Array, raw: Array, classes: Array) -> tuple[Array, ...]:
  """Guesses and probabilities after each symbol, and bits of the symbol itself.

  Args:
    before: y-hat before the first symbol, [1, 1, K].
    raw: y-hat after each symbol, [T, 1, K].
    classes: of the symbols, [T, 1].
  """
  y = categorical.parameters(raw[:, 0])
  probabilities, guesses = lax.top_k(y, min(GUESSES, y.shape[-1]))
  predictions = jnp.concatenate([before, raw[:-1]])
  nats = -categorical.log_prob(predictions, classes)[:, 0]
  return guesses, probabilities, nats / np.log(2)


def _spelled(codec: TextCodec, classes: np.ndarray) -> list[str]:
  return [codec.symbols[k] for k in classes.tolist()]
