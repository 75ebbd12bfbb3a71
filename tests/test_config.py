"""Tests of graves_jax.config and of the configs."""

import dataclasses
import json
import runpy
from pathlib import Path

import pytest

from graves_jax.config import Config, DataConfig, from_dict, to_dict

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.py"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_survive_json(path):
  config = runpy.run_path(str(path))["get_config"]()
  assert isinstance(config, Config)
  assert from_dict(json.loads(json.dumps(to_dict(config)))) == config


def test_there_are_configs():
  assert CONFIGS


def test_unknown_and_missing_fields_are_named():
  values = to_dict(Config())
  values["data"]["batchsize"] = values["data"].pop("batch_size")
  with pytest.raises(ValueError, match=r"batch_size.*batchsize"):
    from_dict(values)


@pytest.mark.parametrize(
  ("field", "value"),
  [
    ("batch_size", "32"),
    ("batch_size", True),
    ("batch_size", 1.5),
    ("alphabet", "greek"),
    ("path", 3),
    ("batch_size", None),
  ],
)
def test_values_of_another_type_are_refused(field, value):
  values = dataclasses.asdict(DataConfig()) | {field: value}
  with pytest.raises(ValueError, match=field):
    from_dict(values, DataConfig)


def test_a_config_that_is_no_table_is_refused():
  with pytest.raises(ValueError, match="must be a table"):
    from_dict([1])
