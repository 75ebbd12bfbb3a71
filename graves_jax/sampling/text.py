"""Writes text: each symbol is drawn from the prediction after the last (§3).

Axes: T time, B copies, P symbols of a prime, K symbols of the codec.
"""

import dataclasses
import functools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jax import Array, lax

from graves_jax.data.codec import TextCodec, name_symbols, split_symbols
from graves_jax.distributions import categorical
from graves_jax.fast.kernels.library import Kernels
from graves_jax.networks.build import build_network
from graves_jax.sampling.restored import Restored
from graves_jax.sampling.seed import require_seed

_NULL = -1  # the class of the null vector, the input before x_1
_BLOCK = 32  # symbols that are drawn at a time
# A prime is read in pieces of these lengths: three shapes to compile at most.
_PIECES = (256, 16, 1)


class Reading(NamedTuple):
  """Where a text stands: all that its next symbol depends on.

  state: of the network, before it reads `last`; arrays [B, H].
  last: class of the last symbol [B] int32; -1 at the start of a text.
  """

  state: Any
  last: Array


@dataclasses.dataclass(frozen=True)
class TextWriter:
  """A trained text network, ready to write.

  What is drawn is a function of the seed, the number of the copy and the
  position in the text, so that a longer text begins like a shorter one.

  >>> from graves_jax import PredictionNetwork
  >>> codec = TextCodec.of("abc")
  >>> network = PredictionNetwork(inputs=3, outputs=3, hidden=(4,))
  >>> params = network.init(jax.random.key(0), np.zeros((1, 1), np.int32))
  >>> (text,) = TextWriter(network, params, codec).write(5)
  >>> len(text), set(text) <= set("abc")
  (5, True)

  network: a `PredictionNetwork` over the classes of `codec`.
  params: its weights, on the device.
  codec: symbols of the classes.
  """

  network: nn.Module
  params: Any
  codec: TextCodec

  @classmethod
  def from_checkpoint(
    cls, restored: Restored, kernels: Kernels | None = None
  ) -> "TextWriter":
    """Makes a writer of a checkpoint's weights, on the device, and metadata.

    Args:
      restored: the checkpoint.
      kernels: to write with, where they fit; see `fast.implementation`.

    Raises:
      ValueError: if the weights are of a handwriting network.
    """
    config, codec = restored.metadata.of_text()
    network = build_network(config.network, codec.size, kernels=kernels)
    return cls(network, jax.device_put(restored.params), codec)

  def split_known(
    self, prime: str | bytes
  ) -> tuple[str | bytes, tuple[str, ...]]:
    """A prime without the symbols that the codec lacks, and those symbols.

    Raises:
      ValueError: if nothing of the prime would be left.
    """
    units = self.codec.units
    unknown = self.codec.unknown(prime)
    if not unknown:
      return prime, ()
    left_out = set(unknown)
    known = [s for s in split_symbols(prime, units) if s not in left_out]
    if not known:
      raise ValueError(
        f"the vocabulary has none of the prime's {units}: "
        f"{name_symbols(unknown, units)}; give a prime of others, or none."
      )
    joined = (" " if units == "words" else "").join(known)
    return joined.encode("latin-1") if units == "bytes" else joined, unknown

  def read(self, prime: str | bytes, batch: int = 1) -> Reading:
    """Where `batch` copies of a text stand after a prime, which may be empty.

    Raises:
      ValueError: names the symbols of the prime that the codec lacks.
    """
    classes = np.concatenate([[_NULL], self.codec.encode(prime)])
    classes = classes.astype(np.int32)
    state = self.network.apply(self.params, 1, method="initial_state")
    for piece in _cut(classes[:-1]):
      state = _advance(self.network, self.params, state, piece[:, None])
    state = jax.tree.map(lambda x: jnp.repeat(x, batch, axis=0), state)
    return Reading(state, jnp.full(batch, classes[-1]))

  def stream(
    self,
    length: int,
    *,
    prime: str | bytes = "",
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
  ) -> Iterator[str]:
    """Writes a text piece by piece, as it is made.

    Args:
      length: symbols to write after the prime.
      prime: text to go on from; it is not part of what is written.
      temperature: 1 draws from what the network predicts, less from what it
        is surer of; 0 always takes the most probable symbol.
      top_k: draws among so many of the most probable symbols only.
      seed: the same seed gives the same text.

    Returns:
      An iterator over pieces; memory does not grow with the length.

    Raises:
      ValueError: at the call, if an argument cannot be used.
    """
    blocks = self._blocks(length, prime, temperature, top_k, seed, 1)
    decode = self._decoder(prime)

    def pieces():
      for block in blocks:
        yield decode(block[:, 0])
      yield decode([], True)

    return filter(None, pieces())

  def write(
    self,
    length: int,
    *,
    prime: str | bytes = "",
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
    copies: int = 1,
  ) -> list[str]:
    """Writes several texts at once; the first is that of `stream`.

    That is so up to the rounding of products, which depends on the number of
    rows: where two symbols are all but equally likely, texts can part.

    Args:
      length: symbols of each text.
      prime, temperature, top_k, seed: as for `stream`.
      copies: how many texts, each with draws of its own.

    Raises:
      ValueError: if an argument cannot be used.
    """
    blocks = self._blocks(length, prime, temperature, top_k, seed, copies)
    classes = np.concatenate(list(blocks))
    return [self._decoder(prime)(row, True) for row in classes.T]

  def _blocks(
    self, length, prime, temperature, top_k, seed, copies
  ) -> Iterator[np.ndarray]:
    """Classes [T, copies], in blocks that are `length` long in all."""
    self._require_usable(length, temperature, top_k, copies)
    require_seed(seed)
    reading = self.read(prime, copies)
    keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(
      jax.random.key(seed), jnp.arange(copies)
    )
    temperature = np.float32(temperature)

    def blocks(reading):
      for start in range(0, length, _BLOCK):
        reading, drawn = _draw_block(
          self.network,
          self.params,
          reading,
          keys,
          np.uint32(start),
          temperature,
          top_k=top_k,
        )
        yield np.asarray(drawn)[: length - start]

    return blocks(reading)

  def _decoder(self, prime):
    """Decodes what follows the prime: its words, or the rest of its bytes."""
    decode = self.codec.decoder()
    decode(self.codec.encode(prime))
    return decode

  def _require_usable(self, length, temperature, top_k, copies) -> None:
    if length < 1:
      raise ValueError(
        f"length (={length}) must be 1 or more {self.codec.units}."
      )
    if not 0 <= temperature < math.inf:
      raise ValueError(
        f"temperature (={temperature}) must be a number from 0 (always the "
        "most probable symbol) up; 1 is what the network has learned."
      )
    if top_k is not None and not 1 <= top_k <= self.codec.size:
      raise ValueError(
        f"top_k (={top_k}) must be from 1 to {self.codec.size}, the number of "
        "symbols; leave it out to draw among all."
      )
    if copies < 1:
      raise ValueError(f"copies (={copies}) must be 1 or more.")


@functools.partial(jax.jit, static_argnums=0)
def _advance(network, params, state, classes):
  """The state after classes [T, B] were read."""
  return network.apply(params, state, classes, method="unroll")[0]


@functools.partial(jax.jit, static_argnums=0, static_argnames="top_k")
def _draw_block(network, params, reading, keys, start, temperature, *, top_k):
  """Goes on by `_BLOCK` symbols: the new reading, and classes [_BLOCK, B].

  keys: one a copy, [B]; start: the position of the block's first symbol.
  """
  draw = functools.partial(
    categorical.sample, temperature=temperature, top_k=top_k
  )

  def step(reading, position):
    state, raw = network.apply(params, *reading, method="step")
    here = jax.vmap(jax.random.fold_in, in_axes=(0, None))(keys, position)
    drawn = jax.vmap(draw)(here, raw).astype(jnp.int32)
    return Reading(state, drawn), drawn

  positions = start + jnp.arange(_BLOCK, dtype=jnp.uint32)
  return lax.scan(step, reading, positions)


def _cut(classes: np.ndarray) -> Iterator[np.ndarray]:
  """Cuts classes [P] into pieces of the lengths `_PIECES`, long ones first."""
  for length in _PIECES:
    while len(classes) >= length:
      yield classes[:length]
      classes = classes[length:]
