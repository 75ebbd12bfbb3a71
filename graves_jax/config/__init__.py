"""The settings of an experiment: frozen, typed, stored in its checkpoints."""

from graves_jax.config.dynamic import DynamicConfig
from graves_jax.config.handwriting import (
  DataConfig,
  HandwritingConfig,
  NetworkConfig,
  TrainingConfig,
)
from graves_jax.config.shared import NoiseConfig, OptimizerConfig
from graves_jax.config.text import (
  Cell,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)

Config = HandwritingConfig | TextConfig

__all__ = [
  "Cell",
  "Config",
  "DataConfig",
  "DynamicConfig",
  "HandwritingConfig",
  "NetworkConfig",
  "NoiseConfig",
  "OptimizerConfig",
  "TextConfig",
  "TextDataConfig",
  "TextNetworkConfig",
  "TextTrainingConfig",
  "TrainingConfig",
]
