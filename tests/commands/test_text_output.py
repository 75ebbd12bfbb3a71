"""Tests of text_output: terminals, pipes and files."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from graves_jax.commands.text_output import visible, write_out


class Output(io.TextIOWrapper):
  """A standard output that remembers, and may say it is a terminal."""

  def __init__(self, is_terminal=False, encoding="utf-8"):
    super().__init__(io.BytesIO(), encoding=encoding, newline="")
    self._is_terminal = is_terminal

  def isatty(self):
    return self._is_terminal

  def text(self):
    return self.buffer.getvalue().decode(self.encoding)


def written(monkeypatch, pieces, path=None, **options):
  """What reaches an `Output` of these options."""
  output = Output(**options)
  monkeypatch.setattr(sys, "stdout", output)
  write_out(pieces, path)
  output.flush()
  return output.text()


@pytest.mark.parametrize(
  ("text", "expected"),
  [
    ("plain, é, 字\n\tand so on", "plain, é, 字\n\tand so on"),
    ("\x1b[31mred\x1b]0;title\x07", "␛[31mred␛]0;title␇"),
    ("over\rwritten\r\n\b\0", "over␍written␍\n␈␀"),
    ("\x9b2J\x85\x7f", r"\x9b2J\x85␡"),
  ],
)
def test_control_characters_are_pictured(text, expected):
  assert visible(text) == expected


def test_nothing_that_is_visible_commands_a_terminal():
  every = visible("".join(map(chr, range(0x300))))
  assert not {c for c in every if ord(c) < 32 or 127 <= ord(c) < 160} - {
    "\n",
    "\t",
  }


def test_a_terminal_is_shown_no_command_and_a_whole_last_line(monkeypatch):
  pieces = ["a\x1b", "[2J", "", "b"]
  shown = written(monkeypatch, pieces, is_terminal=True)
  assert shown == "a␛[2Jb\n"
  assert written(monkeypatch, ["a\n"], is_terminal=True) == "a\n"


def test_a_pipe_and_a_file_get_the_text_as_it_is(monkeypatch, tmp_path):
  pieces, path = ["a\x1b[2J", "é\r\n", "b"], tmp_path / "new" / "text.txt"
  assert written(monkeypatch, pieces, path) == "a\x1b[2Jé\r\nb"
  assert path.read_bytes() == "a\x1b[2Jé\r\nb".encode()


def test_what_an_encoding_lacks_is_replaced(monkeypatch, tmp_path):
  path = tmp_path / "text.txt"
  shown = written(monkeypatch, ["aé字\x1b"], path, encoding="ascii")
  assert shown == "a??\x1b"
  assert path.read_text(encoding="utf-8") == "aé字\x1b"


def test_without_a_standard_output_there_must_be_a_file(monkeypatch, tmp_path):
  monkeypatch.setattr(sys, "stdout", None)
  with pytest.raises(ValueError, match="standard output is closed; give --out"):
    write_out(["a"])
  assert write_out(["a", "", "é"], tmp_path / "text.txt") == ()
  assert (tmp_path / "text.txt").read_text(encoding="utf-8") == "aé"
  with pytest.raises(KeyboardInterrupt):
    write_out(failing("", error=KeyboardInterrupt()), tmp_path / "text.txt")
  assert (tmp_path / "text.txt").read_text(encoding="utf-8") == "aé"


def failing(*pieces, error):
  yield from pieces
  raise error


def test_after_ctrl_c_a_file_has_the_text_so_far(monkeypatch, tmp_path):
  path = tmp_path / "text.txt"
  path.write_text("old")
  for pieces, expected in ([], "old"), (["a", "é"], "aé"):
    with pytest.raises(KeyboardInterrupt):
      written(monkeypatch, failing(*pieces, error=KeyboardInterrupt()), path)
    assert path.read_text(encoding="utf-8") == expected
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_an_old_file_is_as_it_was(monkeypatch, tmp_path):
  path = tmp_path / "text.txt"
  path.write_text("old")
  with pytest.raises(RuntimeError, match="the device is lost"):
    error = RuntimeError("the device is lost")
    written(monkeypatch, failing("new", error=error), path)
  assert path.read_text() == "old"
  assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="pipes and links of POSIX")
def test_a_pipe_and_a_link_as_a_file_are_not_replaced(monkeypatch, tmp_path):
  pipe, link = tmp_path / "pipe.txt", tmp_path / "link.txt"
  os.mkfifo(pipe)
  (tmp_path / "file").touch()
  link.symlink_to("file")
  reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
  try:
    written(monkeypatch, ["a", "b"], pipe)
    assert os.read(reader, 9) == b"ab"
  finally:
    os.close(reader)
  written(monkeypatch, ["c"], link)
  assert pipe.is_fifo() and link.is_symlink() and link.read_text() == "c"
  written(monkeypatch, ["d"], Path(os.devnull))
  assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
  ("encoding", "lost"), [("ascii", ("é", "字")), ("latin-1", ("字",))]
)
def test_what_was_replaced_is_returned(monkeypatch, encoding, lost):
  monkeypatch.setattr(sys, "stdout", Output(encoding=encoding))
  assert write_out(["aé", "字é", "b"]) == lost
  monkeypatch.setattr(sys, "stdout", Output())
  assert write_out(["aé字"]) == ()


def test_pieces_are_shown_one_by_one(monkeypatch):
  output = Output()
  monkeypatch.setattr(sys, "stdout", output)
  seen = []

  def pieces():
    for piece in "abc":
      yield piece
      seen.append(output.text())

  write_out(pieces())
  assert seen == ["a", "ab", "abc"]


@pytest.mark.skipif(os.name != "posix", reason="head is of POSIX")
def test_a_reader_that_has_gone_ends_the_writing_quietly(tmp_path):
  path = tmp_path / "text.txt"
  code = "import itertools, pathlib, sys\n"
  code += "from graves_jax.commands.text_output import write_out\n"
  code += "words = itertools.repeat('many words\\n')\n"
  code += "write_out(words, pathlib.Path(sys.argv[1]))"
  writer = subprocess.Popen(
    [sys.executable, "-c", code, path],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
  )
  assert writer.stdout.readline() == b"many words\n"
  writer.stdout.close()
  assert writer.stderr.read() == b""
  assert writer.wait(timeout=60) == 0
  assert path.read_text().startswith("many words\nmany words\n")
  assert list(tmp_path.iterdir()) == [path]
