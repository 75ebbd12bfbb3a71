"""What a person at the keyboard is shown: names as they are, to the end."""

import contextlib
import dataclasses
import io
import os
import types

from rich.console import Console

from graves_jax.commands import console
from graves_jax.commands.console import ConsoleListener
from graves_jax.commands.telling import tell
from graves_jax.training.records import StepReport


def test_a_line_is_printed_as_it_is(capsys):
  line = "runs:x:1/a[draft] b[/i].txt: " + "long " * 40 + "12 %"
  tell(Console(), line)
  assert capsys.readouterr().out == line + "\n"


def test_the_time_left_does_not_count_compilation(tmp_path, monkeypatch):
  monkeypatch.setattr(console, "_SECONDS_BETWEEN_LOG_LINES", -1.0)
  file = io.StringIO()
  figures = [x.name for x in dataclasses.fields(StepReport)]
  report = StepReport(
    **dict.fromkeys(figures, 1.0) | {"step": 1, "steps": 100, "seconds": 900.0}
  )
  with ConsoleListener(Console(file=file, width=80), tmp_path) as listener:
    listener._task = types.SimpleNamespace(progress=lambda report: "-1 nats")
    listener.step(report)
    listener.step(dataclasses.replace(report, step=40, seconds=2.0))
  first, second = file.getvalue().splitlines()
  assert first.endswith("-1 nats") and second.endswith("2 min left")


def test_a_run_outlives_its_terminal(tmp_path):
  ours, theirs = os.openpty()
  file = os.fdopen(theirs, "w")
  terminal = Console(file=file, force_terminal=True)
  with ConsoleListener(terminal, tmp_path) as listener:
    listener.validating(1, 2)
    os.close(ours)
    listener.validating(2, 2)
    listener.message("still here")
  with contextlib.suppress(OSError):  # what was not written
    file.close()
