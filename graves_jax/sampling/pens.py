"""Writes lines with one or several pens each, in batches of a few shapes.

Axes: B rows, a pen of a line each; U characters.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import jax
import numpy as np

from graves_jax.data.strokes import Line
from graves_jax.sampling.handwriting import sample_handwriting
from graves_jax.sampling.padding import pad_inputs
from graves_jax.sampling.ranking import Pen

if TYPE_CHECKING:  # That file imports this one.
  from graves_jax.sampling.writer import HandwritingWriter

PATIENCE = 3
# Rows of a batch; with more, those that are finished wait for the last longer.
_MOST_ROWS = 128


class ToWrite(NamedTuple):
  """A line to write.

  number: tells its pens from those of other lines, of the same seed.
  text: what it says.
  style: a line to go on from, in the same hand.
  limit: elements at most; None: `PATIENCE` times as many as the text usually
    takes.
  """

  number: int
  text: str
  style: Line | None = None
  limit: int | None = None


def write_pens(
  writer: "HandwritingWriter",
  lines: Sequence[ToWrite],
  *,
  seed: int,
  bias: float,
  pens: range,
  progress: Callable[[int, int], None] | None = None,
) -> list[list[Pen]]:
  """Writes each line once with each pen.

  A pen's strokes depend on the seed, on its own number and on the line's, and
  not on how many others there are.

  Args:
    writer: the network, its weights, and how a line ends.
    lines: those of about one length are written together.
    seed: of all pens.
    bias: b >= 0 (Section 5.4).
    pens: numbers of the pens.
    progress: called with how many lines are written, and all.
  """
  at_a_time = max(_MOST_ROWS // len(pens), 1)
  order = np.argsort([len(line.text) for line in lines], kind="stable")
  written: dict[int, list[Pen]] = {}
  for start in range(0, len(lines), at_a_time):
    if progress is not None:
      progress(start, len(lines))
    places = order[start : start + at_a_time]
    some = [lines[k] for k in places]
    written |= zip(places, _write(writer, some, seed, bias, pens), strict=True)
  return [written[k] for k in range(len(lines))]


def _write(writer, lines, seed, bias, pens) -> list[list[Pen]]:
  """Writes one batch: a line's pens are neighboring rows."""
  primes, befores = zip(*(writer.prime(x.style) for x in lines), strict=True)
  most = [x.limit or _most_points(writer, x.text) for x in lines]
  limits = np.array([*map(len, primes)], np.int32) + np.array(most, np.int32)
  texts = [before + x.text for before, x in zip(befores, lines, strict=True)]
  each = np.repeat(np.arange(len(lines)), len(pens))
  sampled = sample_handwriting(
    writer.network,
    writer.params,
    pad_inputs(
      [texts[k] for k in each],
      keys=_keys(seed, pens, [x.number for x in lines]),
      bias=bias,
      primes=[primes[k] for k in each],
      limits=limits[each],
      alphabet=writer.alphabet,
      normalization=writer.normalization,
    ),
    sigma_floor=writer.sigma_floor,
    stop=writer.stop,
  )
  points, ends, stopped, reading, read = map(np.asarray, sampled)
  written: list[list[Pen]] = [[] for _ in lines]
  for row, k in enumerate(each):
    new = points[len(primes[k]) : ends[row], row]
    if lines[k].style is not None:
      new = without_approach(new)
    first, text = len(befores[k]), lines[k].text
    line = Line(_finish(writer, new), text, str(lines[k].number))
    own = reading[row, first : first + len(text)]
    places = read[ends[row] - len(line.points) : ends[row], row] - first
    places = places.clip(0, len(text) - 1)
    written[k].append(Pen(line, bool(stopped[row]), own, places))
  return written


def without_approach(points: np.ndarray) -> np.ndarray:
  """Drops how the pen came from the end of the style to the first stroke.

  That is the first element, and dots before the first longer stroke: like a
  line of the data, what is returned starts where its first stroke does.
  """
  ends = np.concatenate([[1.0], points[:, 2]])[:-1]
  first = int(np.argmax(ends < 0.5)) if (ends < 0.5).any() else 1
  return points[first:]


def _keys(seed: int, pens: range, numbers: Sequence[int]) -> jax.Array:
  """Random keys, [lines * pens]."""
  pens_and_lines = (np.array(x, np.uint32) for x in (pens, numbers))
  return _folded(jax.random.key(seed), *pens_and_lines)


@jax.jit
def _folded(key: jax.Array, pens: jax.Array, numbers: jax.Array) -> jax.Array:
  def fold(keys, data):
    return jax.vmap(jax.random.fold_in, in_axes=(None, 0))(keys, data)

  of_lines = jax.vmap(fold, in_axes=(0, None))(fold(key, pens), numbers)
  return of_lines.T.reshape(-1)


def _most_points(writer, text: str) -> int:
  return round(PATIENCE * writer.points_per_character * len(text)) + 100


def _finish(writer, points: np.ndarray) -> np.ndarray:
  pen = writer.normalization.denormalize(points).astype(np.float32)
  pen[-1:, 2] = 1
  return pen
