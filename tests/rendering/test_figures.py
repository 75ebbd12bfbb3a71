"""The paper's figures: true to their numbers, and strict about their shapes."""

import numpy as np
import pytest
from PIL import Image

from graves_jax.rendering.density import summed_densities
from graves_jax.rendering.figures import (
  _trace_over_time,
  write_attention,
  write_densities,
  write_samples,
)

RNG = np.random.default_rng(0)
STEPS, MIXTURES, TEXT = 90, 4, "a $b$ c"


def line(steps=STEPS):
  t = np.arange(steps)
  x, y = 3 * t + 9 * np.sin(t / 2), 25 * np.sin(t / 3)
  ends = (t % 15 == 14).astype(float)
  return np.column_stack([np.diff(x, prepend=0), np.diff(y, prepend=0), ends])


def mixtures(steps=STEPS):
  return {
    "end_of_stroke": RNG.random(steps),
    "weights": RNG.dirichlet(np.ones(MIXTURES), steps),
    "means": RNG.normal(0, 5, (steps, MIXTURES, 2)),
    "stddevs": RNG.uniform(0.5, 5, (steps, MIXTURES, 2)),
    "correlations": RNG.uniform(-0.9, 0.9, (steps, MIXTURES)),
  }


def diagonal():
  reading = np.linspace(0, len(TEXT) - 1, STEPS)[:, None]
  return np.exp(-((reading - np.arange(len(TEXT))) ** 2))


def colors(path):
  with Image.open(path) as image:
    return np.asarray(image.convert("RGB")).astype(int)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_figures_are_written_in_each_format(tmp_path, suffix):
  signature = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
  path = tmp_path / f"window{suffix}"
  write_attention(path, diagonal(), TEXT, line())
  assert path.read_bytes().startswith(signature)


def test_the_window_is_bright_from_the_first_to_the_last_character(tmp_path):
  write_attention(tmp_path / "window.png", diagonal(), TEXT, line())
  steps = np.unique(colors(tmp_path / "window.png").reshape(-1, 3), axis=0)
  assert len(steps) > 256  # no palette makes bands of the map's colors
  bright = np.argwhere(
    (colors(tmp_path / "window.png") > [245, 230, 150]).all(-1)
    & (colors(tmp_path / "window.png") < [256, 256, 200]).all(-1)
  )
  map_width = np.ptp(bright[:, 1])
  left = bright[bright[:, 1] < bright[:, 1].min() + map_width / 6, 0]
  right = bright[bright[:, 1] > bright[:, 1].max() - map_width / 6, 0]
  assert left.mean() < right.mean()  # Text runs downwards, time to the right.


def test_each_letter_stands_under_the_time_of_its_writing():
  # Twice as slow in its second half: places, not time, would be misaligned.
  points = line(400)
  points[200:, 0] /= 2
  x, y, steps_per_pen_unit = _trace_over_time(points)
  assert np.abs(x - np.arange(400)).max() < 20
  np.testing.assert_allclose(y, points[:, 1].cumsum())
  # Shapes: what the pen does sideways within a letter is drawn to scale.
  moves = np.diff(x[50:60]) - 1
  actual = points[51:60, 0] - points[51:60, 0].mean()
  np.testing.assert_allclose(
    moves - moves.mean(), actual * steps_per_pen_unit, atol=0.4
  )


def test_a_steady_pen_is_drawn_at_its_own_time():
  points = np.tile([7.0, 0, 0], (100, 1))
  x, _, _ = _trace_over_time(points)
  np.testing.assert_allclose(x, np.arange(100), atol=1e-9)


def test_the_shortest_lines_have_figures(tmp_path):
  for steps in (1, 2):
    points = np.ones((steps, 3))
    write_attention(tmp_path / "a.png", np.ones((steps, 1)), "a", points)
  write_densities(tmp_path / "b.png", np.zeros((1, 3)), **mixtures(1))
  assert len(list(tmp_path.iterdir())) == 2


def test_densities_keep_their_mass_also_below_a_pixel():
  low, high = np.array([-500.0, -200]), np.array([500.0, 300])
  sizes = np.array([[1e-4, 1e-4], [20, 40], [3, 30]])
  density, (left, right, bottom, top) = summed_densities(
    low,
    high,
    before=np.array([[-200.0, 10], [150, 50]]),
    weights=np.array([[0.5, 0.3, 0.2], [0.1, 0.7, 0.2]]),
    means=np.broadcast_to([5.0, -7], (2, 3, 2)),
    stddevs=np.stack([sizes, sizes]),
    correlations=np.array([[0.0, 0.8, -0.5], [0.9, 0, 0.99]]),
  )
  pixel = (right - left) / density.shape[1] * (bottom - top) / density.shape[0]
  assert density.sum() * pixel == pytest.approx(2, rel=0.01)


def test_a_density_equals_the_papers_formula():
  mean, (s1, s2), rho = np.array([3.0, -2]), (20.0, 9.0), -0.6
  density, (left, right, bottom, top) = summed_densities(
    np.array([-100.0, -50]),
    np.array([100.0, 50]),
    before=np.array([[10.0, 5]]),
    weights=np.ones((1, 1)),
    means=mean[None, None],
    stddevs=np.array([[[s1, s2]]]),
    correlations=np.array([[rho]]),
  )
  rows, columns = density.shape
  y, x = np.indices(density.shape) + 0.5
  x = left + x * (right - left) / columns - 13
  y = top + y * (bottom - top) / rows - 3
  z = (x / s1) ** 2 + (y / s2) ** 2 - 2 * rho * x * y / (s1 * s2)  # Eq. (25)
  scale = 2 * np.pi * s1 * s2 * np.sqrt(1 - rho**2)
  expected = np.exp(-z / (2 * (1 - rho**2))) / scale  # Eq. (24)
  near = z < 4
  np.testing.assert_allclose(density[near], expected[near], rtol=1e-2)


def test_samples_are_one_below_the_other(tmp_path):
  write_samples(tmp_path / "a.png", [line(), line()], ["one", "two"])
  inked = (colors(tmp_path / "a.png").min(axis=2) < 250).any(axis=1)
  assert np.count_nonzero(np.diff(inked.astype(int)) == 1) == 4


@pytest.mark.parametrize("name", list(mixtures()))
def test_mixtures_of_a_wrong_shape_or_not_finite_are_named(tmp_path, name):
  good = mixtures()
  for wrong in (good[name][:-1], good[name] * np.nan, good[name][..., None]):
    with pytest.raises(ValueError, match=name if name != "weights" else "w"):
      write_densities(tmp_path / "a.png", line(), **{**good, name: wrong})
  assert not any(tmp_path.iterdir())


def test_mistaken_arguments_are_named(tmp_path):
  path = tmp_path / "a.png"
  with pytest.raises(ValueError, match="phi of shape"):
    write_attention(path, diagonal(), TEXT + "x", line())
  with pytest.raises(ValueError, match="phi of shape"):
    write_attention(path, diagonal()[1:], TEXT, line())
  with pytest.raises(ValueError, match="points"):
    write_attention(path, diagonal(), TEXT, line()[:, :2])
  with pytest.raises(ValueError, match="phi has values"):
    write_attention(path, diagonal() * np.inf, TEXT, line())
  with pytest.raises(ValueError, match="stddevs must"):
    write_densities(
      path, line(), **{**mixtures(), "stddevs": np.zeros((STEPS, MIXTURES, 2))}
    )
  assert not any(tmp_path.iterdir())
