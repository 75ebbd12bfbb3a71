"""Formats as other programs read them: the same strokes come back."""

import numpy as np
import pytest
from PIL import Image

from graves_jax.data.sources.ink_file import read_ink
from graves_jax.data.strokes import strokes_from_offsets
from graves_jax.rendering.drawing import Drawing, Plotter
from graves_jax.rendering.ink import Ink
from graves_jax.rendering.png import write_png
from graves_jax.rendering.sheet import Sheet
from graves_jax.rendering.write import write

TURN = np.linspace(0, 3, 40)
SPIRAL = np.column_stack([30 + 7 * TURN * np.cos(6 * TURN), 25 + 6 * TURN])
STROKES = [
  SPIRAL,
  np.array([[10.0, 10], [12.5, 30], [50, 38]]),
  np.array([[55.0, 5.125]]),
]
SHEETS = [
  Sheet(60, 45, [STROKES[:2], STROKES[2:]], texts=("ab", ".")),
  Sheet(60, 45, [[STROKES[1] + 2]], texts=("c",)),
]
EXPECTED = [*STROKES, STROKES[1] + 2]


def pairs(strokes):
  """A dot may be read as a line to itself."""
  return [s if len(s) > 1 else np.repeat(s, 2, axis=0) for s in strokes]


def assert_same(found, expected, atol):
  assert len(found) == len(expected)
  for one, other in zip(pairs(found), pairs(expected), strict=True):
    np.testing.assert_allclose(one, other, atol=atol)


def test_vpype_reads_the_svg_in_millimeters_a_layer_a_sheet(tmp_path):
  vpype = pytest.importorskip(
    "vpype", reason="vpype is not installed; it is not made for this Python."
  )
  write(tmp_path / "page.svg", SHEETS)
  document = vpype.read_multilayer_svg(str(tmp_path / "page.svg"), 0.1)
  millimeter = 96 / 25.4  # of its pixels
  size = np.array(document.page_size) / millimeter
  np.testing.assert_allclose(size, [60, 90], atol=0.001)
  assert len(document.layers) == 2
  found = [
    np.column_stack([line.real, line.imag]) / millimeter
    for layer in document.layers.values()
    for line in layer
  ]
  assert_same(found, [*STROKES, STROKES[1] + [2, 47]], atol=0.011)


def test_a_reader_of_gcode_finds_the_strokes_with_the_pen_down(tmp_path):
  gcodeparser = pytest.importorskip("gcodeparser")
  path = tmp_path / "page.gcode"
  plotter = Plotter(pen_up="M5, G4 P0.2", pen_down="M3 S90", feed=1234)
  drawing = Drawing(text="(a)\nG0 X999 ; M3", plotter=plotter)
  write(path, SHEETS, drawing)
  lines = list(gcodeparser.parse_gcode_lines(path.read_text()))
  found, is_down, place = [], None, None
  for line in lines:
    words = line.params
    if line.command in (("M", 3), ("M", 5)):
      is_down = line.command == ("M", 3)
      if is_down:
        found.append([place])
    elif "X" in words:
      place = np.array([words["X"], 45 - words["Y"]])
      assert is_down == (line.command == ("G", 1)) and is_down is not None
      if is_down:
        found[-1].append(place)
  assert_same([np.array(stroke) for stroke in found], EXPECTED, atol=0.001)
  commands = [line.command for line in lines]
  assert commands[:4] == [("G", 21), ("G", 90), ("G", 94), ("M", 5)]
  assert commands.count(("M", 0)) == 1 and commands[-1] == ("M", 2)
  feeds = {line.params["F"] for line in lines if "F" in line.params}
  assert feeds == {1234}
  assert not any(line.params.get("X") == 999 for line in lines)


def test_hpgl_has_the_strokes_in_fortieths_of_a_millimeter(tmp_path):
  write(tmp_path / "page.hpgl", SHEETS)
  content = (tmp_path / "page.hpgl").read_text()
  commands = content.replace("\n", "").split(";")
  assert commands[:3] == ["IN", "SP1", "PA"]
  assert commands.count("PG") == 1 and commands[-2:] == ["SP0", ""]
  found, place = [], None
  for command in commands:
    if command[:2] in ("PU", "PD"):
      values = command[2:].split(",") if command[2:] else []
      points = np.array(values, float).reshape(-1, 2) / 40
      if command[:2] == "PD":
        stroke = np.concatenate([[place], points])
        found.append(stroke * [1, -1] + [0, 45])
      place = points[-1] if len(points) else place
  assert_same(found, EXPECTED, atol=0.02)


@pytest.mark.parametrize("ending", [".gcode", ".hpgl"])
def test_a_plotter_never_leaves_its_paper_or_its_bed(tmp_path, ending):
  path = tmp_path / f"page{ending}"
  outside = Sheet(60, 45, [[np.array([[1.0, 1], [61, 1]])]])
  with pytest.raises(ValueError, match="ink outside of its 60 x 45 mm"):
    write(path, [outside])
  large = [Sheet(900, 45, [STROKES])]
  drawing = Drawing(plotter=Plotter(bed=(300.0, 200.0)))
  with pytest.raises(ValueError, match="sheet 1 is 900 x 45 mm"):
    write(path, large, drawing)
  assert not path.exists()


@pytest.mark.parametrize(
  "settings", [{"pen_up": ""}, {"pen_down": "M3\nG0 X9"}, {"feed": 0}]
)
def test_plotters_that_cannot_be_are_refused(settings):
  with pytest.raises(ValueError, match=next(iter(settings))):
    Plotter(**settings)


@pytest.mark.parametrize("pen", ["ballpoint", "fountain"])
def test_a_pdf_shows_what_the_picture_shows(tmp_path, pen):
  pdfium = pytest.importorskip("pypdfium2")
  rule = np.array([[0.0, 40], [60, 40]])
  sheets = [SHEETS[0]._replace(rules=(rule,)), *SHEETS[1:]]
  drawing = Drawing(text="Grüße (\\)", ink=Ink(color="red", width=0.5, pen=pen))
  write(tmp_path / "page.pdf", sheets, drawing)
  document = pdfium.PdfDocument(tmp_path / "page.pdf")
  assert document.get_metadata_dict()["Title"] == "Grüße (\\)"
  assert len(document) == 2
  for number, page in enumerate(document):
    size = np.array(page.get_size()) * 25.4 / 72
    np.testing.assert_allclose(size, [60, 45], atol=0.001)
    path = tmp_path / "page.png"
    write_png(path, [sheets[number]], drawing, max_width_pixels=600)
    with Image.open(path) as image:
      drawn = np.asarray(image.convert("RGB"), int)
    rendered = page.render(scale=drawn.shape[1] / page.get_size()[0])
    rendered = np.asarray(rendered.to_pil().convert("RGB"), int)
    rendered = rendered[: len(drawn), : drawn.shape[1]]
    assert (drawn[..., 1] < 128).sum() > 1000
    assert (np.abs(drawn - rendered) > 100).mean() < 0.002
  document.close()


def test_json_lines_are_a_stroke_file_that_keeps_the_place_on_the_sheet(
  tmp_path,
):
  write(tmp_path / "page.jsonl", SHEETS)
  lines = read_ink(tmp_path / "page.jsonl", None)[:1]
  assert [(line.text, line.name) for line in lines] == [("ab", "page-1-line-1")]
  start = tuple(np.rint(SPIRAL[0] * 100))
  found = strokes_from_offsets(lines[0].points, start)
  assert_same([stroke / 100 for stroke in found], STROKES[:2], atol=0.006)


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_a_moving_picture_ends_with_all_ink_and_only_gains_some(
  tmp_path, ending
):
  write(tmp_path / f"page.{ending}", SHEETS[:1])
  darkness = []
  with Image.open(tmp_path / f"page.{ending}") as image:
    assert image.n_frames > 5
    for number in range(image.n_frames):
      image.seek(number)
      pixels = np.asarray(image.convert("L"), int)
      darkness.append((255 - pixels).sum())
  assert (np.diff(darkness) > -0.02 * darkness[-1]).all()
  assert darkness[0] < 0.1 * darkness[-1]
  covered = pixels[round(25 * len(pixels) / 45) :].min()
  assert covered < 100
