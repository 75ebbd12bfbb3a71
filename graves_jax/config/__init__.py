"""The settings of an experiment: frozen, typed, stored in its checkpoints."""

from graves_jax.config.dynamic import DynamicConfig
from graves_jax.config.handwriting import (
  DataConfig,
  HandwritingConfig,
  NetworkConfig,
  TrainingConfig,
)
from graves_jax.config.lines import LinesConfig
from graves_jax.config.optimizers import (
  SGD,
  Adam,
  Constant,
  Cosine,
  GravesRMSProp,
  Muon,
  OptimizerConfig,
  RMSProp,
  ScheduleConfig,
  Trapezoid,
)
from graves_jax.config.reading import (
  ReadingConfig,
  ReadingDataConfig,
  ReadingNetworkConfig,
  ReadingTrainingConfig,
)
from graves_jax.config.shared import NoiseConfig
from graves_jax.config.text import (
  Cell,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)

Config = HandwritingConfig | TextConfig | ReadingConfig

__all__ = [
  "SGD",
  "Adam",
  "Cell",
  "Config",
  "Constant",
  "Cosine",
  "DataConfig",
  "DynamicConfig",
  "GravesRMSProp",
  "HandwritingConfig",
  "LinesConfig",
  "Muon",
  "NetworkConfig",
  "NoiseConfig",
  "OptimizerConfig",
  "RMSProp",
  "ReadingConfig",
  "ReadingDataConfig",
  "ReadingNetworkConfig",
  "ReadingTrainingConfig",
  "ScheduleConfig",
  "TextConfig",
  "TextDataConfig",
  "TextNetworkConfig",
  "TextTrainingConfig",
  "TrainingConfig",
  "Trapezoid",
]
