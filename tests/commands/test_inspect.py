"""graves-jax inspect, as a person uses it."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from graves_jax.checkpoints.metadata import Metadata
from graves_jax.commands import command_line, inspect
from graves_jax.commands.inspect_handwriting import write_lines
from graves_jax.commands.inspect_text import start_of_file, written_symbols
from graves_jax.config import TextConfig, TextDataConfig, TextNetworkConfig
from graves_jax.data.codec import TextCodec
from graves_jax.data.sources import text_blocks
from graves_jax.data.strokes import Line
from graves_jax.inspection.survey import Findings
from graves_jax.pretrained import HANDWRITING_READER, STDLIB, SYNTHETIC


def test_a_text_network_that_ships_is_shown_by_its_name(run_command, tmp_path):
  text, out, gates = (tmp_path / n for n in ("a.py", "a.html", "gates.png"))
  code = "def f(a, b):\n    # </script>\n    return g(a) + [b]\n"
  text.write_text(
    4 * code + "\u2028"
  )  # which the network lacks; it is not read
  arguments = ["--text", text, "--length", 150, "--keep", 100]
  status, output, errors = run_command(
    *("inspect", "stdlib", "--out", out, "--gates", gates, *arguments)
  )
  assert (status, errors) == (0, "")
  assert re.search(r"indentation +[12] +\d+ +[+-]0\.\d\d", output)
  assert "inside a URL" not in output  # there is none
  assert "100 of 150 steps, all 640 units" in output
  assert gates.read_bytes().startswith(b"\x89PNG")
  page = out.read_text("utf-8")
  assert "a.py" in page and page.count("</script>") == 2
  assert (
    "is measured on the first 150 characters. Fewer than 200 steps were read"
    in page
  )
  assert "Fewer than 200 steps were read" in output


def test_lines_are_written_and_shown(run_command, tmp_path):
  text, out = tmp_path / "a.txt", tmp_path / "a.html"
  text.write_text("an ant\n\n  a  tent\n")
  status, output, errors = run_command(
    "inspect", "synthetic", "--text", text, "--out", out, "--seed", 1
  )
  assert (status, errors) == (0, "")
  assert re.search(r"pen leaves the paper +[12] +\d+ +[+-]0\.\d\d", output)
  assert "share of the letter written" in output
  assert "all 400 units" in output
  assert '"text":"a tent"' in out.read_text("utf-8")


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["stdlib", "--bias", 1], "--bias: stdlib holds a text network"),
    (["synthetic", "--length", 9], "--length: synthetic holds a handwriting"),
    ([HANDWRITING_READER], "holds a reader of handwriting, which reads a line"),
    (["stdlib", "--keep", 1], "keep (=1) must be 2 or more"),
    (["stdlib", "--text", "missing.py"], "--text (=missing.py) does not exist"),
    (["stdlib", "--out", "a.png"], "must end in one of .html"),
    (["stdlib", "--gates", "a.txt"], "must end in one of .png, .svg, .pdf"),
    (
      ["stdlib", "--length", 10**7],
      "length (=10,000,000) must be 2,000,000 or",
    ),
    (["stdlib", "--text", "."], "--text (=.) is a folder; give a text file.\n"),
    (["nothing"], "weights that ship: handwriting, synthetic, stdlib"),
    ([SYNTHETIC, "--text", "long.txt"], "to write, each of at most 100"),
    ([SYNTHETIC, "--text", "huge.txt"], "is longer than 16,777,216 bytes"),
  ],
)
def test_bad_input_is_answered_in_a_line(
  run_command, tmp_path, monkeypatch, arguments, message
):
  monkeypatch.chdir(tmp_path)
  (tmp_path / "long.txt").write_text("a" * 101)
  (tmp_path / "huge.txt").write_text("\n" * (command_line.MAX_INPUT_BYTES + 1))
  status, output, errors = run_command("inspect", *arguments)
  assert (status, output) == (2, "")
  assert message in errors and errors.count("\n") == 1
  assert not (tmp_path / "inside.html").exists()


def test_a_folder_of_the_name_of_weights_that_ship_comes_first(
  run_command, tmp_path, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  (tmp_path / "stdlib").mkdir()
  status, _, errors = run_command("sample", "--checkpoint", "stdlib")
  assert status == 2
  assert "stdlib is the folder of that name here, not the weights" in errors
  assert "holds no finished checkpoint" in errors
  assert f"The weights that ship of that name are {STDLIB}" in errors


def test_weights_that_ship_are_no_other_folder_where_they_lie(
  monkeypatch, capsys
):
  monkeypatch.chdir(STDLIB.parent)
  assert command_line.find_checkpoint(Path("stdlib")).resolve() == STDLIB
  assert capsys.readouterr().err == ""


def test_gates_are_refused_where_there_are_none_before_anything_is_read():
  config = TextConfig(network=TextNetworkConfig(cell="rnn"))
  metadata = Metadata(config=config, codec=TextCodec.of("ab"))
  arguments = inspect.Arguments(checkpoint=Path("run"), gates=Path("a.png"))
  with pytest.raises(ValueError, match=r"--gates: run holds .* tanh layers"):
    inspect.refuse_options_of_others(arguments, metadata)


def test_the_best_unit_is_named_by_its_layer(capsys):
  r = np.array([[0.1, 0.2, -0.3, 0.4, -0.95], [0.1] * 5, [np.nan] * 5])
  findings = Findings(
    steps=9,
    layers=(3, 2),
    activations=np.zeros((9, 5)),
    names=("quotes", "depth", "URL"),
    values=np.zeros((9, 3)),
    r=r,
    gates=None,
  )
  inspect.show_best(findings, Console())
  rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
  assert rows == [["quotes", "2", "2", "-0.95"], ["depth", "1", "1", "+0.10"]]


def test_lines_without_ink_are_refused():
  writer = SimpleNamespace(
    reads=False, scribble=lambda *_, **__: [Line(np.zeros((0, 3)), "", "")]
  )
  arguments = inspect.Arguments(checkpoint=Path("run"))
  with pytest.raises(ValueError, match="run wrote no ink; give another --seed"):
    write_lines(arguments, writer, Console())


@pytest.mark.parametrize("units", ["characters", "bytes", "words"])
def test_a_text_is_read_as_far_as_asked_whatever_follows(
  tmp_path, monkeypatch, units
):
  monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 4)
  known, path = "caf\u00e9 au\n lait, 7 cl\n", tmp_path / "a.txt"
  path.write_text(f"{known}\u4e00", "utf-8")
  codec = TextCodec.of(known, units)
  for length in (2, 5, len(codec.encode(known))):
    found = start_of_file(path, TextDataConfig(units=units), codec, length)
    assert found.tolist() == codec.encode(known)[:length].tolist()


def test_bytes_that_are_no_characters_are_written_as_numbers():
  codec = TextCodec.of("a\t\u00c9\0", "bytes")
  assert written_symbols(codec) == [r"\x00", "\t", "a", r"\x89", r"\xC3"]
