"""Synthetic handwriting: seeded, well-formed, and near the real statistics."""

import dataclasses
import string

import numpy as np
import pytest

from graves_jax.config import DataConfig
from graves_jax.data.sources.handwriting import load_split
from graves_jax.data.sources.hershey import glyphs, pen
from graves_jax.data.sources.hershey.pen import HersheyConfig, load
from graves_jax.data.sources.hershey.phrases import phrase
from graves_jax.data.strokes import Line, strokes_from_offsets

BOTH = pytest.mark.parametrize("font", glyphs.FONTS)
STILL = {
  field.name: 0.0
  for field in dataclasses.fields(HersheyConfig)
  if field.name.endswith("spread")
} | dict.fromkeys(
  ("slant_degrees", "slant_spread_degrees", "drift", "tremor", "pause_rate"),
  0.0,
)


@pytest.fixture
def write(monkeypatch):
  """Writes given texts in the place of phrases."""

  def run(texts, config):
    in_turn = iter(texts)
    monkeypatch.setattr(pen, "_phrase", lambda *_: next(in_turn))
    return load("train", lines=len(texts), config=config)

  return run


def same(a: list[Line], b: list[Line]) -> bool:
  return len(a) == len(b) and all(
    x[1:] == y[1:] and np.array_equal(x.points, y.points)
    for x, y in zip(a, b, strict=True)
  )


def test_a_line_depends_on_seed_and_number_alone():
  assert same(load("train", lines=30), load("train", lines=50)[:30])
  assert not same(load("train", lines=5), load("train", lines=5, seed=1))


def test_the_same_text_is_written_anew_each_time(write):
  first, second = write(["again", "again"], HersheyConfig())
  assert first.text == second.text == "again"
  assert not np.array_equal(first.points, second.points)


def test_splits_share_no_text():
  train, validation = load("train", lines=600), load("validation", lines=200)
  texts = {line.text for line in train}
  assert len(texts) > 500
  assert texts.isdisjoint(line.text for line in validation)
  for lines in (train, validation):
    assert len({line.name for line in lines}) == len(lines)


def test_progress_is_of_lines():
  calls = []
  config = DataConfig(synthetic_lines=3)
  load_split(config, "train", lambda *call: calls.append(call))
  assert calls == [(1, 3), (2, 3), (3, 3)]


@BOTH
def test_lines_are_well_formed(font):
  for line in load("train", lines=200, config=HersheyConfig(fonts=(font,))):
    assert line.points.dtype == np.float32
    assert line.points.ndim == 2
    assert line.points.shape[1] == 3
    assert set(line.points[:, 2]) <= {0.0, 1.0}
    assert line.points[-1, 2] == 1
    np.testing.assert_array_equal(line.points, np.rint(line.points))
    assert 8 <= len(line.text) <= 20
    assert line.text == line.text.strip()


@BOTH
def test_every_character_can_be_drawn_as_the_font_has_it(write, font):
  assert len(glyphs.CHARACTERS) == 95
  config = HersheyConfig(
    **STILL,
    fonts=(font,),
    pen_units_per_character=1000,
    points_per_character=90,
  )
  ink = ["l", *(c for c in glyphs.CHARACTERS if c not in " l")]
  scale = None
  for line in write(ink, config):
    read = np.ptp(np.concatenate(strokes_from_offsets(line.points)), axis=0)
    glyph = np.ptp(glyphs.glyphs(font)[line.text].points, axis=0)
    scale = scale or read[1] / glyph[1]
    np.testing.assert_allclose(read / scale, glyph, atol=0.4)


@BOTH
def test_few_points_leave_every_letter_its_extent(write, font):
  few, many = (
    write(
      string.ascii_letters,
      HersheyConfig(**STILL, fonts=(font,), points_per_character=points),
    )
    for points in (12, 60)
  )
  for a, b in zip(few, many, strict=True):
    assert len(a.points) < len(b.points)
    extents = [
      np.ptp(np.concatenate(strokes_from_offsets(x.points)), axis=0)
      for x in (a, b)
    ]
    np.testing.assert_allclose(*extents, atol=25)  # of about 250 pen units


def test_letters_are_written_in_few_strokes():
  printed = glyphs.glyphs("futural")

  def strokes(character):
    breaks = printed[character].breaks
    return int((breaks == glyphs.STROKE_END).sum())

  assert all(strokes(c) == 1 for c in "abcdeghlmnopqrsuvwyz")
  assert all(strokes(c) == 2 for c in "fijtx")
  i = printed["i"]
  assert i.points[0, 1] > i.points[-1, 1]  # the dot is higher, and comes last


def test_joined_letters_keep_the_pen_down_and_dot_after_the_word(write):
  config = HersheyConfig(**STILL, fonts=("cursive",))
  (line,) = write(["nine in"], config)
  strokes = strokes_from_offsets(line.points)
  assert len(strokes) == 4  # nine, its dot, in, its dot
  assert [len(stroke) < 5 for stroke in strokes] == [False, True] * 2


@BOTH
@pytest.mark.parametrize("points", [12, 20])
def test_points_per_character_is_the_mean(font, points):
  config = HersheyConfig(fonts=(font,), points_per_character=points)
  lines = load("train", lines=300, config=config)
  mean = sum(len(x.points) for x in lines) / sum(len(x.text) for x in lines)
  assert abs(mean / points - 1) < 0.08


def test_offsets_resemble_those_of_iam_ondb():
  config = HersheyConfig(characters=(10, 50), points_per_character=20)
  points = np.concatenate(
    [line.points for line in load("train", lines=200, config=config)]
  )
  x, y = points[:, 0], points[:, 1]
  assert 7 < x.mean() < 9  # IAM-OnDB: 8.17
  assert abs(y.mean()) < 1  # 0.11
  assert 35 < x.std() < 48  # 41.48
  assert 32 < y.std() < 55  # 36.86
  assert 0.03 < points[:, 2].mean() < 0.07
  still = (points[:, :2] == 0).all(1).mean()
  assert 0.001 < still < 0.03  # 0.0148


def test_settings_do_what_they_say(write):
  def drawn(**changes):
    config = HersheyConfig(**{**STILL, **changes})
    return write(["illicit limit"] * 20, config)

  def height_and_lean(line):
    xy = np.concatenate(strokes_from_offsets(line.points))
    steps = line.points[np.abs(line.points[:, 1]) > 20]
    return np.ptp(xy[:, 1]), np.median(-steps[:, 0] / steps[:, 1])

  plain = drawn()
  lean = height_and_lean(drawn(slant_degrees=20.0)[0])[1]
  assert abs(height_and_lean(plain[0])[1]) < 0.03
  assert abs(lean - np.tan(np.radians(20))) < 0.03
  lengths = {len(line.points) for line in plain}
  assert len(lengths) == 1
  assert len({len(x.points) for x in drawn(speed_spread=0.2)}) > 5
  assert len(drawn(pause_rate=1.0)[0].points) > 1.3 * len(plain[0].points)
  heights = [height_and_lean(x)[0] for x in drawn(size_spread=0.2)]
  assert 0.1 < np.std(heights) / np.mean(heights) < 0.4
  for change in ({"drift": 5.0}, {"tremor": 2.0}):
    assert height_and_lean(drawn(**change)[0])[0] > height_and_lean(plain[0])[0]
  for change in ("letter_spacing_spread", "word_spacing_spread"):
    widths = [line.points[:, 0].sum() for line in drawn(**{change: 5.0})]
    assert np.std(widths) > 10 * np.std([x.points[:, 0].sum() for x in plain])


def test_tremor_is_smooth(write):
  shaken, still = (
    write(
      ["l" * 8],
      HersheyConfig(
        **{**STILL, "tremor": tremor},
        points_per_character=150,
        pen_units_per_character=3000,
      ),
    )[0].points[2:30, 0]  # along the first l
    for tremor in (1.0, 0.0)
  )
  assert np.abs(still).max() <= 4
  assert np.abs(shaken).max() > 20
  assert np.corrcoef(shaken[:-1], shaken[1:])[0, 1] > 0.8  # white noise: -0.5


@pytest.mark.parametrize(("shortest", "longest"), [(1, 1), (2, 5), (8, 20)])
def test_phrases_keep_their_length(shortest, longest):
  random = np.random.default_rng(0)
  for _ in range(300):
    assert shortest <= len(phrase(random, shortest, longest)) <= longest


def test_phrases_use_every_letter_and_digit():
  random = np.random.default_rng(0)
  used = set("".join(phrase(random, 8, 20) for _ in range(3000)))
  assert set(string.ascii_letters + string.digits + " .,;:!?'\"()-/") <= used
  assert used <= set(glyphs.CHARACTERS)


@pytest.mark.parametrize(
  ("call", "message"),
  [
    (lambda: load("train", seed=-1), "seed (=-1) must be 0"),
    (lambda: load("test"), "split (='test') must be one of"),
    (lambda: load("train", lines=0), "lines (=0) must be 1"),
    (
      lambda: load(
        "validation", lines=1, config=HersheyConfig(characters=(1, 1))
      ),
      "allow longer ones",
    ),
    (lambda: HersheyConfig(fonts=("gothic",)), "fonts (=('gothic',)) must be"),
    (lambda: HersheyConfig(fonts=()), "fonts (=()) must be"),
    (lambda: HersheyConfig(characters=(9, 8)), "characters (=(9, 8)) must be"),
    (lambda: HersheyConfig(points_per_character=1), "must be within 4 and 200"),
    (lambda: HersheyConfig(tremor=-1), "tremor (=-1) must be within 0 and 5"),
    (lambda: HersheyConfig(drift=np.nan), "drift (=nan) must be within"),
    (lambda: HersheyConfig(slant_degrees=90), "slant_degrees (=90) must be"),
  ],
)
def test_bad_settings_are_named(call, message):
  with pytest.raises(ValueError) as error:
    call()
  assert message in str(error.value)
