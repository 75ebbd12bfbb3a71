"""Settings of an experiment on handwriting."""

import dataclasses
from typing import Literal

from graves_jax.config.ranges import MOST_WIDE, Ranged, require_below_1
from graves_jax.config.shared import (
  NoiseConfig,
  OptimizerConfig,
  RunConfig,
  WholeConfig,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkConfig(Ranged):
  """A handwriting network and its density (Sections 2, 4, 5)."""

  kind: Literal["prediction", "synthesis"] = "synthesis"
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer; the paper: 3 x 400, or 1 x 900 for prediction."""
  mixtures: int = 20
  """M, bivariate Gaussians of the output."""
  windows: int = 10
  """K, windows over the text (synthesis)."""
  lstm_clip: float = 10.0
  """Limit on the derivatives of the LSTM layers' net inputs (Section 4.1)."""
  output_clip: float = 100.0
  """Limit on the derivatives of the network's outputs (Section 4.1)."""
  sigma_floor: float = 0.007
  """Least standard deviation, of the normalized unit (our choice)."""
  precision: Literal["float32", "bfloat16"] = "float32"
  """Of the matrix products; parameters, state and loss stay float32."""
  weight_range: float = 0.1
  """Weights start uniform within +- this (rnnlib)."""
  forget_bias: float = 1.0
  """Start of the forget gates' biases (our choice; rnnlib: 0)."""
  window_bias: tuple[float, float, float] = (0.0, -0.5, -3.0)
  """Start of the biases of alpha, beta, kappa: the window then moves by 1/20
  of a character a point, as the data's pens do (our choice)."""
  recurrent_dropout: float = 0.0
  """Share of the LSTM cells' candidates, tanh(...) of Eq. (9), that training
  drops at every step (Semeniuta et al., 2016; HyperNetworks, A.3.5: 0.05)."""

  _LEAST = {
    "hidden": 1,
    "mixtures": 1,
    "windows": 1,
    "lstm_clip": 1e-6,
    "output_clip": 1e-6,
    "sigma_floor": 1e-6,
    "weight_range": 0,
    "recurrent_dropout": 0,
  }
  _MOST = {
    "hidden": MOST_WIDE,
    "mixtures": MOST_WIDE,
    "windows": MOST_WIDE,
  }

  def __post_init__(self):
    super().__post_init__()
    require_below_1(self, "recurrent_dropout")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataConfig(Ranged):
  """Which handwriting to learn from, and in which batches."""

  path: str | None = None
  """A folder with the official archives of IAM-OnDB, or a stroke file
  (.jsonl, .jsonl.gz); nothing: synthetic handwriting, built in."""
  prepared_dir: str | None = None
  """Where prepared IAM-OnDB is kept; nothing: TFDS's own folder."""
  alphabet: Literal["transcripts", "paper"] = "transcripts"
  """Every character of the training transcripts, or the paper's 57 classes."""
  max_points: int | None = None
  """Leaves longer lines out of training, never out of validation."""
  max_characters: int | None = None
  """Leaves lines of longer text out of training, likewise."""
  crop_points: int | None = None
  """Trains on so many points from the start of each line, with all its text:
  an early stage in which the window learns to read sooner (our choice)."""
  crop_schedule: tuple[tuple[int, int, int], ...] = ()
  """A curriculum of lengths that a run begins with: for so many updates, so
  many points from the start of each line, with all its text, so many lines an
  update; such as 450 300 64. After it, lines are whole (our choice)."""
  batch_size: int = 32
  """Lines an update."""
  buckets: int = 10
  """Lengths that lines are padded to."""
  scale_range: float = 0.0
  """Training stretches every line, each time that it is read, by two random
  factors, of x and of y, uniform within 1 +- this (how much is our choice)."""
  synthetic_lines: int = 5000
  """Training lines of synthetic handwriting."""

  _LEAST = {
    "max_points": 1,
    "max_characters": 1,
    "crop_points": 2,
    "batch_size": 1,
    "buckets": 1,
    "scale_range": 0,
    "synthetic_lines": 1,
  }

  def __post_init__(self):
    super().__post_init__()
    require_below_1(self, "scale_range")
    for updates, points, lines in self.crop_schedule:
      if updates < 1 or points < 2 or lines < 1 or lines % self.batch_size:
        raise ValueError(
          f"crop_schedule (={updates} {points} {lines}) must be updates (1 or "
          "more), points (2 or more) and lines an update, a multiple of "
          f"batch_size (={self.batch_size})."
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig(RunConfig):
  """Length and cadence of a run on handwriting."""

  sample_texts: tuple[str, ...] = ()
  """Written with a bias of 1 every `sample_every` steps; none: the texts of
  three validation lines."""
  evaluation_batch_size: int = 64

  _LEAST = RunConfig._LEAST | {"evaluation_batch_size": 1}


@dataclasses.dataclass(frozen=True, kw_only=True)
class HandwritingConfig(WholeConfig):
  """An experiment on handwriting (Sections 4, 5)."""

  network: NetworkConfig = NetworkConfig()
  data: DataConfig = DataConfig()
  optimizer: OptimizerConfig = OptimizerConfig()
  noise: NoiseConfig = NoiseConfig()
  training: TrainingConfig = TrainingConfig()
