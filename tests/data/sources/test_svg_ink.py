"""SVG and Xournal++ as ink: paths, transforms, and what is refused."""

import gzip

import numpy as np
import pytest

from graves_jax.data.sources.ink_file import read_ink
from graves_jax.data.sources.svg_path import path_strokes
from graves_jax.data.strokes import strokes_from_offsets
from graves_jax.rendering.drawing import Drawing
from graves_jax.rendering.sheet import sheet_around
from graves_jax.rendering.svg import write_svg

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><title>ab</title>{}</svg>'
WORD = [
  np.array([[0.0, 0], [30, -80], [60, 0], [70, -30]]),
  np.array([[15.0, -40], [45, -40]]),
]


def read(tmp_path, content, name="ink.svg", text=None):
  path = tmp_path / name
  path.write_bytes(content if isinstance(content, bytes) else content.encode())
  (line,) = read_ink(path, text)
  return line


def ends_of(line):
  """First and last point of each stroke, from the first point."""
  strokes = strokes_from_offsets(line.points)
  return np.array([stroke[[0, -1]] for stroke in strokes])


@pytest.mark.parametrize(
  "data",
  [
    "M1 2 3 4 5,6",
    "m1 2 3 4-5.5.5",
    "M1 2L3 4H9v-3h-2V8",
    "M1 2c3 4 5 6 7 8s1-2 3-4C1 1 2 2 3 3S9 8 7 6",
    "M1 2q3 4 5 6t1 2T9 9M3 3T5 5Q1 1 0 0",
    "M1 2S3 4 5 6",
    "M10 20a5 3 30 1 0 4 5A9 9 0 0120 20a1 1 0 1 1 30 0",
    "M0 0a25 50 -30 0 1 50 -25",
    "M1 2L3 4 5 1zL9 9m1 1l1 1Z",
    "M1e1-2E-1L+3.0,4",
  ],
)
def test_paths_are_drawn_as_another_reader_draws_them(data):
  elements = pytest.importorskip("svgelements")
  expected = [
    [] if isinstance(segment, elements.Move) else segment
    for segment in elements.Path(data)
  ]
  strokes = path_strokes(data)
  found = np.concatenate(strokes)[:, :2]
  for segment in filter(None, expected):
    on_it = np.array([segment.point(t) for t in np.linspace(0, 1, 5)])
    for x, y in on_it[[0, -1]]:
      assert np.hypot(*(found - [x, y]).T).min() < 1e-6
  # And no point elsewhere.
  curve = np.array(
    [
      segment.point(t)
      for segment in filter(None, expected)
      for t in np.linspace(0, 1, 400)
    ]
  )
  for point in found:
    assert np.hypot(*(curve - point).T).min() < 0.15


def test_a_subpath_is_a_stroke_also_after_a_closed_one():
  strokes = path_strokes("M1 2L3 4 5 1zL9 9m1 1l1 1")
  assert [stroke[:, :2].tolist() for stroke in strokes] == [
    [[1, 2], [3, 4], [5, 1], [1, 2]],
    [[1, 2], [9, 9]],
    [[10, 10], [11, 11]],
  ]


@pytest.mark.parametrize(
  ("transform", "matrix"),
  [
    ("translate(5)", np.eye(2)),
    ("scale(2)", [[2, 0], [0, 2]]),
    ("scale(2,-3)", [[2, 0], [0, -3]]),
    ("rotate(90)", [[0, -1], [1, 0]]),
    ("rotate(90 7 8)", [[0, -1], [1, 0]]),
    ("skewX(45)", [[1, 1], [0, 1]]),
    ("skewY(45) ", [[1, 0], [1, 1]]),
    ("matrix(1,2,3,4,5,6)", [[1, 3], [2, 4]]),
    ("scale(2), rotate(90)", [[0, -2], [2, 0]]),
  ],
)
def test_transforms_nest_and_move_the_ink(tmp_path, transform, matrix):
  shape = (
    f'<g transform="{transform}"><g transform="scale(10)">'
    '<polyline points="0,0 3,4 5,0"/></g><line x2="7" y2="9"/></g>'
  )
  found = ends_of(read(tmp_path, SVG.format(shape)))
  expected = (
    np.array([[[0, 0], [50, 0]], [[0, 0], [7, 9]]]) @ np.array(matrix).T
  )
  np.testing.assert_allclose(found, expected, atol=1e-4)


def test_what_is_only_defined_is_no_ink_and_the_title_is_the_text(tmp_path):
  shapes = (
    '<defs><path d="M0 0L9 9"/></defs><g style="fill:none; display: none">'
    '<path d="M0 0L9 9"/></g><path d="M0 0L9 9" display="none"/>'
    '<g id="paper"><line x2="9" y2="9"/></g><g><title>no</title>'
    '<path d="M1 1L2 2"/></g><clipPath><path d="M0 0L9 9"/></clipPath>'
  )
  document = "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x.dtd'>"
  line = read(tmp_path, document + SVG.format(shapes))
  assert line.text == "ab" and len(strokes_from_offsets(line.points)) == 1
  assert read(tmp_path, SVG.format(shapes), text="c").text == "c"


def test_what_we_write_is_read_again_at_the_density_of_real_ink(tmp_path):
  path = tmp_path / "ink.svg"
  sheet = sheet_around([WORD])
  write_svg(path, [sheet], Drawing(text="hello"))
  (line,) = read_ink(path)
  assert line.text == "hello" and len(line.points) == pytest.approx(110, abs=4)
  start = sheet.strokes[0][0]
  expected = np.array([s[[0, -1]] for s in sheet.strokes]) - start
  np.testing.assert_allclose(ends_of(line), expected, atol=0.002)


XOURNAL = (
  '<?xml version="1.0"?><xournal creator="x"><page><layer/></page>'
  '<page><layer><stroke tool="pen" width="1.41 1 1">1 2 3 4.5 5 6</stroke>'
  '<stroke tool="highlighter">9 9 8 8</stroke>'
  '<stroke tool="pen">7 7\n8 8</stroke></layer></page>'
  "<page><layer><stroke>1 1 2 2</stroke></layer></page></xournal>"
)


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress])
def test_xournal_has_the_pens_strokes_of_the_first_page_with_ink(
  tmp_path, pack
):
  line = read(tmp_path, pack(XOURNAL.encode()), "ink.xopp", "ab")
  found = [s.tolist() for s in strokes_from_offsets(line.points, (1, 2))]
  assert found == [[[1, 2], [3, 4.5], [5, 6]], [[7, 7], [8, 8]]]


ELSEWHERE = '<!DOCTYPE svg SYSTEM "svg.dtd">'
ENTITY = '<!DOCTYPE svg [<!ENTITY a "aaaa">]>'


@pytest.mark.parametrize(
  ("content", "message"),
  [
    ("<svg><path d='M1 1L2 2'/></svg>", "--style-text"),
    (SVG.format(""), "no ink"),
    (SVG.format("<path d='L1 1'/>"), "must begin with M"),
    (SVG.format("<path d='M1'/>"), "M of a path has 1 of its 2 numbers"),
    (SVG.format("<path d='M1 1 L2 2 x'/>"), "'x' is no path data"),
    (SVG.format("<path d='M1 1z2'/>"), "follows no command"),
    (SVG.format("<path d='M1 1L1e99 2'/>"), "too large"),
    (SVG.format("<path d='M1 1L9e9 2'/>"), "positions reach"),
    (SVG.format("<g transform='turn(3)'/>"), "no transform"),
    (SVG.format("<path d='M1 1L2 2'/>")[:-3], "malformed XML"),
    (ENTITY + SVG.format("&a;"), "entities"),
    (ELSEWHERE + SVG.format("&a;"), "&a;, which is declared elsewhere"),
    (SVG.format("<path d='M0 0a3e-294 3e-294 0 0 0 9e14 9e14'/>"), "reach 9e"),
    ("<svg>" * 600, "nest deeper than 500"),
    (SVG.format("<g transform='" + "scale(1)" * 50_001 + "'/>"), "50,000 tr"),
    (SVG.format("<g transform='" + " " * 10**6 + ")'/>"), "no transform"),
    (SVG.format("<path d='M0 0" + "z" * 10_001 + "'/>"), "10,000 strokes"),
    (SVG.format("<path d='M0 0" + "a0 0 0 0 0 0 0" * 9000 + "'/>"), "100,000"),
    ("<html/>", "<svg>"),
  ],
)
def test_other_documents_are_refused_in_a_line(tmp_path, content, message):
  with pytest.raises(ValueError, match=r"ink\.svg: ") as caught:
    read(tmp_path, content)
  assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
  ("content", "text", "message"),
  [
    (XOURNAL, None, "--style-text"),
    (XOURNAL.replace("4.5", "4.5 a"), "ab", "no number"),
    (XOURNAL.replace("4.5", "4.5 6"), "ab", "an x without a y"),
    (gzip.compress(XOURNAL.encode())[:-9], "ab", "not a whole gzip file"),
    (gzip.compress(b" " * 5_000_000), "ab", "longer than 4,194,304 bytes"),
    ("<xournal><page/></xournal>", "ab", "no page has a stroke"),
  ],
)
def test_other_notes_are_refused_in_a_line(tmp_path, content, text, message):
  with pytest.raises(ValueError, match=r"ink\.xopp: ") as caught:
    read(tmp_path, content, "ink.xopp", text)
  assert message in str(caught.value) and "\n" not in str(caught.value)
