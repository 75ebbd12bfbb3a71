"""Settings of an experiment on reading handwriting."""

import dataclasses
from typing import Literal

from graves_jax.config.lines import LinesConfig
from graves_jax.config.optimizers import Adam, OptimizerConfig
from graves_jax.config.ranges import MOST_WIDE, Ranged, require_below_1
from graves_jax.config.shared import NoiseConfig, RunConfig, WholeConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadingNetworkConfig(Ranged):
  """A reader: bidirectional LSTM layers and connectionist temporal
  classification, as Graves et al. (2009) read IAM-OnDB."""

  hidden: tuple[int, ...] = (200, 200)
  """Cells in each layer, so many in each direction. Graves et al. (2009) have
  one layer of 100; two of 200 are our choice."""
  joined: int = 2
  """Neighbouring pen elements that the layers see as one, so that there are
  fewer time steps (our choice)."""
  dropout: float = 0.0
  """Share of each layer's outputs that training sets to zero, at random, for
  what is above; what the layer passes on in time stays whole."""
  recurrent_dropout: float = 0.0
  """Share of what the LSTM cells add to their state that training sets to
  zero, at random, at every step (Semeniuta et al., 2016)."""
  lstm_clip: float = 10.0
  """Limit on the derivatives of the LSTM layers' net inputs (the paper's for
  handwriting, Section 4.1)."""
  precision: Literal["float32", "bfloat16"] = "float32"
  """Precision of the matrix products; weights, state and loss are always
  float32."""
  weight_range: float = 0.1
  """The initial weights are drawn uniformly from minus to plus this (as in the
  paper's author's rnnlib)."""
  forget_bias: float = 1.0
  """Initial bias of the forget gates (our choice; rnnlib's is 0)."""

  _LEAST = {
    "hidden": 1,
    "joined": 1,
    "dropout": 0,
    "recurrent_dropout": 0,
    "lstm_clip": 1e-6,
    "weight_range": 0,
  }
  _MOST = {"hidden": MOST_WIDE, "joined": 20}  # points a character, about

  def __post_init__(self):
    super().__post_init__()
    require_below_1(self, "dropout", "recurrent_dropout")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadingDataConfig(LinesConfig):
  """Which handwriting to learn to read, and in which batches."""

  point_noise: float = 0.0
  """Standard deviation of the Gaussian noise on x and y of each point, drawn
  anew each time that a line is read in training, in standard deviations of the
  offsets (our choice)."""

  _LEAST = LinesConfig._LEAST | {"point_noise": 0}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadingTrainingConfig(RunConfig):
  """Length and cadence of a run on reading."""

  evaluation_batch_size: int = 64
  """Validation lines that are scored at a time."""

  _LEAST = RunConfig._LEAST | {"evaluation_batch_size": 1}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadingConfig(WholeConfig):
  """An experiment on reading handwriting (Graves et al., 2009)."""

  network: ReadingNetworkConfig = ReadingNetworkConfig()
  data: ReadingDataConfig = ReadingDataConfig()
  optimizer: OptimizerConfig = Adam()
  noise: NoiseConfig = NoiseConfig()
  training: ReadingTrainingConfig = ReadingTrainingConfig()
