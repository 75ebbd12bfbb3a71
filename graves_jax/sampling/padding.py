"""Pads what is to be written, so that few shapes are ever compiled."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from graves_jax.data.strokes import Alphabet, Normalization
from graves_jax.layers.window_lstm import Text
from graves_jax.sampling.handwriting import SampleInputs

_CHARACTERS_MULTIPLE = 16
_POINTS_MULTIPLE = 512


def pad_inputs(
  texts: Sequence[str],
  *,
  keys: jax.Array,
  bias: float,
  primes: Sequence[np.ndarray],
  limits: np.ndarray,
  alphabet: Alphabet,
  normalization: Normalization,
) -> SampleInputs:
  """What `sample_handwriting` needs to write B lines, each after its prime.

  Rows that follow the B, up to the next number of them that is compiled, are
  finished before they begin.

  Args:
    texts: of each line, the prime's text included, [B].
    keys: a random key a line, [B].
    bias: of all lines.
    primes: normalized elements [P, 3] of each line, [B].
    limits: elements at most, the prime's included, [B] integers.
    alphabet: classes of the characters.
    normalization: of the offsets.
  """
  rows = round_up_rows(len(texts))
  missing = rows - len(texts)
  points = np.zeros((round_up_points(limits.max()), rows, 3), np.float32)
  for row, prime in enumerate(primes):
    points[: len(prime), row] = prime
  lengths = np.array([*map(len, texts), *[0] * missing], np.int32)
  columns = _round_up(lengths.max(), _CHARACTERS_MULTIPLE)
  characters = np.zeros((rows, columns), np.int32)
  for row, text in enumerate(texts):
    characters[row, : len(text)] = alphabet.encode(text)
  mask = (np.arange(columns) < lengths[:, None]).astype(np.float32)
  given: tuple[Any, Any] = characters, mask
  on_host: dict[str, Any] = {
    "bias": np.full(rows, bias, np.float32),
    "points": points,
    "text": Text(*given),
    "prime_lengths": np.array([*map(len, primes), *[0] * missing], np.int32),
    "limits": np.pad(limits, (0, missing)),
    "text_lengths": lengths,
    "rest": np.float32(-normalization.mean[0] / normalization.std[0]),
  }
  if missing:
    keys = _take(keys, np.minimum(np.arange(rows), len(texts) - 1))
  return SampleInputs(keys=keys, **on_host)


@jax.jit
def _take(keys: jax.Array, rows: jax.Array) -> jax.Array:
  return keys[rows]


def round_up_rows(number: int) -> int:
  """The next number of rows that batches have: 2^n or 3 * 2^n."""
  whole = 1 << (number - 1).bit_length()
  smaller = whole * 3 // 4
  return smaller if number <= smaller and whole >= 4 else whole


def round_up_points(number: int) -> int:
  """The next number of points that arrays have."""
  return _round_up(number, _POINTS_MULTIPLE)


def _round_up(number: int, multiple: int) -> int:
  return int(-(-number // multiple) * multiple)
