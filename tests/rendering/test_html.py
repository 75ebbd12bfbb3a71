"""HTML: self-contained, safe for any text, and true to the ink's timing."""

import base64
import hashlib
import itertools
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graves_jax.rendering.drawing import Drawing
from graves_jax.rendering.html import write_html
from graves_jax.rendering.ink import Ink
from graves_jax.rendering.sheet import sheet_around
from graves_jax.rendering.svg import svg_document
from graves_jax.rendering.timing import pen_times

PAGE = [
  [
    np.array([[0.0, 0], [30, -80], [60, 0]]),
    np.array([[15.0, -40], [45, -40]]),
  ],
  [],
  [np.array([[0.0, 150]])],
]
SHEET = sheet_around(PAGE)
PRINTED = ("text", "description")
HOSTILE = "</script></title><script>alert('1')</script><img src=x onerror=a()>"


class Reader(HTMLParser):
  """Collects every element with its attributes and text."""

  def __init__(self, document):
    super().__init__()
    self.elements, self.inside = [], False
    self.feed(document)

  def handle_starttag(self, tag, attrs):
    self.elements.append([tag, dict(attrs), ""])
    self.inside = True

  def handle_endtag(self, tag):
    self.inside = False

  def handle_data(self, data):
    if self.inside:
      self.elements[-1][2] += data

  def all(self, tag):
    return [element for element in self.elements if element[0] == tag]


def document(tmp_path, name="page.html", **texts):
  write_html(tmp_path / name, [SHEET], Drawing(**texts))
  return (tmp_path / name).read_text(encoding="utf-8")


def test_the_whole_drawing_is_in_the_page_without_any_script(tmp_path):
  drawing = Drawing(text="A", description="seed 1")
  expected = svg_document([SHEET], drawing)
  assert expected in document(tmp_path, text="A", description="seed 1")


def test_the_data_time_every_point_of_every_path(tmp_path):
  reader = Reader(document(tmp_path))
  data = json.loads(reader.all("script")[0][2])
  assert data["file"] == "page.svg"
  strokes = [stroke for line in PAGE for stroke in line]
  assert [len(t) for t in data["milliseconds"]] == [len(s) for s in strokes]
  moments = np.concatenate(data["milliseconds"])
  assert moments[0] == 0 and (np.diff(moments) > 0).all()


def test_every_path_of_every_sheet_and_pen_has_its_times(tmp_path):
  for ink in (Ink(), Ink(pen="fountain")):
    path = tmp_path / "two.html"
    write_html(path, [SHEET, SHEET], Drawing(ink=ink))
    reader = Reader(path.read_text())
    times = json.loads(reader.all("script")[0][2])["milliseconds"]
    paths = [e[1]["d"] for e in reader.all("path") if "d" in e[1]]
    assert len(paths) == len(times) >= 6
    for drawn, moments in zip(paths, times, strict=True):
      points = drawn.replace("L", " ").count(" ") // 2 + 1
      assert points == max(2, len(moments))  # A dot is a line to itself.
    moments = np.concatenate(times)
    assert moments[0] == 0 and (np.diff(moments) >= 0).all()


def test_no_text_becomes_markup(tmp_path):
  plain = Reader(document(tmp_path, text="A", description="B"))
  name = "<script>&amp;.html"
  hostile = document(tmp_path, name, text=HOSTILE, description=HOSTILE)
  reader = Reader(hostile)
  tags = [tag for tag, _, _ in reader.elements]
  assert tags == [tag for tag, _, _ in plain.elements]
  assert reader.all("title")[0][2] == HOSTILE
  printed = [e[2] for e in reader.elements if e[1].get("id") in PRINTED]
  assert printed == [HOSTILE, HOSTILE]
  raw = re.search(r'application/json">(.*?)</script>', hostile, re.S)[1]
  assert json.loads(raw)["file"] == "<script>&amp;.svg"


def test_the_policy_admits_exactly_this_style_and_this_script(tmp_path):
  reader = Reader(document(tmp_path, text=HOSTILE))
  [policy] = [
    attributes["content"]
    for _, attributes, _ in reader.all("meta")
    if attributes.get("http-equiv") == "Content-Security-Policy"
  ]
  rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
  assert rules["default-src"] == "'none'"

  def digest(content):
    value = base64.b64encode(hashlib.sha256(content.encode()).digest())
    return f"'sha256-{value.decode()}'"

  assert rules["style-src"] == digest(reader.all("style")[0][2])
  [script] = [e[2] for e in reader.all("script") if "type" not in e[1]]
  assert rules["script-src"] == digest(script)


def test_nothing_is_fetched_from_anywhere(tmp_path):
  content = document(tmp_path, text="A")
  for _, attributes, _ in Reader(content).elements:
    assert not {"src", "srcset", "style", "onclick"} & set(attributes)
    assert not attributes.get("href")
  addresses = set(re.findall(r"https?://[\w./]+", content))
  assert addresses == {"http://www.w3.org/2000/svg"}  # A name, not a place.
  assert "@import" not in content and "url(" not in content


def test_it_respects_what_readers_ask_of_their_browser(tmp_path):
  content = document(tmp_path)
  for feature in (
    "prefers-reduced-motion: reduce",
    "prefers-color-scheme: dark",
    "width=device-width",
  ):
    assert feature in content


WHOLE = st.integers(-9999, 9999)
strokes = st.lists(st.tuples(WHOLE, WHOLE), min_size=1, max_size=9).map(
  lambda points: np.array(points, float)
)


@settings(max_examples=30, deadline=None)
@given(st.lists(strokes, min_size=1, max_size=6), st.floats(0.01, 100))
def test_the_pen_moves_forward_in_time_whatever_its_units(line, scale):
  times = pen_times([line])
  moments = np.concatenate(times)
  assert moments[0] == 0 and (np.diff(moments) > 0.015).all()
  for before, after in itertools.pairwise(times):
    assert after[0] - before[-1] >= 0.0999  # The pen is lifted.
  scaled = pen_times([[scale * stroke for stroke in line]])
  np.testing.assert_allclose(np.concatenate(scaled), moments, rtol=1e-3)


def test_recorded_points_follow_at_the_recorders_rate():
  angle = np.linspace(0, 20, 640)
  stroke = np.column_stack([10 * angle, 50 * np.sin(angle)])
  assert pen_times([[stroke]])[0][-1] == pytest.approx(639 / 64)
