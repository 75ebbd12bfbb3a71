"""Tests of graves_jax.config and of the configs."""

import dataclasses
import json
import runpy
import typing

import jax
import pytest
from paths import ROOT

from graves_jax.config import (
  SGD,
  Adam,
  Config,
  Constant,
  Cosine,
  DataConfig,
  DynamicConfig,
  GravesRMSProp,
  HandwritingConfig,
  Muon,
  NetworkConfig,
  NoiseConfig,
  OptimizerConfig,
  ReadingDataConfig,
  ReadingNetworkConfig,
  RMSProp,
  ScheduleConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
  Trapezoid,
)
from graves_jax.config.optimizers import choose
from graves_jax.config.stored import from_dict, to_dict
from graves_jax.networks.build import build_network, example_inputs

CONFIGS = sorted((ROOT / "configs").glob("[a-z]*.py"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_survive_json(path):
  config = runpy.run_path(str(path))["get_config"]()
  assert isinstance(config, Config)
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
    (DataConfig, {"rare_share": 1.0}, "rare_share"),
    (DataConfig, {"rare_share": -0.1}, "rare_share"),
    (ReadingDataConfig, {"point_noise": -0.1}, "point_noise"),
    (ReadingNetworkConfig, {"dropout": 1.0}, "dropout"),
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
    ("ptb_char_paper", 49, 4_252_049, 42_068, 9),  # sentences
    ("ptb_word_paper", 10_000, 54_017_000, 42_068, 11),
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


@pytest.mark.parametrize("name", ["ptb_char", "ptb_word"])
def test_faster_recipes_are_of_the_papers_networks(name):
  def what_is_learned(stem):
    path = next(path for path in CONFIGS if path.stem == stem)
    config = runpy.run_path(str(path))["get_config"]()
    data = config.data
    return (
      config.network.hidden,
      config.network.cell,
      (data.source, data.units, data.convention),
    )

  assert what_is_learned(name) == what_is_learned(f"{name}_paper")


@pytest.mark.parametrize(
  ("kind", "values", "message"),
  [
    (NoiseConfig, {"stddev": 0.1}, r"stddev .*kind = none"),
    (NoiseConfig, {"kind": "fixed", "gradient": "reparameterized"}, "gradient"),
    (NoiseConfig, {"complexity_share": 0.3}, "complexity_share"),
    (
      NoiseConfig,
      {"kind": "adaptive", "complexity_share": 0.0},
      "complexity_share",
    ),
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
    ("handwriting_prediction_paper", 3_368_121),
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


def test_the_reader_ships_in_less_than_3_megabytes_of_bfloat16():
  path = next(path for path in CONFIGS if path.stem == "handwriting_reader")
  config = runpy.run_path(str(path))["get_config"]()
  network = build_network(config.network, 81)
  shapes = jax.eval_shape(
    network.init, jax.random.key(0), *example_inputs(network)
  )
  count = sum(x.size for x in jax.tree.leaves(shapes))
  assert f"{count:,} weights" in path.read_text("utf-8")
  assert 2 * count < 3e6


@pytest.mark.parametrize(
  "name", ["handwriting_prediction_paper", "handwriting_synthesis_paper"]
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


@pytest.mark.parametrize(
  ("kind", "numbers"),
  [
    (SGD, {"decay": 0.5}),
    (SGD, {"epsilon": 1e-8}),
    (RMSProp, {"momentum": 0.9}),
    (Adam, {"matrix_momentum": 0.9}),
    (GravesRMSProp, {"matrix_momentum": 0.9}),
    (Muon, {"warmup_steps": 3}),
    (Adam, {"name": "sgd"}),
    (Constant, {"final_share": 0.1}),
    (Cosine, {"descent_share": 0.5}),
  ],
)
def test_numbers_of_other_optimizers_do_not_exist(kind, numbers):
  with pytest.raises(TypeError, match="unexpected keyword"):
    kind(**numbers)


@pytest.mark.parametrize(
  ("kind", "numbers", "message"),
  [
    (SGD, {"momentum": 1.0}, "momentum .*below 1"),
    (Muon, {"matrix_momentum": 1.0}, "matrix_momentum .*below 1"),
    (Adam, {"decay": -0.1}, "decay .*0 or more"),
    (Trapezoid, {"descent_share": 1.5}, "at most 1"),
    (Cosine, {"warmup_steps": -1}, "warmup_steps"),
  ],
)
def test_an_optimizers_numbers_have_ranges(kind, numbers, message):
  with pytest.raises(ValueError, match=message):
    kind(**numbers)


@pytest.mark.parametrize(
  "changes", [{"epsilon": 0.1}, {"schedule": {"name": "cosine", "steps": 3}}]
)
def test_stored_numbers_of_other_optimizers_are_refused(changes):
  values = {"optimizer": dataclasses.asdict(SGD()) | changes}
  with pytest.raises(ValueError, match="unknown fields"):
    from_dict(values, HandwritingConfig)


@pytest.mark.parametrize("schedule", typing.get_args(ScheduleConfig))
@pytest.mark.parametrize("kind", typing.get_args(OptimizerConfig))
def test_every_optimizer_and_schedule_survives_json(kind, schedule):
  optimizer = kind(learning_rate=0.5, schedule=schedule(), loss_per="element")
  config = HandwritingConfig(optimizer=optimizer)
  values = json.loads(json.dumps(to_dict(config)))
  assert from_dict(values, HandwritingConfig) == config


# One table for all optimizers, as checkpoints of version 0.2 have it.
FLAT = {
  "learning_rate": 0.25,
  "momentum": 0.5,
  "decay": 0.75,
  "epsilon": 0.125,
  "warmup_steps": 7,
  "final_share": 0.375,
  "max_gradient_norm": 2.0,
  "loss_per": "element",
}
LATER = {"matrix_momentum": 0.625, "descent_share": 0.875}


@pytest.mark.parametrize("later", [{}, LATER])
@pytest.mark.parametrize("schedule", typing.get_args(ScheduleConfig))
@pytest.mark.parametrize("kind", typing.get_args(OptimizerConfig))
def test_the_flat_table_of_before_is_read(kind, schedule, later):
  names = {"name": kind.name, "schedule": schedule.name}
  values = to_dict(HandwritingConfig()) | {"optimizer": FLAT | later | names}
  optimizer = from_dict(values, HandwritingConfig).optimizer
  assert type(optimizer) is kind and type(optimizer.schedule) is schedule
  read = dataclasses.asdict(optimizer)
  read |= read.pop("schedule") | {"name": kind.name}
  expected = {k: v for k, v in (FLAT | later).items() if k in read}
  assert len(expected) >= 4 and expected.items() <= read.items()


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    ({"name": "lion"}, r"optimizer\.name .*graves_rmsprop, sgd"),
    ({"name": ["sgd"]}, r"optimizer\.name"),
    ({"schedule": "step"}, r"optimizer\.schedule .*constant, cosine"),
    ({"schedule": 3}, "unknown fields .*warmup_steps"),
    ({"schedule": {}}, "unknown fields .*warmup_steps"),
    ({"nesterov": 1}, "nesterov"),
    ({"momentum": "much"}, "momentum"),
    ({"warmup_steps": 0.5}, "warmup_steps"),
  ],
)
def test_a_flat_table_that_no_version_wrote_is_refused(changes, message):
  table = FLAT | {"name": "adam", "schedule": "cosine"} | changes
  values = to_dict(HandwritingConfig()) | {"optimizer": table}
  with pytest.raises(ValueError, match=message):
    from_dict(values, HandwritingConfig)


def test_a_run_of_the_flat_config_for_synthesis_is_read_as_todays():
  path = next(path for path in CONFIGS if path.stem == "handwriting_synthesis")
  config = runpy.run_path(str(path))["get_config"]()
  values = to_dict(config)
  values["optimizer"] = {
    "name": "muon",
    "learning_rate": 0.008,
    "momentum": 0.9,
    "decay": 0.99,
    "epsilon": 1e-08,
    "matrix_momentum": 0.95,
    "schedule": "trapezoid",
    "warmup_steps": 150,
    "descent_share": 0.25,
    "final_share": 0.01,
    "max_gradient_norm": 1.0,
    "loss_per": "element",
  }
  assert from_dict(values, HandwritingConfig) == config


def test_another_optimizer_keeps_what_all_have():
  config = Adam(
    learning_rate=3e-3,
    momentum=0.5,
    schedule=Cosine(warmup_steps=5, final_share=0.2),
    max_gradient_norm=1.0,
    loss_per="element",
  )
  assert choose(config, "adam", "cosine") == config
  assert choose(config, "sgd", "trapezoid") == SGD(
    learning_rate=3e-3,
    schedule=Trapezoid(warmup_steps=5, final_share=0.2),
    max_gradient_norm=1.0,
    loss_per="element",
  )
  changed = choose(config, "adam", "constant")
  assert changed == dataclasses.replace(config, schedule=Constant())
