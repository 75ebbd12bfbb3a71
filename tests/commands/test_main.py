"""The command graves-jax: what it knows, and what it says of the rest."""

import functools
import runpy
import subprocess
import sys
import tomllib
import typing

import pytest
from paths import ROOT

import graves_jax
from graves_jax.commands import main, train
from graves_jax.config import Adam, Cosine, Muon, OptimizerConfig, Trapezoid


def test_help_lists_every_command(run_command):
  status, output, errors = run_command("--help")
  assert (status, errors) == (0, "")
  assert all(f"graves-jax {name}" in output for name in main.COMMANDS)


def test_the_version_is_that_of_the_library(run_command, run_here):
  said = 0, f"graves_jax {graves_jax.__version__}\n", ""
  assert run_command("--version") == said
  program = functools.partial(
    runpy.run_module, "graves_jax", run_name="__main__"
  )
  assert run_here(program, "python -m graves_jax", "--version") == said


@pytest.mark.parametrize(
  ("name", "message"),
  [("sampel", "did you mean sample?"), ("zzz", "there is no command zzz")],
)
def test_an_unknown_command_lists_the_known_ones(run_command, name, message):
  status, output, errors = run_command(name, "text")
  assert (status, output) == (2, "")
  assert message in errors
  assert all(known in errors for known in main.COMMANDS)


def test_no_command_at_all_lists_them(monkeypatch, capsys):
  monkeypatch.setattr(sys, "argv", ["graves-jax"])
  with pytest.raises(SystemExit) as stop:
    main.main()
  assert stop.value.code == 2
  assert "name a command: sample, train" in capsys.readouterr().err


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_explains_itself_by_its_name(run_command, name):
  status, output, _ = run_command(name, "--help")
  assert status == 0
  assert f"graves-jax {name}" in output


ASK_ALL = """
import sys
from graves_jax.commands.main import COMMANDS, run

for name in COMMANDS:
  try:
    run([name, "--help"])
  except SystemExit:
    print(f"{name}: jax is {'' if 'jax' in sys.modules else 'not '}imported")
"""


def test_help_does_not_wait_for_jax():
  script = subprocess.run(
    [sys.executable, "-c", ASK_ALL], cwd=ROOT, capture_output=True, text=True
  )
  said = [x for x in script.stdout.splitlines() if x.endswith("imported")]
  assert said == [f"{name}: jax is not imported" for name in main.COMMANDS]


def optimizer_of(*arguments):
  return train.parse(["handwriting_synthesis", *arguments]).config.optimizer


def test_numbers_of_the_configs_optimizer_are_flags():
  optimizer = optimizer_of(
    *("--optimizer.learning-rate", "0.5", "--optimizer.matrix-momentum=0.25"),
    *("--optimizer.schedule.warmup-steps", "7"),
  )
  assert isinstance(optimizer, Muon)
  assert (optimizer.learning_rate, optimizer.matrix_momentum) == (0.5, 0.25)
  assert optimizer.schedule == Trapezoid(warmup_steps=7)


def test_another_optimizer_and_schedule_are_chosen_by_name():
  assert optimizer_of(
    *("--optimizer.name", "adam", "--optimizer.decay", "0.5"),
    *("--optimizer.schedule.name=cosine", "--optimizer.loss-per", "sequence"),
  ) == Adam(
    learning_rate=8e-3,
    decay=0.5,
    schedule=Cosine(warmup_steps=150),
    max_gradient_norm=1.0,
    loss_per="sequence",
  )


def test_help_names_every_optimizer_and_shows_the_chosen_ones_numbers(
  run_command,
):
  _, output, _ = run_command("train", "--optimizer.name", "muon", "--help")
  assert "--optimizer.matrix-momentum" in output
  assert all(kind.name in output for kind in typing.get_args(OptimizerConfig))


@pytest.mark.parametrize("name", ["train", "sample"])
def test_the_scripts_of_the_root_are_the_commands(name):
  script = subprocess.run(
    [sys.executable, f"{name}.py", "--help"],
    cwd=ROOT,
    capture_output=True,
    text=True,
  )
  assert script.returncode == 0
  assert "--workdir" in script.stdout or "--bias" in script.stdout


def test_every_package_is_installed():
  table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
  folders = {p.parent for p in (ROOT / "graves_jax").rglob("*.py")}
  found = {".".join(p.relative_to(ROOT).parts) for p in folders}
  assert set(table["setuptools"]["packages"]) == found | {"graves_jax.configs"}
