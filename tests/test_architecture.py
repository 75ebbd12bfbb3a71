"""Reads the source: which module may import which, and what none may do."""

import ast
import sys

import pytest
from paths import ROOT

PACKAGE = ROOT / "graves_jax"
COMMANDS = "graves_jax.commands"
# Rooms from top to bottom: each may call those below it, never those above.
ROOMS = (
  "commands",
  "results",
  "tasks",
  "training",
  "checkpoints",
  "devices",
  "inspection",
  "sampling",
  "rendering",
  "recognition",
  "optimizers",
  "noise",
  "losses",
  "networks",
  "fast",
  "layers",
  "distributions",
  "data",
  "config",
  "pretrained",
)
# Room -> what it must never import, directly or through others.
FORBIDDEN = {
  "networks": {"graves_jax.data", "graves_jax.training", "optax", "orbax"},
  "noise": {"graves_jax.networks"},
  "optimizers": {"graves_jax.networks"},
  "data": {"jax", "graves_jax.networks", "graves_jax.training"},
  "sampling": {
    "graves_jax.training",
    "graves_jax.data.sources",
    "graves_jax.rendering",
    "optax",
  },
  "recognition": {"graves_jax.data.sources", "graves_jax.losses", "optax"},
  "rendering": {"jax", "graves_jax.networks", "graves_jax.sampling"},
}
# The mathematics: JAX, the standard library, and one another.
MATHEMATICS = {"distributions", "fast", "layers"}
# What the calls of compiled code need besides.
ABOUT_ARRAYS = {"numpy", "jaxlib"}


def module_name(path):
  parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
  return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree, name, modules, is_package=False):
  """Modules that the syntax tree of module `name` imports, wherever in it.

  `from a import b` is a.b if that is one of `modules`, else a.
  """
  found = set()
  for node in ast.walk(tree):
    if isinstance(node, ast.Import):
      found |= {alias.name for alias in node.names}
    elif isinstance(node, ast.ImportFrom):
      source = node.module or ""
      if node.level:
        parents = name.split(".")
        parents = parents[: len(parents) - node.level + is_package]
        source = ".".join([*parents, source] if source else parents)
      for alias in node.names:
        member = f"{source}.{alias.name}"
        found.add(member if member in modules else source)
  return found


def read_package():
  """Syntax trees and imports of every module of the library.

  `__main__`, by which Python runs the package, is the command graves-jax.
  """
  paths = {module_name(path): path for path in PACKAGE.rglob("*.py")}
  del paths["graves_jax.__main__"]
  trees = {
    name: ast.parse(path.read_text("utf-8")) for name, path in paths.items()
  }
  imports = {
    name: imports_of(tree, name, paths, paths[name].name == "__init__.py")
    for name, tree in trees.items()
  }
  return trees, imports


TREES, IMPORTS = read_package()


def is_within(module, package):
  return module == package or module.startswith(package + ".")


def reached_from(name):
  """Everything that module `name` imports, with the chain that leads there.

  The top package is not followed: it re-exports the whole library.
  """
  chains, to_read = {}, [(name,)]
  while to_read:
    chain = to_read.pop()
    for target in IMPORTS[chain[-1]]:
      if target not in chains:
        chains[target] = (*chain, target)
        if target in IMPORTS and target != "graves_jax":
          to_read.append(chains[target])
  return chains


def test_the_library_is_found():
  found = {"graves_jax", "graves_jax.layers.lstm", "graves_jax.data.strokes"}
  assert found < set(IMPORTS)
  assert is_within("graves_jax.layers", "graves_jax")
  assert "graves_jax.layers.clipping" in IMPORTS["graves_jax.layers.lstm"]
  assert "jax.numpy" in reached_from("graves_jax.networks.build")


def test_imports_are_read_in_every_form():
  source = """
import jax.numpy as jnp
from . import sibling
from ..data import strokes
from ..data.strokes import Line
def later():
  from orbax import checkpoint
"""
  modules = {"graves_jax.data.strokes", "graves_jax.a.sibling"}
  found = imports_of(ast.parse(source), "graves_jax.a.b", modules)
  assert found == modules | {"jax.numpy", "orbax"}


def room_of(module):
  return module.split(".")[1]


def test_every_module_is_in_a_room():
  assert {room_of(name) for name in IMPORTS if "." in name} == set(ROOMS)


def test_no_room_calls_one_above_it():
  broken = [
    f"{name} -> {target}"
    for name, targets in IMPORTS.items()
    for target in targets
    if "." in name
    and target.startswith("graves_jax.")
    and ROOMS.index(room_of(target)) < ROOMS.index(room_of(name))
  ]
  assert not broken


@pytest.mark.parametrize("room", ["layers", "distributions"])
def test_the_paper_imports_jax_alone(room):
  own = f"graves_jax.{room}"
  broken = [
    f"{name} -> {target}"
    for name in IMPORTS
    if is_within(name, own)
    for target in IMPORTS[name]
    if target.split(".")[0] not in {"jax", *sys.stdlib_module_names}
    and not is_within(target, own)
  ]
  assert not broken


@pytest.mark.parametrize("room", FORBIDDEN)
def test_forbidden_arrows(room):
  broken = [
    " -> ".join(chain)
    for name in IMPORTS
    if is_within(name, f"graves_jax.{room}")
    for target, chain in reached_from(name).items()
    if any(is_within(target, other) for other in FORBIDDEN[room])
  ]
  assert not broken


def test_the_mathematics_imports_jax_alone():
  own = {f"graves_jax.{name}" for name in MATHEMATICS}
  broken = [
    f"{name} -> {target}"
    for name in IMPORTS
    if any(is_within(name, part) for part in own)
    for target in IMPORTS[name]
    if target.split(".")[0] not in {"jax", *sys.stdlib_module_names}
    and not (
      is_within(name, "graves_jax.fast.kernels") and target in ABOUT_ARRAYS
    )
    and not any(is_within(target, part) for part in own)
  ]
  assert not broken


def importers_of(package):
  return {
    name
    for name, targets in IMPORTS.items()
    if any(is_within(target, package) for target in targets)
  }


def test_nothing_imports_configs_or_the_scripts_of_the_root():
  for name in ("configs", "sample", "train"):
    assert not importers_of(name)


def test_the_root_has_two_scripts_of_a_few_lines():
  scripts = {path.name: path for path in PACKAGE.parent.glob("*.py")}
  assert set(scripts) == {"sample.py", "train.py"}
  for path in scripts.values():
    assert len(path.read_text("utf-8").splitlines()) < 12


def test_orbax_is_known_to_the_checkpoints_alone():
  importers = importers_of("orbax")
  assert all(is_within(name, "graves_jax.checkpoints") for name in importers)


@pytest.mark.parametrize("package", ["tensorflow_datasets", "array_record"])
def test_tfds_is_known_to_the_sources_alone(package):
  sources = "graves_jax.data.sources"
  assert all(is_within(name, sources) for name in importers_of(package))


def test_the_library_imports_its_modules_and_not_its_top():
  top = {n for n, targets in IMPORTS.items() if "graves_jax" in targets}
  assert all(is_within(name, COMMANDS) for name in top)


# What only a command does: attributes as module.name, and functions.
RESERVED_ATTRIBUTES = {
  "jax.config.update",
  "os.chdir",
  "os.environ",
  "os.getenv",
  "os.putenv",
  "random.seed",
  "np.random.seed",
  "numpy.random.seed",
  "signal.signal",
  "sys.argv",
  "sys.exit",
  "sys.stderr",
  "sys.stdout",
  "warnings.filterwarnings",
  "warnings.simplefilter",
}
RESERVED_FUNCTIONS = {"print", "input", "exit", "quit"}


def reserved_uses(tree):
  """(line, what) of everything reserved that a syntax tree uses."""
  for node in ast.walk(tree):
    if isinstance(node, ast.Attribute):
      if ast.unparse(node) in RESERVED_ATTRIBUTES:
        yield node.lineno, ast.unparse(node)
    elif isinstance(node, ast.ImportFrom) and not node.level:
      for alias in node.names:
        if f"{node.module}.{alias.name}" in RESERVED_ATTRIBUTES:
          yield node.lineno, f"{node.module}.{alias.name}"
    elif isinstance(node, ast.Call):
      called = ast.unparse(node.func)
      if called in RESERVED_FUNCTIONS:
        yield node.lineno, called


def test_reserved_uses_are_seen():
  source = """
import os, sys, jax
from os import environ
print("a")
name = sys.argv[1] or os.environ["A"]
jax.config.update("jax_enable_x64", True)
console.print("a reader asked for this")
"""
  assert [what for _, what in sorted(reserved_uses(ast.parse(source)))] == [
    "os.environ",
    "print",
    "os.environ",
    "sys.argv",
    "jax.config.update",
  ]


def test_the_library_keeps_to_itself():
  """No printing, no command line, no environment, no global state."""
  broken = [
    f"{name}:{line} {what}"
    for name, tree in TREES.items()
    if not is_within(name, COMMANDS)
    for line, what in reserved_uses(tree)
  ]
  assert not broken
