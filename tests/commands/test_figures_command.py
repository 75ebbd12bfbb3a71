"""The paper's figures, as a person asks for them."""

import dataclasses
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from experiments import CONFIG, TRAIN, Silent, make_experiment
from paths import ROOT
from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands import figures as figures_command
from graves_jax.commands import paper_figures
from graves_jax.commands.figures import Arguments, open_networks
from graves_jax.config import NetworkConfig
from graves_jax.data.sources.stroke_file import write_stroke_file
from graves_jax.pretrained import HANDWRITING
from graves_jax.sampling.writer import HandwritingWriter
from graves_jax.training.loop import train


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
  """A synthesis network, and lines."""
  folder = tmp_path_factory.mktemp("runs")
  train(make_experiment(steps=2), folder / "writer", Silent())
  lines = {"train": TRAIN, "validation": TRAIN[:6]}
  write_stroke_file(folder / "lines.jsonl", lines)
  return folder


@pytest.fixture
def figures(run_command, runs, monkeypatch):
  """Draws figures of texts that a tiny network knows."""
  monkeypatch.setattr(paper_figures, "LINE", "abc")
  monkeypatch.setattr(paper_figures, "PRIMED", "abc")
  monkeypatch.setattr(paper_figures, "_LENGTHS", range(1, 9))

  def run(*arguments):
    return run_command("figures", "--checkpoint", runs / "writer", *arguments)

  return run


def test_the_same_seed_draws_the_same_bytes(figures, tmp_path):
  drawn = []
  for folder, seed in (("one", 0), ("two", 0), ("three", 1)):
    status, output, errors = figures(
      *("--out", tmp_path / folder, "--only", "13"),
      *("--formats", "svg", "png", "--seed", seed),
    )
    assert (status, errors) == (0, "")
    files = sorted((tmp_path / folder).iterdir())
    assert [path.name for path in files] == ["13_window.png", "13_window.svg"]
    assert all(str(path) in output for path in files)
    drawn.append([path.read_bytes() for path in files])
  one, two, three = drawn
  assert one == two
  assert one[0] != three[0] and one[1] != three[1]


def test_what_is_missing_is_told_before_a_network_is_opened(run_command):
  status, _, errors = run_command(
    *("figures", "--only", "9", "--checkpoint", "nowhere")
  )
  assert status == 2 and "--only 9 needs --data.path" in errors


def test_ink_of_people_is_in_files_that_git_ignores(figures, runs, tmp_path):
  status, _, errors = figures(
    *("--out", tmp_path, "--only", "9", "20"),
    *("--data.path", runs / "lines.jsonl", "--formats", "svg"),
  )
  assert (status, errors) == (0, "")
  names = [path.name for path in sorted(tmp_path.iterdir())]
  assert names == ["09_data_real.svg", "20_primed_real.svg"]
  if (ROOT / ".git").exists():
    paths = [f"docs/figures/{name}" for name in names]
    paths += [path.replace(".svg", ".png") for path in paths]
    paths += [path.replace(".svg", ".pdf") for path in paths[:2]]
    git = ["git", "-C", ROOT, "check-ignore", *paths]
    ignored = subprocess.run(git, capture_output=True, text=True)
    assert ignored.stdout.splitlines() == paths
  for path in tmp_path.iterdir():
    assert "#0072b2" in path.read_text("utf-8").lower()  # given ink is blue


@pytest.mark.parametrize("others", [["13"], []])
def test_what_cannot_be_drawn_is_left_out_unless_asked_for(
  figures, runs, tmp_path, monkeypatch, others
):
  monkeypatch.setattr(paper_figures, "_LENGTHS", range(20, 36))
  kept = {name: paper_figures.FIGURES[name] for name in ("9", *others, "20")}
  monkeypatch.setattr(paper_figures, "FIGURES", kept)
  given = "--out", tmp_path, "--data.path", runs / "lines.jsonl"
  status, output, errors = figures(*given)
  assert "Left out: 9: the data have no validation line of 20 to 35" in output
  assert "Left out: 20: the network cannot read the styles" in output
  drawn = [path.name for path in tmp_path.iterdir()]
  assert drawn == ["13_window.png"] * len(others)
  assert status == (0 if others else 2)
  assert ("no figure can be drawn" in errors) == (not others)
  status, _, errors = figures(*given, "--only", "9")
  assert status == 2 and "--only 9: the data have no validation" in errors


def test_a_prediction_network_may_be_the_checkpoint(monkeypatch, capsys):
  opened = {Path("p"): SimpleNamespace(reads=False)}
  ships = opened[HANDWRITING] = SimpleNamespace(reads=True)
  monkeypatch.setattr(figures_command, "open_writer", opened.get)
  given = Arguments(checkpoint=Path("p"))
  assert open_networks(given, Console()) == (ships, opened[Path("p")])
  assert "--checkpoint p holds a prediction" in capsys.readouterr().out
  given = dataclasses.replace(given, prediction=Path("p"))
  with pytest.raises(ValueError, match="as --prediction does; give a synth"):
    open_networks(given, Console())


def test_a_prediction_network_writes_what_it_likes(tmp_path, monkeypatch):
  monkeypatch.setattr(paper_figures, "_PENS", 1)
  monkeypatch.setattr(paper_figures, "_WORD_POINTS", 20)
  monkeypatch.setattr(paper_figures, "_SCRIBBLE_POINTS", 20)
  network = NetworkConfig(kind="prediction", hidden=(6,), mixtures=2)
  experiment = make_experiment(dataclasses.replace(CONFIG, network=network))
  params = jax.device_get(experiment.initial_state().params)
  restored = Restored(params, experiment.task.metadata)
  writer = HandwritingWriter.from_checkpoint(restored)
  drawn = []
  for name, seed in (("10", 0), ("11", 0), ("11", 1)):
    material = paper_figures.Material(writer, prediction=writer, seed=seed)
    path = tmp_path / f"{name}_{seed}.svg"
    paper_figures.FIGURES[name].draw(material)(path)
    drawn.append(path.read_bytes())
  assert len(set(drawn)) == 3


def test_biases_are_those_of_the_paper(monkeypatch):
  given, drawn = [], []

  def write(text, pens, bias, salt, **options):
    given.append((salt, bias))
    return [np.zeros((1, 3))] * pens

  monkeypatch.setattr(
    paper_figures, "write_hands", lambda _, blocks: drawn.append(blocks)
  )
  monkeypatch.setattr(paper_figures.Material, "write", staticmethod(write))
  style = TRAIN[0]
  material = paper_figures.Material(None, styles=[style])
  for name in ("15", "16", "17", "18", "19", "20", "21"):
    paper_figures.FIGURES[name].draw(material)(Path("nowhere.svg"))
  ((rows,),) = (drawn[3],)
  labels = ["b = 0", "b = 0.1", "b = 0.5", "b = 2", "b = 5", "b = 10"]
  assert [row.label for row in rows] == labels
  unbiased = [(15, 0), (16, 0), (17, 0)]
  swept = [(18, bias) for bias in (0, 0.1, 0.5, 2, 5, 10)]
  assert given == [*unbiased, *swept, (19, 0.15), (20, 0), (21, 1)]


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["--only", "12"], "--only 12: there is no such figure; there are 9, 10"),
    (["--only", "9"], "--only 9 needs --data.path"),
    (["--only", "11"], "--only 11 needs --prediction"),
    (["--only", "curves"], "--only curves needs --runs"),
    (["--only", "13", "curves", "--runs", "nowhere"], "there is no nowhere"),
    (["--only", "20"], "--only 20: the network cannot read the styles"),
    (["--prediction", "writer"], "--prediction .*holds a synthesis network"),
    (["--out", "lines.jsonl"], "lines.jsonl"),
  ],
)
def test_what_cannot_be_drawn_is_told_in_one_line(
  figures, runs, tmp_path, arguments, message
):
  known = [runs / x if (runs / x).exists() else x for x in arguments]
  status, _, errors = figures("--out", tmp_path, *known)
  assert status == 2
  (line,) = errors.splitlines()
  assert re.search(message, line)
  assert not any(tmp_path.iterdir())
