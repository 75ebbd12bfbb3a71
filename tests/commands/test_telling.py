"""What a person at the keyboard is shown: names as they are, to the end."""

import contextlib
import os

from rich.console import Console

from graves_jax.commands.console import ConsoleListener
from graves_jax.commands.telling import tell


def test_a_line_is_printed_as_it_is(capsys):
  line = "runs:x:1/a[draft] b[/i].txt: " + "long " * 40 + "12 %"
  tell(Console(), line)
  assert capsys.readouterr().out == line + "\n"


def test_a_run_outlives_its_terminal(tmp_path):
  ours, theirs = os.openpty()
  file = os.fdopen(theirs, "w")
  console = Console(file=file, force_terminal=True)
  with ConsoleListener(console, tmp_path) as listener:
    listener.validating(1, 2)
    os.close(ours)
    listener.validating(2, 2)
    listener.message("still here")
  with contextlib.suppress(OSError):  # what was not written
    file.close()
