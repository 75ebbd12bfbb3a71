"""The package's top: what `from graves_jax import ...` offers."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT

import graves_jax


@pytest.mark.parametrize("name", graves_jax.__all__)
def test_every_name_is_there_and_documented(name):
  assert getattr(graves_jax, name).__doc__


def test_other_names_are_not():
  with pytest.raises(AttributeError, match="nothing_such"):
    graves_jax.nothing_such  # noqa: B018


def test_a_cell_works_on_numpy_arrays_alone():
  rng = np.random.default_rng(0)
  params = graves_jax.LSTMParams(
    inputs=rng.normal(size=(3, 16)).astype(np.float32),
    recurrent=rng.normal(size=(4, 16)).astype(np.float32),
    peephole=rng.normal(size=(3, 4)).astype(np.float32),
    bias=np.zeros(16, np.float32),
  )
  state = graves_jax.zero_state(4, 2)
  net = rng.normal(size=(2, 3)).astype(np.float32) @ params.inputs
  state, output = graves_jax.lstm_step(params, state, net)
  assert np.asarray(output).shape == (2, 4)
  assert np.isfinite(state.cell).all()


def modules_after(code):
  """Names of all modules that a new process has after it ran `code`."""
  code += "; import sys; print(*sys.modules)"
  result = subprocess.run(
    [sys.executable, "-c", code], capture_output=True, text=True, check=True
  )
  return set(result.stdout.split())


def test_importing_the_package_does_not_import_jax():
  assert "jax" not in modules_after("import graves_jax.data.strokes")


HEAVY = {"tensorflow_datasets", "array_record", "matplotlib", "orbax"}


def test_pieces_come_without_data_sets_figures_and_checkpoints():
  code = "from graves_jax import SynthesisNetwork, TextWriter, unroll"
  found = modules_after(code)
  assert "jax" in found
  assert not HEAVY & found


def test_a_writer_comes_without_data_sets_and_figures():
  found = modules_after("from graves_jax import draw_lines, load_writer")
  assert "orbax" in found
  assert not (HEAVY - {"orbax"}) & found


def public_functions(body):
  """Functions of a module, and methods of its classes, that are public."""
  for node in body:
    if isinstance(node, ast.ClassDef):
      yield from public_functions(node.body)
    elif isinstance(node, ast.FunctionDef) and is_public(node.name):
      yield node


def is_public(name):
  return not name.startswith("_") or name in ("__init__", "__call__")


def is_annotated(function):
  given = function.args
  arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
  arguments += filter(None, (given.vararg, given.kwarg))
  return (function.returns or function.name == "__init__") and all(
    x.annotation for x in arguments if x.arg not in ("self", "cls")
  )


def test_every_public_function_is_annotated():
  folder = Path(graves_jax.__file__).parent
  bare = [
    f"{path.relative_to(folder)}:{function.lineno} {function.name}"
    for path in folder.rglob("*.py")
    for function in public_functions(ast.parse(path.read_text("utf-8")).body)
    if not is_annotated(function)
  ]
  assert not bare
  assert (folder / "py.typed").is_file()


def test_functions_without_annotations_are_seen():
  source = """
def bare(x): pass
def without_result(x: int): pass
def _own(x): pass
class A:
  def __init__(self, x: int): pass
  def method(self, *x) -> int: pass
"""
  functions = public_functions(ast.parse(source).body)
  assert [f.name for f in functions if not is_annotated(f)] == [
    "bare",
    "without_result",
    "method",
  ]


def test_the_citation_is_of_this_version():
  text = (ROOT / "CITATION.cff").read_text("utf-8")
  (version,) = re.findall(r"^version: (.+)$", text, re.MULTILINE)
  assert version == graves_jax.__version__
