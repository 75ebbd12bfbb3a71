"""The paper's figures, one entry each: what it shows, and how it is drawn."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from graves_jax.commands.curves import read_curves
from graves_jax.data.strokes import Line
from graves_jax.rendering.curves import write_curves
from graves_jax.rendering.figures import write_attention, write_densities
from graves_jax.rendering.hands import Row, write_hands
from graves_jax.sampling.writer import HandwritingWriter

WORD = "flowers"
LINE = "a line is a walk of the pen"
# What is written where no line of the user's data says it.
SAMPLES = {
  15: "the tide comes in twice a day, and goes",
  16: "snow had fallen on every roof of the town",
  17: "he read her letter again by the fire",
}
BIASES = (0, 0.1, 0.5, 2, 5, 10)  # Figure 18
SWEPT = "a surer pen is plainer"
SLIGHT_BIAS = 0.15  # the paper's, of Figure 19
PRIMED_BIAS = 1.0  # of Figure 21
PRIMED = "and goes on in the same hand"

_PENS = 6  # of a text
_SCRIBBLE_POINTS = 700
_WORD_POINTS = 200  # of what a prediction network writes, or of a line
_LENGTHS = range(20, 36)  # characters of real lines that are shown
_ATTEMPTS = 3

Need = Literal["data", "prediction", "runs"]


@dataclasses.dataclass(frozen=True)
class Material:
  """What figures are drawn from.

  writer: a synthesis network.
  styles: lines to prime it with, that the network wrote itself.
  real: lines of the user's data, or none.
  prediction: a prediction network, or None.
  runs: folders of runs, whose losses are drawn.
  seed: of all that is drawn.
  """

  writer: HandwritingWriter
  styles: Sequence[Line] = ()
  real: Sequence[Line] = ()
  prediction: HandwritingWriter | None = None
  runs: Sequence[Path] = ()
  seed: int = 0

  def lines(self, count: int, salt: int) -> list[Line]:
    """So many real lines, of a length that is drawn well; fewer if there are
    no more."""
    fitting = [
      line
      for line in self.real
      if len(line.text) in _LENGTHS
      and not self.writer.alphabet.unknown(line.text)
    ]
    order = np.random.default_rng([self.seed, salt]).permutation(len(fitting))
    return [fitting[k] for k in order[:count]]

  def write(
    self, text: str, pens: int, bias: float, salt: int, **options: Any
  ) -> list[np.ndarray]:
    """The same text by so many pens, each elements [T, 3].

    Args:
      text: one line.
      pens: how many.
      bias: b of Section 5.4.
      salt: with the seed, decides what is drawn: the figure's number.
      options: of `HandwritingWriter.write`.
    """
    written = self.writer.write(
      [text] * pens,
      seed=(100 * self.seed + salt) % 2**32,
      bias=bias,
      attempts=_ATTEMPTS,
      **options,
    )
    return [each.line.points for each in written]


@dataclasses.dataclass(frozen=True)
class Figure:
  """One of the figures.

  stem: of the names of its files.
  title: what it shows.
  draw: samples what it shows, and returns what draws it to a file.
  needs: without this it cannot be drawn.
  uses_real: shows lines of the user's data where there are any.
  """

  stem: str
  title: str
  draw: Callable[[Material], Callable[[Path], None]]
  needs: Need | None = None
  uses_real: bool = False


def data_lines(material: Material) -> Callable[[Path], None]:
  """Figure 9."""
  lines = material.lines(_PENS, 9)
  if not lines:
    raise ValueError(
      f"the data have no validation line of {_LENGTHS.start} to "
      f"{_LENGTHS.stop - 1} characters that the network knows."
    )
  return _hands([[Row([line.points], is_given=True) for line in lines]])


def word_densities(material: Material) -> Callable[[Path], None]:
  """Figure 10: of a prediction network if there is one, over the beginning of a
  real line if there is any; else over ink of the network's own."""
  network = material.prediction or material.writer
  if lines := material.lines(1, 10):
    (line,) = lines
    if material.prediction is not None:
      line = line._replace(text=" ")  # it reads none
    return _densities_of(network, line, _WORD_POINTS)
  if material.prediction is None:
    return _densities(material, WORD, 10)
  (line,) = network.scribble(_WORD_POINTS, seed=material.seed)
  return _densities_of(network, line)


def scribbles(material: Material) -> Callable[[Path], None]:
  """Figure 11."""
  assert material.prediction is not None  # `needs` says so
  lines = material.prediction.scribble(
    _SCRIBBLE_POINTS, lines=_PENS, seed=material.seed
  )
  return _hands([[Row([line.points]) for line in lines]])


def window(material: Material) -> Callable[[Path], None]:
  """Figure 13."""
  line = _one_line(material, LINE, 13)
  phi = material.writer.trace_window(line)
  return lambda path: write_attention(path, phi, line.text, line.points)


def line_densities(material: Material) -> Callable[[Path], None]:
  """Figure 14."""
  return _densities(material, LINE, 14)


def samples(number: int, bias: float) -> Callable[..., Callable[[Path], None]]:
  """Figures 15 to 17, and 19: pens of one text; above them the line of the
  data that says it, if there are data."""

  def draw(material: Material) -> Callable[[Path], None]:
    lines = material.lines(1, number)
    text = lines[0].text if lines else SAMPLES.get(number, SAMPLES[15])
    real = [Row([line.points], "real", True) for line in lines]
    inks = material.write(text, _PENS, bias, number)
    return _hands([[*real, *_labeled(inks, bias)]])

  return draw


def biases(material: Material) -> Callable[[Path], None]:
  """Figure 18."""
  rows = [
    Row(material.write(SWEPT, 2, bias, 18), f"b = {bias:g}") for bias in BIASES
  ]
  return _hands([rows])


def primed(number: int, bias: float) -> Callable[..., Callable[[Path], None]]:
  """Figures 20 and 21: styles, and lines in their hand."""

  def draw(material: Material) -> Callable[[Path], None]:
    styles = material.lines(4, number) or material.styles[:4]
    if not styles:
      raise ValueError(
        "the network cannot read the styles that ship; give --data.path, whose "
        "lines prime it then."
      )
    blocks = []
    for style in styles:
      inks = material.write(PRIMED, 2, bias, number, style=style)
      prime = Row([style.points], "prime", True)
      blocks.append([prime, *_labeled(inks, bias)])
    return _hands(blocks)

  return draw


def learning_curves(material: Material) -> Callable[[Path], None]:
  """The losses of runs."""
  curves, unit = read_curves(material.runs)
  return lambda path: write_curves(path, curves, unit)


FIGURES = {
  "9": Figure("09_data", "lines of the data", data_lines, "data", True),
  "10": Figure("10_word", "densities over a word", word_densities, None, True),
  "11": Figure("11_scribbles", "prediction samples", scribbles, "prediction"),
  "13": Figure("13_window", "the window over the text", window),
  "14": Figure("14_densities", "densities over a line", line_densities),
  **{
    str(k): Figure(
      f"{k}_samples", "unbiased samples", samples(k, 0.0), uses_real=True
    )
    for k in SAMPLES
  },
  "18": Figure("18_bias", "a sweep over the bias", biases),
  "19": Figure(
    "19_slight_bias",
    f"samples of bias {SLIGHT_BIAS:g}",
    samples(19, SLIGHT_BIAS),
    uses_real=True,
  ),
  "20": Figure("20_primed", "primed samples", primed(20, 0.0), uses_real=True),
  "21": Figure(
    "21_primed_biased",
    f"primed samples of bias {PRIMED_BIAS:g}",
    primed(21, PRIMED_BIAS),
    uses_real=True,
  ),
  "curves": Figure("curves", "learning curves", learning_curves, "runs"),
}


def _hands(blocks: list[list[Row]]) -> Callable[[Path], None]:
  return lambda path: write_hands(path, blocks)


def _labeled(inks: Sequence[np.ndarray], bias: float) -> list[Row]:
  """Rows of one line each; the first one names the bias of all."""
  labels = [f"b = {bias:g}"] + [""] * (len(inks) - 1)
  return [Row([ink], label) for ink, label in zip(inks, labels, strict=True)]


def _one_line(material: Material, text: str, salt: int) -> Line:
  (points,) = material.write(text, 1, 1.0, salt)
  return Line(points, text, "written")


def _densities(
  material: Material, text: str, salt: int
) -> Callable[[Path], None]:
  return _densities_of(material.writer, _one_line(material, text, salt))


def _densities_of(
  writer: HandwritingWriter, line: Line, shown: int | None = None
) -> Callable[[Path], None]:
  """Draws the mixtures that predict the first `shown` points of a line, or all
  of them."""
  mixtures = writer.trace_densities(line)
  arrays: Any = [array[:shown] for array in mixtures]
  return lambda path: write_densities(path, line.points[:shown], *arrays)
