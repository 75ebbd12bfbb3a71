"""Writes text by hand: from characters and styles to pen strokes."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import linen as nn

from graves_jax.data.strokes import Alphabet, Line, Normalization
from graves_jax.distributions.bivariate_mixture import MixtureParameters
from graves_jax.fast.kernels.library import Kernels
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.build import build_network
from graves_jax.networks.synthesis import SynthesisNetwork
from graves_jax.sampling.handwriting import (
  sample_handwriting,
  trace_densities,
  trace_window,
)
from graves_jax.sampling.line_end import Stop
from graves_jax.sampling.padding import pad_inputs, round_up_points
from graves_jax.sampling.restored import Restored
from graves_jax.sampling.seed import require_seed
from graves_jax.sampling.style import require_known_style
from graves_jax.sampling.transcript import require_known, wrap

MAX_CHARACTERS = 5000
MAX_BIAS = 50.0
PATIENCE = 3
# A character that was read for less than one element was skipped. On 255 lines
# of IAM-OnDB's testset_v fed with their own ink the least was 1.6 wherever the
# window reached the end.
_LEAST_READING = 1.0
_CANDIDATES = 3


class Written(NamedTuple):
  """A line that was written.

  line: its pen elements in pen units, its text, and its number as name.
  is_finished: False if the stop rule did not end it within the limit, the
    window skipped a character, or nothing was left of it but dots.
  style: the line whose hand it goes on in, if any.
  places: the place in the text that was read for each element, [T].
  """

  line: Line
  is_finished: bool
  style: Line | None = None
  places: np.ndarray = np.zeros(0, np.int32)


@dataclasses.dataclass(frozen=True)
class HandwritingWriter:
  """A trained network, ready to write by hand (Sections 4.2 and 5).

  `graves_jax.load_writer` opens one, `from_checkpoint` makes one.

  network: a `SynthesisNetwork` or `PredictionNetwork`.
  params: its weights.
  alphabet: classes of the characters.
  normalization: of the offsets.
  sigma_floor: least standard deviation of the mixture.
  points_per_character: of the training lines; a line that has become
    `PATIENCE` times as long as they would be is given up.
  stop: how a line ends, see `sample_handwriting`.
  """

  network: nn.Module
  params: Any
  alphabet: Alphabet
  normalization: Normalization
  sigma_floor: float
  points_per_character: float
  stop: Stop = "stroke"

  @classmethod
  def from_checkpoint(
    cls, restored: Restored, kernels: Kernels | None = None
  ) -> "HandwritingWriter":
    """Makes a writer of a checkpoint's weights, on the device, and metadata.

    Args:
      restored: the checkpoint.
      kernels: to write with, where they fit; see `fast.implementation`.

    Raises:
      ValueError: if the weights are of a text network.
    """
    config, codec = restored.metadata.of_handwriting()
    return cls(
      network=build_network(config.network, codec.size, kernels=kernels),
      params=jax.device_put(restored.params),
      alphabet=codec.alphabet,
      normalization=codec.normalization,
      sigma_floor=config.network.sigma_floor,
      points_per_character=codec.points_per_character,
    )

  @property
  def reads(self) -> bool:
    """Whether the network writes given text, not just anything."""
    return isinstance(self.network, SynthesisNetwork)

  def write(
    self,
    texts: str | Sequence[str],
    *,
    seed: int = 0,
    bias: float = 0.0,
    style: Line | None = None,
    attempts: int = 1,
  ) -> list[Written]:
    """Writes each text as one line, all in one batch (Sections 5.3-5.5).

    Args:
      texts: one a line, none empty; a string is one line. White space of any
        length is one space.
      seed: the same seed gives the same pens.
      bias: b >= 0; 0 is unbiased, 1 tidy, larger tidier still.
      style: a line of real pen strokes to go on from, in the same hand.
      attempts: a line that does not come out finished is written anew, with
        another seed, up to so many times in all.

    Raises:
      ValueError: if a text or the bias cannot be used.
    """
    texts = [texts] if isinstance(texts, str) else texts
    texts = [" ".join(text.split()) for text in texts]
    self._require_usable(texts, seed, bias, style, attempts)
    return self._write_finished(texts, seed, bias, style, attempts)

  def write_wrapped(
    self,
    text: str,
    *,
    width: int = 45,
    seed: int = 0,
    bias: float = 0.0,
    style: Line | None = None,
    attempts: int = 1,
  ) -> list[Written]:
    """Writes a text of any length as lines of one hand.

    Without a style, some of the longest lines are written first; the longest
    that comes out finished is the style of the others. Short lines, as that of
    a salutation, show too little of a hand.

    Args:
      text: its line ends are kept; a blank line comes back without ink.
      width: characters a line at most.
      seed, bias, style, attempts: as for `write`.
    """
    if len(text) > MAX_CHARACTERS:
      raise ValueError(
        f"the text has {len(text):,} characters; write at most "
        f"{MAX_CHARACTERS:,} at a time."
      )
    lines = wrap(text, width)
    texts = [line for line in lines if line]
    require_known("".join(texts), self.alphabet)
    self._require_usable(texts, seed, bias, style, attempts)
    options = seed, bias, style, attempts
    if style is not None or len(texts) == 1:
      written = iter(self._write_finished(texts, *options))
    else:
      written = iter(self._write_one_hand(texts, seed, bias, attempts))
    no_ink = np.zeros((0, 3), np.float32)
    blank = Written(Line(no_ink, "", "blank"), True)
    return [next(written) if line else blank for line in lines]

  def scribble(
    self, points: int, *, lines: int = 1, seed: int = 0, bias: float = 0.0
  ) -> list[Line]:
    """Lets a prediction network write whatever it likes (Figure 11).

    Args:
      points: elements a line.
      lines: how many.
      seed, bias: as for `write`.
    """
    if points < 2 or lines < 1:
      raise ValueError(
        f"points (={points}) must be 2 or more, and lines (={lines}) 1 or more."
      )
    _require_settings(seed, bias)
    rows = dict.fromkeys(range(lines), " ")
    written = self._write_rows(rows, (seed, 0), bias, None, limit=points)
    return [result.line for result in written.values()]

  def trace_window(self, line: Line, style: Line | None = None) -> np.ndarray:
    """phi [T, U]: what is read while `line` is written (Figure 13).

    Args:
      line: pen elements [T, 3] and their text of U characters.
      style: what was written before it, as for `write`.

    Raises:
      ValueError: if the network reads no text.
    """
    if not self.reads:
      raise ValueError("a prediction network has no window to draw.")
    points, text, own = self._traced(line, style)
    phi = trace_window(self.network, self.params, points, text)
    characters = text.characters.shape[1] - len(line.text)
    return np.asarray(phi[own, 0, characters:])

  def trace_densities(
    self, line: Line, style: Line | None = None
  ) -> MixtureParameters:
    """Mixtures, each array [T, ...], in pen units, that predicted `line`.

    Figures 10 and 14. Arguments as for `trace_window`.
    """
    points, text, own = self._traced(line, style)
    mixtures = trace_densities(
      self.network, self.params, points, text, sigma_floor=self.sigma_floor
    )
    mixtures = jax.tree.map(lambda x: np.asarray(x[own, 0]), mixtures)
    mean, std = self.normalization
    return mixtures._replace(
      means=mixtures.means * std + mean, stddevs=mixtures.stddevs * std
    )

  def _traced(self, line: Line, style: Line | None):
    """Padded points [P, 1, 3], the text, and the rows that are `line`'s."""
    pen, before = self._prime(style)
    whole = np.concatenate([pen, self.normalization.normalize(line.points)])
    padding = round_up_points(len(whole)) - len(whole)
    points = np.pad(whole, ((0, padding), (0, 0)))[:, None]
    classes: Any = self.alphabet.encode(before + line.text)[None]
    mask: Any = np.ones(classes.shape, np.float32)
    return points, Text(classes, mask), slice(len(pen), len(whole))

  def _prime(self, style: Line | None) -> tuple[np.ndarray, str]:
    """The style's normalized elements, and c of c + s (Section 5.5)."""
    if style is None:
      return np.zeros((0, 3), np.float32), ""
    pen = self.normalization.normalize(style.points)
    return pen, style.text.rstrip() + " "

  def _require_usable(self, texts, seed, bias, style, attempts) -> None:
    if not self.reads:
      raise ValueError(
        "these weights are of a prediction network, which writes no given "
        "text; use a synthesis network."
      )
    if not texts or not all(text.strip() for text in texts):
      raise ValueError(
        "there is no text to write; give at least one character."
      )
    _require_settings(seed, bias)
    if attempts < 1:
      raise ValueError(f"attempts (={attempts}) must be 1 or more.")
    for text in texts:
      require_known(text, self.alphabet)
    if style is not None:
      require_known_style(style, self.alphabet)

  def _write_one_hand(self, texts, seed, bias, attempts) -> list[Written]:
    """Writes the longest lines, chooses one, and the others in its hand."""
    longest = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
    candidates = {row: texts[row] for row in longest[:_CANDIDATES]}
    for attempt in range(attempts):
      written = self._write_rows(candidates, (seed, attempt), bias, None)
      for row in candidates:
        if written[row].is_finished:
          style = written[row].line
          others = texts[:row] + texts[row + 1 :]
          others = self._write_finished(others, seed, bias, style, attempts)
          return [*others[:row], written[row], *others[row:]]
    return self._write_finished(texts, seed, bias, None, attempts)

  def _write_finished(
    self, texts, seed, bias, style, attempts
  ) -> list[Written]:
    """Writes lines until all are finished, or the attempts are used up."""
    written: dict[int, Written] = {}
    waiting = dict(enumerate(texts))
    for attempt in range(attempts):
      written |= self._write_rows(waiting, (seed, attempt), bias, style)
      waiting = {
        row: text
        for row, text in waiting.items()
        if not written[row].is_finished
      }
      if not waiting:
        break
    return [written[row] for row in range(len(texts))]

  def _write_rows(
    self, rows, seed, bias, style, limit=None
  ) -> dict[int, Written]:
    """Writes each text once; `rows` maps the number of a line to its text."""
    prime, before = self._prime(style)
    limits = [limit or self._most_points(text) for text in rows.values()]
    key = jax.random.fold_in(jax.random.key(seed[0]), seed[1])
    numbers = np.array(list(rows), np.uint32)
    sampled = sample_handwriting(
      self.network,
      self.params,
      pad_inputs(
        [before + text for text in rows.values()],
        keys=jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, numbers),
        bias=bias,
        prime=prime,
        limits=len(prime) + np.array(limits, np.int32),
        alphabet=self.alphabet,
        normalization=self.normalization,
      ),
      sigma_floor=self.sigma_floor,
      stop=self.stop,
    )
    points, ends, finished, reading, places = map(np.asarray, sampled)
    written = {}
    for row, (number, text) in enumerate(rows.items()):
      new = points[len(prime) : ends[row], row]
      pen = self._finish(new if style is None else _without_approach(new))
      own = reading[row, len(before) : len(before) + len(text)]
      least = own[np.array(list(text)) != " "].min(initial=np.inf)
      is_finished = bool(len(pen) and finished[row] and least >= _LEAST_READING)
      line = Line(pen, text, str(number))
      read = places[ends[row] - len(pen) : ends[row], row] - len(before)
      read = read.clip(0, len(text) - 1)
      written[number] = Written(line, is_finished, style, read)
    return written

  def _most_points(self, text: str) -> int:
    return round(PATIENCE * self.points_per_character * len(text)) + 100

  def _finish(self, points: np.ndarray) -> np.ndarray:
    pen = self.normalization.denormalize(points).astype(np.float32)
    pen[-1:, 2] = 1
    return pen


def _require_settings(seed: int, bias: float) -> None:
  """Raises ValueError unless pens can be drawn with these."""
  if not 0 <= bias <= MAX_BIAS:
    raise ValueError(
      f"bias (={bias}) must be from 0 (as varied as real hands) to "
      f"{MAX_BIAS:.0f}; 1 is tidy."
    )
  require_seed(seed)


def _without_approach(points: np.ndarray) -> np.ndarray:
  """Drops how the pen came from the end of the style to the first stroke.

  That is the first element, and dots before the first longer stroke: like a
  line of the data, what is returned starts where its first stroke does.
  """
  ends = np.concatenate([[1.0], points[:, 2]])[:-1]
  first = int(np.argmax(ends < 0.5)) if (ends < 0.5).any() else 1
  return points[first:]
