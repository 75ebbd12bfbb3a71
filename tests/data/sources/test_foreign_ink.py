"""One line of a hand, as four other programs save it: the same hand again."""

import gzip
import json

import numpy as np
import pytest

from graves_jax.data.sources.hands import find_hand
from graves_jax.data.sources.ink_file import read_ink
from graves_jax.data.sources.pace import set_points
from graves_jax.data.strokes import strokes_from_offsets

HAND = find_hand("slanted")
STROKES = strokes_from_offsets(HAND.points)


def inkml(strokes):
  """Whole numbers, y upwards, and times."""
  traces = ""
  for stroke in strokes:
    points = enumerate((100 + 7.3 * stroke).tolist())
    rows = [f"{x:.0f} {-y:.0f} {time}" for time, (x, y) in points]
    traces += f"<trace>{', '.join(rows)}</trace>"
  channels = '<channel name="X"/><channel name="Y" orientation="-ve"/>'
  return (
    f'<ink><traceFormat>{channels}<channel name="T"/></traceFormat><traceGroup>'
    f'<annotation type="truth">{HAND.text}</annotation>{traces}</traceGroup>'
    "</ink>"
  ).encode()


def quickdraw(strokes):
  """Pixels and milliseconds, by column."""
  columns = [
    [*(0.31 * s + [40, 200]).round(2).T.tolist(), list(range(len(s)))]
    for s in strokes
  ]
  return json.dumps({"word": HAND.text, "drawing": columns}).encode()


def xournal(strokes):
  """Points of a printer on a page, compressed."""
  ink = "".join(
    f'<stroke tool="pen">{" ".join(f"{v:.4f}" for v in values)}</stroke>'
    for values in ((0.06 * stroke + 72).ravel() for stroke in strokes)
  )
  page = f"<page><background/><layer>{ink}</layer></page>"
  return gzip.compress(f"<xournal>{page}</xournal>".encode())


def cubic(stroke):
  """Smooth curves from one point to the next, each a `c`."""
  around = np.vstack([2 * stroke[0] - stroke[1], stroke, stroke[-1]])
  data = "m{:.4f} {:.4f}".format(*stroke[0])
  for before, start, end, after in zip(
    around, around[1:], around[2:], around[3:], strict=False
  ):
    parts = (end - before) / 6, end - start - (after - start) / 6, end - start
    data += "c" + ",".join(f"{v:.4f}" for v in np.concatenate(parts))
  return data


def svg(strokes):
  """Curves in groups that turn, flip and scale them."""
  paths = "".join(
    f'<path style="fill:none" d="{cubic(np.array([1, -1]) * stroke)}"/>'
    for stroke in strokes
    if len(stroke) > 1
  )
  inside = f'<g transform="matrix(.1 0 0 -.1 0 0)">{paths}</g>'
  group = f'<g transform="translate(20,80) rotate(90) rotate(-90)">{inside}</g>'
  title = f"<title>{HAND.text}</title>"
  return f'<svg viewBox="0 0 210 297"><defs/>{title}{group}</svg>'.encode()


def read(folder, name, content):
  path = folder / name
  path.write_bytes(content)
  (line,) = read_ink(path, HAND.text)
  return strokes_from_offsets(line.points)


def normalized(strokes):
  """In line heights, from the first point."""
  return [s / np.ptp(np.concatenate(strokes)[:, 1]) for s in strokes]


FORMATS = {
  "a.inkml": inkml,
  "a.ndjson": quickdraw,
  "a.xopp": xournal,
  "a.svg": svg,
}


@pytest.mark.parametrize("name", FORMATS)
def test_what_other_programs_save_is_the_same_ink_point_for_point(
  tmp_path, name
):
  # Dots of one point are no curve.
  strokes = [stroke for stroke in STROKES if len(stroke) > 1]
  found = normalized(read(tmp_path, name, FORMATS[name](strokes)))
  expected = normalized([stroke - strokes[0][0] for stroke in strokes])
  assert list(map(len, found)) == list(map(len, expected))
  # Rounding to whole numbers is a two-thousandth of the height.
  np.testing.assert_allclose(
    np.concatenate(found), np.concatenate(expected), atol=1 / 500
  )


def test_curves_of_few_pieces_get_the_points_of_a_pen(tmp_path):
  strokes = [np.vstack([s[:-1:6], s[-1:]]) for s in STROKES if len(s) > 1]
  found = read(tmp_path, "a.svg", svg(strokes))
  points = sum(map(len, found))
  assert points == pytest.approx(22 * len(HAND.text), rel=0.06)
  knots = normalized([stroke - strokes[0][0] for stroke in strokes])
  for ours, theirs in zip(normalized(found), knots, strict=True):
    np.testing.assert_allclose(ours[[0, -1]], theirs[[0, -1]], atol=0.01)
    gaps = np.abs(theirs[:, None] - ours).sum(axis=-1).min(axis=1)
    assert gaps.max() < 0.15  # each knot lies between two points


def test_a_pen_is_slow_in_bends_and_at_ends_and_even_on_a_circle():
  corner = np.array([[0.0, 0], [50, 0], [50, 50]])
  (set_,) = set_points([corner], 60)
  gaps = np.hypot(*np.diff(set_, axis=0).T)
  np.testing.assert_allclose(set_[[0, -1]], corner[[0, -1]])
  assert len(set_) == 61
  middle = gaps[12:18].mean()
  assert gaps[0] < 0.8 * middle and gaps[29:31].max() < 0.6 * middle
  turn = np.linspace(0, 2 * np.pi, 200)
  (circle,) = set_points([np.column_stack([np.cos(turn), np.sin(turn)])], 60)
  gaps = np.hypot(*np.diff(circle, axis=0).T)[6:-6]
  assert np.ptp(gaps) < 0.1 * gaps.mean()


def test_dots_stay_dots():
  dot, line = np.ones((2, 2)), np.array([[0.0, 0], [9, 0]])
  assert [len(s) for s in set_points([dot, line], 9)] == [1, 10]
  assert len(set_points([dot], 9)[0]) == 2  # nothing can be set on no way
