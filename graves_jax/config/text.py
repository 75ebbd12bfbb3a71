"""Settings of an experiment on text."""

import dataclasses
from typing import Literal

from graves_jax.config.optimizers import GravesRMSProp, OptimizerConfig
from graves_jax.config.ranges import (
  MOST_WIDE,
  Ranged,
  require_below_1,
  require_defaults,
)
from graves_jax.config.shared import (
  NoiseConfig,
  RunConfig,
  WholeConfig,
)

Cell = Literal["lstm", "rnn"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextNetworkConfig(Ranged):
  """A text network: the prediction network with a softmax (Section 3)."""

  hidden: tuple[int, ...] = (1000,)
  """Hidden units in each layer; the paper: 1 x 1000, Wikipedia 7 x 700."""
  cell: Cell = "lstm"
  """The hidden function H: LSTM, or tanh, the standard RNN."""
  dropout: float = 0.0
  """Share of each layer's outputs that training sets to zero, at random, for
  the layers above; what the layer passes on in time stays whole."""
  recurrent_dropout: float = 0.0
  """Share of what the LSTM cells add to their state, tanh(...) of Eq. (9),
  that training sets to zero, at random, at every step (Semeniuta et al.,
  2016)."""
  lstm_clip: float = 1.0
  """Limit on the derivatives of the layers' net inputs (Section 2.1)."""
  output_clip: float = 1.0
  """Limit on the derivatives of the network's outputs; those of a softmax
  are never larger than 1."""
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
  """text: any text file. penn_treebank and enwik8: corpora that have splits
  and symbols of their own."""
  path: str | None = None
  """The text file, a folder of text files (with glob), or the file or folder of
  the corpus. Without it, text means the sources of Python's standard library,
  and a corpus is downloaded."""
  glob: str | None = None
  """Which files of a folder are the text, such as "*.c", those in folders below
  included: they are joined in the order of their names."""
  prepared_dir: str | None = None
  """Folder for coded and downloaded text; by default ~/.cache/graves_jax."""
  units: Literal["characters", "bytes", "words"] = "characters"
  """What a symbol is (enwik8: always bytes)."""
  convention: Literal["G", "S"] = "G"
  """How Penn Treebank is spelled in characters. G fits the paper's figures, S
  is what most of the literature uses. A network of words needs it, too: its
  bits are also reported per character."""
  vocabulary: int | None = None
  """How many words of a text file to keep, the most frequent ones; all others
  become <unk>. By default all are kept."""
  validation_share: float = 0.1
  """Share of a text file, its last part, that is for validation."""
  sequences: Literal["stream", "sentence"] = "stream"
  """stream: the text is read on and on, the state carried from one update to
  the next. sentence (Penn Treebank): each sentence is a sequence of its own,
  read from the null vector and a zero state."""
  batch_size: int = 100
  """How many streams the text is cut into, read side by side; or how many
  sentences an update reads."""
  length: int = 100
  """Symbols of each stream that an update reads. Gradients do not reach back
  to earlier updates; the state is carried on from them."""
  reset_every: int | None = None
  """Sets the state of every stream to zero after so many updates (Wikipedia:
  100); by default only where a pass over the text begins."""

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
    if self.sequences == "sentence":
      unread = ("length", "reset_every")
      require_defaults(self, unread, "sequences = sentence")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextTrainingConfig(RunConfig):
  """Length and cadence of a run on text."""

  sample_length: int = 500
  """Symbols written every `sample_every` steps."""
  sample_temperature: float = 0.7
  sample_prime: str = ""
  """The text that each sample goes on from."""
  evaluation_batch_size: int = 10
  """How many streams the validation text is cut into (fewer if it is short),
  or how many of its sentences are read at a time."""
  evaluation_symbols: int | None = 1_000_000
  """How much of the validation text is scored while training, counted from its
  start; graves-jax evaluate scores all of it."""

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
  optimizer: OptimizerConfig = GravesRMSProp()
  noise: NoiseConfig = NoiseConfig()
  training: TextTrainingConfig = TextTrainingConfig()
