"""Fixtures that several test files share."""

import tempfile
from pathlib import Path

import jax
import pytest

jax.config.update("jax_num_cpu_devices", 2)
# Many tests build the same experiment; it is compiled once a session.
_CACHE = tempfile.TemporaryDirectory()
jax.config.update("jax_compilation_cache_dir", _CACHE.name)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)

IAMONDB = Path(__file__).parent.parent.parent / "shared" / "data" / "iamondb"


@pytest.fixture(scope="session")
def iamondb_path():
  """The folder of the real archives of IAM-OnDB; skips where there is none."""
  if not (IAMONDB / "lineStrokes-all.tar.gz").is_file():
    pytest.skip(
      f"the archives of IAM-OnDB are not in {IAMONDB}; see "
      "graves_jax/data/sources/iam_ondb_archive.py for where to get them."
    )
  return IAMONDB


@pytest.fixture(scope="session")
def prepared_dir(tmp_path_factory):
  """Where prepared data go, so that each database is prepared once."""
  return tmp_path_factory.mktemp("prepared")
