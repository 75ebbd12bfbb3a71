"""Settings of an experiment on handwriting."""

import dataclasses
from typing import Literal

from graves_jax.config.lines import LinesConfig
from graves_jax.config.optimizers import GravesRMSProp, OptimizerConfig
from graves_jax.config.ranges import MOST_WIDE, Ranged, require_below_1
from graves_jax.config.shared import (
  NoiseConfig,
  RunConfig,
  WholeConfig,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkConfig(Ranged):
  """A handwriting network and its density (Sections 2, 4, 5)."""

  kind: Literal["prediction", "synthesis"] = "synthesis"
  hidden: tuple[int, ...] = (400, 400, 400)
  """Cells in each layer. The paper has 3 x 400, and 1 x 900 for prediction."""
  mixtures: int = 20
  """M, the number of bivariate Gaussians in the predicted mixture."""
  windows: int = 10
  """K, the number of windows over the text (synthesis only)."""
  lstm_clip: float = 10.0
  """Limit on the derivatives of the LSTM layers' net inputs (Section 4.1)."""
  output_clip: float = 100.0
  """Limit on the derivatives of the network's outputs (Section 4.1)."""
  sigma_floor: float = 0.007
  """No standard deviation of the mixture is smaller than this, in units of the
  offsets' own (our choice; the paper states no limit)."""
  precision: Literal["float32", "bfloat16"] = "float32"
  """Precision of the matrix products; weights, state and loss are always
  float32."""
  weight_range: float = 0.1
  """The initial weights are drawn uniformly from minus to plus this (as in the
  paper's author's rnnlib)."""
  forget_bias: float = 1.0
  """Initial bias of the forget gates (our choice; rnnlib's is 0)."""
  window_bias: tuple[float, float, float] = (0.0, -0.5, -3.0)
  """Initial biases of alpha, beta and kappa (synthesis only, our choice). With
  -3 for kappa, a window starts out moving by exp(-3) = 1/20 of a character at
  each point, about as fast as people write."""
  recurrent_dropout: float = 0.0
  """Share of what the LSTM cells add to their state, tanh(...) of Eq. (9),
  that training sets to zero, at random, at every step (Semeniuta et al., 2016;
  HyperNetworks, A.3.5: 0.05)."""

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
class DataConfig(LinesConfig):
  """Which handwriting to learn from, and in which batches."""

  alphabet: Literal["transcripts", "paper"] = "transcripts"
  """transcripts: every character of the training transcripts. paper: the
  paper's 57 classes."""
  crop_points: int | None = None
  """Trains on only so many points from the start of each line, but with all of
  its text: an early stage that teaches the window to read (our choice)."""
  crop_schedule: tuple[tuple[int, int, int], ...] = ()
  """A curriculum of lengths that a run begins with: for so many updates, so
  many points from the start of each line, with all its text, so many lines an
  update; such as 900 300 16. After it, lines are whole (our choice)."""

  keep_codec: bool = False
  """Keeps the alphabet and the normalization of the weights that --init-from
  names, for data too few to show their own: a few dozen lines of one hand."""
  mixed_path: str | None = None
  """Other handwriting, as for path, of which some training lines are mixed
  into the training lines of this run, so that it does not forget it."""
  mixed_lines: int = 100
  """How many lines of it, drawn once for the run."""
  rare_share: float = 0.0
  """Reads training lines that have a rare character more often, so that it is
  learned: where the rarest one is in a share f of them, sqrt(rare_share / f)
  times an epoch, rounded, and at least once (Gupta et al., 2019). 0: every line
  once, as in the paper. Each reading counts as a training line, also in the
  complexity of adaptive weight noise and in the description length."""

  _LEAST = LinesConfig._LEAST | {
    "crop_points": 2,
    "mixed_lines": 1,
    "rare_share": 0,
  }

  def __post_init__(self):
    super().__post_init__()
    require_below_1(self, "rare_share")
    if self.mixed_path is not None and not self.keep_codec:
      raise ValueError(
        "data.mixed_path is for data.keep_codec, by which both are normalized "
        "alike; set that, or leave it out."
      )
    for updates, points, lines in self.crop_schedule:
      if updates < 1 or points < 2 or lines < 1:
        raise ValueError(
          f"crop_schedule (={updates} {points} {lines}) must be updates (1 or "
          "more), points (2 or more) and lines an update (1 or more)."
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig(RunConfig):
  """Length and cadence of a run on handwriting."""

  sample_texts: tuple[str, ...] = ()
  """Texts that are written every `sample_every` updates, with a bias of 1; by
  default those of three validation lines."""
  evaluation_batch_size: int = 64
  """Validation lines that are scored at a time."""

  _LEAST = RunConfig._LEAST | {"evaluation_batch_size": 1}


@dataclasses.dataclass(frozen=True, kw_only=True)
class HandwritingConfig(WholeConfig):
  """An experiment on handwriting (Sections 4, 5)."""

  network: NetworkConfig = NetworkConfig()
  data: DataConfig = DataConfig()
  optimizer: OptimizerConfig = GravesRMSProp()
  noise: NoiseConfig = NoiseConfig()
  training: TrainingConfig = TrainingConfig()
