"""Fixtures that several test files share."""

import functools
import gc
import os
import runpy
import signal
import sys
import tempfile
from pathlib import Path

import compiled_quickly
import jax
import pytest
from paths import ROOT, SHARED

from graves_jax.commands import main, runtime

compiled_quickly.ask()
jax.config.update("jax_num_cpu_devices", 2)
# A fifth of the time would go into source locations of what is traced, and into
# looking for garbage among its millions of small objects.
jax.config.update("jax_traceback_in_locations_limit", 0)
gc.set_threshold(100_000, 50, 100)
# Many tests build the same experiment; it is compiled once a session, and so
# are the kernels. Workers (xdist) inherit the environment of the process that
# starts them, and commands that run in a process of their own have this home.
_HOME = "GRAVES_JAX_TESTS_HOME"
if _HOME not in os.environ:
  _OWNED = tempfile.TemporaryDirectory()
  os.environ[_HOME] = _OWNED.name
HOME = Path(os.environ[_HOME])
COMPILED, KERNELS = (
  HOME / Path(folder).relative_to("~")
  for folder in (runtime.COMPILED, runtime.KERNELS)
)
jax.config.update("jax_compilation_cache_dir", str(COMPILED))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

IAMONDB = SHARED / "data" / "iamondb"
CASES = SHARED / "cases"
# A line for each piece of memory that this process has, on Linux.
PIECES = Path("/proc/self/maps")
MANY_PIECES = 20_000
# Rooms whose tests train nothing, and are over in less than a minute.
QUICK = ("config", "data", "distributions", "rendering")
# Those whose files take a second or two: they come last, so that all workers,
# which are given whole files, end together.
LAST = ("config", "data", "distributions", "test_architecture.py")


def room_of(item):
  """The room whose test it is, or its file's name."""
  return item.path.relative_to(ROOT / "tests").parts[0]


def pytest_collection_modifyitems(items):
  """Marks the tests that a newcomer begins with, and puts short ones last."""
  items.sort(key=lambda item: room_of(item) in LAST)
  for item in items:
    room = room_of(item)
    is_long = (
      item.get_closest_marker("slow") or "iamondb_path" in item.fixturenames
    )
    if room in (*QUICK, "test_architecture.py") and not is_long:
      item.add_marker("quick")


@pytest.fixture(scope="module", autouse=True)
def forget_programs():
  """Forgets what was compiled, after a file that leaves too much of it.

  Linux gives a process 65,530 pieces of memory (vm.max_map_count). A compiled
  program holds several, and where none is left XLA's compiler breaks down.
  """
  yield
  if PIECES.exists() and PIECES.read_bytes().count(b"\n") > MANY_PIECES:
    jax.clear_caches()


@pytest.fixture(scope="session")
def iamondb_path():
  """The folder of the real archives of IAM-OnDB; skips where there is none."""
  if not (IAMONDB / "lineStrokes-all.tar.gz").is_file():
    pytest.skip(
      f"the archives of IAM-OnDB are not in {IAMONDB}; see "
      "graves_jax/data/sources/iam_ondb/archive.py for where to get them."
    )
  return IAMONDB


@pytest.fixture(scope="session")
def case():
  """Finds a case of ../shared by its name; skips where there is none."""

  def find(name):
    path = CASES / name
    if not path.is_file():
      pytest.skip(f"the case {name} is not in {CASES}.")
    return path

  return find


@pytest.fixture(scope="session")
def environment():
  """That of commands which run in a process of their own."""
  return os.environ | {"HOME": str(HOME), "JAX_PLATFORMS": "cpu"}


@pytest.fixture(scope="session")
def kernels_folder():
  """Where compiled kernels are."""
  return KERNELS


@pytest.fixture(scope="session")
def prepared_dir(tmp_path_factory):
  """Where prepared data go, so that each database is prepared once."""
  return tmp_path_factory.mktemp("prepared")


@pytest.fixture
def run_here(monkeypatch, capsys):
  """Runs a program in this process, with the devices and compiled code that
  there are: exit status, its output, its errors."""
  monkeypatch.setattr(runtime, "use_compilation_cache", lambda: None)
  monkeypatch.setattr(
    runtime, "use_devices", lambda n: jax.devices()[: n or None]
  )
  monkeypatch.setattr(runtime, "use_kernels", lambda *_: None)
  monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)

  def run(program, *argv):
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(sys, "argv", list(map(str, argv)))
    status = 0
    try:
      program()
    except SystemExit as stop:
      status = stop.code
    finally:
      signal.signal(signal.SIGINT, handlers[0])
      signal.signal(signal.SIGTERM, handlers[1])
    output, errors = capsys.readouterr()
    return status, output, errors

  return run


@pytest.fixture
def run_command(run_here):
  """Runs a command of graves-jax: exit status, its output, its errors."""
  return functools.partial(run_here, main.main, "graves-jax")


@pytest.fixture
def run_script(run_here):
  """Runs a script of the repository: exit status, its output, its errors."""

  def run(name, *arguments):
    program = functools.partial(
      runpy.run_path, str(ROOT / name), run_name="__main__"
    )
    return run_here(program, name, *arguments)

  return run
