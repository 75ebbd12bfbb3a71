"""graves-jax inspect, as a person uses it."""

import re

import pytest

from graves_jax.pretrained import HANDWRITING_READER, SYNTHETIC


def test_a_text_network_that_ships_is_shown_by_its_name(run_command, tmp_path):
  text, out, gates = (tmp_path / n for n in ("a.py", "a.html", "gates.png"))
  text.write_text("def f(a, b):\n    # </script>\n    return g(a) + [b]\n" * 4)
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
    (["nothing"], "weights that ship: handwriting, synthetic, stdlib"),
    ([SYNTHETIC, "--text", "long.txt"], "to write, each of at most 100"),
  ],
)
def test_bad_input_is_answered_in_a_line(
  run_command, tmp_path, monkeypatch, arguments, message
):
  monkeypatch.chdir(tmp_path)
  (tmp_path / "long.txt").write_text("a" * 101)
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
