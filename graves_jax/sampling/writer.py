"""Writes text by hand: from characters and styles to pen strokes."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from flax import linen as nn

from graves_jax.data.strokes import Alphabet, Line, Normalization
from graves_jax.distributions.bivariate_mixture import MixtureParameters
from graves_jax.fast.kernels.library import Kernels
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.build import build_network
from graves_jax.networks.synthesis import SynthesisNetwork
from graves_jax.sampling.attempts import (
  WritingSettings,
  Written,
  style_for_each,
  write_finished,
  write_one_hand,
)
from graves_jax.sampling.bias import require_bias
from graves_jax.sampling.handwriting import trace_densities, trace_window
from graves_jax.sampling.line_end import Stop
from graves_jax.sampling.padding import round_up_points
from graves_jax.sampling.pens import ToWrite, write_pens
from graves_jax.sampling.ranking import Pen, Ranker
from graves_jax.sampling.restored import Restored
from graves_jax.sampling.seed import require_seed
from graves_jax.sampling.style import require_known_style
from graves_jax.sampling.transcript import require_known, wrap

MAX_CHARACTERS = 5000


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
    """Writes each text as one line, many at once (Sections 5.3-5.5).

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
    settings = WritingSettings(seed, bias, attempts, best_of, ranker)
    texts = [texts] if isinstance(texts, str) else texts
    texts = [" ".join(text.split()) for text in texts]
    styles = style_for_each(style, texts)
    self._require_usable(texts, styles)
    return write_finished(self, texts, styles, settings)

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
      text: its line ends are kept; a blank line comes back without ink. Each
        line has its number among them as name.
      width: characters a line at most.
      seed, bias, style, attempts, best_of, ranker: as for `write`.
    """
    settings = WritingSettings(seed, bias, attempts, best_of, ranker)
    if len(text) > MAX_CHARACTERS:
      raise ValueError(
        f"the text has {len(text):,} characters; write at most "
        f"{MAX_CHARACTERS:,} at a time."
      )
    lines = wrap(text, width)
    texts = [line for line in lines if line]
    require_known("".join(texts), self.alphabet)
    styles = style_for_each(style, texts)
    self._require_usable(texts, styles)
    if style is not None or len(texts) == 1:
      written = iter(write_finished(self, texts, styles, settings))
    else:
      written = iter(write_one_hand(self, texts, settings))
    no_ink = np.zeros((0, 3), np.float32)
    blank = Written(Line(no_ink, "", ""), True)
    of_all = [next(written) if line else blank for line in lines]
    return [
      each._replace(line=each.line._replace(name=str(number)))
      for number, each in enumerate(of_all)
    ]

  def scribble(
    self, points: int, *, lines: int = 1, seed: int = 0, bias: float = 0.0
  ) -> list[Line]:
    """Lets a prediction network write whatever it likes (Figure 11).

    Args:
      points: elements a line.
      lines: how many.
      seed, bias: as for `write`.

    Raises:
      ValueError: if a number cannot be used, or the network writes given text.
    """
    if self.reads:
      raise ValueError("a synthesis network writes given text; use `write`.")
    if points < 2 or lines < 1:
      raise ValueError(
        f"points (={points}) must be 2 or more, and lines (={lines}) 1 or more."
      )
    require_bias(bias)
    require_seed(seed)
    to_write = [ToWrite(k, " ", limit=points) for k in range(lines)]
    written = write_pens(self, to_write, seed=seed, bias=bias, pens=range(1))
    return [pen.line for (pen,) in written]

  def write_with_pens(
    self,
    texts: Sequence[str],
    styles: Line | Sequence[Line] | None = None,
    *,
    pens: int,
    seed: int = 0,
    bias: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
  ) -> list[list[Pen]]:
    """Writes each text with several pens, all of which come back.

    Args:
      texts: as for `write`.
      styles: a line for each text to go on from, or one for all.
      pens: of each text; the first one is that of `write`.
      seed, bias: as for `write`.
      progress: called with how many texts are written, and all.
    """
    WritingSettings(seed, bias, 1, pens, None)
    texts = [" ".join(text.split()) for text in texts]
    chosen = style_for_each(styles, texts)
    self._require_usable(texts, chosen)
    to_write = [ToWrite(k, text, chosen[k]) for k, text in enumerate(texts)]
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
