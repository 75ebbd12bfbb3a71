"""Tests of graves_jax.config and of the configs."""

import dataclasses
import json
import runpy
from pathlib import Path

import jax
import pytest

from graves_jax.config import (
  SGD,
  Constant,
  DataConfig,
  DynamicConfig,
  GravesRMSProp,
  HandwritingConfig,
  NetworkConfig,
  NoiseConfig,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)
from graves_jax.config.stored import from_dict, to_dict
from graves_jax.networks.build import build_network, example_inputs

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("[a-z]*.py"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_survive_json(path):
  config = runpy.run_path(str(path))["get_config"]()
  assert isinstance(config, HandwritingConfig | TextConfig)
  values = json.loads(json.dumps(to_dict(config)))
  assert from_dict(values, type(config)) == config


def test_there_are_configs():
  assert CONFIGS


def test_unknown_fields_are_named():
  values = to_dict(HandwritingConfig())
  values["data"]["batchsize"] = values["data"].pop("batch_size")
  with pytest.raises(ValueError, match=r"DataConfig .*batchsize"):
    from_dict(values, HandwritingConfig)


def test_fields_that_an_older_checkpoint_lacks_take_their_defaults():
  config = HandwritingConfig(data=DataConfig(batch_size=7))
  values = to_dict(config)
  del values["noise"], values["training"]["patience"]
  assert from_dict(values, HandwritingConfig) == config


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
    (TextNetworkConfig, {"recurrent_dropout": 1.0}, "recurrent_dropout"),
    (NetworkConfig, {"recurrent_dropout": -0.1}, "recurrent_dropout"),
    (DataConfig, {"scale_range": 1.0}, "scale_range"),
    (TextNetworkConfig, {"hidden": ()}, "hidden"),
    (TextTrainingConfig, {"sample_temperature": -1.0}, "sample_temperature"),
    (TextTrainingConfig, {"seed": 2**32}, "seed"),
  ],
)
def test_numbers_out_of_range_are_refused_by_name(part, values, message):
  with pytest.raises(ValueError, match=message):
    part(**values)


@pytest.mark.parametrize(
  ("name", "classes", "weights", "sequences", "epochs"),
  [
    ("ptb_char", 49, 4_252_049, 42_068, 9),  # sentences
    ("ptb_word", 10_000, 54_017_000, 42_068, 11),
    ("wikipedia", 205, 30_537_005, 960_000, 4),  # of 100 bytes
  ],
)
def test_configs_of_the_papers_texts_are_the_papers(
  name, classes, weights, sequences, epochs
):
  path = next(path for path in CONFIGS if path.stem == name)
  config = runpy.run_path(str(path))["get_config"]()
  network = build_network(config.network, classes)
  shapes = jax.eval_shape(
    network.init, jax.random.key(0), *example_inputs(network)
  )
  assert sum(x.size for x in jax.tree.leaves(shapes)) == weights
  assert config.training.steps == epochs * sequences
  is_in_sentences = config.data.sequences == "sentence"
  assert is_in_sentences == (name != "wikipedia")
  assert config.data.batch_size == 1
  optimizer = config.optimizer
  assert isinstance(optimizer, SGD)
  assert optimizer.learning_rate == 1e-4
  assert optimizer.momentum == (0.9 if name == "wikipedia" else 0.99)
  assert (optimizer.loss_per, config.network.lstm_clip) == ("sequence", 1.0)


@pytest.mark.parametrize(
  ("kind", "values", "message"),
  [
    (NoiseConfig, {"stddev": 0.1}, r"stddev .*kind = none"),
    (NoiseConfig, {"kind": "fixed", "gradient": "reparameterized"}, "gradient"),
    (DynamicConfig, {"decay": 0.1}, r"decay .*rule = sgd"),
    (DynamicConfig, {"rule": "rms", "momentum": 0.5}, r"momentum .*rule = rms"),
    (DynamicConfig, {"momentum": 1.0}, "below 1"),
  ],
)
def test_numbers_that_nothing_reads_are_refused(kind, values, message):
  with pytest.raises(ValueError, match=message):
    kind(**values)


@pytest.mark.parametrize(
  ("name", "weights"),
  [
    ("handwriting_prediction", 3_368_121),
    ("handwriting_prediction_dropout", 3_368_121),
    ("handwriting_prediction_dropout_650", 5_252_121),
    ("handwriting_synthesis_paper", 3_653_751),
  ],
)
def test_configs_of_handwriting_have_their_weights(name, weights):
  path = next(path for path in CONFIGS if path.stem == name)
  config = runpy.run_path(str(path))["get_config"]()
  classes = 57 if config.data.alphabet == "paper" else 81
  network = build_network(config.network, classes)
  shapes = jax.eval_shape(
    network.init, jax.random.key(0), *example_inputs(network)
  )
  assert sum(x.size for x in jax.tree.leaves(shapes)) == weights
  assert bool(config.network.recurrent_dropout) == ("dropout" in name)


@pytest.mark.parametrize(
  "name", ["handwriting_prediction", "handwriting_synthesis_paper"]
)
def test_the_papers_handwriting_is_learned_as_the_paper_has_it(name):
  path = next(path for path in CONFIGS if path.stem == name)
  config = runpy.run_path(str(path))["get_config"]()
  network, data, optimizer = config.network, config.data, config.optimizer
  assert (network.lstm_clip, network.output_clip) == (10, 100)
  assert (network.forget_bias, network.weight_range) == (0, 0.1)
  limits = data.max_points, data.max_characters, data.crop_points
  assert (data.batch_size, limits) == (1, (None, None, None))
  assert isinstance(optimizer, GravesRMSProp)
  assert isinstance(optimizer.schedule, Constant)
  numbers = optimizer.learning_rate, optimizer.momentum, optimizer.decay
  assert (*numbers, optimizer.epsilon) == (1e-4, 0.9, 0.95, 1e-4)
  assert optimizer.max_gradient_norm is None
  assert optimizer.loss_per == "sequence"
