"""SVG: the ink comes back from the file, and nothing else is in it."""

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graves_jax.rendering.drawing import Drawing
from graves_jax.rendering.geometry import corners, frame
from graves_jax.rendering.ink import Ink
from graves_jax.rendering.page_of_strokes import Caption
from graves_jax.rendering.sheet import Sheet, sheet_around
from graves_jax.rendering.svg import svg_document, write_svg

SVG = "{http://www.w3.org/2000/svg}"
WORD = [
  np.array([[0.0, 0], [30, -80], [60, 0]]),
  np.array([[15.0, -40], [45, -40]]),
  np.array([[90.0, -1]]),
]


def drawn(document):
  """The strokes that a plotter reads from the file."""
  strokes = []
  for path in ElementTree.fromstring(document).iter(f"{SVG}path"):
    command, rest = path.get("d")[0], path.get("d")[1:]
    assert command == "M" and rest.count("L") == 1 and set(path.attrib) == {"d"}
    strokes.append(np.array(rest.replace("L", " ").split(), float))
  return [numbers.reshape(-1, 2) for numbers in strokes]


WHOLE = st.integers(-9999, 9999)
strokes = st.lists(st.tuples(WHOLE, WHOLE), min_size=1, max_size=9).map(
  lambda points: np.array(points, float) / 64
)


@settings(max_examples=30, deadline=None)
@given(
  st.lists(st.lists(strokes, max_size=3), max_size=3).filter(any),
  st.sampled_from([1e-6, 1.0, 1e7]),
)
def test_every_stroke_is_one_path_through_its_points(page, scale):
  page = [[scale * stroke for stroke in line] for line in page]
  sheet = sheet_around(page)
  found = drawn(svg_document([sheet]))
  assert len(found) == len(sheet.strokes)
  for stroke, path in zip(sheet.strokes, found, strict=True):
    if len(stroke) == 1:
      stroke = np.repeat(stroke, 2, axis=0)  # A dot is a very short line.
    np.testing.assert_allclose(path, stroke, rtol=1e-12, atol=0.011)


def test_strokes_are_drawn_by_a_round_pen_without_filling():
  document = svg_document(
    [sheet_around([WORD], letter_height=10)],
    Drawing(ink=Ink(color="#1a2b3c", width=0.5)),
  )
  group = ElementTree.fromstring(document).find(f"{SVG}g")
  assert group.get("fill") == "none" and group.get("stroke") == "#1a2b3c"
  assert group.get("stroke-linecap") == group.get("stroke-linejoin") == "round"
  assert group.get("stroke-width") == "0.5"
  assert len(group) == len(WORD)


def test_sizes_are_in_millimeters_and_proportional():
  box = frame([WORD], margin=1)
  sheet = sheet_around([WORD], letter_height=10, margin=1)
  root = ElementTree.fromstring(svg_document([sheet]))
  millimeters = 10 / box.line_height
  expected = box.width * millimeters, box.height * millimeters
  view = np.array(root.get("viewBox").split(), float)
  np.testing.assert_allclose(view, [0, 0, *expected], atol=0.001)
  assert root.get("width") == root.get("viewBox").split()[2] + "mm"
  assert root.get("height") == root.get("viewBox").split()[3] + "mm"
  assert "transform" not in svg_document([sheet])
  ink = np.subtract(*corners(sheet.strokes)[::-1])
  np.testing.assert_allclose(ink, expected - 2 * np.array([10, 10]), rtol=1e-9)


def test_sheets_lie_below_one_another_each_in_a_group():
  sheets = [Sheet(30, 20, [WORD[:1]]), Sheet(40, 50, [[], WORD[1:]])]
  root = ElementTree.fromstring(svg_document(sheets))
  assert root.get("viewBox") == "0 0 40 70"
  groups = root.findall(f"{SVG}g")
  assert [group.get("id") for group in groups] == ["page-1", "page-2"]
  assert [len(group) for group in groups] == [1, 2]
  second = drawn(svg_document(sheets))[1]
  np.testing.assert_allclose(second, WORD[1] + [0, 20])


def test_a_fountain_pen_draws_through_the_points_in_several_widths():
  x = np.linspace(0, 8, 30) ** 2
  stroke = np.column_stack([x, np.sin(x)])
  document = svg_document(
    [Sheet(70, 20, [[stroke]])], Drawing(ink=Ink(pen="fountain", width=0.2))
  )
  paths = ElementTree.fromstring(document).findall(f".//{SVG}path")
  widths = [float(path.get("stroke-width", 0.2)) for path in paths]
  assert max(widths) > 0.2 and min(widths) < 0.15
  assert (np.diff(widths) < 0).all()  # The pen gets faster and faster.
  parts = [np.array(re.findall(r"[-.\d]+", p.get("d")), float) for p in paths]
  parts = [part.reshape(-1, 2) for part in parts]
  for one, other in itertools.pairwise(parts):
    np.testing.assert_array_equal(one[-1], other[0])
  points = np.concatenate(parts)
  away = np.abs(points[:, None] - stroke).max(axis=-1).min(axis=0)
  assert away.max() < 0.001


def test_texts_come_back_and_are_never_markup():
  text = "</title><script>alert('1 & 2')</script>"
  caption = Caption('"<b>"', 1.0, 2.0, 3.0)
  document = svg_document(
    [sheet_around([WORD], [caption])],
    Drawing(text=text, description="a & b"),
  )
  root = ElementTree.fromstring(document)
  assert root.find(f"{SVG}title").text == text
  assert root.find(f"{SVG}desc").text == "a & b"
  assert root.find(f"{SVG}text").text == caption.text
  assert "<script" not in document


def test_control_characters_leave_the_file_readable(tmp_path):
  path = tmp_path / "page.svg"
  drawing = Drawing(text="a\0\x1b\ud800\uffffb\nc")
  write_svg(path, [sheet_around([WORD])], drawing)
  title = ElementTree.parse(path).getroot().find(f"{SVG}title")
  assert title.text == "a\ufffd\ufffd\ufffd\ufffdb\nc"


def test_sizes_and_colors_that_cannot_be_are_refused():
  for size in (0, -1, np.nan, np.inf):
    with pytest.raises(ValueError, match="letter_height"):
      sheet_around([WORD], letter_height=size)
    with pytest.raises(ValueError, match="width of the pen"):
      Ink(width=size)
  for color in ("blu", "#12345", "#12345g", "url(#a)", '"'):
    with pytest.raises(ValueError, match="black, blue"):
      Ink(color=color)


@pytest.mark.parametrize("pen", ["ballpoint", "fountain"])
def test_an_animated_document_draws_each_path_after_the_one_before(pen):
  sheets, ink = [sheet_around([WORD, WORD])] * 2, Ink(pen=pen)
  still = svg_document(sheets, Drawing(ink=ink))
  moving = svg_document(sheets, Drawing(ink=ink, is_animated=True))
  added = re.compile(
    r' pathLength="1" style="--at:([0-9.]+)s;--for:([0-9.]+)s"'
  )
  assert re.sub("<style>.*</style>\n", "", added.sub("", moving)) == still
  moments = np.array(added.findall(moving), float)
  assert len(moments) == still.count("<path") and (moments[:, 1] > 0).all()
  assert (np.diff(moments[:, 0]) >= moments[:-1, 1] - 0.02).all()
  assert "prefers-reduced-motion" in moving and "script" not in moving
