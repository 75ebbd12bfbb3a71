"""Examples in docstrings and in the README's section for the library."""

import ast
import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import graves_jax

MODULES = sorted(
  {getattr(graves_jax, n).__module__ for n in graves_jax.__all__}
)
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings_run(name, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  found = doctest.testmod(importlib.import_module(name))
  assert found.failed == 0


@pytest.mark.parametrize("name", graves_jax.__all__)
def test_public_names_have_an_example(name):
  assert f" {name}(" in inspect.getdoc(getattr(graves_jax, name)) or (
    f" {name}." in inspect.getdoc(getattr(graves_jax, name))
  )


def section(title):
  text = (ROOT / "README.md").read_text("utf-8")
  return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_examples_of_the_readme_run(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  examples = re.findall(r"```python\n(.*?)```", section("Use the pieces"), re.S)
  for example in examples:
    exec(compile(example, "README.md", "exec"), {})
  assert (tmp_path / "page.svg").stat().st_size > 1000
  first = examples[0].strip().splitlines()
  assert len([line for line in first if line]) == 5


def test_type_checkers_see_every_public_name():
  tree = ast.parse((ROOT / "graves_jax/__init__.py").read_text("utf-8"))
  seen = {
    (node.module, alias.name, alias.asname)
    for node in ast.walk(tree)
    if isinstance(node, ast.ImportFrom) and node.module != "typing"
    for alias in node.names
  }
  homes = graves_jax._HOMES
  assert seen == {(homes[name], name, name) for name in graves_jax.__all__}
