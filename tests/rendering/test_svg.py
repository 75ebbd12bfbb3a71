"""SVG: the ink comes back from the file, and nothing else is in it."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graves_jax.rendering.geometry import frame, line_height
from graves_jax.rendering.page import Caption
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
  expected = [stroke for line in page for stroke in line]
  found = drawn(svg_document(page))
  assert len(found) == len(expected)
  for stroke, path in zip(expected, found, strict=True):
    if len(stroke) == 1:
      stroke = np.repeat(stroke, 2, axis=0)  # A dot is a line to itself.
    precision = 1e-4 * line_height(page)
    np.testing.assert_allclose(path, stroke, rtol=1e-12, atol=precision)


def test_strokes_are_drawn_by_a_round_pen_without_filling():
  group = ElementTree.fromstring(svg_document([WORD])).find(f"{SVG}g")
  assert group.get("fill") == "none"
  assert group.get("stroke-linecap") == group.get("stroke-linejoin") == "round"
  assert len(group) == len(WORD)


def test_sizes_are_in_millimeters_and_proportional():
  page = [WORD]
  root = ElementTree.fromstring(
    svg_document(page, line_height_mm=10, pen_mm=0.5, margin=1)
  )
  box = frame(page, margin=1)
  view = np.array(root.get("viewBox").split(), float)
  np.testing.assert_allclose(view, box[:4], atol=0.01)
  millimeters = 10 / box.line_height
  for attribute, extent in (("width", box.width), ("height", box.height)):
    assert root.get(attribute).endswith("mm")
    size = float(root.get(attribute).removesuffix("mm"))
    assert size == pytest.approx(extent * millimeters, abs=0.01)
  pen = float(root.find(f"{SVG}g").get("stroke-width"))
  assert pen * millimeters == pytest.approx(0.5, rel=1e-3)


def test_texts_come_back_and_are_never_markup():
  text = "</title><script>alert('1 & 2')</script>"
  caption = Caption('"<b>"', 1.0, 2.0, 3.0)
  document = svg_document(
    [WORD], text=text, description="a & b", captions=[caption]
  )
  root = ElementTree.fromstring(document)
  assert root.find(f"{SVG}title").text == text
  assert root.find(f"{SVG}desc").text == "a & b"
  assert root.find(f"{SVG}text").text == caption.text
  assert "<script" not in document


def test_control_characters_leave_the_file_readable(tmp_path):
  path = tmp_path / "page.svg"
  write_svg(path, [WORD], text="a\0\x1b\ud800\uffffb\nc")
  title = ElementTree.parse(path).getroot().find(f"{SVG}title")
  assert title.text == "a\ufffd\ufffd\ufffd\ufffdb\nc"


@pytest.mark.parametrize("name", ["line_height_mm", "pen_mm"])
def test_sizes_must_be_above_zero(name):
  for size in (0, -1, np.nan, np.inf):
    with pytest.raises(ValueError, match=name):
      svg_document([WORD], **{name: size})
