"""Help texts fill their lines."""

import itertools

from graves_jax.commands.help_texts import in_paragraphs
from graves_jax.commands.main import COMMANDS


def test_lines_are_joined_and_paragraphs_stay():
  text = "From 0 to 3\n  (the most).\n\n  Then\n  --style."
  assert in_paragraphs(text) == "From 0 to 3 (the most).\n\nThen --style."


def test_no_line_of_an_option_s_help_ends_early(run_command, monkeypatch):
  monkeypatch.setenv("COLUMNS", "80")
  continued = []
  for command in COMMANDS:
    status, output, _ = run_command(command, "--help")
    assert status == 0
    lines = [x.removeprefix("│").rstrip("│ ") for x in output.splitlines()]
    for line, after in itertools.pairwise(lines):
      indent = len(after) - len(after.lstrip())
      is_one_text = 4 < indent == len(line) - len(line.lstrip())
      if is_one_text and line[-1] not in ".)":
        continued.append(len(line) + 1 + len(after.split()[0]))
  assert len(continued) > 100 and min(continued) >= 76
