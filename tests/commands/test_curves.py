"""Learning curves, and the command that draws them."""

import json
import math

import numpy as np
import pytest

from graves_jax.commands import curves
from graves_jax.rendering.curves import Curve, write_curves


def write_run(folder, score="bits_per_symbol", updates=10):
  """Writes a run's record; without a score it has no validation yet."""
  folder.mkdir()
  rows = []
  for k in range(1, updates + 1):
    losses = {"nats_per_element": 1 + 1 / k, "nats_per_sequence": 10 + 1 / k}
    seconds = 60.0 if k > 1 else 600.0
    times = {"seconds": seconds, "elements_per_second": 6000.0 / seconds}
    rows.append({"kind": "train", "step": k} | losses | times)
  if score:
    rows.append({"kind": "validation", "step": updates, score: 2.0})
  lines = [json.dumps(row) for row in rows]
  (folder / "metrics.jsonl").write_text("\n".join([*lines, '{"kind": "tr']))
  return folder


def test_curves_are_drawn_of_several_runs(run_command, tmp_path):
  runs = [write_run(tmp_path / name) for name in ("one", "two")]
  out = tmp_path / "curves.png"
  status, output, errors = run_command("curves", *runs, "--out", out)
  assert (status, errors) == (0, "")
  assert "bits per symbol" in output
  # The first update is counted as two of the median.
  assert "10 updates in 11.0 minutes, the median update 60.000 s" in output
  assert out.read_bytes().startswith(b"\x89PNG")


def test_losses_are_in_the_unit_of_the_validation(tmp_path):
  rows = curves.read_rows(write_run(tmp_path / "text"))
  curve = curves.curve_of("text", rows, curves.unit_of(rows))
  np.testing.assert_allclose(curve.train[0], 2.0 / math.log(2))
  np.testing.assert_array_equal(curve.train_steps, np.arange(1, 11))
  np.testing.assert_array_equal(curve.validation, [2.0])
  pens = write_run(tmp_path / "pens", "nats_per_sequence")
  rows = curves.read_rows(pens)
  assert curves.unit_of(rows) == "nats per sequence"


def test_stages_follow_one_another(run_command, tmp_path, monkeypatch):
  drawn = []
  monkeypatch.setattr(
    "graves_jax.commands.curves.write_curves",
    lambda path, curves, *_: drawn.extend(curves),
  )
  runs = [write_run(tmp_path / name, updates=4) for name in ("one", "two")]
  status, _, _ = run_command("curves", *runs, "--stages")
  assert status == 0
  assert [list(curve.train_steps) for curve in drawn] == [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ]


def test_a_loss_that_is_null_costs_its_row_alone(
  run_command, tmp_path, monkeypatch
):
  drawn = []
  monkeypatch.setattr(
    "graves_jax.commands.curves.write_curves",
    lambda path, curves, *_: drawn.extend(curves),
  )
  path = write_run(tmp_path / "run") / "metrics.jsonl"
  broken = path.read_text().replace('"nats_per_element": 1.2,', "@")
  assert "@" in broken
  path.write_text(broken.replace("@", '"nats_per_element": null,'))
  status, output, errors = run_command("curves", tmp_path / "run")
  assert (status, errors) == (0, "")
  assert list(drawn[0].train_steps) == [1, 2, 3, 4, 6, 7, 8, 9, 10]
  assert np.isfinite(drawn[0].train).all()
  assert "10 updates in 11.0 minutes" in output


@pytest.mark.parametrize("stages", [["--stages"], []])
def test_curves_over_minutes(run_command, tmp_path, monkeypatch, stages):
  drawn = []
  monkeypatch.setattr(
    "graves_jax.commands.curves.write_curves",
    lambda path, curves, unit, over: drawn.extend([*curves, over]),
  )
  runs = [write_run(tmp_path / name, updates=4) for name in ("one", "two")]
  status, _, _ = run_command("curves", *runs, "--minutes", *stages)
  assert status == 0
  first, second, over = drawn
  # A minute an update, but for the first one, which is counted as two.
  assert list(first.train_steps) == [2, 3, 4, 5]
  begun = 5 if stages else 0
  assert list(second.train_steps) == [
    2 + begun,
    3 + begun,
    4 + begun,
    5 + begun,
  ]
  assert list(second.validation_steps) == [5 + begun]
  assert over == "minutes of updates"


@pytest.mark.parametrize(
  ("make", "message"),
  [
    (lambda folder: folder / "none", "there is no"),
    (lambda folder: folder, "no update yet"),
  ],
)
def test_a_folder_without_updates_is_one_line(
  run_command, tmp_path, make, message
):
  (tmp_path / "metrics.jsonl").write_text("")
  status, _, errors = run_command("curves", make(tmp_path))
  assert status == 2
  assert message in errors and len(errors.splitlines()) == 1


def test_a_run_without_a_validation_is_drawn_by_its_training_loss(
  run_command, tmp_path, monkeypatch
):
  drawn = []
  monkeypatch.setattr(
    "graves_jax.commands.curves.write_curves",
    lambda path, curves, unit, _: drawn.append((curves, unit)),
  )
  young = write_run(tmp_path / "young", score=None)
  text = write_run(tmp_path / "text")
  for runs in ([young], [young, text]):
    status, _, errors = run_command("curves", *runs)
    assert (status, errors) == (0, "")
  (alone,), unit = drawn[0]
  assert unit == "nats per pen point or symbol"
  np.testing.assert_allclose(alone.train[:2], [2.0, 1.5])
  assert not len(alone.validation_steps) and not len(alone.validation)
  (beside, _), unit = drawn[1]
  assert unit == "bits per symbol"
  np.testing.assert_allclose(beside.train, alone.train / math.log(2))


def test_runs_of_other_units_are_not_drawn_together(run_command, tmp_path):
  text = write_run(tmp_path / "text")
  pens = write_run(tmp_path / "pens", "nats_per_sequence")
  status, _, errors = run_command("curves", text, pens)
  assert status == 2
  assert "nats per sequence" in errors


def test_a_loss_that_is_not_finite_is_refused(tmp_path):
  curve = Curve("x", np.arange(2), np.array([1.0, np.nan]), [], [])
  with pytest.raises(ValueError, match="finite"):
    write_curves(tmp_path / "x.png", [curve], "nats")
