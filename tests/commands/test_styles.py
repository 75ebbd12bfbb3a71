"""The hands that ship, and which copies are in which."""

import dataclasses

import numpy as np
import pytest
from rich.console import Console

from graves_jax.commands.sample_arguments import Arguments, HandwritingOptions
from graves_jax.commands.styles import load_styles
from graves_jax.config import DataConfig
from graves_jax.data.sources.hands import load_hands
from graves_jax.pretrained import SYNTHETIC

HANDS = load_hands()


def test_a_dozen_hands_ship_and_differ():
  assert len(HANDS) == 12
  for name, line in HANDS.items():
    assert name.isalpha() and line.text
    assert (line.points == np.rint(line.points)).all()
    assert 9 < len(line.points) / len(line.text) < 60
  slants, widths = [], []
  for line in HANDS.values():
    down = line.points[line.points[:, 1] > np.abs(line.points[:, 0])]
    across, along, _ = down.sum(axis=0)
    slants.append(np.degrees(np.arctan2(-across, along)))
    widths.append(line.points[:, 0].sum())
  assert np.ptp(slants) > 20
  assert max(widths) > 2 * min(widths)


def styles_of(hand=None, **arguments):
  """What the weights that ship go on from; no network is asked for that."""
  options = HandwritingOptions(hand=hand)
  given = Arguments(for_handwriting=options, **arguments)

  @dataclasses.dataclass
  class Writer:
    reads = True

  return load_styles(given, Writer(), DataConfig(), Console(quiet=True))


def same(lines, others):
  return [line.name for line in lines] == [line.name for line in others]


def test_copies_of_the_weights_that_ship_are_in_all_hands():
  assert same(styles_of(copies=12), HANDS.values())
  assert same(styles_of(copies=2), HANDS.values())  # in turn, as far as needed
  elsewhere = SYNTHETIC / ".." / "handwriting"
  assert same(styles_of(copies=2, checkpoint=elsewhere), HANDS.values())
  assert styles_of(copies=1) == styles_of() == []
  assert styles_of(copies=12, hand="any") == []
  assert same(styles_of(copies=3, hand="small"), [HANDS["small"]])
  assert styles_of(copies=12, checkpoint=SYNTHETIC) == []


def test_a_hand_that_is_not_known_has_neighbors():
  with pytest.raises(ValueError, match=r"'smal'; did you mean small\? There"):
    styles_of(hand="smal")


def test_weights_that_did_not_make_up_a_hand_do_not_go_on_from_it(
  run_command, tmp_path
):
  out = "--out", tmp_path / "a.svg"
  arguments = "sample", "dear", "--hand", "neat", "--checkpoint", "synthetic"
  status, _, errors = run_command(*arguments, *out)
  assert (status, errors.count("\n")) == (2, 1)
  assert "cannot go on from the hand neat" in errors
  assert "style-text" not in errors and not list(tmp_path.iterdir())


def test_the_weights_that_ship_are_known_by_name(run_command, tmp_path):
  arguments = "sample", "dear", "--best-of", 1, "--copies", 2, "--checkpoint"
  out = tmp_path / "a.svg"
  status, output, _ = run_command(*arguments, "handwriting", "--out", out)
  assert status == 0 and "In the hands: neat, joined" in output


def test_where_lines_lie_is_no_line(run_command, tmp_path):
  status, _, errors = run_command("sample", "a", "--style-data", tmp_path)
  assert (status, errors.count("\n")) == (2, 1)
  assert "--style-data is where the lines of --style lie" in errors


def test_the_help_names_all_hands(run_command):
  _, output, _ = run_command("sample", "--help")
  words = set(output.replace(",", " ").replace(".", " ").split())
  assert set(HANDS) <= words
