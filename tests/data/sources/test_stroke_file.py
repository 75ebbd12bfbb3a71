"""The file of pen strokes: exact round trips, and every error named."""

import gzip
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graves_jax.data.sources import ink_limits, json_lines, stroke_file
from graves_jax.data.sources.stroke_file import (
  read_stroke_file,
  write_stroke_file,
)
from graves_jax.data.strokes import Line, offsets_from_strokes

GOOD = b'{"text": "hi", "strokes": [[[0, 0], [3, 9]], [[20, 4]]]}\n'


def line(name="a", text="hi", step=1.0):
  return Line(np.array([[step, 2, 0], [3, -4, 1]], np.float32), text, name)


def assert_same(got: list[Line], expected: list[Line]):
  assert [x[1:] for x in got] == [x[1:] for x in expected]
  for a, b in zip(got, expected, strict=True):
    assert a.points.dtype == np.float32
    np.testing.assert_array_equal(a.points, b.points)


TEXTS = st.text(
  st.characters(exclude_categories=("Cc", "Cs")), min_size=1
).filter(str.strip)
WHOLE = st.integers(-5_000, 5_000)


@st.composite
def lines(draw):
  elements = draw(
    st.lists(st.tuples(WHOLE, WHOLE, st.booleans()), min_size=1, max_size=30)
  )
  points = np.array(elements, np.float32)
  points[-1, 2] = 1
  return Line(points, draw(TEXTS), draw(TEXTS))


def unique(lines):
  return list({line.name: line for line in lines}.values())


@settings(max_examples=60, deadline=None)
@given(
  st.lists(lines(), max_size=4).map(unique),
  st.lists(lines(), min_size=1, max_size=4).map(unique),
  st.sampled_from(["lines.jsonl", "lines.jsonl.gz"]),
)
def test_whole_positions_come_back_exactly(train, validation, name):
  splits = {"train": train, "validation": validation}
  with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / name
    write_stroke_file(path, splits)
    back = read_stroke_file(path)
  assert list(back) == ["train", "validation"]
  for split in splits:
    assert_same(back[split], splits[split])


@pytest.mark.parametrize("scale", [1e-6, 0.1, 1.0, 1e4])
def test_other_positions_come_back_nearly_exactly(tmp_path, scale):
  offsets = np.random.default_rng(0).normal(size=(300, 2)) * scale
  ends = np.arange(300) % 10 == 9
  points = np.column_stack([offsets, ends]).astype(np.float32)
  write_stroke_file(tmp_path / "x.jsonl", {"train": [Line(points, "x", "x")]})
  (back,) = read_stroke_file(tmp_path / "x.jsonl")["train"]
  largest = np.abs(points[:, :2].cumsum(0)).max()
  np.testing.assert_allclose(back.points, points, rtol=0, atol=2e-7 * largest)


def test_reads_the_example_of_the_docstring(tmp_path):
  example = stroke_file.__doc__.split("\n\n")[2]
  (tmp_path / "x.jsonl").write_text(example)
  (read,) = read_stroke_file(tmp_path / "x.jsonl")["train"]
  strokes = [np.array(s) for s in json.loads(example)["strokes"]]
  assert read[1:] == ("hello", "line-1")
  np.testing.assert_array_equal(read.points, offsets_from_strokes(strokes))


def test_byte_order_mark_blank_lines_and_floats_are_read(tmp_path):
  data = b'\xef\xbb\xbf{"strokes": [[[0.5, 1e0], [-2, 1]]], "text": "\xc3\xa9"}'
  (tmp_path / "x.jsonl").write_bytes(data + b"\r\n\n  \n" + GOOD + b"\n")
  splits = read_stroke_file(tmp_path / "x.jsonl")
  assert [x.text for x in splits["train"]] == ["é"]
  assert [x.name for x in splits["validation"]] == ["line-4"]
  np.testing.assert_array_equal(splits["train"][0].points, [[-2.5, 0, 1]])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_a_byte_order_mark_says_is_read_packed_or_not(
  tmp_path, encoding, pack
):
  text = GOOD.decode().replace("hi", "h\u2028é") * 3
  (tmp_path / "x.jsonl").write_bytes(pack(text.encode(encoding)))
  splits = read_stroke_file(tmp_path / "x.jsonl")
  texts = [line.text for lines in splits.values() for line in lines]
  assert texts == ["h\u2028é"] * 3


@pytest.mark.parametrize(
  ("count", "train", "held_out"), [(1, 1, 1), (2, 1, 1), (60, 57, 3)]
)
def test_without_validation_lines_the_last_are_held_out(
  tmp_path, count, train, held_out
):
  given_lines = [line(f"n{k}", step=float(k)) for k in range(count)]
  write_stroke_file(tmp_path / "x.jsonl", {"train": given_lines})
  splits = read_stroke_file(tmp_path / "x.jsonl")
  assert_same(splits["train"], given_lines[:train])
  assert_same(splits["validation"], given_lines[-held_out:])


def test_only_validation_lines_leave_train_empty(tmp_path):
  write_stroke_file(tmp_path / "x.jsonl", {"validation": [line()]})
  splits = read_stroke_file(tmp_path / "x.jsonl")
  assert splits["train"] == []
  assert_same(splits["validation"], [line()])


def test_equal_lines_give_equal_bytes(tmp_path):
  for name in ("a.jsonl.gz", "b.jsonl.gz"):
    write_stroke_file(tmp_path / name, {"train": [line()]})
  a, b = (tmp_path / n for n in ("a.jsonl.gz", "b.jsonl.gz"))
  assert a.read_bytes() == b.read_bytes()


def test_progress_ends_at_the_size_of_the_file(tmp_path):
  path, calls = tmp_path / "x.jsonl", []
  path.write_bytes(GOOD * 1000)
  read_stroke_file(path, progress=lambda *call: calls.append(call))
  done = [call[0] for call in calls]
  assert len(calls) > 5
  assert done == sorted(done)
  assert calls[-1] == (path.stat().st_size, path.stat().st_size)


def strokes(value: str) -> bytes:
  return b'{"text": "hi", "strokes": ' + value.encode() + b"}"


BAD_LINES = [
  (b"{nonsense", "not JSON"),
  (b"[1, 2]", "holds a list; it must be an object"),
  (b"\xff\xfe{}", "not UTF-8"),
  (b'{"strokes": [[[0, 0], [1, 1]]]}', '"text" is missing'),
  (b'{"text": "hi"}', '"strokes" is missing'),
  (GOOD[:-2] + b', "spilt": "train"}', "key 'spilt' is unknown"),
  (GOOD[:-2] + b', "split": "test"}', "('test') must be one of ['train'"),
  (GOOD[:-2] + b', "split": []}', "([]) must be one of ['train'"),
  (GOOD[:-2] + b', "name": 7}', '"name" (7) must be text'),
  (GOOD.replace(b"hi", b""), "\"text\" ('') must be text that is not empty"),
  (GOOD.replace(b"hi", b"  "), "must be text that is not empty"),
  (GOOD.replace(b'"hi"', b"null"), '"text" (None) must be text'),
  (GOOD.replace(b"hi", b"a\\nb"), r"holds '\n'"),
  (GOOD.replace(b"hi", b"\\ud800"), r"holds '\ud800'"),
  (GOOD.replace(b"hi", b"x" * 1001), "1,001 characters; at most 1,000"),
  (strokes("[]"), "no stroke of two points"),
  (strokes("[[]]"), "no stroke of two points"),
  (strokes("[[[0, 0]], [[5, 5]]]"), "no stroke of two points"),
  (strokes("{}"), '"strokes" is a object; "strokes" must be a list'),
  (strokes("[[0, 0], [1, 1]]"), "point 1 of stroke 1 is 0;"),
  (strokes("[[[0, 0], [1, 1]], 5]"), "stroke 2 is a number"),
  (strokes("[[[0, 0], [1, 1, 1]]]"), "point 2 of stroke 1 is [1, 1, 1];"),
  (strokes('[[[0, 0], ["1", 1]]]'), "point 2 of stroke 1 is ['1', 1];"),
  (strokes('[[[0, 0], {"x": 1, "y": 1}]]'), "point 2 of stroke 1 is {'x'"),
  (strokes("[[[0, 0], [true, 1]]]"), "point 2 of stroke 1 is [True, 1];"),
  (strokes("[[[0, 0], [null, 1]]]"), "point 2 of stroke 1 is [None, 1];"),
  (strokes("[[[0, 0], [NaN, 1]]]"), "NaN is not a number"),
  (strokes("[[[0, 0], [-Infinity, 1]]]"), "-Infinity is not a number"),
  (strokes("[[[0, 0], [1e999, 1]]]"), "reach inf; they must lie within ±8,388"),
  (strokes("[[[0, 0], [8388609, 1]]]"), "reach 8.38861e+06; they must lie"),
  (strokes(f"[[[0, 0], [{10**400}, 1]]]"), "reach inf; they must lie"),
  (strokes(f"[[[0, 0], [{'9' * 5000}, 1]]]"), "limit"),
  (strokes("[" * 100_000), "brackets nest too deeply"),
  (
    strokes(f"[[{'[0,0],' * 100_000}[1,1]]]"),
    "100,001 points; at most 100,000",
  ),
  (b'{"text": "' + b"x" * 4_200_000, "longer than 4,194,304 bytes"),
]


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz"])
@pytest.mark.parametrize(
  ("data", "message"), BAD_LINES, ids=[m for _, m in BAD_LINES]
)
def test_a_bad_line_is_named(tmp_path, data, message, suffix):
  path = tmp_path / f"x.{suffix}"
  data = GOOD + data + b"\n" + GOOD
  path.write_bytes(gzip.compress(data, mtime=0) if suffix[-1] == "z" else data)
  with pytest.raises(ValueError) as error:
    read_stroke_file(path)
  assert str(error.value).startswith(f"{path}, line 2: ")
  assert message in str(error.value)
  assert len(str(error.value)) < 700


PACKED = gzip.compress(GOOD * 50, mtime=0)


@pytest.mark.parametrize(
  ("name", "data", "message"),
  [
    ("x.jsonl", b"", "is empty"),
    ("x.jsonl", b"\n \n", "is empty"),
    ("x.jsonl.gz", b"", "is empty"),
    ("x.jsonl.gz", GOOD, "after line 0: not a whole gzip file"),
    ("x.jsonl.gz", PACKED[:-9], "not a whole gzip file"),
    ("x.jsonl.gz", PACKED[:20] + b"\0" * 9 + PACKED[29:], "not a whole gzip"),
    ("x.jsonl.gz", PACKED[:-8] + b"\0" * 8, "after line 50: not a whole gzip"),
    ("x.jsonl", GOOD.decode().encode("utf-16-le"), "line 1: seems to be UTF-1"),
    ("x.jsonl", b"\xff\xfea\0\0\xd8", "after line 0: not what its byte-order"),
  ],
)
def test_a_bad_file_is_named(tmp_path, name, data, message):
  path = tmp_path / name
  path.write_bytes(data)
  with pytest.raises(ValueError) as error:
    read_stroke_file(path)
  assert str(error.value).startswith(str(path))
  assert message in str(error.value)


def test_a_name_taken_twice_is_named(tmp_path):
  path = tmp_path / "x.jsonl"
  named = GOOD[:-2] + b', "name": "me"}\n'
  path.write_bytes(named + GOOD + named)
  with pytest.raises(ValueError, match=r"line 3.*'me'.*taken by line 1"):
    read_stroke_file(path)


@pytest.mark.parametrize(
  ("limit", "message"),
  [("MAX_LINES", "2 handwritten lines"), ("MAX_ALL_POINTS", "2 points")],
)
def test_a_file_takes_no_more_memory_than_allowed(
  tmp_path, monkeypatch, limit, message
):
  monkeypatch.setattr(ink_limits, limit, 2)
  path = tmp_path / "many.jsonl"
  path.write_text('{"text": "a", "strokes": [[[0, 0], [1, 1], [2, 3]]]}\n' * 3)
  with pytest.raises(ValueError, match=f"more than {message}, the most"):
    stroke_file.read_stroke_file(path)


def test_a_small_file_cannot_unpack_without_bound(tmp_path, monkeypatch):
  path = tmp_path / "x.jsonl.gz"
  path.write_bytes(gzip.compress(b"\n" * 30_000, mtime=0))
  monkeypatch.setattr(json_lines, "MAX_FILE_BYTES", 20_000)
  with pytest.raises(ValueError, match="line 20001: the file so far is longer"):
    read_stroke_file(path)


def test_a_missing_file_is_not_found(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"none\.jsonl"):
    read_stroke_file(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
  ("splits", "message"),
  [
    ({}, "no lines to write"),
    ({"train": []}, "no lines to write"),
    ({"test": [line()]}, "['test'] are unknown"),
    ({"train": [line(), line()]}, "line 'a' of 'train': the name occurs twice"),
    ({"train": [line(text=" ")]}, "must be text that is not empty"),
    ({"train": [line(text="a\tb")]}, r"holds '\t'"),
    ({"train": [line(step=np.nan)]}, "positions reach nan"),
    ({"train": [line(step=1e7)]}, "positions reach 1e+07"),
    ({"train": [Line(np.zeros((0, 3)), "a", "a")]}, "have shape (0, 3)"),
    ({"train": [Line(np.zeros((4, 2)), "a", "a")]}, "have shape (4, 2)"),
    ({"train": [Line(np.zeros((4, 3)), "a", "a")]}, "must end a stroke"),
    ({"train": [Line(np.ones((100_000, 3)), "a", "a")]}, "100,000 points are"),
  ],
)
def test_nothing_is_written_that_cannot_be_read(tmp_path, splits, message):
  path = tmp_path / "x.jsonl"
  path.write_text("what was there")
  with pytest.raises(ValueError) as error:
    write_stroke_file(path, splits)
  assert message in str(error.value)
  assert path.read_text() == "what was there"
  assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made(tmp_path):
  path = tmp_path / "new" / "folder" / "x.jsonl"
  write_stroke_file(path, {"train": [line()]})
  assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_path_that_cannot_be_written_is_named(tmp_path):
  (tmp_path / "folder.jsonl").mkdir()
  (tmp_path / "file").touch()
  for name in ("folder.jsonl", "file/x.jsonl"):
    with pytest.raises(OSError, match="cannot write") as error:
      write_stroke_file(tmp_path / name, {"train": [line()]})
    assert f"'{tmp_path / name}': " in str(error.value)
    assert len(list(tmp_path.iterdir())) == 2


def test_the_longest_line_that_is_written_is_read(tmp_path):
  points = np.random.default_rng(0).uniform(-999, 999, (99_999, 3))
  points[:, 2] = 1
  wide = Line(points.astype(np.float32), "é" * 1000, "wide")
  write_stroke_file(tmp_path / "x.jsonl", {"validation": [wide]})
  (back,) = read_stroke_file(tmp_path / "x.jsonl")["validation"]
  assert back.text == wide.text
  np.testing.assert_allclose(back.points, wide.points, atol=0.2)
