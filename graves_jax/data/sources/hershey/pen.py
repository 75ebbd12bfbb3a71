"""Built-in synthetic handwriting, to try everything without any data.

A hand is a Hershey stroke font with a slant, a size and spacings of its own, a
drifting baseline, a tremor and a pen that slows down in bends, rests, and is
read out at a constant rate. Nobody wrote these lines: models trained on them
show that training works, and nothing about real handwriting.
"""

import dataclasses
import functools
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from graves_jax.data.sources.hershey import glyphs
from graves_jax.data.sources.hershey.phrases import phrase
from graves_jax.data.strokes import Line, offsets_from_strokes

_DEFAULT_LINES = {"train": 5_000, "validation": 250}
_JOINED = 4.0  # font units that a joined hand bridges with the pen down
_READING_NOISE = 0.6  # pen units


@dataclasses.dataclass(frozen=True, kw_only=True)
class HersheyConfig:
  """How the synthetic lines look; spreads are standard deviations.

  The defaults are for the shortest training that still shows a network write:
  short lines, few points, one tidy hand that varies a little. For lines in the
  manner of IAM-OnDB, use characters=(10, 50) and points_per_character=20.
  """

  fonts: tuple[str, ...] = ("futural",)
  """One is drawn for each line: "futural" prints, "cursive" joins letters."""
  characters: tuple[int, int] = (8, 20)
  """Shortest and longest text."""
  points_per_character: float = 12.0
  """Mean number of pen points; IAM-OnDB has 21.7."""
  pen_units_per_character: float = 170.0
  """Mean width of a character; IAM-OnDB's is 177."""
  slant_degrees: float = 8.0
  """Mean slant to the right."""
  slant_spread_degrees: float = 4.0
  """Spread of the slant between lines."""
  size_spread: float = 0.06
  """Spread of the size and of the width between lines, as a share of each."""
  letter_spacing_spread: float = 0.6
  """Spread of the gap before each letter, in font units (an x is 14 high)."""
  word_spacing_spread: float = 2.0
  """Spread of each space, in font units."""
  drift: float = 0.6
  """How far the baseline wanders up and down, in font units."""
  tremor: float = 0.25
  """How far the hand strays from the ideal curve, in font units."""
  speed_spread: float = 0.06
  """Spread of the pen's speed between lines, as a share."""
  pause_rate: float = 0.05
  """Share of strokes at whose start, and at whose end, the pen rests."""

  def __post_init__(self):
    unknown = sorted(set(self.fonts) - set(glyphs.FONTS))
    if unknown or not self.fonts:
      raise ValueError(
        f"fonts (={self.fonts}) must be one or more of {glyphs.FONTS}."
      )
    shortest, longest = self.characters
    if not 1 <= shortest <= longest <= 1000:
      raise ValueError(
        f"characters (={self.characters}) must be a shortest and a longest "
        "length between 1 and 1000."
      )
    if not abs(self.slant_degrees) <= 45:
      raise ValueError(
        f"slant_degrees (={self.slant_degrees}) must be within -45 and 45."
      )
    for name, low, high in (
      ("points_per_character", 4, 200),
      ("pen_units_per_character", 1, 10_000),
      ("slant_spread_degrees", 0, 20),
      ("size_spread", 0, 0.5),
      ("letter_spacing_spread", 0, 10),
      ("word_spacing_spread", 0, 20),
      ("drift", 0, 20),
      ("tremor", 0, 5),
      ("speed_spread", 0, 0.5),
      ("pause_rate", 0, 1),
    ):
      if not low <= getattr(self, name) <= high:
        raise ValueError(
          f"{name} (={getattr(self, name)}) must be within {low} and {high}."
        )


def load(
  split: str,
  *,
  seed: int = 0,
  lines: int | None = None,
  config: HersheyConfig = HersheyConfig(),
  progress: Callable[[int, int], None] | None = None,
) -> list[Line]:
  """The lines of split "train" or "validation"; no text is in both.

  Args:
    split: a tenth of all texts, by their checksum, is kept for validation.
    seed: 0 or above; another seed gives other lines.
    lines: how many; more lines begin with the same ones. The default is 5,000
      for training and 250 for validation.
    config: how they look.
    progress: called after every line with how many are made, and `lines`.
  """
  if split not in _DEFAULT_LINES:
    raise ValueError(
      f"split (={split!r}) must be one of {list(_DEFAULT_LINES)}."
    )
  lines = _DEFAULT_LINES[split] if lines is None else lines
  _check(lines, seed)
  held_out = split == "validation"

  def in_split(text: str) -> bool:
    return (zlib.crc32(text.encode()) % 10 == 0) == held_out

  made = []
  for k in range(lines):
    seeds = (seed, int(held_out), k)
    made.append(_line(f"{split}-{k}", seeds, config, in_split))
    if progress is not None:
      progress(len(made), lines)
  return made


def _check(lines: int, seed: int) -> None:
  for name, value, low in (("lines", lines, 1), ("seed", seed, 0)):
    if value < low:
      raise ValueError(f"{name} (={value}) must be {low} or above.")


def _line(
  name: str,
  seeds: tuple[int, ...],
  config: HersheyConfig,
  accept: Callable[[str], bool],
) -> Line:
  random = np.random.default_rng(seeds)
  font = config.fonts[int(random.integers(len(config.fonts)))]
  text = _phrase(random, config, accept)
  path, slowness, breaks = _layout(text, font, config, random)
  path = _by_hand(path, config, random)
  strokes = _sampled(path, slowness, breaks, font, config, random)
  return Line(offsets_from_strokes(strokes), text, name)


def _phrase(
  random: np.random.Generator,
  config: HersheyConfig,
  accept: Callable[[str], bool],
) -> str:
  for _ in range(1000):
    if accept(text := phrase(random, *config.characters)):
      return text
  raise ValueError(
    f"found no text of characters (={config.characters}) for this split; "
    "allow longer ones."
  )


def _layout(
  text: str, font: str, config: HersheyConfig, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Sets the glyphs side by side: points [n, 2], slowness [n], breaks [n]."""
  known = glyphs.glyphs(font)
  written = [known[character] for character in text]
  spaces = np.array([character == " " for character in text])
  advances = np.array([glyph.advance for glyph in written])
  gaps = random.normal(0, config.letter_spacing_spread, len(text))
  gaps += random.normal(0, config.word_spacing_spread, len(text)) * spaces
  widths = np.maximum(advances + gaps, advances / 2)
  left = np.column_stack([widths.cumsum() - advances, 0 * widths])
  sizes = random.lognormal(0, config.size_spread / 2, (len(text), 2))

  letter = np.repeat(np.arange(len(text)), [len(g.points) for g in written])
  points = np.concatenate([glyph.points for glyph in written])
  points = points * sizes[letter] + left[letter]
  slowness = np.concatenate([glyph.slowness for glyph in written])
  breaks = np.concatenate([glyph.breaks for glyph in written])
  if font == "cursive":
    marks = np.concatenate([glyph.marks for glyph in written])
    order = np.argsort(2 * spaces.cumsum()[letter] + marks, kind="stable")
    points, slowness, breaks = points[order], slowness[order], breaks[order]
    joins = np.array([c.isalpha() for c in text])[letter[order]]
    joins &= ~marks[order]
    joins = joins[:-1] & joins[1:] & (breaks[:-1] == glyphs.STROKE_END)
    near = np.hypot(*np.diff(points, axis=0).T) < _JOINED
    breaks[:-1][near & joins] = glyphs.INSIDE
  return points, slowness, breaks


def _by_hand(
  points: np.ndarray, config: HersheyConfig, random: np.random.Generator
) -> np.ndarray:
  """Adds the hand's tremor, drift, slant and size to points [n, 2]."""
  lengths = np.hypot(*np.diff(points, axis=0).T)
  along = np.concatenate([[0], lengths.cumsum()])
  # Waves along the path of 8 to 60 units, where an o is 40 long: smooth, and
  # never repeating.
  waves = 2 * np.pi / np.exp(random.uniform(np.log(8), np.log(60), (2, 4, 1)))
  phases = random.uniform(0, 2 * np.pi, (2, 4, 1))
  shaken = np.sin(along * waves + phases).sum(1).T
  points = points + config.tremor * np.sqrt(2 / 4) * shaken

  # The baseline: a wave of a few words, and a slope.
  wave = 2 * np.pi / random.uniform(60, 240)
  drift = np.sqrt(2) * np.sin(points[:, 0] * wave + random.uniform(0, 7))
  drift += (points[:, 0] - points[-1, 0] / 2) / 100 * random.normal()
  x, y = points.T
  slant = random.normal(config.slant_degrees, config.slant_spread_degrees)
  slant = np.radians(np.clip(slant, -60, 60))
  sheared = np.column_stack([x - y * np.tan(slant), y + config.drift * drift])
  return sheared * random.lognormal(0, config.size_spread, 2)


def _sampled(
  points: np.ndarray,
  slowness: np.ndarray,
  breaks: np.ndarray,
  font: str,
  config: HersheyConfig,
  random: np.random.Generator,
) -> list[np.ndarray]:
  """Reads the pen out at a constant rate: strokes [n, 2] in pen units.

  Between two corners the readings are evenly spaced in time, so every corner
  is read and stays sharp however few the points.
  """
  typical = _typical(font)
  lengths = np.hypot(*np.diff(points, axis=0).T)
  times = lengths * (slowness[1:] + slowness[:-1]) / 2
  times = np.concatenate([[0], np.maximum(times, 1e-3).cumsum()])
  interval = typical.time / (config.points_per_character - typical.strokes)
  interval *= random.lognormal(0, config.speed_spread)

  ends = np.flatnonzero(breaks)
  last = breaks[ends] == glyphs.STROKE_END
  first = np.concatenate([[True], last[:-1]])  # piece of its stroke
  starts = np.concatenate([[0], ends[:-1] + first[1:]])
  durations = times[ends] - times[starts]
  counts = np.maximum(1, np.rint(durations / interval)).astype(int)

  piece = np.repeat(np.arange(len(ends)), counts + first)
  begin = (counts + first).cumsum() - counts  # of the readings but the first
  step = (np.arange(len(piece)) - begin[piece] + 1) / counts[piece]
  at = times[starts][piece] + step * durations[piece]
  scale = config.pen_units_per_character / typical.advance
  read = scale * np.column_stack(
    [np.interp(at, times, points[:, k]) for k in (0, 1)]
  )

  stops = (counts + first).cumsum()[last]
  is_rest = random.random((2, len(stops))) < config.pause_rate
  rests = is_rest * random.integers(1, 4, (2, len(stops)))
  repeats = np.ones(len(read), int)
  repeats[np.concatenate([[0], stops[:-1]])] += rests[0]
  repeats[stops - 1] += rests[1]
  read = np.repeat(read, repeats, axis=0)
  read = np.rint(read + random.normal(0, _READING_NOISE, read.shape))
  return np.split(read, repeats.cumsum()[stops[:-1] - 1])


class _Typical(NamedTuple):
  """Means over the characters of many phrases, in font units."""

  advance: float
  time: float
  strokes: float


@functools.cache
def _typical(font: str) -> _Typical:
  random = np.random.default_rng(0)
  text = "".join(phrase(random, 8, 20) for _ in range(200))
  written = [glyphs.glyphs(font)[c] for c in text]
  time = strokes = 0.0
  for glyph in written:
    if len(glyph.points):
      lengths = np.hypot(*np.diff(glyph.points, axis=0).T)
      ends = glyph.breaks == glyphs.STROKE_END
      down = lengths * ~ends[:-1]
      time += (down * (glyph.slowness[1:] + glyph.slowness[:-1]) / 2).sum()
      strokes += ends.sum()
  advance = sum(glyph.advance for glyph in written)
  count = len(written)
  return _Typical(advance / count, time / count, strokes / count)
