"""The settings of an experiment: frozen, typed, stored in its checkpoints."""

import dataclasses
import math
import typing
from typing import Literal

# Limits on what is counted: a damaged checkpoint then asks for no memory that
# nobody has.
_MOST_OF_ANY = 2**31 - 1
_MOST_LAYERS = 64
_MOST_WIDE = 2**16  # cells of a layer, mixtures, windows


class _Ranged:
  """Checks a config's numbers. All are finite; `_LEAST` and `_MOST` hold the
  least and, of whole numbers, the most that a field may be."""

  _LEAST: typing.ClassVar[dict[str, float]]
  _MOST: typing.ClassVar[dict[str, int]] = {}

  def __post_init__(self):
    for field in dataclasses.fields(self):
      name, values = field.name, getattr(self, field.name)
      several = values if isinstance(values, tuple) else (values,)
      if name in self._LEAST and not 1 <= len(several) <= _MOST_LAYERS:
        raise ValueError(
          f"{name} has {len(several)} numbers; give 1 to {_MOST_LAYERS}."
        )
      numbers = (v for v in several if isinstance(v, (int, float)))
      for value in numbers:
        self._check(name, value)

  def _check(self, name: str, value: float) -> None:
    least = self._LEAST.get(name, -math.inf)
    most = self._MOST.get(name, _MOST_OF_ANY)
    shown = f"{name} (={value})"
    if isinstance(value, int) and value > most:
      shown = shown if value < 2**64 else name
      raise ValueError(f"{shown} must be {most:,} or less.")
    if not value >= least:
      raise ValueError(f"{shown} must be {least:g} or more.")
    if not -math.inf < value < math.inf:
      raise ValueError(f"{shown} must be finite.")


def _require_defaults(
  config: _Ranged, names: tuple[str, ...], choice: str
) -> None:
  """Refuses values of fields that nothing reads beside a choice."""
  for field in dataclasses.fields(config):
    value = getattr(config, field.name)
    if field.name in names and value != field.default:
      raise ValueError(
        f"{field.name} (={value}) is not read with {choice}; leave it out."
      )


def _require_below_1(config: _Ranged, *names: str) -> None:
  for name in names:
    if getattr(config, name) >= 1:
      raise ValueError(f"{name} (={getattr(config, name)}) must be below 1.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkConfig(_Ranged):
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
  drops at every step (prediction; Semeniuta et al., 2016)."""

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
    "hidden": _MOST_WIDE,
    "mixtures": _MOST_WIDE,
    "windows": _MOST_WIDE,
  }

  def __post_init__(self):
    super().__post_init__()
    _require_below_1(self, "recurrent_dropout")
    if self.recurrent_dropout and self.kind == "synthesis":
      raise ValueError(
        f"recurrent_dropout (={self.recurrent_dropout}) is for kind = "
        "prediction; the synthesis network has none."
      )


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataConfig(_Ranged):
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
    _require_below_1(self, "scale_range")


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerConfig(_Ranged):
  """Graves' RMSProp (Eqs. 38-45) and SGD with momentum (Section 3), RMSProp
  as Karpathy has it, or Adam."""

  name: Literal["graves_rmsprop", "sgd", "rmsprop", "adam"] = "graves_rmsprop"
  learning_rate: float = 1e-4
  momentum: float = 0.9
  """Decay of the update's (Graves' RMSProp, SGD) or the gradient's (Adam)
  average; RMSProp does not read it."""
  decay: float = 0.95
  """Decay of the squared gradient's average; SGD does not read it."""
  epsilon: float = 1e-4
  schedule: Literal["constant", "cosine"] = "constant"
  warmup_steps: int = 0
  """Of the cosine schedule: updates until the learning rate is reached."""
  final_share: float = 0.01
  """The cosine schedule ends at this share of the learning rate."""
  max_gradient_norm: float | None = None
  """Global norm that the gradient is scaled down to (not in the paper)."""
  loss_per: Literal["sequence", "element"] = "sequence"
  """Divides the summed gradient: the paper's unit is the sequence; an element
  is a pen point or a symbol of text."""

  _LEAST = {
    "learning_rate": 0,
    "momentum": 0,
    "decay": 0,
    "epsilon": 0,
    "warmup_steps": 0,
    "final_share": 0,
    "max_gradient_norm": 0,
  }


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoiseConfig(_Ranged):
  """Gaussian noise on every weight while training (Sections 3.1 and 4.2); the
  network is validated, and its samples written, without it."""

  kind: Literal["none", "fixed", "adaptive"] = "none"
  """fixed: weight noise. adaptive: adaptive weight noise, whose standard
  deviations are learned. Both are meant for a trained network (--init-from)."""
  stddev: float = 0.075
  """Of the noise, or where the adaptive noise's begin; a run that starts from
  another one of adaptive noise (--init-from) begins with that one's."""
  per: Literal["batch", "sequence"] = "batch"
  """One draw for a batch, the same on all devices; or one for each sequence of
  it, the paper's, at the cost of a copy of the weights for each."""
  gradient: Literal["squared", "reparameterized"] = "squared"
  """Of the data's loss with respect to an adaptive standard deviation:
  squared gradients (rnnlib), or what passes through the draw."""

  _LEAST = {"stddev": 0}

  def __post_init__(self):
    super().__post_init__()
    if self.kind == "adaptive" and not self.stddev:
      raise ValueError("noise.stddev must be above 0 for adaptive noise.")
    unread = {"none": ("stddev", "per", "gradient"), "fixed": ("gradient",)}
    _require_defaults(self, unread.get(self.kind, ()), f"kind = {self.kind}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class _RunConfig(_Ranged):
  """Length and cadence of a run."""

  steps: int = 10_000
  """Updates in all."""
  seed: int = 0
  record_every: int = 1
  """Updates between two rows in metrics.jsonl."""
  evaluate_every: int = 200
  checkpoint_every: int = 100
  sample_every: int = 200
  patience: int | None = None
  """Ends the run after so many validations in a row without a better score."""
  max_skipped: int = 10
  """Ends the run after so many updates in a row whose loss or gradient is not
  finite; such an update is skipped, the weights stay (our choice)."""
  best_by: Literal["validation", "description_length"] = "validation"
  """The score of the best checkpoint: the validation loss or, for adaptive
  weight noise, the bits that weights and training data take together."""

  _LEAST = {
    "steps": 1,
    "seed": 0,
    "patience": 1,
    "max_skipped": 1,
    "record_every": 1,
    "evaluate_every": 1,
    "checkpoint_every": 1,
    "sample_every": 1,
  }
  _MOST = {"seed": 2**32 - 1}


class _Experiment:
  """Checks what concerns several parts of a config."""

  def __post_init__(self):
    by_length = self.training.best_by == "description_length"
    if by_length and self.noise.kind != "adaptive":
      raise ValueError(
        "training.best_by (=description_length) needs the complexity of the "
        f"weights, and with noise.kind (={self.noise.kind}) there is none; use "
        "noise.kind = adaptive."
      )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig(_RunConfig):
  """Length and cadence of a run on handwriting."""

  sample_texts: tuple[str, ...] = ()
  """Written with a bias of 1 every `sample_every` steps; none: the texts of
  three validation lines."""
  evaluation_batch_size: int = 64

  _LEAST = _RunConfig._LEAST | {"evaluation_batch_size": 1}


@dataclasses.dataclass(frozen=True, kw_only=True)
class HandwritingConfig(_Experiment):
  """An experiment on handwriting (Sections 4, 5)."""

  network: NetworkConfig = NetworkConfig()
  data: DataConfig = DataConfig()
  optimizer: OptimizerConfig = OptimizerConfig()
  noise: NoiseConfig = NoiseConfig()
  training: TrainingConfig = TrainingConfig()


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextNetworkConfig(_Ranged):
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
  _MOST = {"hidden": _MOST_WIDE}

  def __post_init__(self):
    super().__post_init__()
    _require_below_1(self, "dropout", "recurrent_dropout")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextDataConfig(_Ranged):
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
  """How Penn Treebank's characters are spelled: G fits the paper's figures,
  S is the literature's."""
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
class TextTrainingConfig(_RunConfig):
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

  _LEAST = _RunConfig._LEAST | {
    "sample_length": 1,
    "sample_temperature": 0,
    "evaluation_batch_size": 1,
    "evaluation_symbols": 2,
  }


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextConfig(_Experiment):
  """An experiment on text (Section 3)."""

  network: TextNetworkConfig = TextNetworkConfig()
  data: TextDataConfig = TextDataConfig()
  optimizer: OptimizerConfig = OptimizerConfig()
  noise: NoiseConfig = NoiseConfig()
  training: TextTrainingConfig = TextTrainingConfig()


Config = HandwritingConfig | TextConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class DynamicConfig(_Ranged):
  """How weights go on learning while text is scored (Section 3.1). The gradient
  is that of a segment's nats, summed over time, a mean over streams."""

  rule: Literal["sgd", "rms"] = "sgd"
  """sgd: gradient descent with momentum. rms: gradients are divided by their
  root mean square over training text, and weights are drawn back to the
  trained ones (Krause et al., 2018)."""
  learning_rate: float | None = None
  """Nothing: where --tune starts; 1e-3 (sgd), 1e-4 (rms)."""
  momentum: float = 0.0
  """Of sgd."""
  decay: float = 1e-3
  """Of rms: how far a weight is drawn back, as a share of its distance; weights
  whose gradients are larger than average by as much more, at most wholly."""
  epsilon: float = 0.1
  """Of rms: added to a weight's root mean square, as a share of the mean one
  (our choice of unit)."""
  length: int = 50
  """Symbols a segment."""
  rms_segments: int = 200
  """Of rms: segments of each stream of training text to take it over."""

  UNREAD: typing.ClassVar[dict[str, tuple[str, ...]]] = {
    "sgd": ("decay", "epsilon", "rms_segments"),
    "rms": ("momentum",),
  }
  """By rule, the numbers that it does not read."""

  _LEAST = {
    "learning_rate": 0,
    "momentum": 0,
    "decay": 0,
    "epsilon": 1e-9,
    "length": 1,
    "rms_segments": 1,
  }

  def __post_init__(self):
    super().__post_init__()
    _require_below_1(self, "momentum")
    _require_defaults(self, self.UNREAD[self.rule], f"rule = {self.rule}")
