"""Tests of graves_jax.config and of the configs."""

import dataclasses
import json
import runpy
from pathlib import Path

import pytest

from graves_jax.config import (
  DataConfig,
  HandwritingConfig,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)
from graves_jax.config_json import from_dict, to_dict

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.py"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_survive_json(path):
  config = runpy.run_path(str(path))["get_config"]()
  assert isinstance(config, HandwritingConfig | TextConfig)
  values = json.loads(json.dumps(to_dict(config)))
  assert from_dict(values, type(config)) == config


def test_there_are_configs():
  assert CONFIGS


def test_unknown_and_missing_fields_are_named():
  values = to_dict(HandwritingConfig())
  values["data"]["batchsize"] = values["data"].pop("batch_size")
  with pytest.raises(ValueError, match=r"batch_size.*batchsize"):
    from_dict(values, HandwritingConfig)


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
    from_dict([1], HandwritingConfig)


@pytest.mark.parametrize(
  ("part", "values", "message"),
  [
    (TextDataConfig, {"validation_share": 0.0}, "validation_share"),
    (TextDataConfig, {"validation_share": 0.6}, "validation_share"),
    (TextDataConfig, {"length": 0}, "length"),
    (TextNetworkConfig, {"dropout": 1.0}, "dropout"),
    (TextNetworkConfig, {"hidden": ()}, "hidden"),
    (TextTrainingConfig, {"sample_temperature": -1.0}, "sample_temperature"),
    (TextTrainingConfig, {"seed": 2**32}, "seed"),
  ],
)
def test_numbers_out_of_range_are_refused_by_name(part, values, message):
  with pytest.raises(ValueError, match=message):
    part(**values)
