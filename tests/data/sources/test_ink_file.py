"""Ink of other programs: InkML and Quick, Draw!, and which file is which."""

import gzip
import json

import numpy as np
import pytest

from graves_jax.data.sources import inkml
from graves_jax.data.sources.ink_file import read_ink
from graves_jax.data.strokes import offsets_from_strokes

STROKES = [[[0, 0], [3, 9], [7, 2]], [[20, 4]], [[30, 1], [22, 9]]]
EXPECTED = offsets_from_strokes([np.array(s) for s in STROKES])
TRACES = "<trace>0 0, 3 9, 7 2</trace><trace>20 4</trace><trace>30 1,22 9"
INK = (
  '<ink xmlns="http://www.w3.org/2003/InkML"><annotation type="label">hi'
  f"</annotation>{TRACES}</trace></ink>"
)


def by_column(strokes, *more):
  return [[*map(list, zip(*stroke, strict=True)), *more] for stroke in strokes]


def read(folder, content, name="ink", text=None):
  path = folder / name
  path.write_bytes(content if isinstance(content, bytes) else content.encode())
  return read_ink(path, text)


def with_format(channels, traces):
  return (
    f"<ink><traceFormat>{channels}</traceFormat><annotation type='truth'>hi"
    f"</annotation>{traces}</ink>"
  )


def channel(name, more=""):
  return f'<channel name="{name}" {more}/>'


BOARD = (
  "<WhiteboardCaptureSession><StrokeSet><Stroke><Point {} time='1.0'/>"
  "<Point x='3' y='9' time='1.01'/></Stroke></StrokeSet>"
  "</WhiteboardCaptureSession>"
)
CROHME = (
  "<ink><traceFormat><channel name='X' type='decimal'/><channel name='Y' "
  "type='decimal'/></traceFormat><annotation type='UI'>2011</annotation>"
  "<annotation type='truth'>hi</annotation><annotationXML type='truth'><math>"
  "<mi>h</mi></math></annotationXML>{}<traceGroup><annotation type='truth'>"
  "Segmentation</annotation><traceView traceDataRef='0'/></traceGroup></ink>"
)
TIMED = [[[x, y, 1.7e12, 0.5] for x, y in stroke] for stroke in STROKES]
TIMES = by_column([[[x, y, 5] for x, y in stroke] for stroke in STROKES])
SAME_INK = {
  "points": json.dumps({"text": "hi", "strokes": STROKES}),
  "points with time and pressure": json.dumps({"text": "hi", "strokes": TIMED}),
  "Quick, Draw!": json.dumps({"word": "hi", "drawing": by_column(STROKES)}),
  "Quick, Draw!, raw": json.dumps(
    {"word": "hi", "key_id": "1", "drawing": TIMES}
  ),
  "strokes by column": json.dumps({"text": "hi", "strokes": TIMES}),
  "InkML": INK,
  "InkML, UTF-16": ('<?xml version="1.0" encoding="UTF-16"?>' + INK).encode(
    "utf-16"
  ),
  "InkML, byte order mark": b"\xef\xbb\xbf" + INK.encode(),
  "InkML, other channels": with_format(
    channel("T") + channel("Y") + channel("X"),
    "<trace>1 0 0, 2 9 3, 3 2 7</trace><trace type='penUp'>5 5 5,6 6 6</trace>"
    "<trace>9 4 20</trace><trace>9 1 30, 10 9 22</trace>",
  ),
  "InkML, fewer values where channels come and go": with_format(
    channel("X")
    + channel("Y")
    + f"<intermittentChannels>{channel('F')}</intermittentChannels>",
    "<trace>0 0 1, 3 9, 7 2 T</trace><trace>20 4 ?</trace>"
    "<trace>30 1, 22 9</trace>",
  ),
  "InkML, y upwards": with_format(
    channel("X") + channel("Y", 'orientation="-ve"'),
    "<trace>0 0, 3 -9, 7 -2</trace><trace>20 -4</trace>"
    "<trace>30 -1, 22 -9</trace>",
  ),
  "InkML, differences": INK.replace(
    "0 0, 3 9, 7 2", "\n0 0, '3'9, \"1\"-16"
  ).replace("30 1,22 9", "#1E 1,!22!9,"),
  "InkML, continued": INK.replace(
    "0 0, 3 9, 7 2</trace>",
    "0 0, 3 9</trace><trace continuation='end'>7 2</trace>",
  ),
  "InkML, as CROHME has it": CROHME.format(TRACES + "</trace>"),
  "InkML, texts of parts": INK.replace(
    "</ink>",
    "<traceGroup><annotation type='truth'>h</annotation></traceGroup></ink>",
  ),
}


@pytest.mark.parametrize("content", SAME_INK.values(), ids=SAME_INK)
def test_one_ink_in_every_format(tmp_path, content):
  (line,) = read(tmp_path, content)
  assert line.text == "hi"
  np.testing.assert_array_equal(line.points, EXPECTED)


def test_the_case_of_inkml_is_read(case):
  (line,) = read_ink(case("ink.inkml"))
  assert line.text == "hi"
  np.testing.assert_array_equal(line.points, [[2, 2, 1]])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_a_drawing_is_known_in_any_encoding(tmp_path, encoding):
  mark = "" if encoding != "utf-16-be" else "\ufeff"
  svg = f"{mark}<svg><title>hi</title><path d='M0 0L30 90L70 20'/></svg>"
  (line,) = read(tmp_path, svg.encode(encoding))
  assert line.text == "hi" and len(line.points) > 9


def test_the_example_of_the_standard():
  # InkML, section 3.3.1: values, first differences, second differences.
  rows = inkml._rows("1125 18432,'23'43,\"7\"-8,3-5,7 -3", 2, 1)
  expected = [(1125, 18432), (1148, 18475), (1178, 18510), (1211, 18540)]
  assert list(map(tuple, rows)) == [*expected, (1251, 18567)]


def test_an_unchanged_value_keeps_what_it_was():
  assert inkml._rows("1 5, * 6, '2 !7, * 9", 2, 1) == [
    [1, 5],
    [1, 6],
    [3, 7],
    [5, 9],
  ]


def test_a_file_of_iam_ondb_is_ink(tmp_path):
  (line,) = read(tmp_path, BOARD.format("x='1' y='2'"), "a01-01.xml", "hi")
  assert (line.text, line.name) == ("hi", "a01-01")
  np.testing.assert_array_equal(line.points, [[2, 7, 1]])


@pytest.mark.parametrize("name", ["Quick, Draw!", "points", "InkML"])
def test_a_text_may_be_given(tmp_path, name):
  content = SAME_INK[name]
  (line,) = read(tmp_path, content, text="other")
  assert line.text == "other"
  for part in ('"word": "hi", ', '"text": "hi", ', "label"):
    content = content.replace(part, "")
  assert read(tmp_path, content, text="other")[0].text == "other"
  with pytest.raises(ValueError, match=r"text|annotation"):
    read(tmp_path, content)


def test_lines_of_a_file_are_counted_once(tmp_path):
  line = SAME_INK["Quick, Draw!"] + "\n"
  packed = gzip.compress((line * 3).encode())
  assert len(read(tmp_path, packed, "ink.ndjson.gz")) == 3
  line = SAME_INK["points"] + "\n"
  assert len(read(tmp_path, line)) == 1
  assert len(read(tmp_path, line * 3)) == 3


def test_a_line_that_says_drawing_is_no_drawing_by_column(tmp_path):
  line = '{"text": "%s", "strokes": [[[0, 1], [2.5, 0]]]}'
  for text in ("drawing", "hi"):
    (found,) = read(tmp_path, line % text)
    np.testing.assert_allclose(found.points[-1, :2], (2.5, -1))


def drawing(value):
  return json.dumps({"word": "hi", "drawing": value})


def entity(value):
  return f'<!DOCTYPE a [<!ENTITY b "{value}">]><ink><trace>&b;</trace></ink>'


@pytest.mark.parametrize(
  ("content", "message"),
  [
    ('{"drawing": [[[0, 1], [1, 2]]]}', 'neither "word" nor "text"'),
    (drawing(5), '"drawing" is 5'),
    (drawing([[[0, 1], [1]]]), "stroke 1 is [[0, 1], [1]]"),
    (drawing([[[0, 1], [1, 2]], [[0, 1]]]), "stroke 2 is [[0, 1]]"),
    (drawing([[[0, "1"], [1, 2]]]), "stroke 1 is [[0, '1'], [1, 2]]"),
    (drawing([[[0, True], [1, 2]]]), "stroke 1 is [[0, True], [1, 2]]"),
    (drawing([[[0, 1e7], [1, 2]]]), "positions reach 1e+07"),
    (drawing([[[0, 10**400], [1, 2]]]), "positions reach inf"),
    (drawing([[[0], [1]]]), "no stroke of two points"),
    (drawing([[[0] * 100_001] * 2]), "100,001 points; at most 100,000"),
    ('{"drawing": [[[0, NaN], [1, 2]]], "word": "a"}', "NaN is not a number"),
    ("%PDF-1.4", "is a picture or a PDF, which does not tell"),
    ("<ink>", "malformed XML"),
    ("<html></html>", "begins with <html>"),
    ("<svg></svg>", "no <title>"),
    (INK.replace(TRACES, "<trace>"), "no stroke of two points"),
    (INK.replace("hi", "h\nx" * 600), "at most 1,000"),
    (INK.replace(' type="label"', ""), "--style-text"),
    (INK.replace("3 9", "3"), "a point of trace 1 is '3'; it must have 2"),
    (INK.replace("3 9", "3 x"), "trace 1 has 'x' where a value"),
    (INK.replace("3 9", "3 T"), "trace 1 has 'T' where X or Y"),
    (INK.replace("3 9", "3 1e999"), "positions reach inf"),
    (INK.replace("3 9", "0 0," * 100_001 + "1 1"), "at most 100,000"),
    (INK + " " * 2**22, "longer than 4,194,304 bytes"),
    (INK.replace(TRACES, "<trace>1" + " " * 2**20), "at most 1,048,576"),
    (INK.replace(TRACES, TRACES[:20] + "</trace>" + "<a/>" * 50_000), "50,000"),
    (drawing([[[0], [1]]] * 10_001), "more than 10,000 strokes"),
    (with_format(channel("X"), "<trace>1,2</trace>"), "have one X and one Y"),
    (entity("1 2,3 4"), "entities or a document type of its own"),
    ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><ink/>', "no annotation"),
    (BOARD.format("x='1' y='2'"), "--style-text"),
    (
      with_format(channel("X") + channel("Y"), "").replace(
        "</ink>",
        f"<traceFormat>{channel('Y')}</traceFormat><trace>1</trace></ink>",
      ),
      "trace formats differ",
    ),
  ],
)
def test_bad_ink_is_named(tmp_path, content, message):
  with pytest.raises(ValueError) as error:
    read(tmp_path, content)
  assert str(error.value).startswith(str(tmp_path / "ink"))
  assert message in str(error.value)
  assert len(str(error.value)) < 700


def test_a_missing_file_is_not_found(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"none\.inkml"):
    read_ink(tmp_path / "none.inkml")
