"""graves-jax prepare with one's own ink."""

import json

import numpy as np
import pytest

from graves_jax.commands import prepare_ink
from graves_jax.commands.prepare_ink import in_splits
from graves_jax.data.sources.stroke_file import read_stroke_file
from graves_jax.data.strokes import Line
from graves_jax.pretrained import HANDS

INK = json.loads(HANDS.read_text().splitlines()[0])
SMALL = ("--checkpoint", "synthetic")  # Writes faster than what is the default.


def as_svg(strokes, scale):
  paths = ""
  for stroke in strokes:
    pairs = [f"{x * scale:.3f} {y * scale:.3f}" for x, y in stroke]
    paths += f"<path d='M{' L'.join(pairs)}'/>"
  return f"<svg xmlns='http://www.w3.org/2000/svg'>{paths}</svg>"


def write(path, *lines):
  path.write_text("".join(json.dumps(line) + "\n" for line in lines))


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
    *("prepare", *ink, "--text", text, text, "--out", out),
    *SMALL,
  )
  assert (status, errors) == (0, "")
  assert f"{ink[1]}: scaled by" in output and "2 lines" in output
  assert (tmp_path / "me.png").stat().st_size > 1000
  splits = read_stroke_file(out)
  assert [len(lines) for lines in splits.values()] == [1, 1]
  first, second = splits["train"] + splits["validation"]
  assert (first.name, second.name) == ("me-1", "me-2")
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
    (["{a}", "--out", "{b}.jsonl"], "b.svg.jsonl exists already"),
    (["{a}", "--out", "old.jsonl"], "old.png exists already"),
    (["{a}", "--out", "iam-1.0.jsonl"], "'iam-1.0.jsonl': it is a folder"),
    (["{a}", "--out", "old.png/me.jsonl"], "old.png' is not a folder"),
    (["{a}", "--out", "me.jsonl", "--prepared-dir", "x"], "--prepared-dir is"),
    (["iam-1.0", "--checkpoint", "synthetic"], "--checkpoint is for ink"),
    (
      ["{a}", "--out", "me.jsonl", "--checkpoint", "gs://a/b"],
      "on the network",
    ),
    (["iam-1.0"], "iam-1.0"),
    (["few.jsonl", "--out", "me.jsonl"], "few.jsonl:1: 3 points for the 40"),
    (["far.jsonl", "--out", "me.jsonl"], "far.jsonl:1: these weights cannot"),
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
  (tmp_path / "iam-1.0").mkdir()
  (tmp_path / "iam-1.0.jsonl").mkdir()
  (tmp_path / "old.png").touch()
  (tmp_path / "b.svg.jsonl").touch()
  few = {"text": "a" * 40, "strokes": [[[0, 0], [9, 9], [20, 0]]]}
  write(tmp_path / "few.jsonl", INK, few)
  write(tmp_path / "far.jsonl", INK, INK | {"text": "\u4e00", "name": "far"})
  arguments = [part.format(a=ink[0], b=ink[1]) for part in arguments]
  said = {"none.svg", "iam-1.0", "--checkpoint"} & {*arguments}
  before = set(tmp_path.iterdir())
  status, _, errors = run_command(
    "prepare", *arguments, *(() if said else SMALL)
  )
  assert (status, errors.count("\n")) == (2, 1)
  assert message in errors
  assert "style-text" not in errors and "is not used" not in errors
  assert "--out is missing" not in errors or arguments == [str(ink[0])]
  assert set(tmp_path.iterdir()) == before


def test_data_are_there_when_the_picture_is_interrupted(
  run_command, ink, tmp_path, monkeypatch
):
  def interrupted(*_):
    raise KeyboardInterrupt

  monkeypatch.setattr(prepare_ink, "draw_beside", interrupted)
  out = tmp_path / "new" / "me.jsonl.gz"
  status, _, _ = run_command("prepare", ink[0], "--out", out, *SMALL)
  assert status == 130
  assert len(read_stroke_file(out)["train"]) == 1
  assert list(out.parent.iterdir()) == [out]


def test_an_eighth_of_several_lines_is_held_out():
  lines = [
    Line(np.float32([[1, 2, 1]]), "a", f"{number}") for number in range(24)
  ]
  for count, held_out in ((1, 0), (2, 1), (8, 1), (24, 3)):
    train, validation = in_splits(lines[:count]).values()
    assert train + validation == lines[:count]
    assert len(validation) == held_out
