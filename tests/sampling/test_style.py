"""Ink as a style: what is fitted, what is refused, what is doubted."""

import numpy as np
import pytest

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.checkpoints.writers import load_writer
from graves_jax.data.sources.hershey import pen as hershey
from graves_jax.data.sources.ink_file import read_ink
from graves_jax.data.strokes import (
  Line,
  Normalization,
  offsets_from_strokes,
  strokes_from_offsets,
)
from graves_jax.pretrained import HANDWRITING, SYNTHETIC
from graves_jax.sampling.style import (
  fit_style,
  has_too_few_points,
  measure_ink,
  require_known_style,
)
from graves_jax.sampling.style_check import StyleReading, doubt, read_styles

POINTS_PER_CHARACTER = 21.7
PEN = Normalization(np.array([8.0, 0.0]), np.array([41.0, 37.0]))
TRAINING = (PEN, POINTS_PER_CHARACTER)


def ink(scale, points, characters=10):
  """A wavy line in strokes of a character, usual but for its size."""
  strokes = []
  for number in range(characters):
    along = np.linspace(0, 1, points // characters)
    x = PEN.mean[0] * POINTS_PER_CHARACTER * (along + number)
    strokes.append(np.column_stack([x, 55 * np.cos(along * 12)]) * scale)
  return Line(offsets_from_strokes(strokes), "a" * characters, "me")


@pytest.mark.parametrize(("scale", "points"), [(1, 220), (0.5, 110), (2, 500)])
def test_ink_within_the_spread_of_hands_stays_as_it_is(scale, points):
  line = ink(scale, points)
  fitted = fit_style(line, *TRAINING)
  assert fitted.line is line
  assert fitted.changes == ()


@pytest.mark.parametrize(
  ("scale", "points", "changes"),
  [
    (10, 220, ["scaled by 0.09"]),
    (0.1, 220, ["scaled by 9"]),
    (1, 2200, ["resampled from 220 to 2"]),
    (1, 50, ["resampled from 5 to 2"]),
    (50, 3000, ["scaled by 0.0", "resampled from 300 to 2"]),
  ],
)
def test_ink_of_another_tablet_becomes_usual_and_it_is_said(
  scale, points, changes
):
  line = ink(scale, points)
  fitted = fit_style(line, *TRAINING)
  for said, start in zip(fitted.changes, changes, strict=True):
    assert said.startswith(start)
  measures = measure_ink(fitted.line, *TRAINING)
  assert 0.8 < measures.size < 1.25
  assert 0.8 < measures.spacing < 1.25
  assert fitted.line.text == line.text
  # The form is the same.
  old, new = (
    np.concatenate(strokes_from_offsets(x.points)) for x in (line, fitted.line)
  )
  ratio = np.ptp(old, axis=0) / np.ptp(new, axis=0)
  np.testing.assert_allclose(ratio[0], ratio[1], rtol=0.1)


def test_dense_ink_keeps_where_the_pen_was_slow():
  fitted = fit_style(ink(1, 2200), *TRAINING).line
  steps = np.hypot(*fitted.points[:21, :2].T)
  assert steps.max() > 2 * steps.min()


def test_size_and_spacing_do_not_depend_on_direction():
  line = ink(1, 220)
  turned = line._replace(points=line.points[:, [1, 0, 2]])
  np.testing.assert_allclose(
    measure_ink(line, *TRAINING), measure_ink(turned, *TRAINING), rtol=1e-6
  )


def jump(line):
  points = line.points.copy()
  points[40, 0] += 400_000
  return line._replace(points=points)


@pytest.mark.parametrize(
  ("line", "message"),
  [
    (jump(ink(1, 220)), "before point 42, "),
    (ink(1, 220)._replace(text="a"), "'a' is not what the ink says: there is"),
    (ink(1, 220)._replace(text="a" * 400), "too little ink"),
    (ink(1, 220)._replace(text=" "), "has no text"),
  ],
)
def test_ink_that_cannot_be_its_text_is_refused(line, message):
  with pytest.raises(ValueError) as error:
    fit_style(line, *TRAINING)
  assert message in str(error.value)
  assert "\n" not in str(error.value)


def test_a_few_points_are_too_few():
  strokes = [[[0, 0], [3, 9]], [[20, 4], [22, 9]]]
  few = offsets_from_strokes([np.array(stroke) for stroke in strokes])
  assert has_too_few_points(Line(few, "hello", "README's"))
  assert not has_too_few_points(ink(1, 50))


def real_lines(path):
  from graves_jax.data.sources.iam_ondb import prepared as iam_ondb

  return iam_ondb.load(path, "validation")


def test_real_lines_stay_as_they_are(iamondb_path):
  _, metadata, *_ = restore_checkpoint(HANDWRITING)
  codec = metadata.codec
  lines = real_lines(iamondb_path)
  assert len(lines) == 1438
  for line in lines:
    fitted = fit_style(line, codec.normalization, codec.points_per_character)
    assert fitted.line is line


def reading(**found):
  usual = {
    "surprise": 0.0,
    "turned_gains": np.full(7, -0.5),
    "text_gain": -0.5,
    "read": 10,
  }
  return StyleReading(**usual | found)


@pytest.mark.parametrize(
  ("found", "message"),
  [
    ({}, None),
    ({"read": 8}, None),
    ({"read": 4}, "at an end after 4 of 10 characters"),
    ({"read": 16}, "not at an end after all 10"),
    ({"text_gain": 0.1}, "no likelier with it than with 'jihgfedcba'"),
    ({"surprise": 2.5}, "2.5 nats a point less likely"),
    ({"turned_gains": np.eye(7)[0]}, "upside down: let y grow downwards"),
    ({"turned_gains": np.eye(7)[3]}, "with x and y exchanged"),
    ({"turned_gains": np.eye(7)[5]}, "to the right by 90 degrees"),
  ],
)
def test_doubts_are_one_line(found, message):
  said = doubt(reading(**found), "abcdefghij")
  if message is None:
    assert said is None
  else:
    assert message in said
    assert "\n" not in said


def turned(line, matrix):
  offsets = line.points[:, :2] @ np.array(matrix, np.float32).T
  points = np.column_stack([offsets, line.points[:, 2]])
  return line._replace(points=points)


def test_a_network_doubts_turned_ink_and_other_texts():
  line = hershey.load("validation")[0]
  backwards = line._replace(text=line.text[::-1])
  half = line._replace(text=line.text[: len(line.text) // 2])
  lines = [
    line,
    turned(line, [[1, 0], [0, -1]]),
    turned(line, [[0, 1], [1, 0]]),
    turned(line, [[0, 1], [-1, 0]]),
    backwards,
    half,
  ]
  readings = read_styles(load_writer(SYNTHETIC), lines)
  said = [doubt(x, y.text) for x, y in zip(readings, lines, strict=True)]
  assert said[0] is None
  for found, message in zip(
    said[1:],
    [
      "upside down",
      "x and y exchanged",
      "to the right by 90",
      "does not seem to be what",
      "not at an end",
    ],
    strict=True,
  ):
    assert message in found


def test_the_cases_are_noticed(case):
  def line_of(name):
    return read_ink(case(f"{name}.jsonl"))[0]

  writer = load_writer(HANDWRITING)
  training = (writer.normalization, writer.points_per_character)
  for name, message in (
    ("style_jump", "the pen jumps"),
    ("style_wrong_text", "not what the ink says"),
  ):
    with pytest.raises(ValueError, match=message):
      fit_style(line_of(name), *training)
  with pytest.raises(ValueError, match=r"text of the style: .*'é' .*, '’' "):
    require_known_style(line_of("style_unknown_text"), writer.alphabet)
  names = ("style_ok", "quickdraw", "style_yup", "style_rot90")
  fitted = [fit_style(line_of(name), *training) for name in names]
  assert not any(x.changes for x in fitted[:2])
  lines = [x.line for x in fitted]
  readings = read_styles(writer, lines)
  said = [doubt(x, y.text) for x, y in zip(readings, lines, strict=True)]
  assert said[:2] == [None, None]
  assert "upside down" in said[2]
  assert "x and y exchanged" in said[3]
