"""PNG: black ink where the pen was, white paper everywhere else."""

import numpy as np
import pytest
from PIL import Image

from graves_jax.rendering.drawing import Drawing
from graves_jax.rendering.geometry import frame
from graves_jax.rendering.ink import Ink
from graves_jax.rendering.layout import grid
from graves_jax.rendering.png import write_png
from graves_jax.rendering.sheet import Sheet, sheet_around

STEM = np.array([[0.0, 0], [0, 100]])
BAR = np.array([[300.0, 50], [400, 50]])
DOT = np.array([[200.0, 20]])
PAGE = [[STEM, BAR, DOT]]


def moved(stroke, down):
  return stroke + np.array([0, down])


def read(path):
  with Image.open(path) as image:
    assert image.mode == "L"
    return np.asarray(image)


def test_ink_is_where_the_pen_was_and_nowhere_else(tmp_path):
  write_png(tmp_path / "page.png", [sheet_around(PAGE)])
  pixels, box = read(tmp_path / "page.png"), frame(PAGE)
  scale = pixels.shape[1] / box.width
  y, x = np.indices(pixels.shape)
  x = (x + 0.5) / scale + box.left
  y = (y + 0.5) / scale + box.top
  away = np.min(
    [
      np.hypot(x, y - y.clip(0, 100)),
      np.hypot(x - x.clip(300, 400), y - 50),
      np.hypot(x - 200, y - 20),
    ],
    axis=0,
  )
  # A round pen of 0.045 line heights, soft for one pixel at its edge.
  radius = 0.045 * box.line_height / 2
  np.testing.assert_array_equal(pixels[away < radius - 1 / scale], 0)
  np.testing.assert_array_equal(pixels[away > radius + 1 / scale], 255)
  covered = (255 - pixels.astype(float)).sum() / 255 / scale**2
  exact = 200 * 2 * radius + 3 * np.pi * radius**2
  assert covered == pytest.approx(exact, rel=0.05)


def test_a_single_dot_can_be_seen(tmp_path):
  write_png(tmp_path / "dot.png", [sheet_around([[DOT]])])
  pixels = read(tmp_path / "dot.png")
  assert pixels.min() == 0 and min(pixels.shape) > 50
  middle = np.argwhere(pixels < 128).mean(axis=0)
  np.testing.assert_allclose(middle, np.array(pixels.shape) / 2 - 0.5, atol=1)


@pytest.mark.parametrize("length", [100.0, 5_000.0, 1e6])
def test_pictures_are_never_too_large(tmp_path, length):
  wide = [[STEM, np.array([[0.0, 50], [length, 50]])]]
  tall = [[moved(STEM, length * k / 9)] for k in range(10)]
  for page in (wide, tall):
    write_png(tmp_path / "page.png", [sheet_around(page)])
    height, width = read(tmp_path / "page.png").shape
    assert width <= 1600 and height <= 12_000
  write_png(tmp_path / "small.png", [sheet_around(wide)], max_width_pixels=200)
  assert read(tmp_path / "small.png").shape[1] <= 200
  assert read(tmp_path / "small.png").min() < 255


def test_writing_has_the_same_size_on_short_and_long_pages(tmp_path):
  heights, scales = [], []
  for lines in (1, 3):
    page = [[moved(STEM, 170 * k), moved(BAR, 170 * k)] for k in range(lines)]
    write_png(tmp_path / "page.png", [sheet_around(page)])
    rows = np.flatnonzero((read(tmp_path / "page.png") < 255).any(axis=1))
    heights.append(rows[-1] - rows[0])
    scales.append(90 / frame(page).line_height)  # Pixels to a pen unit.
  assert scales[0] == scales[1]
  assert heights[1] - heights[0] == pytest.approx(340 * scales[0], abs=1)


def test_ink_at_the_very_edge_is_drawn(tmp_path):
  write_png(tmp_path / "page.png", [sheet_around(PAGE, margin=0)])
  assert read(tmp_path / "page.png")[:, 0].min() == 0


def test_captions_are_printed_in_gray_above_their_samples(tmp_path):
  page, captions = grid([[STEM, BAR]] * 2, ["first\nline", "$second$"])
  write_png(tmp_path / "plain.png", [sheet_around(page)])
  write_png(tmp_path / "page.png", [sheet_around(page, captions)])
  pixels = read(tmp_path / "page.png")
  inked = (pixels < 250).any(axis=1)
  bands = np.count_nonzero(np.diff(inked.astype(int)) == 1)
  assert bands == 4  # Two captions and two samples, one below the other.
  first = np.flatnonzero(inked)[0]
  assert 90 < pixels[first : first + 10].min() < 200


def test_texts_are_kept_in_the_file(tmp_path):
  write_png(
    tmp_path / "page.png",
    [sheet_around(PAGE)],
    Drawing(text="Grüße", description="seed 3"),
  )
  with Image.open(tmp_path / "page.png") as image:
    assert image.text == {"Title": "Grüße", "Description": "seed 3"}


def test_a_picture_needs_some_width(tmp_path):
  with pytest.raises(ValueError, match="max_width_pixels"):
    write_png(tmp_path / "page.png", [sheet_around(PAGE)], max_width_pixels=0)


def test_colors_are_the_inks_and_the_papers(tmp_path):
  rule = np.array([[0.0, 8], [20, 8]])
  sheet = Sheet(20, 10, [[np.array([[2.0, 2], [18, 2]])]], rules=(rule,))
  drawing = Drawing(ink=Ink(color="#ff8000", width=1))
  write_png(tmp_path / "page.png", [sheet, sheet], drawing)
  with Image.open(tmp_path / "page.png") as image:
    assert image.mode == "RGB" and image.size[1] == image.size[0]
    pixels = np.asarray(image)
  scale = len(pixels) / 20
  for top in (0, 10):
    ink = pixels[round((top + 2) * scale), len(pixels) // 2]
    np.testing.assert_array_equal(ink, [255, 128, 0])
    printed = pixels[round((top + 8) * scale), len(pixels) // 2].astype(int)
    assert printed[2] > printed[0] + 20  # The rules are bluish.
    white = pixels[round((top + 5) * scale), len(pixels) // 2]
    np.testing.assert_array_equal(white, 255)
