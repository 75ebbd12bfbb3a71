"""Letters: within the margins, never overlapping, words in their order."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_layout import rotation, writing

from graves_jax.data.words import Word
from graves_jax.rendering.geometry import corners, line_height, slope
from graves_jax.rendering.letter import set_letter
from graves_jax.rendering.page_setup import Layout
from graves_jax.rendering.sheet import paper_size

A6 = Layout(paper=(105.0, 148.0), margin=12)


def written(words, tilt=0.0, size=1.0, gap=60.0, seed=0):
  """A line of words as a network writes it: on a slope, of any size."""
  line, left = [], 0.0
  for number, letters in enumerate(words):
    strokes = writing(letters, seed=seed + number)
    low, high = corners(strokes)
    moved = [(stroke - [low[0] - left, 0.0]) for stroke in strokes]
    moved = [size * stroke @ rotation(tilt).T for stroke in moved]
    line.append(Word(f"{seed}.{number}", moved))
    left += high[0] - low[0] + gap
  return line


LETTER = [
  [written([4, 6])],
  [[]],
  [written([5, 3, 7, 4, 6], seed=k, tilt=0.02 * k) for k in range(1, 5)],
  [[]],
  [written([2, 5, 9], seed=8), written([6, 6], seed=9)],
]
TEXTS = [
  word.text for paragraph in LETTER for line in paragraph for word in line
]


def words_on(sheets):
  return " ".join(text for sheet in sheets for text in sheet.texts).split()


@pytest.mark.parametrize("align", ["left", "center", "right", "justify"])
@pytest.mark.parametrize("height", [2.0, 4.0, 9.0])
def test_all_ink_is_within_the_margins_and_in_order(align, height):
  layout = Layout(paper=A6.paper, margin=12, letter_height=height, align=align)
  sheets = set_letter(LETTER, layout)
  assert words_on(sheets) == TEXTS
  strokes = sum(len(word.strokes) for p in LETTER for x in p for word in x)
  assert sum(len(sheet.strokes) for sheet in sheets) == strokes
  assert (len(sheets) > 1) == (height == 9)
  for sheet in sheets:
    assert (sheet.width, sheet.height) == A6.paper
    low, high = corners(sheet.strokes)
    assert (low >= 12 - 1e-6).all()
    assert (high <= np.array(A6.paper) - 12 + 1e-6).all()
    for text, line in zip(sheet.texts, sheet.lines, strict=True):
      assert bool(text) == bool(line)


def test_lines_are_as_full_as_their_ink_allows():
  (sheet,) = set_letter(LETTER, A6)
  body = [line for line in sheet.lines[2:] if line]
  firsts = iter(TEXTS[2:])
  for text in sheet.texts[2:]:
    assert text.split() == list(itertools.islice(firsts, len(text.split())))
  # The next word of a paragraph would not have fitted.
  measure = 105 - 2 * 12
  for line, other in itertools.pairwise(body[:3]):
    right = corners(line)[1][0] - 12
    gap = 0.35 * 4  # The narrowest.
    narrowest = corners(other[:5])[1][0] - 12  # A word has 3 strokes or more.
    assert right + gap + narrowest > measure or right > 0.75 * measure


def test_the_ink_of_each_letter_stays_as_it_is():
  # What is written level and of one size is only moved and scaled.
  line = written([5, 5, 5])
  (sheet,) = set_letter([[line]], A6)
  before = [stroke for word in line for stroke in word.strokes]
  scale = 4 / line_height([before])
  for one, other in zip(before, sheet.strokes, strict=True):
    np.testing.assert_allclose(
      np.diff(other, axis=0), scale * np.diff(one, axis=0), atol=0.02
    )


def test_baselines_sizes_and_gaps_are_evened_out_unless_raw():
  lines = [
    written([5] * 5, tilt=0.06, size=1.3, gap=300),
    written([5] * 5, tilt=-0.05, size=0.9, gap=2, seed=5),
  ]
  paragraphs = [[line] for line in lines]
  wide = {"paper": (400.0, 200.0), "letter_height": 5.0}
  (even,) = set_letter(paragraphs, Layout(**wide))
  (raw,) = set_letter(paragraphs, Layout(**wide, raw=True))
  for line, tilt in zip(even.lines, (0.06, -0.05), strict=True):
    assert abs(slope(line)) < 0.01 < abs(tilt)
  slopes = [slope(line) for line in raw.lines]
  np.testing.assert_allclose(slopes, np.tan([0.06, -0.05]), atol=0.01)
  heights = [line_height([line]) for line in even.lines]
  assert max(heights) / min(heights) < 1.25
  heights = [line_height([line]) for line in raw.lines]
  assert heights[0] / heights[1] > 1.3
  for line in even.lines:
    for before, after in itertools.pairwise(np.split(np.arange(25), 5)):
      right = corners([line[k] for k in before])[1][0]
      left = corners([line[k] for k in after])[0][0]
      assert 0.35 * 5 - 1e-6 <= left - right <= 0.8 * 5 + 1e-6


def test_words_that_wander_come_back_to_their_line():
  line = written([6] * 6)
  height = line_height([[s for word in line for s in word.strokes]])
  shift = np.array([0.0, 0.15 * height])
  line[3] = Word(line[3].text, [s + shift for s in line[3].strokes])
  (sheet,) = set_letter([[line]], Layout(paper=(400.0, 100.0)))
  feet = [stroke[[0, -1], 1].mean() for stroke in sheet.strokes]
  words = np.array(feet).reshape(6, 6).mean(axis=1)
  assert np.ptp(words) < 0.08 * 4


@pytest.mark.parametrize("ruling", ["none", "ruled", "squared"])
def test_lines_stand_on_the_rules_of_the_paper(ruling):
  layout = Layout(paper=A6.paper, margin=12, ruling=ruling, line_spacing=9)
  (sheet,) = set_letter(LETTER, layout)
  levels = [rule[0, 1] for rule in sheet.rules if rule[0, 1] == rule[1, 1]]
  baselines = [
    np.median([stroke[[0, -1], 1] for stroke in line])
    for line in sheet.lines
    if line
  ]
  assert np.allclose(np.diff(levels), 4.5 if ruling == "squared" else 9)
  for baseline in baselines if ruling != "none" else ():
    assert np.abs(np.array(levels) - baseline).min() < 0.3
  across = [rule for rule in sheet.rules if rule[0, 0] == rule[1, 0]]
  assert bool(across) == (ruling == "squared")
  for rule in sheet.rules:
    assert (rule >= 0).all() and (rule <= A6.paper).all()


def test_without_paper_lines_stay_as_they_were_written():
  (sheet,) = set_letter(LETTER, Layout())
  lines = [line for paragraph in LETTER for line in paragraph]
  expected = [" ".join(word.text for word in line) for line in lines]
  assert list(sheet.texts) == expected
  low, high = corners(sheet.strokes)
  np.testing.assert_allclose(low, 0.8 * 4)
  size = np.array([sheet.width, sheet.height])
  np.testing.assert_allclose(size - high, 0.8 * 4)


walks = st.lists(
  st.tuples(st.integers(-50, 90), st.integers(-90, 90)),
  min_size=1,
  max_size=9,
).map(lambda points: np.array(points, float))
words = st.lists(walks, min_size=1, max_size=3).map(lambda s: Word("a", s))
lines = st.lists(words, max_size=4)


@settings(max_examples=40, deadline=None)
@given(
  st.lists(st.lists(lines, min_size=1, max_size=3), min_size=1, max_size=3),
  st.sampled_from(["none", "ruled"]),
  st.booleans(),
)
def test_whatever_is_written_lines_never_touch(paragraphs, ruling, raw):
  if not any(line for paragraph in paragraphs for line in paragraph):
    return
  layout = Layout(paper=(60.0, 60.0), margin=5, ruling=ruling, raw=raw)
  try:
    sheets = set_letter(paragraphs, layout)
  except ValueError as error:
    assert "--letter-height" in str(error)
    return
  for sheet in sheets:
    boxes = [corners(line) for line in sheet.lines if line]
    low, high = corners(sheet.strokes)
    assert low[0] >= 5 - 1e-6 and high[0] <= 55 + 1e-6 and low[1] >= 5 - 1e-6
    x = np.linspace(0, 60, 241)
    tops, bottoms = (
      [lowest(line, x, sign) for line in sheet.lines if line]
      for sign in (-1, 1)
    )
    for upper, lower in itertools.combinations(range(len(boxes)), 2):
      assert (bottoms[upper] < -tops[lower]).all()
    assert len(boxes) <= len(sheet.lines)


def lowest(line, x, sign=1):
  """Of the ink at each x the greatest `sign` times y, or minus infinity."""
  pairs = [
    np.stack([stroke[:-1], stroke[1:]], axis=1)
    for stroke in line
    if len(stroke) > 1
  ]
  if not pairs:
    return np.full(len(x), -np.inf)
  pieces = np.concatenate(pairs) * [1, sign]  # [N, 2 ends, 2]
  left, right = np.sort(pieces[..., 0], axis=1).T[..., None]
  start, end = pieces[:, 0, :, None], pieces[:, 1, :, None]  # each [N, 2, 1]
  width = end[:, 0] - start[:, 0]
  share = (x - start[:, 0]) / np.where(width, width, 1)
  y = start[:, 1] + share * (end[:, 1] - start[:, 1])
  y = np.where(width, y, np.maximum(start[:, 1], end[:, 1]))
  return np.where((x >= left) & (x <= right), y, -np.inf).max(axis=0)


@pytest.mark.parametrize(
  ("name", "expected"),
  [
    ("a5", (148, 210)),
    ("A4", (210, 297)),
    ("letter", (215.9, 279.4)),
    ("148x105", (148, 105)),
    ("90.5×50mm", (90.5, 50)),
  ],
)
def test_papers_have_names_or_sizes(name, expected):
  assert paper_size(name) == expected


@pytest.mark.parametrize(
  "name", ["a7", "", "10x10", "148", "9e9x100", "-5x100"]
)
def test_other_papers_are_refused(name):
  with pytest.raises(ValueError, match=r"a4, a5, a6, letter, or .* 148x105"):
    paper_size(name)


@pytest.mark.parametrize(
  ("settings", "message"),
  [
    ({"margin": -1}, r"margin \(=-1\) must be from 0 to 500"),
    ({"letter_height": 0}, "letter_height"),
    ({"letter_height": float("nan")}, "letter_height"),
    ({"line_spacing": 1e9}, "line_spacing"),
    ({"paper": (100.0, 100.0), "margin": 49}, "no room for letters"),
  ],
)
def test_layouts_that_cannot_be_are_refused(settings, message):
  with pytest.raises(ValueError, match=message):
    Layout(**settings)


def test_a_word_wider_than_the_paper_is_shrunk_or_refused():
  layout = Layout(paper=(60.0, 100.0), margin=5, letter_height=4)
  (sheet,) = set_letter([[written([25])]], layout)
  low, high = corners(sheet.strokes)
  assert low[0] == pytest.approx(5) and high[0] == pytest.approx(55)
  with pytest.raises(ValueError, match=r"'0.0' is \d+ mm wide .* 50 x 90 mm"):
    set_letter([[written([80])]], layout)
  with pytest.raises(ValueError, match="no ink"):
    set_letter([[[]]], layout)
