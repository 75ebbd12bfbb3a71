"""Writes text by hand: from characters and styles to pen strokes."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import linen as nn

from graves_jax.data.strokes import Alphabet, Line, Normalization
from graves_jax.distributions.bivariate_mixture import MixtureParameters
from graves_jax.networks.synthesis import SynthesisNetwork
from graves_jax.networks.window_layer import Text
from graves_jax.sampling.handwriting import (
  SampleInputs,
  sample_handwriting,
  trace_densities,
  trace_window,
)
from graves_jax.sampling.seed import require_seed
from graves_jax.sampling.style import require_known_style
from graves_jax.sampling.transcript import require_known, wrap

# Arrays are padded to multiples of these: few shapes, few compilations.
_CHARACTERS_MULTIPLE = 16
_POINTS_MULTIPLE = 512
MAX_CHARACTERS = 5000
MAX_BIAS = 50.0
PATIENCE = 3


class Written(NamedTuple):
  """A line that was written.

  line: its pen elements in pen units, its text, and its number as name.
  is_finished: False if the stop rule never fired within the limit.
  """

  line: Line
  is_finished: bool


@dataclasses.dataclass(frozen=True)
class Writer:
  """A trained network, ready to write.

  network: a `SynthesisNetwork` or `PredictionNetwork`.
  params: its weights.
  alphabet: classes of the characters.
  normalization: of the offsets.
  sigma_floor: least standard deviation of the mixture.
  points_per_character: of the training lines; a line that has become
    `PATIENCE` times as long as they would be is given up.
  """

  network: nn.Module
  params: Any
  alphabet: Alphabet
  normalization: Normalization
  sigma_floor: float
  points_per_character: float

  @classmethod
  def of(cls, network: nn.Module, params: Any, metadata: Any) -> "Writer":
    """A writer from a checkpoint's weights and metadata."""
    return cls(
      network=network,
      params=params,
      alphabet=metadata.codec.alphabet,
      normalization=metadata.codec.normalization,
      sigma_floor=metadata.config.network.sigma_floor,
      points_per_character=metadata.codec.points_per_character,
    )

  @property
  def reads(self) -> bool:
    """Whether the network writes given text, not just anything."""
    return isinstance(self.network, SynthesisNetwork)

  def write(
    self,
    texts: Sequence[str],
    *,
    seed: int = 0,
    bias: float = 0.0,
    style: Line | None = None,
    attempts: int = 1,
  ) -> list[Written]:
    """Writes each text as one line, all in one batch (Sections 5.3-5.5).

    Args:
      texts: one a line, none empty.
      seed: the same seed gives the same pens.
      bias: b >= 0; 0 is unbiased, 1 tidy, larger tidier still.
      style: a line of real pen strokes to go on from, in the same hand.
      attempts: a line whose stop rule never fires is written anew, with
        another seed, up to so many times in all.

    Raises:
      ValueError: if a text or the bias cannot be used.
    """
    self._require_usable(texts, seed, bias, style, attempts)
    written: dict[int, Written] = {}
    waiting = list(range(len(texts)))
    for attempt in range(attempts):
      for row, result in self._write_rows(
        [(row, texts[row]) for row in waiting], (seed, attempt), bias, style
      ):
        written[row] = result
      waiting = [row for row in waiting if not written[row].is_finished]
      if not waiting:
        break
    return [written[row] for row in range(len(texts))]

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

    Without a style the first line is the style of the others.

    Args:
      text: its line ends are kept.
      width: characters a line at most.
      seed, bias, style, attempts: as for `write`.
    """
    if len(text) > MAX_CHARACTERS:
      raise ValueError(
        f"the text has {len(text):,} characters; write at most "
        f"{MAX_CHARACTERS:,} at a time."
      )
    lines = wrap(text, width)
    options = {"bias": bias, "attempts": attempts}
    if style is not None or len(lines) == 1:
      return self.write(lines, seed=seed, style=style, **options)
    for line in lines:
      require_known(line, self.alphabet)
    first = self.write(lines[:1], seed=seed, **options)
    style = first[0].line if first[0].is_finished else None
    return first + self.write(lines[1:], seed=seed, style=style, **options)

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
    rows = [(row, " ") for row in range(lines)]
    written = self._write_rows(rows, (seed, 0), bias, None, limit=points)
    return [result.line for _, result in written]

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
    padding = _round_up(len(whole), _POINTS_MULTIPLE) - len(whole)
    points = np.pad(whole, ((0, padding), (0, 0)))[:, None]
    classes = self.alphabet.encode(before + line.text)[None]
    text = Text(classes, np.ones(classes.shape, np.float32))
    return points, text, slice(len(pen), len(whole))

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
    if not 0 <= bias <= MAX_BIAS:
      raise ValueError(
        f"bias (={bias}) must be from 0 (as varied as real hands) to "
        f"{MAX_BIAS:.0f}; 1 is tidy."
      )
    require_seed(seed)
    if attempts < 1:
      raise ValueError(f"attempts (={attempts}) must be 1 or more.")
    for text in texts:
      require_known(text, self.alphabet)
    if style is not None:
      require_known_style(style, self.alphabet)

  def _write_rows(self, rows, seed, bias, style, limit=None):
    prime, before = self._prime(style)
    texts = [before + text for _, text in rows]
    limits = np.array(
      [len(prime) + (limit or self._most_points(text)) for _, text in rows],
      np.int32,
    )
    longest = _round_up(limits.max(), _POINTS_MULTIPLE)
    points = np.zeros((longest, len(rows), 3), np.float32)
    points[: len(prime)] = prime[:, None]
    lengths = np.array([len(text) for text in texts], np.int32)
    columns = _round_up(lengths.max(), _CHARACTERS_MULTIPLE)
    characters = np.zeros((len(rows), columns), np.int32)
    for row, text in enumerate(texts):
      characters[row, : len(text)] = self.alphabet.encode(text)
    mask = (np.arange(columns) < lengths[:, None]).astype(np.float32)
    key = jax.random.fold_in(jax.random.key(seed[0]), seed[1])
    numbers = np.array([number for number, _ in rows], np.uint32)
    sampled = sample_handwriting(
      self.network,
      self.params,
      SampleInputs(
        keys=jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, numbers),
        bias=np.full(len(rows), bias, np.float32),
        points=points,
        prime_lengths=np.full(len(rows), len(prime), np.int32),
        limits=limits,
        text=Text(characters, mask),
        text_lengths=lengths,
      ),
      sigma_floor=self.sigma_floor,
    )
    points, ends, finished = map(np.asarray, sampled)
    for row, (number, text) in enumerate(rows):
      new = points[len(prime) : ends[row], row]
      pen = self._finish(new if style is None else _without_approach(new))
      yield number, Written(Line(pen, text, str(number)), bool(finished[row]))

  def _most_points(self, text: str) -> int:
    return round(PATIENCE * self.points_per_character * len(text)) + 100

  def _finish(self, points: np.ndarray) -> np.ndarray:
    pen = self.normalization.denormalize(points).astype(np.float32)
    pen[-1:, 2] = 1
    return pen


def _without_approach(points: np.ndarray) -> np.ndarray:
  """Drops how the pen came from the end of the style to the first stroke.

  That is the first element, and dots before the first longer stroke: like a
  line of the data, what is returned starts where its first stroke does.
  """
  ends = np.concatenate([[1.0], points[:, 2]])[:-1]
  first = int(np.argmax(ends < 0.5)) if (ends < 0.5).any() else 1
  return points[first:]


def _round_up(number: int, multiple: int) -> int:
  return int(-(-number // multiple) * multiple)
