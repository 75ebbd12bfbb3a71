"""Settings of an experiment on text."""

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
class TextNetworkConfig(Ranged):
  """A text network: the prediction network with a softmax (Section 3)."""

  hidden: tuple[int, ...] = (1000,)
  """Hidden units in each layer; the paper: 1 x 1000, Wikipedia 7 x 700."""
  cell: Literal["lstm", "rnn"] = "lstm"
  """The hidden function H: LSTM, or tanh, the standard RNN."""
  dropout: float = 0.0
  """Share of every layer's outputs that is dropped on its way up (not in
  time) while training."""
  recurrent_dropout: float = 0.0
  """Share of the LSTM cells' candidates, tanh(...) of Eq. (9), that training
  drops at every step (Semeniuta et al., 2016)."""
  lstm_clip: float = 1.0
  """Limit on the derivatives of the layers' net inputs (Section 2.1)."""
  output_clip: float = 1.0
  """Limit on the derivatives of the network's outputs; those of a softmax
  are never larger than 1."""
  precision: Literal["float32", "bfloat16"] = "float32"
  """Of the matrix products; parameters, state and loss stay float32."""
  weight_range: float = 0.1
  """Weights start uniform within +- this (rnnlib)."""
  forget_bias: float = 1.0
  """Start of the forget gates' biases (our choice; rnnlib: 0)."""

  _LEAST = {
    "hidden": 1,
    "dropout": 0,
    "recurrent_dropout": 0,
    "lstm_clip": 1e-6,
    "output_clip": 1e-6,
    "weight_range": 0,
  }
  _MOST = {"hidden": MOST_WIDE}

  def __post_init__(self):
    super().__post_init__()
    require_below_1(self, "dropout", "recurrent_dropout")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextDataConfig(Ranged):
  """Which text to learn from, by which symbols, in which streams."""

  source: Literal["text", "penn_treebank", "enwik8"] = "text"
  """Any text file; or a corpus with its own splits and symbols."""
  path: str | None = None
  """A text file, or the corpus's file or folder; nothing: the sources of
  Python's standard library (text), else the corpus is downloaded."""
  prepared_dir: str | None = None
  """Where coded and downloaded text is kept; nothing: ~/.cache/graves_jax."""
  units: Literal["characters", "bytes", "words"] = "characters"
  """What a symbol is (enwik8: always bytes)."""
  convention: Literal["G", "S"] = "G"
  """How Penn Treebank is spelled in characters, also where bits of words are
  told by character: G fits the paper's figures, S is the literature's."""
  vocabulary: int | None = None
  """Keeps so many of a text file's words, the most frequent; the others become
  <unk>. Nothing: all of them."""
  validation_share: float = 0.1
  """Of a text file: its last part."""
  batch_size: int = 100
  """Contiguous streams side by side."""
  length: int = 100
  """Symbols that an update reads of each stream: gradients are truncated at
  its start, the state is carried over it."""
  reset_every: int | None = None
  """Updates after which every stream's state is zero again (Wikipedia: 100);
  nothing: only where a pass begins."""

  _LEAST = {
    "vocabulary": 2,
    "batch_size": 1,
    "length": 1,
    "reset_every": 1,
  }

  def __post_init__(self):
    super().__post_init__()
    if not 0 < self.validation_share <= 0.5:
      raise ValueError(
        f"validation_share (={self.validation_share}) must be above 0 and at "
        "most 0.5."
      )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextTrainingConfig(RunConfig):
  """Length and cadence of a run on text."""

  sample_length: int = 500
  """Symbols written every `sample_every` steps."""
  sample_temperature: float = 0.7
  sample_prime: str = ""
  """What the samples begin with."""
  evaluation_batch_size: int = 10
  """Streams that the validation text is cut into, fewer if it is short."""
  evaluation_symbols: int | None = 1_000_000
  """Scores so many symbols, from the start of a longer validation text;
  nothing: all of them. evaluate.py scores all."""

  _LEAST = RunConfig._LEAST | {
    "sample_length": 1,
    "sample_temperature": 0,
    "evaluation_batch_size": 1,
    "evaluation_symbols": 2,
  }


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextConfig(WholeConfig):
  """An experiment on text (Section 3)."""

  network: TextNetworkConfig = TextNetworkConfig()
  data: TextDataConfig = TextDataConfig()
  optimizer: OptimizerConfig = OptimizerConfig()
  noise: NoiseConfig = NoiseConfig()
  training: TextTrainingConfig = TextTrainingConfig()
