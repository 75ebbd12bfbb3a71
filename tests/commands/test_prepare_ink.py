"""graves-jax prepare with one's own ink."""

import json

import numpy as np
import pytest

from graves_jax.data.sources.stroke_file import read_stroke_file
from graves_jax.pretrained import HANDS

INK = json.loads(HANDS.read_text().splitlines()[0])


def as_svg(strokes, scale):
  paths = ""
  for stroke in strokes:
    pairs = [f"{x * scale:.3f} {y * scale:.3f}" for x, y in stroke]
    paths += f"<path d='M{' L'.join(pairs)}'/>"
  return f"<svg xmlns='http://www.w3.org/2000/svg'>{paths}</svg>"


@pytest.fixture
def ink(tmp_path):
  """The same ink twice: as it is, and ten times smaller, as SVG."""
  (tmp_path / "a.jsonl").write_text(json.dumps(INK))
  (tmp_path / "b.svg").write_text(as_svg(INK["strokes"], 0.1))
  return tmp_path / "a.jsonl", tmp_path / "b.svg"


def test_ink_becomes_data_and_a_picture(run_command, ink, tmp_path):
  out = tmp_path / "me.jsonl"
  text = INK["text"]
  status, output, errors = run_command(
    "prepare", *ink, "--text", text, text, "--out", out
  )
  assert (status, errors) == (0, "")
  assert f"{ink[1]}: scaled by" in output and "2 lines" in output
  assert (tmp_path / "me.png").stat().st_size > 1000
  splits = read_stroke_file(out)
  first, second = splits["train"] + splits["validation"]
  assert (first.text, second.text) == (text, text)
  same = read_stroke_file(ink[0])["train"][0]
  np.testing.assert_array_equal(first.points, same.points)
  assert 0.5 < len(second.points) / len(first.points) < 2
  extents = [
    np.ptp(line.points[:, :2].cumsum(axis=0), axis=0)
    for line in (first, second)
  ]
  larger = extents[1] / extents[0]
  assert larger[0] == pytest.approx(larger[1], rel=0.02)
  assert 0.5 < larger[0] < 2


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["{a}"], "--out is missing"),
    (["{a}", "--out", "{a}"], "is what is read"),
    (["{b}", "--out", "me.jsonl"], "b.svg: no <title> says what was"),
    (["{b}", "--text", "hi", "--out", "me.jsonl"], "with --text."),
    (["{a}", "{b}", "--text", "x", "--out", "me.jsonl"], "1 texts for 2 files"),
    (["none.svg", "--out", "me.jsonl"], "none.svg"),
    (["--out", "me.jsonl"], "before all options"),
  ],
)
def test_ink_that_cannot_be_used_is_a_line(
  run_command, ink, tmp_path, monkeypatch, arguments, message
):
  monkeypatch.chdir(tmp_path)
  arguments = [part.format(a=ink[0], b=ink[1]) for part in arguments]
  before = set(tmp_path.iterdir())
  status, _, errors = run_command("prepare", *arguments)
  assert (status, errors.count("\n")) == (2, 1)
  assert message in errors and "style-text" not in errors
  assert set(tmp_path.iterdir()) == before
