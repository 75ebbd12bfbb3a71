"""Writes text by hand: from characters and styles to pen strokes."""

import dataclasses
from collections.abc import Callable, Sequence
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
from graves_jax.sampling.handwriting import trace_densities, trace_window
from graves_jax.sampling.line_end import Stop
from graves_jax.sampling.padding import round_up_points
from graves_jax.sampling.pens import ToWrite, write_pens
from graves_jax.sampling.ranking import (
  Choice,
  Pen,
  Ranker,
  choose,
  require_pens,
)
from graves_jax.sampling.restored import Restored
from graves_jax.sampling.seed import require_seed
from graves_jax.sampling.style import require_known_style
from graves_jax.sampling.transcript import require_known, wrap

MAX_CHARACTERS = 5000
MAX_BIAS = 50.0
_CANDIDATES = 3


class Written(NamedTuple):
  """A line that was written.

  >>> points = np.float32([[3, 0, 0], [0, 4, 1]])
  >>> Written(Line(points, "a", "0"), is_finished=True).line.text
  'a'

  line: its pen elements in pen units, its text, and its number as name.
  is_finished: False if the stop rule did not end it within the limit, the
    window skipped a character, or nothing was left of it but dots.
  style: the line whose hand it goes on in, if any.
  read: what the ranker reads, if one chose the pen.
  places: the place in the text that was read for each element, [T].
  """

  line: Line
  is_finished: bool
  style: Line | None = None
  read: str | None = None
  places: np.ndarray = np.zeros(0, np.int32)


@dataclasses.dataclass(frozen=True)
class _Settings:
  """How to write; as for `HandwritingWriter.write`."""

  seed: int
  bias: float
  attempts: int
  best_of: int
  ranker: Ranker | None

  def __post_init__(self):
    _require_settings(self.seed, self.bias)
    if self.attempts < 1:
      raise ValueError(f"attempts (={self.attempts}) must be 1 or more.")
    require_pens(self.best_of)


@dataclasses.dataclass(frozen=True)
class HandwritingWriter:
  """A trained network, ready to write by hand (Sections 4.2 and 5).

  `graves_jax.load_writer` opens one, `from_checkpoint` makes one.

  >>> from graves_jax.checkpoints.read import restore_checkpoint
  >>> from graves_jax.pretrained import SYNTHETIC
  >>> writer = HandwritingWriter.from_checkpoint(restore_checkpoint(SYNTHETIC))
  >>> writer.reads
  True

  network: a `SynthesisNetwork` or `PredictionNetwork`.
  params: its weights.
  alphabet: classes of the characters.
  normalization: of the offsets.
  sigma_floor: least standard deviation of the mixture.
  points_per_character: of the training lines; a line that has become
    `pens.PATIENCE` times as long as they would be is given up.
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
    style: Line | Sequence[Line] | None = None,
    attempts: int = 1,
    best_of: int = 1,
    ranker: Ranker | None = None,
  ) -> list[Written]:
    """Writes each text as one line, all in one batch (Sections 5.3-5.5).

    Args:
      texts: one a line, none empty; a string is one line. White space of any
        length is one space.
      seed: the same seed gives the same pens.
      bias: b >= 0; 0 is unbiased, 1 tidy, larger tidier still.
      style: a line of real pen strokes to go on from, in the same hand; or one
        for each text.
      attempts: a line that does not come out finished is written anew, with
        another seed, up to so many times in all.
      best_of: pens that write each line at each attempt, of which the best one
        is kept, see `ranking.choose`; 1 is the paper's sampler. The first pen
        is that one's.
      ranker: the reader that says which is the best, such as
        `graves_jax.load_ranker()`; without one the window does.

    Raises:
      ValueError: if a text or a number cannot be used.
    """
    settings = _Settings(seed, bias, attempts, best_of, ranker)
    texts = [texts] if isinstance(texts, str) else texts
    texts = [" ".join(text.split()) for text in texts]
    styles = _for_each(style, texts)
    self._require_usable(texts, styles)
    return self._write_finished(texts, styles, settings)

  def write_wrapped(
    self,
    text: str,
    *,
    width: int = 45,
    seed: int = 0,
    bias: float = 0.0,
    style: Line | None = None,
    attempts: int = 1,
    best_of: int = 1,
    ranker: Ranker | None = None,
  ) -> list[Written]:
    """Writes a text of any length as lines of one hand.

    Without a style, some of the longest lines are written first; the longest
    that comes out finished, and is read right if there is a ranker, is the
    style of the others. Short lines, as that of a salutation, show too little
    of a hand.

    Args:
      text: its line ends are kept; a blank line comes back without ink.
      width: characters a line at most.
      seed, bias, style, attempts, best_of, ranker: as for `write`.
    """
    settings = _Settings(seed, bias, attempts, best_of, ranker)
    if len(text) > MAX_CHARACTERS:
      raise ValueError(
        f"the text has {len(text):,} characters; write at most "
        f"{MAX_CHARACTERS:,} at a time."
      )
    lines = wrap(text, width)
    texts = [line for line in lines if line]
    require_known("".join(texts), self.alphabet)
    styles = _for_each(style, texts)
    self._require_usable(texts, styles)
    if style is not None or len(texts) == 1:
      written = iter(self._write_finished(texts, styles, settings))
    else:
      written = iter(self._write_one_hand(texts, settings))
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
    to_write = [ToWrite(k, " ", limit=points) for k in range(lines)]
    written = write_pens(self, to_write, seed=seed, bias=bias, pens=range(1))
    return [pen.line for (pen,) in written]

  def write_with_pens(
    self,
    texts: Sequence[str],
    styles: Sequence[Line] | None = None,
    *,
    pens: int,
    seed: int = 0,
    bias: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
  ) -> list[list[Pen]]:
    """Writes each text with several pens, all of which come back.

    Args:
      texts: as for `write`.
      styles: a line for each text to go on from.
      pens: of each text; the first one is that of `write`.
      seed, bias: as for `write`.
      progress: called with how many texts are written, and all.
    """
    _Settings(seed, bias, 1, pens, None)
    texts = [" ".join(text.split()) for text in texts]
    self._require_usable(texts, styles or ())
    to_write = [
      ToWrite(k, text, styles[k] if styles else None)
      for k, text in enumerate(texts)
    ]
    options: dict[str, Any] = {"seed": seed, "bias": bias, "progress": progress}
    return write_pens(self, to_write, pens=range(pens), **options)

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
    pen, before = self.prime(style)
    whole = np.concatenate([pen, self.normalization.normalize(line.points)])
    padding = round_up_points(len(whole)) - len(whole)
    points = np.pad(whole, ((0, padding), (0, 0)))[:, None]
    classes: Any = self.alphabet.encode(before + line.text)[None]
    mask: Any = np.ones(classes.shape, np.float32)
    return points, Text(classes, mask), slice(len(pen), len(whole))

  def prime(self, style: Line | None) -> tuple[np.ndarray, str]:
    """The style's normalized elements [P, 3], and c of c + s (Section 5.5)."""
    if style is None:
      return np.zeros((0, 3), np.float32), ""
    pen = self.normalization.normalize(style.points)
    return pen, style.text.rstrip() + " "

  def _require_usable(
    self, texts: Sequence[str], styles: Sequence[Line | None]
  ) -> None:
    if not self.reads:
      raise ValueError(
        "these weights are of a prediction network, which writes no given "
        "text; use a synthesis network."
      )
    if not texts or not all(text.strip() for text in texts):
      raise ValueError(
        "there is no text to write; give at least one character."
      )
    for text in texts:
      require_known(text, self.alphabet)
    for style in styles:
      if style is not None:
        require_known_style(style, self.alphabet)

  def _write_one_hand(
    self, texts: list[str], settings: _Settings
  ) -> list[Written]:
    """Writes the longest lines, chooses one, and the others in its hand."""
    longest = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
    candidates = {row: texts[row] for row in longest[:_CANDIDATES]}
    for attempt in range(settings.attempts):
      none: list[Line | None] = [None] * len(texts)
      written = self._write_rows(candidates, attempt, none, settings)
      finished = [row for row in candidates if written[row].is_finished]
      legible = [row for row in finished if not _is_misread(written[row])]
      for row in (legible or finished)[:1]:
        others = texts[:row] + texts[row + 1 :]
        styles = _for_each(written[row].line, others)
        rest = self._write_finished(others, styles, settings)
        return [*rest[:row], written[row], *rest[row:]]
    return self._write_finished(texts, _for_each(None, texts), settings)

  def _write_finished(
    self,
    texts: Sequence[str],
    styles: Sequence[Line | None],
    settings: _Settings,
  ) -> list[Written]:
    """Writes lines, each after its style, until all are finished, or the
    attempts are used up."""
    written: dict[int, Written] = {}
    waiting = dict(enumerate(texts))
    for attempt in range(settings.attempts):
      written |= self._write_rows(waiting, attempt, styles, settings)
      waiting = {
        row: text
        for row, text in waiting.items()
        if not written[row].is_finished
      }
      if not waiting:
        break
    return [written[row] for row in range(len(texts))]

  def _write_rows(
    self,
    rows: dict[int, str],
    attempt: int,
    styles: Sequence[Line | None],
    settings: _Settings,
  ) -> dict[int, Written]:
    """Writes each text with fresh pens, and keeps the best one; `rows` maps the
    number of a line, by which it finds its style, to its text."""
    pens = settings.best_of
    groups = write_pens(
      self,
      [ToWrite(number, text, styles[number]) for number, text in rows.items()],
      seed=settings.seed,
      bias=settings.bias,
      pens=range(attempt * pens, (attempt + 1) * pens),
    )
    choices = [Choice(group[0], None) for group in groups]
    if pens > 1:
      choices = choose(groups, settings.ranker)
    return {
      number: Written(
        pen.line, pen.is_finished, styles[number], read, pen.places
      )
      for number, (pen, read) in zip(rows, choices, strict=True)
    }


def _for_each(
  style: Line | Sequence[Line] | None, texts: Sequence[str]
) -> Sequence[Line | None]:
  """A style for each text."""
  if style is None or isinstance(style, Line):
    return [style] * len(texts)
  if len(style) != len(texts):
    raise ValueError(
      f"{len(style)} styles are given for {len(texts)} texts; give one for "
      "each, or one for all."
    )
  return style


def _is_misread(written: Written) -> bool:
  return written.read not in (None, written.line.text)


def _require_settings(seed: int, bias: float) -> None:
  """Raises ValueError unless pens can be drawn with these."""
  require_bias(bias)
  require_seed(seed)


def require_bias(bias: float) -> None:
  """Raises ValueError unless mixtures can be biased so (Section 5.4)."""
  if not 0 <= bias <= MAX_BIAS:
    raise ValueError(
      f"bias (={bias}) must be from 0 (as varied as real hands) to "
      f"{MAX_BIAS:.0f}; 1 is tidy."
    )
