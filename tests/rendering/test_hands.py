"""Lines of ink in rows: in one scale, and none over another."""

import numpy as np
import pytest
from PIL import Image

from graves_jax.rendering.hands import Row, write_hands

BLUE, DARK = (0, 114, 178), (0, 0, 0)


def zigzag(width, height, teeth=6):
  x = np.full(teeth, width / teeth)
  y = np.resize([height, -height], teeth)
  return np.column_stack([x, y, np.arange(teeth) == teeth - 1])


def spans(pixels):
  """First and last rows of each run of rows with ink."""
  inked = np.concatenate([[False], pixels.any(axis=1), [False]])
  edges = np.flatnonzero(np.diff(inked.astype(int)))
  return edges[::2], edges[1::2]


def near(path, color):
  with Image.open(path) as image:
    pixels = np.asarray(image.convert("RGB")).astype(int)
  return np.abs(pixels - color).sum(axis=-1) < 60


def test_rows_share_a_scale_and_do_not_touch(tmp_path):
  given = Row([zigzag(600, 20)], "$a_", is_given=True)
  others = [Row([zigzag(1200, 80)]), Row([zigzag(1200, 40)], "b = 1")]
  path = tmp_path / "a.png"
  write_hands(path, [[given, others[0]], [others[1]]])
  blue, dark = near(path, BLUE), near(path, DARK)
  starts, ends = spans(blue | dark)
  assert len(starts) == 3
  thick = 2  # of the pen, in pixels
  heights = ends - starts - thick
  np.testing.assert_allclose(heights / heights[2], [0.5, 2, 1], rtol=0.1)
  widths = [np.ptp(np.flatnonzero(x.any(axis=0))) for x in (blue, dark)]
  assert widths[0] / widths[1] == pytest.approx(0.5, rel=0.02)
  gaps = starts[1:] - ends[:-1]
  assert gaps[1] > gaps[0] > 0  # more between blocks


def test_rows_of_different_numbers_of_lines_are_refused(tmp_path):
  one, two = Row([zigzag(9, 9)]), Row([zigzag(9, 9)] * 2)
  with pytest.raises(ValueError, match=r"\[1, 2\] lines"):
    write_hands(tmp_path / "a.png", [[one], [two]])
  with pytest.raises(ValueError, match="no ink"):
    write_hands(tmp_path / "a.png", [[Row([np.zeros((0, 3))])]])
  assert not any(tmp_path.iterdir())
