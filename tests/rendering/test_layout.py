"""Pages: what stays equal, what is aligned, what may not disturb what."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graves_jax.data.strokes import offsets_from_strokes
from graves_jax.rendering.geometry import (
  corners,
  frame,
  line_height,
  slope,
  straightened,
)
from graves_jax.rendering.layout import grid, stack


def writing(letters=12, height=100.0, tilt=0.0, seed=0):
  """Strokes that rise from a baseline: arches, some of them twice as high."""
  rng = np.random.default_rng(seed)
  x = np.linspace(0, 60, 13)
  strokes = []
  for k in range(letters):
    top = height * rng.choice([0.5, 1.0])
    arch = -top * np.sin(np.pi * x / 60) + rng.normal(0, 1, len(x))
    strokes.append(np.column_stack([x + 80 * k, arch]))
  return [s @ rotation(tilt).T + [300, -70] for s in strokes]


def rotation(angle):
  return np.array(
    [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
  )


@pytest.mark.parametrize("straighten", [False, True])
def test_lines_keep_their_strokes_and_start_at_the_left(straighten):
  lines = [writing(n, seed=n) for n in (3, 12, 7)]
  page = stack(lines, straighten=straighten)
  for line, placed in zip(lines, page, strict=True):
    assert corners(placed)[0][0] == pytest.approx(0)
    for stroke, moved in zip(line, placed, strict=True):
      lengths = np.linalg.norm(np.diff(stroke, axis=0), axis=1)
      np.testing.assert_allclose(
        np.linalg.norm(np.diff(moved, axis=0), axis=1), lengths
      )


def test_arrays_of_jax_are_lines_too():
  points = np.float32([[10, 0, 0], [0, 20, 0], [-10, 0, 1]])
  (found,), (expected,) = stack([jnp.asarray(points)]), stack([points])
  np.testing.assert_array_equal(found, expected)


def test_without_straightening_lines_are_only_moved():
  lines = [writing(tilt=0.05), writing(5, tilt=-0.02)]
  for line, placed in zip(lines, stack(lines, straighten=False), strict=True):
    shifts = np.concatenate(placed) - np.concatenate(line)
    np.testing.assert_allclose(shifts, np.broadcast_to(shifts[0], shifts.shape))


def test_baselines_are_evenly_spaced_and_empty_lines_leave_room():
  page = stack([writing(seed=1), writing(seed=2), [], writing(seed=3)])
  feet = [np.median([s[[0, -1], 1] for s in line]) for line in page if line]
  step = 1.7 * line_height(page)
  np.testing.assert_allclose(feet, [0, step, 3 * step], atol=3)
  assert page[2] == []


def test_a_slope_shared_by_all_lines_does_not_move_the_long_ones():
  lines = [writing(n, tilt=0.06) for n in (4, 30, 12)]
  starts = [line[0][0, 1] for line in stack(lines, straighten=False)]
  np.testing.assert_allclose(np.diff(starts), starts[1] - starts[0], atol=3)


def test_strays_hardly_change_the_spacing():
  lines = [writing(seed=k) for k in range(3)]
  tail = np.array([[500.0, -70], [510, 900]])
  dot = np.array([[400.0, -800]])
  plain = stack(lines, straighten=False)
  stray = stack([*lines[:2], [*lines[2], tail]], straighten=False)
  dotted = stack([[*lines[0], dot], *lines[1:]], straighten=False)
  for page in (stray, dotted):
    assert line_height(page) == pytest.approx(line_height(plain), rel=0.1)
    assert page[2][0][0, 1] == pytest.approx(plain[2][0][0, 1], rel=0.1)


def test_a_long_tail_moves_the_lines_below_it_and_no_others():
  lines = [writing(3, seed=1), writing(12, seed=2), writing(3, seed=3)]
  tail = np.array([[800.0, -70], [810, 900]])
  plain = stack(lines, straighten=False)
  tailed = stack([*lines, writing(12)], straighten=False)
  stray = stack([lines[0], [*lines[1], tail], *tailed[2:]], straighten=False)
  for one, other in zip(plain, stray[:3], strict=True):
    np.testing.assert_allclose(one[0], other[0], atol=3)
  low = stray[1][-1][:, 1].max()
  over = [s for s in stray[3] if s[:, 0].min() < 510 < s[:, 0].max()]
  assert min(stroke[:, 1].min() for stroke in over) > low


@pytest.mark.parametrize("tilt", [-0.15, -0.03, 0.0, 0.08])
def test_straightening_levels_a_tilted_baseline(tilt):
  line = writing(20, tilt=tilt)
  assert slope(line) == pytest.approx(np.tan(tilt), abs=0.01)
  assert abs(slope(straightened(line))) < 0.01
  np.testing.assert_allclose(straightened(line)[0][0], line[0][0])


def test_a_letter_is_not_turned():
  stem = np.array([[0.0, 0], [5, 100]])
  foot = np.array([[30.0, 60], [40, 110]])
  assert abs(slope([stem, foot])) < 0.02


@settings(max_examples=30, deadline=None)
@given(
  st.floats(1e-3, 1e3),
  st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
)
def test_the_line_height_measures_the_writing_not_its_place(scale, shift):
  line = writing()
  other = [scale * stroke + shift for stroke in line]
  expected = scale * line_height([line])
  assert line_height([other]) == pytest.approx(expected, rel=1e-4)


def test_offsets_and_strokes_give_the_same_page():
  line = [np.round(stroke) for stroke in writing(3)]
  pages = stack([line]), stack([offsets_from_strokes(line)])
  for a, b in zip(*[page[0] for page in pages], strict=True):
    np.testing.assert_allclose(a, b, atol=1e-9)


def test_a_frame_holds_all_ink_within_its_margins():
  page = stack([writing(4), writing(9)])
  box = frame(page, margin=0.5)
  low, high = corners(page[0] + page[1])
  margin = 0.5 * box.line_height
  np.testing.assert_allclose(low - margin, box[:2])
  np.testing.assert_allclose(high + margin, np.add(box[:2], box[2:4]))


@pytest.mark.parametrize(
  "page", [[[np.array([[5.0, 5]])]], [[np.array([[0.0, 3], [9, 3]])]]]
)
def test_dots_and_level_strokes_have_a_frame(page):
  box = frame(page, margin=0)
  assert min(box.width, box.height, box.line_height) > 0
  assert stack(page)[0][0].shape == page[0][0].shape


walks = st.lists(
  st.tuples(st.integers(-50, 90), st.integers(-60, 60), st.booleans()),
  min_size=1,
  max_size=20,
).map(lambda elements: np.array(elements, float))


def segments(line):
  """The ends of all segments of a line: two arrays [n, 2], left ends first."""
  starts = np.concatenate([s[:-1] if len(s) > 1 else s for s in line])
  ends = np.concatenate([s[1:] if len(s) > 1 else s for s in line])
  is_swapped = starts[:, :1] > ends[:, :1]
  return (
    np.where(is_swapped, ends, starts),
    np.where(is_swapped, starts, ends),
  )


def extent(start, end, x):
  """Least and greatest y of a segment at an x that it reaches."""
  if start[0] == end[0]:
    return min(start[1], end[1]), max(start[1], end[1])
  y = np.interp(x, [start[0], end[0]], [start[1], end[1]])
  return y, y


@settings(max_examples=40, deadline=None)
@given(st.lists(walks, min_size=2, max_size=5), st.booleans())
def test_lines_never_touch_and_stay_in_order(lines, straighten):
  page = stack(lines, straighten=straighten)
  for number, line in enumerate(page):
    for later in page[number + 1 :]:
      for one in zip(*segments(line), strict=True):
        for two in zip(*segments(later), strict=True):
          low = max(one[0][0], two[0][0])
          high = min(one[1][0], two[1][0])
          for x in (low, high) if low <= high else ():
            assert extent(*one, x)[1] < extent(*two, x)[0]


@settings(max_examples=40, deadline=None)
@given(st.lists(walks, min_size=1, max_size=7), st.integers(1, 3))
def test_cells_of_a_grid_do_not_overlap(samples, columns):
  page, labels = grid(samples, ["a"] * len(samples), columns=columns)
  cells = []
  for line, label in zip(page, labels, strict=True):
    low, high = corners(line)
    assert low[0] == pytest.approx(label.left, abs=1e-6)
    assert low[1] >= label.baseline  # The ink is below its caption.
    cells.append(((label.left, label.baseline - label.size), high))
  for k, (_, end) in enumerate(cells):  # Later cells are right or below.
    for start, _ in cells[k + 1 :]:
      assert start[0] > end[0] or start[1] > end[1]


def test_a_runaway_sample_is_shrunk_and_no_other():
  samples = [writing(seed=k) for k in range(4)]
  runaway = [100 * stroke for stroke in writing(seed=9)]
  page, _ = grid([*samples, runaway])
  for before, after in zip(samples, page, strict=False):
    np.testing.assert_allclose(
      np.subtract(*corners(after)), np.subtract(*corners(before))
    )
  widths = [np.ptp(np.concatenate(line)[:, 0]) for line in page]
  assert widths[4] <= 2.001 * np.median(widths[:4])


def test_mistaken_arguments_are_named():
  for spacing in (0, -1, np.nan):
    with pytest.raises(ValueError, match="spacing"):
      stack([writing()], spacing=spacing)
  with pytest.raises(ValueError, match="2 samples have 1 captions"):
    grid([writing(), writing()], ["a"])
  with pytest.raises(ValueError, match="columns"):
    grid([writing()], columns=0)
  with pytest.raises(ValueError, match="margin"):
    frame([writing()], margin=-1)
  with pytest.raises(ValueError, match="line 2"):
    stack([writing(), np.full((3, 3), np.nan)])
