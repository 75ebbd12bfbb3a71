"""The scripts as a person uses them, good input and bad."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from experiments import TRAIN, VALIDATION, Silent, make_experiment
from paths import ROOT

from graves_jax.data.sources.stroke_file import write_stroke_file
from graves_jax.pretrained import HANDWRITING, SYNTHETIC
from graves_jax.training.loop import train
from graves_jax.training.run_lock import locked

CONFIG = """
import dataclasses, sys
sys.path.insert(0, {tests!r})
from experiments import CONFIG
def get_config():
  return CONFIG
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
  folder = tmp_path_factory.mktemp("trained")
  train(make_experiment(), folder, Silent())
  return folder


@pytest.fixture
def strokes(tmp_path):
  path = tmp_path / "strokes.jsonl"
  write_stroke_file(path, {"train": TRAIN, "validation": VALIDATION})
  return path


@pytest.fixture
def config(tmp_path):
  path = tmp_path / "tiny.py"
  path.write_text(CONFIG.format(tests=str(ROOT / "tests")))
  return path


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_sample_writes_a_page(run_command, trained, tmp_path, ending):
  out = tmp_path / f"page.{ending}"
  status, output, _ = run_command(
    "sample", "abc", "--checkpoint", trained, "--out", out
  )
  assert status == 0
  assert out.stat().st_size > 100
  assert str(out) in output


def test_a_letter_goes_on_over_as_many_sheets_as_it_needs(
  run_command, trained, tmp_path
):
  def sheets_of(text, *arguments):
    out = tmp_path / "page.svg"
    status, output, errors = run_command(
      *("sample", text, "--checkpoint", trained, "--out", out),
      *("--paper", "60x60", "--margin", 4, *arguments),
    )
    assert (status, errors) == (0, "")
    found = out.read_text().count('<g id="page-')
    assert (f"{found} sheets" in output) == (found > 1)
    return found, out.read_text()

  text = "abc ab\n\n" + "abc ca b " * 6
  one, drawn = sheets_of(text, "--letter-height", 2, "--ruling", "ruled")
  assert one == 1 and 'viewBox="0 0 60 60"' in drawn and "<line " in drawn
  assert sheets_of(text, "--letter-height", 8)[0] > 1
  assert sheets_of(text, "--letter-height", 2, "--copies", 2)[0] == 2
  assert sheets_of("abc", "--copies", 3)[0] == 1


def test_sample_in_a_style_with_figures(
  run_command, trained, strokes, tmp_path
):
  status, output, errors = run_command(
    "sample",
    *("abc abc abc", "--checkpoint", trained, "--width", 5, "--copies", 2),
    *("--style", f"{strokes}:3", "--out", tmp_path / "page.svg"),
    *("--window", tmp_path / "w.png", "--densities", tmp_path / "d.png"),
  )
  assert (status, errors) == (0, "")
  for name in ("page.svg", "w.png", "d.png"):
    assert f"{tmp_path / name}: " in output and (tmp_path / name).exists()


def test_ink_of_too_few_points_is_told_and_not_used(
  run_command, trained, tmp_path
):
  style = tmp_path / "me.jsonl"
  style.write_text('{"text": "abcab", "strokes": [[[0, 0], [3, 9], [4, 1]]]}')
  out = tmp_path / "page.svg"
  arguments = ("abc", "--checkpoint", trained, "--out", out)
  status, output, _ = run_command("sample", *arguments, "--style", style)
  assert status == 0
  assert f"--style {style}: 3 points for the 5 characters of 'abcab'" in output
  primed = out.read_text()
  run_command("sample", *arguments)
  assert out.read_text() == primed


def test_what_is_changed_in_a_style_is_told(
  run_command, trained, strokes, tmp_path
):
  lines = [json.loads(line) for line in strokes.read_text().splitlines()]
  large = [[[x * 50, y * 50] for x, y in s] for s in lines[3]["strokes"]]
  style = tmp_path / "me.jsonl"
  style.write_text(json.dumps({"text": lines[3]["text"], "strokes": large}))
  status, output, _ = run_command(
    *("sample", "abc", "--checkpoint", trained, "--style", style),
    *("--out", tmp_path / "page.svg"),
  )
  assert status == 0
  assert f"--style {style}: scaled by 0.0" in output


@pytest.mark.parametrize(
  ("content", "written"),
  [
    (b"abc\nca\n", "abc\nca"),
    ("abc\r\n\r\n  a\tca\r\n".encode("utf-8-sig"), "abc\n\na ca"),
    ("\u00e1b\u010d\n".encode("utf-16"), "abc"),
  ],
)
def test_sample_reads_standard_input(
  run_command, trained, tmp_path, monkeypatch, content, written
):
  given_input(monkeypatch, tmp_path, content)
  page = tmp_path / "page.svg"
  status, output, errors = run_command(
    "sample", "-", "--checkpoint", trained, "--out", page
  )
  assert status == 0
  assert f"{len(written.split(chr(10))) - written.count(2 * chr(10))} line" in (
    output
  )
  assert f"<title>{written}</title>" in page.read_text()
  assert errors == ("" if content.isascii() else errors)


def given_input(monkeypatch, tmp_path, content):
  (tmp_path / "in.txt").write_bytes(content)
  monkeypatch.setattr("sys.stdin", (tmp_path / "in.txt").open())


@pytest.mark.parametrize(
  ("content", "message"),
  [
    (b"abc ab\xe9", "standard input is not UTF-8: byte 0xE9 at offset 6, line"),
    ("abc\nab".encode("utf-16-le"), "standard input seems to be UTF-16"),
    (b"a" * (2**24 + 1), "longer than 16,777,216 bytes"),
  ],
)
def test_standard_input_that_is_no_text_is_one_line(
  run_command, trained, tmp_path, monkeypatch, content, message
):
  given_input(monkeypatch, tmp_path, content)
  status, _, errors = run_command("sample", "-", "--checkpoint", trained)
  assert (status, errors.count("\n")) == (2, 1)
  assert message in errors


def test_a_closed_standard_input_is_said(run_command, trained, monkeypatch):
  monkeypatch.setattr("sys.stdin", None)
  status, _, errors = run_command("sample", "-", "--checkpoint", trained)
  assert (status, "standard input is closed" in errors) == (2, True)


def test_white_space_changes_nothing_alone_or_in_copies(
  run_command, trained, tmp_path
):
  def strokes_of(text, *arguments):
    out = tmp_path / "page.svg"
    run_command(
      "sample", text, "--checkpoint", trained, "--out", out, *arguments
    )
    return out.read_text()

  alone = strokes_of("ab ca")
  assert strokes_of("  ab\t ca ") == alone
  two = strokes_of("ab ca", "--copies", 2)
  assert strokes_of(" ab  ca", "--copies", 2) == two != alone
  out = strokes_of("ab\nca", "--copies", 2)
  assert "<title>ab\nca</title>" in out


def test_characters_that_were_replaced_are_said(run_command, trained, tmp_path):
  arguments = ("--checkpoint", trained, "--out", tmp_path / "page.svg")
  status, _, errors = run_command("sample", "ab\u00e7\nca\u0301", *arguments)
  assert (status, errors) == (0, "replaced 'á' by 'a', 'ç' by 'c'\n")
  status, _, errors = run_command("sample", "ab\u00e7", "--strict", *arguments)
  assert (status, errors.count("\n")) == (2, 1)
  assert "cannot write 'ç' (write 'c')" in errors
  status, _, errors = run_command("sample", "axc\nzb", *arguments)
  assert status == 2 and "'x', 'z'" in errors
  status, _, errors = run_command("sample", "ab\udce9", *arguments)
  assert status == 2 and "the text is not UTF-8: byte 0xE9 at of" in errors


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    ([""], "no text to write"),
    (["axc"], "'x'"),
    (["a" * 10_000], "10,000 characters"),
    (["abc", "--bias=-1"], "bias (=-1.0)"),
    (["abc", "--copies", "0"], "copies (=0)"),
    (["abc", "--seed", "99999999999"], "seed (=99999999999)"),
    (["abc", "--width", "0"], "width (=0)"),
    (["abc", "--out", "page.bmp"], ".svg"),
    (
      ["abc", "--window", "handwriting.png"],
      "--out and --window are the same file, handwriting.png;",
    ),
    (
      ["abc", "--window", "a.png", "--densities", "../{folder}/a.png"],
      "--window and --densities are the same file, ../",
    ),
    (["abc", "--paper", "a7"], "a4, a5, a6, letter"),
    (["abc", "--paper", "a5", "--width", "30"], "--width: with --paper"),
    (["abc", "--font-size", "0"], "letter_height (=0)"),
    (["abc", "--paper", "a6", "--margin", "70"], "no room"),
    (["abc", "--ink", "blau"], "black, blue"),
    (["abc", "--ink", "blue", "--out", "a.gcode"], "--ink: a .gcode file"),
    (["abc", "--animate"], "--animate is for .svg files"),
    (["abc", "--hand", "nest"], "did you mean neat? There are "),
    (["abc", "--hand", "neat", "--style", "a.svg"], "leave one out"),
    (["abc", "--hand", "neat"], "--hand: these weights cannot go on"),
    (["abc", "--feed", "9"], "--feed is for .gcode files"),
    (["abc", "--pen-up", "", "--out", "a.gcode"], "pen_up"),
    (
      [*("abc", "--paper", "a6", "--bed", "90x90"), "--out", "a.gcode"],
      "reaches 90 x 90 mm",
    ),
    (["abc", "--out", "/proc/page.svg"], "/proc/page.svg"),
    (["abc", "--style", "missing.jsonl"], "missing.jsonl"),
    (["abc", "--style", ""], "--style: there is no file ''"),
    (["abc", "--out", "a.gcode", "--bed", "9x9"], "bed (=9x9) must be"),
    (["abc", "--style", "testset_v:7"], "--style-data"),
    (["abc", "--style", "{strokes}:99"], "0 to 25"),
    (["abc", "--style", "{strokes}", "--style-text", "x"], "of the style"),
    (["abc", "--style-text", "abc"], "--style-text"),
    (["abc", "--checkpoint", "nowhere"], "nowhere"),
    (["abc", "--checkpoint", "."], "finished checkpoint"),
    (["abc", "--bais", "1"], "--bias"),
  ],
)
def test_sample_answers_bad_input_in_a_line(
  run_command, trained, strokes, tmp_path, monkeypatch, arguments, message
):
  monkeypatch.chdir(tmp_path)
  names = {"strokes": strokes, "folder": tmp_path.name}
  arguments = [a.format(**names) for a in arguments]
  if "--checkpoint" not in arguments:
    arguments += ["--checkpoint", trained]
  before = set(tmp_path.iterdir())
  status, _, errors = run_command("sample", *arguments)
  assert status == 2
  assert message in errors
  assert "Traceback" not in errors
  assert set(tmp_path.iterdir()) == before


def test_sample_keeps_an_old_picture_when_it_fails(
  run_command, trained, tmp_path
):
  out = tmp_path / "page.svg"
  out.write_text("old")
  run_command("sample", "axc", "--checkpoint", trained, "--out", out)
  assert out.read_text() == "old"


def test_evaluate_ends_with_a_line_of_json(run_command, trained, strokes):
  status, output, _ = run_command(
    "evaluate", "--checkpoint", trained, "--data.path", strokes
  )
  assert status == 0
  figures = json.loads(output.splitlines()[-1])
  assert figures["sequences"] == len(VALIDATION)
  for name in ("sequence", "point"):
    assert figures[f"nats_per_{name}"] > 0
  error = figures["squared_error_per_point"]
  assert figures["squared_error_per_coordinate"] == error / 2 > 0
  assert figures["sigma_floor"] == 0.007


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["--split", "testset_v"], "train or validation"),
    (["--data.path", "missing"], "missing"),
    (["--batch-size", "0"], "batch_size"),
    (["--checkpoint", "missing"], "missing"),
  ],
)
def test_evaluate_answers_bad_input_in_a_line(
  run_command, trained, strokes, arguments, message
):
  given = {"--checkpoint": trained, "--data.path": strokes}
  given |= dict([arguments])
  status, _, errors = run_command(
    "evaluate", *(word for pair in given.items() for word in pair)
  )
  assert status == 2
  assert message in errors


def test_train_without_training_lines_is_one_line(
  run_command, config, tmp_path
):
  path, run = tmp_path / "held_out.jsonl", tmp_path / "run"
  write_stroke_file(path, {"validation": VALIDATION})
  status, _, errors = run_command(
    "train", config, "--data.path", path, "--workdir", run
  )
  assert (status, errors.count("\n")) == (2, 1)
  assert f"{path}: its split train is empty" in errors


def test_train_leaves_pictures_records_and_checkpoints(
  run_command, config, strokes, tmp_path
):
  command = (
    "train",
    *(config, "--data.path", strokes, "--workdir", tmp_path / "run"),
    *("--training.sample-every", 4, "--devices", 2),
  )
  status, output, errors = run_command(*command)
  assert (status, errors) == (0, "")
  assert "sigma is floored at 0.007" in output
  assert "step 8: validation" in output
  assert f"Checkpoints, records and samples: {tmp_path / 'run'}" in (
    output.replace("\n", "")
  )
  pictures = sorted(p.name for p in (tmp_path / "run/samples").iterdir())
  assert pictures[-1] == "window_000008.png" and len(pictures) == 6
  assert "step_000004.png" in pictures and "window_000008.png" in pictures
  rows = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
  assert json.loads(rows[-1])["kind"] == "validation"
  # A run that is at its end makes no update, so that nothing is noted.
  status, output, errors = run_command(*command)
  assert (status, errors) == (0, "") and "Continuing at step 8" in output
  (start,) = (tmp_path / "run/starts.jsonl").read_text().splitlines()
  assert re.match(r"\d+ cores? of ", json.loads(start)["on"])


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["missing.py"], "missing.py"),
    (["handwritting_synthetic"], "Did you mean handwriting_synthetic?"),
    (["--data.path", "missing.jsonl"], "missing.jsonl"),
    (["--data.bach-size", "3"], "--data.batch-size"),
    (["--data.batch-size", "0"], "batch_size"),
    (["--training.sample-texts", "axc"], "'x'"),
    (["--training.evaluate-every", "0"], "evaluate_every"),
    (["--training.seed", "99999999999"], "seed"),
    (["--network.mixtures", "0"], "mixtures"),
    (["--profile", "-1"], "--profile (=-1)"),
    (["--optimizer.learning-rate", "nan"], "learning_rate"),
    (["--optimizer.name", "lion"], "graves_rmsprop, sgd, rmsprop"),
    (["--optimizer.schedule.name", "step"], "constant, cosine, trapezoid"),
    (["--optimizer.momentum", "1"], "momentum (=1.0) must be below 1"),
    (
      ["--optimizer.name", "sgd", "--optimizer.decay", "0.5"],
      "--optimizer.decay",
    ),
    (["--workdir", "/proc/run"], "/proc/run"),
  ],
)
def test_train_answers_bad_input_in_a_line(
  run_command, config, strokes, tmp_path, monkeypatch, arguments, message
):
  monkeypatch.chdir(tmp_path)
  if arguments[0].startswith("-"):
    arguments = [config, "--data.path", strokes, *arguments]
  status, _, errors = run_command("train", *arguments)
  assert status == 2
  assert message in errors
  assert "Traceback" not in errors


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["--network.hidden", 9], "network.hidden = (8, 8), not (9,)"),
    (["--optimizer.learning-rate", 1], "optimizer.learning_rate = 0.01"),
    (["--training.seed", 1], "training.seed = 0"),
    (["--init-from", "synthetic"], "network.hidden = (200, 200), not (8, 8)"),
  ],
)
def test_a_run_of_other_settings_is_refused_before_data_are_read(
  run_command, trained, config, tmp_path, arguments, message
):
  workdir = trained
  if "--init-from" in arguments:
    workdir = tmp_path / "run"
  status, output, errors = run_command(
    "train",
    *(config, "--data.path", "missing.jsonl", "--workdir", workdir),
    *arguments,
  )
  assert (status, output) == (2, "")
  assert message in errors and "missing.jsonl" not in errors
  assert not (tmp_path / "run").exists()


def test_a_damaged_checkpoint_does_not_hide_the_settings_before_it(
  run_command, trained, config, tmp_path
):
  shutil.copytree(trained, tmp_path / "run")
  (tmp_path / "run/checkpoints/8/metadata/metadata").write_text("{")
  _, _, errors = run_command(
    "train",
    *(config, "--data.path", "missing.jsonl", "--workdir", tmp_path / "run"),
    *("--network.hidden", 9),
  )
  assert "network.hidden = (8, 8), not (9,)" in errors


def test_a_workdir_in_use_is_refused_before_data_are_read(
  run_command, config, tmp_path
):
  arguments = "--data.path", "missing.jsonl", "--workdir", tmp_path / "run"
  with locked(tmp_path / "run", print):
    status, output, errors = run_command("train", config, *arguments)
  assert (status, output) == (2, "")
  assert f"in use by process {os.getpid()}" in errors
  assert errors.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_a_signal_saves_and_a_second_start_goes_on(
  run_command, config, strokes, environment, tmp_path
):
  arguments = [config, "--data.path", strokes, "--workdir", tmp_path / "run"]
  arguments += ["--devices", "1", "--training.steps"]
  first = subprocess.Popen(
    [sys.executable, ROOT / "train.py", *arguments, "100000"],
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
    env=environment,
  )
  records = tmp_path / "run/metrics.jsonl"
  deadline = time.monotonic() + 240
  while not (records.exists() and records.stat().st_size):
    assert first.poll() is None and time.monotonic() < deadline
    time.sleep(0.1)
  first.send_signal(signal.SIGTERM)
  output, _ = first.communicate(timeout=120)
  assert first.returncode == 0
  assert output.index("Stopping: ") < output.index("Saved at step ")
  assert "To go on: graves-jax train" in output
  step = max(int(p.name) for p in (tmp_path / "run/checkpoints").iterdir())
  status, output, errors = run_command("train", *arguments, step + 1)
  assert (status, errors) == (0, "")
  assert f"Continuing at step {step:,}" in output


def test_export_writes_weights_that_sample(run_command, trained, tmp_path):
  status, _, _ = run_command("export", trained, tmp_path / "weights")
  assert status == 0
  status, _, _ = run_command("export", "synthetic", tmp_path / "by_name")
  assert status == 0
  arguments = ("--checkpoint", tmp_path / "weights", "--out")
  status, _, _ = run_command("sample", "abc", *arguments, tmp_path / "a.svg")
  assert status == 0
  status, _, errors = run_command("export", trained, tmp_path / "weights")
  assert status == 2
  assert "exists already" in errors


@pytest.mark.parametrize("folder", [HANDWRITING, SYNTHETIC])
def test_the_checkpoints_that_ship_write_and_are_small(
  run_command, tmp_path, folder
):
  size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
  assert size < 16e6
  assert (folder / "README.md").is_file()
  out = tmp_path / "page.svg"
  arguments = ("--checkpoint", folder, "--out", out)
  status, output, errors = run_command("sample", "the quick fox", *arguments)
  assert (status, errors) == (0, "")
  assert "did not find" not in output


def test_a_half_written_checkpoint_is_refused(run_command, trained, tmp_path):
  shutil.copytree(trained, tmp_path / "run")
  for path in (tmp_path / "run").rglob("*"):
    if path.is_file():
      path.write_bytes(path.read_bytes()[:-9])
  status, _, errors = run_command(
    "sample", "abc", "--checkpoint", tmp_path / "run"
  )
  assert status == 2
  assert "damaged" in errors


@pytest.mark.parametrize(
  ("source", "message"),
  [
    ("def get_config(:\n", "SyntaxError"),
    ("x = 1\n", "get_config"),
    ("import nothing_of_this_name\n", "line 1: ModuleNotFoundError"),
    ("def get_config():\n  return 1 / 0\n", "line 2: ZeroDivisionError"),
    ("def get_config():\n  return 3\n", "which gave a int"),
    ("def get_config():\n  raise OSError('a\\nb')\n", "line 2: OSError: a b"),
    ("get_config = 3\n", "TypeError"),
    ("\x00", "null bytes"),
  ],
)
def test_a_config_that_is_none_is_one_line(
  run_command, tmp_path, source, message
):
  path = tmp_path / "config.py"
  path.write_text(source)
  status, _, errors = run_command("train", path)
  assert (status, errors.count("\n")) == (2, 1)
  assert str(path) in errors and message in errors


@pytest.mark.slow
def test_records_that_are_damaged_do_not_stop_a_resume(
  run_command, config, tmp_path
):
  run_command(
    "train", config, "--workdir", tmp_path / "run", "--training.steps", 2
  )
  records = tmp_path / "run/metrics.jsonl"
  whole = records.read_bytes()
  junk = b'\xff\xfe\n[1]\n{"step": "x"}\n' + b"[" * 99_999 + b"\nnull\n"
  records.write_bytes(junk + whole)
  status, _, errors = run_command(
    "train", config, "--workdir", tmp_path / "run", "--training.steps", 3
  )
  assert (status, errors) == (0, "")
  assert records.read_bytes().startswith(whole)
