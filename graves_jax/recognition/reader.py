"""Reads handwriting with a trained network."""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from graves_jax.data.strokes import Alphabet, Line, Normalization
from graves_jax.fast.kernels.library import Kernels
from graves_jax.networks.build import build_network
from graves_jax.networks.reading import ReadingNetwork, steps_of
from graves_jax.recognition import decoding
from graves_jax.recognition.errors import edit_distance
from graves_jax.recognition.likelihood import text_log_probs
from graves_jax.recognition.restored import Restored

Progress = Callable[[int, int], None]

# What stands for a character that no training line has: U+FFFD.
UNKNOWN = "\ufffd"
# Few shapes, each of which is compiled: as many lines are read at a time as one
# of these, missing ones filled up, and padded to one of a few lengths.
_ROWS = (4, 16, 64)
_LEAST_POINTS, _GROWTH = 240, 1.5
_POINTS_MULTIPLE = 60
_BEAM = 16


class Judgement(NamedTuple):
  """How a line is read, beside its own text.

  read: what is read, greedily.
  edits: least insertions, deletions and substitutions between the two.
  log_prob: of the line's own text, in nats, all its paths together.
  """

  read: str
  edits: int
  log_prob: float


@dataclasses.dataclass(frozen=True)
class HandwritingReader:
  """Reads lines of pen strokes, without a language model.

  `graves_jax.load_reader` opens one, `from_checkpoint` makes one.

  >>> from graves_jax.checkpoints.read import restore_checkpoint
  >>> from graves_jax.pretrained import HANDWRITING_RANKER
  >>> restored = restore_checkpoint(HANDWRITING_RANKER)
  >>> HandwritingReader.from_checkpoint(restored).network.hidden
  (180, 180)

  network: the reading network.
  params: its weights.
  alphabet: classes of the characters; the blank follows them.
  normalization: of the offsets.
  """

  network: ReadingNetwork
  params: Any
  alphabet: Alphabet
  normalization: Normalization

  @classmethod
  def from_checkpoint(
    cls, restored: Restored, kernels: Kernels | None = None
  ) -> "HandwritingReader":
    """Makes a reader of a checkpoint's weights, on the device, and metadata.

    Args:
      restored: the checkpoint.
      kernels: to read with, where they fit; see `fast.implementation`.

    Raises:
      ValueError: if the weights are not of a reader.
    """
    config, codec = restored.metadata.of_reading()
    network: Any = build_network(config.network, codec.size, kernels=kernels)
    return cls(
      network=network,
      params=jax.device_put(restored.params),
      alphabet=codec.alphabet,
      normalization=codec.normalization,
    )

  def read(
    self,
    lines: Sequence[Line],
    beam: int | None = _BEAM,
    progress: Progress | None = None,
  ) -> list[str]:
    """Reads each line; its own text is not looked at.

    Args:
      lines: of pen strokes, in pen units.
      beam: beginnings of a text that the search keeps; None: reads greedily,
        the most probable class of each step.
      progress: of the network: called with how many lines it has read, and how
        many there are.

    Raises:
      ValueError: if the beam is no whole number above 0.
    """
    decode: Callable[[np.ndarray], decoding.Text] = decoding.greedy
    if beam is not None:
      decode = functools.partial(decoding.beam_search, beam=beam)
    log_probs = self.log_probs(lines, progress)
    return [self.text(decode(steps)) for steps in log_probs]

  def log_probs(
    self, lines: Sequence[Line], progress: Progress | None = None
  ) -> list[np.ndarray]:
    """Log probabilities of the classes at each step of each line, [N, A];
    arguments as for `read`."""
    by_length = np.argsort([len(x.points) for x in lines], kind="stable")
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(lines), _ROWS[-1]):
      places = by_length[start : start + _ROWS[-1]]
      found |= zip(places, self._score([lines[k] for k in places]), strict=True)
      if progress is not None:
        progress(len(found), len(lines))
    return [found[k] for k in range(len(lines))]

  def judge(self, lines: Sequence[Line]) -> list[Judgement]:
    """Reads each line greedily, and compares that with the line's own text.

    Args:
      lines: of pen strokes, in pen units.
    """
    log_probs = self.log_probs(lines)
    classes = [self.alphabet.encode(line.text) for line in lines]
    likely: list[float] = []
    for start in range(0, len(lines), _ROWS[-1]):
      some = slice(start, start + _ROWS[-1])
      likely += text_log_probs(log_probs[some], classes[some]).tolist()
    texts = [self.text(decoding.greedy(steps)) for steps in log_probs]
    return [
      Judgement(text, edit_distance(text, line.text), own)
      for text, line, own in zip(texts, lines, likely, strict=True)
    ]

  def text(self, classes: decoding.Text) -> str:
    """What classes stand for."""
    symbols = (UNKNOWN, *self.alphabet.characters)
    return "".join(symbols[k] for k in classes)

  def _score(self, lines: Sequence[Line]) -> Iterator[np.ndarray]:
    """Log probabilities of up to so many lines as are read at a time."""
    rows = next(rows for rows in _ROWS if rows >= len(lines))
    lengths = np.zeros(rows, np.int32)
    lengths[: len(lines)] = [len(line.points) for line in lines]
    points = np.zeros((_padded(lengths.max()), rows, 3), np.float32)
    for row, line in enumerate(lines):
      points[: lengths[row], row] = self.normalization.normalize(line.points)
    scores = np.asarray(_log_probs(self.network, self.params, points, lengths))
    steps = steps_of(lengths, self.network.joined)
    for row, _ in enumerate(lines):
      yield scores[: steps[row], row]


def _padded(points: int) -> int:
  """The next of the lengths that lines are padded to."""
  length = _LEAST_POINTS
  while length < points:
    length = math.ceil(_GROWTH * length / _POINTS_MULTIPLE) * _POINTS_MULTIPLE
  return length


@functools.partial(jax.jit, static_argnums=0)
def _log_probs(network, params, points, lengths):
  return jax.nn.log_softmax(network.apply(params, points, lengths))
