"""The summed loss of reading: connectionist temporal classification.

After Graves, Fernández, Gomez and Schmidhuber (2006). Axes: N steps, B batch,
U characters, A classes, of which the last one is the blank.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import optax
from jax import Array, lax

from graves_jax.data.lines import StrokeBatch
from graves_jax.losses.sums import Keys, LossFn, Sums
from graves_jax.networks.reading import ReadingNetwork, steps_of


class ReadingSums(NamedTuple):
  """Sums over a batch, scalars; add those of several batches elementwise.

  nats: negative log likelihood of the texts.
  edits: insertions, deletions and substitutions of characters that turn what
    is read, the most probable class of each step, into the texts.
  characters: of the texts.
  elements: pen elements read.
  sequences: lines.
  """

  nats: Array
  edits: Array
  characters: Array
  elements: Array
  sequences: Array


def reading_loss(network: ReadingNetwork) -> LossFn:
  """The loss of a reading network, summed over lines.

  What is padding contributes exactly nothing, to the sums and to their
  gradients. A text that has no path, since its line has fewer steps than
  characters, would cost 1e5 nats for each that is too many.

  Returns:
    A loss that carries nothing from batch to batch. The network's dropout
    draws from the keys of the rows; without keys nothing is dropped.
  """

  def loss(params, carry, batch: StrokeBatch, keys: Keys | None):
    inputs = reader_inputs(batch)
    dropout_keys = None if keys is None else keys.rows
    raw: Any = network.apply(params, *inputs, dropout_keys)
    steps = steps_of(inputs[1], network.joined)
    inside = jnp.arange(len(raw))[:, None] < steps
    raw = jnp.where(inside[..., None], raw, 0)  # finite, and no derivative
    characters: Any = batch.characters
    columns = jnp.arange(characters.shape[1])
    beyond: Any = columns >= batch.text_lengths[:, None]
    nats = optax.ctc_loss(
      jnp.swapaxes(raw, 0, 1),
      (~inside.T).astype(raw.dtype),
      characters,
      beyond.astype(raw.dtype),
      blank_id=network.outputs - 1,
    )
    edits = greedy_edits(raw, steps, characters, batch.text_lengths)
    sums = ReadingSums(
      nats=nats.sum(),
      edits=edits.sum(),
      characters=batch.text_lengths.sum(),
      elements=batch.lengths.sum(),
      sequences=(batch.lengths > 0).sum(),
    )
    return ReadingSums(*(x.astype(raw.dtype) for x in sums)), carry

  return loss


def reader_inputs(batch: StrokeBatch) -> tuple[Any, Any]:
  """What a network reads: pen elements [T, B, 3], and lengths [B]."""
  return jnp.swapaxes(batch.points, 0, 1), jnp.asarray(batch.lengths)


def greedy_edits(
  raw: Array, steps: Array, characters: Array, lengths: Any
) -> Array:
  """Edits between what is read greedily and the texts, [B] int32.

  Greedily read is the most probable class of each step, repetitions and then
  blanks left out.

  Args:
    raw: scores [N, B, A]; the last class is the blank.
    steps: of each line, [B].
    characters: the texts' classes, [B, U].
    lengths: of the texts, [B].
  """
  count, rows, classes = raw.shape
  best = jnp.argmax(lax.stop_gradient(raw), -1)
  before = jnp.concatenate([jnp.full((1, rows), -1), best[:-1]])
  inside = jnp.arange(count)[:, None] < steps
  is_read = inside & (best != before) & (best != classes - 1)
  places = jnp.arange(characters.shape[1] + 1)

  def read(distances, xs):
    """Distances of what is read so far to the first characters [B, U + 1]."""
    character, is_read = xs
    replaced = distances[:, :-1] + (characters != character[:, None])
    new = jnp.minimum(distances[:, 1:] + 1, replaced)  # left out, or replaced
    new = jnp.concatenate([distances[:, :1] + 1, new], axis=1)
    # Any number of characters put in, one after another, one edit each.
    new = lax.cummin(new - places, axis=1) + places
    return jnp.where(is_read[:, None], new, distances), None

  start = jnp.tile(places, (rows, 1))
  distances, _ = lax.scan(read, start, (best, is_read))
  return jnp.take_along_axis(distances, lengths[:, None], axis=1)[:, 0]


class ReadingScores(NamedTuple):
  """Averages of what a network reads.

  character_error: edits a character of the texts, read greedily; 0.1 is one
    character wrong in ten.
  nats_per_sequence: negative log likelihood of a line's text.
  nats_per_character: the same of a character.
  sequences, characters: how many were averaged over.
  """

  character_error: float
  nats_per_sequence: float
  nats_per_character: float
  sequences: int
  characters: int


def reading_scores(sums: Sums) -> ReadingScores:
  """Averages of sums over a set of lines.

  Raises:
    ValueError: if the sums hold no character.
  """
  nats, edits, characters, _, sequences = map(float, sums)
  if not characters:
    raise ValueError("there is no character to average over.")
  return ReadingScores(
    character_error=edits / characters,
    nats_per_sequence=nats / sequences,
    nats_per_character=nats / characters,
    sequences=round(sequences),
    characters=round(characters),
  )
