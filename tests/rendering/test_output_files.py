"""Output files: refused early, complete or absent, never half written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graves_jax.rendering.drawing import Drawing
from graves_jax.rendering.figures import (
  write_attention,
  write_samples,
)
from graves_jax.rendering.files import (
  check_writable,
  write_atomically,
  writing_text,
)
from graves_jax.rendering.html import write_html
from graves_jax.rendering.png import write_png
from graves_jax.rendering.sheet import Sheet, sheet_around
from graves_jax.rendering.svg import write_svg
from graves_jax.rendering.write import (
  WRITERS,
  check_output_path,
  draw_lines,
  write,
)

PAGE = [[np.array([[0.0, 0], [30, 40], [60, 0]]), np.array([[30.0, 20]])]]
SHEETS = [sheet_around(PAGE)]
SIGNATURES = {
  ".svg": b"<svg",
  ".png": b"\x89PNG",
  ".pdf": b"%PDF-1.4",
  ".html": b"<!doctype html>",
  ".gif": b"GIF89a",
  ".webp": b"RIFF",
  ".gcode": b"; A",
  ".hpgl": b"IN;",
  ".jsonl": b'{"text":"A"',
}


@pytest.mark.parametrize("suffix", [*SIGNATURES, ".SVG", ".Png"])
def test_the_ending_chooses_the_format(tmp_path, suffix):
  path = tmp_path / "new" / "folder" / f"page{suffix}"
  write(path, SHEETS, Drawing(text="A"))
  assert path.read_bytes().startswith(SIGNATURES[suffix.lower()])
  assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_strokes_need_a_text_for_each_line(tmp_path):
  path, lines = tmp_path / "a.jsonl", [PAGE[0], [], PAGE[0]]
  with pytest.raises(ValueError, match="2 lines of ink have the one text 'a'"):
    draw_lines(path, lines, text="a")
  assert not path.exists()
  draw_lines(path, lines, text="a\n\nb")
  said = [json.loads(line)["text"] for line in path.read_text().splitlines()]
  assert said == ["a", "b"]


def test_all_formats_are_known():
  assert WRITERS.keys() == SIGNATURES.keys()


@pytest.mark.parametrize("name", ["page.bmp", "page", ".svg", "page.svg.txt"])
def test_another_ending_is_refused_naming_those_allowed(tmp_path, name):
  with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.html"):
    check_output_path(tmp_path / name)
  with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.html"):
    write(tmp_path / name, SHEETS)
  assert not any(tmp_path.iterdir())


def test_an_ending_may_have_two_parts(tmp_path):
  endings = (".jsonl", ".jsonl.gz")
  for name in ("a.jsonl", "a.jsonl.gz", "a.JSONL.GZ"):
    check_writable(tmp_path / name, endings)
  for name in ("a.gz", ".jsonl.gz", "jsonl"):
    with pytest.raises(ValueError, match=r"one of \.jsonl, \.jsonl\.gz;"):
      check_writable(tmp_path / name, endings)


def test_checking_a_path_creates_nothing(tmp_path):
  check_output_path(tmp_path / "a" / "b" / "page.svg")
  check_output_path("page.svg")
  assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
  "check", [check_output_path, lambda p: write(p, SHEETS)]
)
def test_unwritable_paths_are_named(tmp_path, check):
  (tmp_path / "file").write_text("kept")
  (tmp_path / "folder.svg").mkdir()
  for name in ("file/page.svg", "folder.svg", "n" * 300 + ".svg"):
    with pytest.raises(OSError, match="cannot write") as caught:
      check(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
  assert (tmp_path / "file").read_text() == "kept"
  assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(
  not hasattr(os, "geteuid") or os.geteuid() == 0,
  reason="everything is writable for this user",
)
def test_a_folder_without_permission_is_named(tmp_path):
  tmp_path.chmod(0o500)
  with pytest.raises(OSError, match="no permission"):
    check_output_path(tmp_path / "page.svg")


@pytest.mark.parametrize(
  ("failure", "raised"),
  [
    (OSError(28, "No space left on device"), OSError),
    (KeyboardInterrupt(),) * 2,
  ],
)
@pytest.mark.parametrize("moment", ["write_bytes", "replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
  tmp_path, monkeypatch, failure, raised, moment
):
  path = tmp_path / "page.svg"
  path.write_text("old")
  original = getattr(Path, moment)

  def fail(self, *arguments):
    if moment == "write_bytes":
      original(self, arguments[0][:1])  # Half of it is on disk already.
    raise failure

  monkeypatch.setattr(Path, moment, fail)
  with pytest.raises(raised if isinstance(raised, type) else type(raised)):
    write_atomically(path, b"new")
  monkeypatch.undo()
  assert path.read_text() == "old"
  assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(
  not Path("/dev/full").exists(), reason="a full disk is one of Linux"
)
@pytest.mark.parametrize("length", [1, 100_000])  # met at the end, on the way
def test_text_on_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, length):
  path = tmp_path / "text.txt"
  path.write_text("old")
  original = Path.open
  monkeypatch.setattr(
    Path, "open", lambda self, *a, **b: original(Path("/dev/full"), *a, **b)
  )
  with (
    pytest.raises(OSError, match=r"cannot write .*text\.txt': No space left"),
    writing_text(path) as write,
  ):
    write("a" * length)
  monkeypatch.undo()
  assert path.read_text() == "old"
  assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_files_have_the_permissions_of_any_new_file(tmp_path):
  (tmp_path / "plain").write_text("")
  write_atomically(tmp_path / "page", b"")
  with writing_text(tmp_path / "text"):
    pass
  modes = {path.stat().st_mode for path in tmp_path.iterdir()}
  assert len(modes) == 1


@pytest.mark.parametrize("suffix", SIGNATURES)
@pytest.mark.parametrize("text", ["caf\udce9", "a\0b", "👩‍👩‍👧 ü\nß", "$x_1$"])
def test_any_text_can_be_stored(tmp_path, suffix, text):
  drawing = Drawing(text=text, description=text)
  write(tmp_path / f"page{suffix}", SHEETS, drawing)


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize(
  ("page", "message"),
  [
    ([], "no ink"),
    ([[], [np.zeros((0, 2))]], "no ink"),
    ([[np.array([[0, np.nan]])]], "finite"),
    ([[np.array([[0.0, 0], [np.inf, 1]])]], "finite"),
    ([[np.array([[0.0, 1e300]])]], "finite"),
    ([[np.zeros((4, 3))]], r"\[n, 2\]"),
  ],
)
def test_pages_that_cannot_be_drawn_are_refused(
  tmp_path, suffix, page, message
):
  path = tmp_path / f"page{suffix}"
  with pytest.raises(ValueError, match=message):
    write(path, [Sheet(100, 100, page)])
  assert not path.exists()


def test_writers_refuse_foreign_endings(tmp_path):
  for writer in (write_svg, write_png, write_html):
    with pytest.raises(ValueError, match="must end in"):
      writer(tmp_path / "page.doc", SHEETS)
  with pytest.raises(ValueError, match=r"\.pdf"):
    write_attention(tmp_path / "a.html", np.ones((1, 1)), "a", np.ones((1, 3)))
  with pytest.raises(ValueError, match=r"\.png"):
    write_samples(tmp_path / "a.svg", PAGE)
  assert not any(tmp_path.iterdir())


def test_handwriting_needs_no_matplotlib_and_figures_no_pyplot(tmp_path):
  program = f"""
import sys
import numpy as np
from graves_jax.rendering import figures, sheet, write
page = [[np.array([[0.0, 0], [30, 40]])]]
for suffix in write.WRITERS:
  sheets = [sheet.sheet_around(page)]
  write.write({str(tmp_path)!r} + "/page" + suffix, sheets)
assert "matplotlib" not in sys.modules
phi, points = np.ones((3, 1)), np.ones((3, 3))
figures.write_attention({str(tmp_path)!r} + "/a.png", phi, "a", points)
assert "matplotlib.pyplot" not in sys.modules
"""
  subprocess.run([sys.executable, "-c", program], check=True)
