"""The settings of an experiment: frozen, typed, stored in its checkpoints."""

import dataclasses
import types
import typing
from typing import Any, Literal, Union


class _Ranged:
  """Checks a config's numbers: `_LEAST` holds the least value of each field."""

  _LEAST: typing.ClassVar[dict[str, float]]

  def __post_init__(self):
    for name, least in self._LEAST.items():
      values = getattr(self, name)
      several = values if isinstance(values, tuple) else (values,)
      if values == () or not all(v is None or v >= least for v in several):
        raise ValueError(f"{name} (={values}) must be {least:g} or more.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkConfig(_Ranged):
  """The network and its density (Sections 2, 4, 5)."""

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

  _LEAST = {
    "hidden": 1,
    "mixtures": 1,
    "windows": 1,
    "lstm_clip": 1e-6,
    "output_clip": 1e-6,
    "sigma_floor": 1e-6,
    "weight_range": 0,
  }


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataConfig(_Ranged):
  """What to learn from, and in which batches."""

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
  synthetic_lines: int = 5000
  """Training lines of synthetic handwriting."""

  _LEAST = {
    "max_points": 1,
    "max_characters": 1,
    "crop_points": 2,
    "batch_size": 1,
    "buckets": 1,
    "synthetic_lines": 1,
  }


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerConfig(_Ranged):
  """Graves' RMSProp (Eqs. 38-45), or Adam with warm-up and cosine decay."""

  name: Literal["graves_rmsprop", "adam"] = "graves_rmsprop"
  learning_rate: float = 1e-4
  momentum: float = 0.9
  """Decay of the update's (RMSProp) or the gradient's (Adam) average."""
  decay: float = 0.95
  """Decay of the squared gradient's average."""
  epsilon: float = 1e-4
  schedule: Literal["constant", "cosine"] = "constant"
  warmup_steps: int = 0
  """Of the cosine schedule: updates until the learning rate is reached."""
  final_share: float = 0.01
  """The cosine schedule ends at this share of the learning rate."""
  max_gradient_norm: float | None = None
  """Global norm that the gradient is scaled down to (not in the paper)."""
  loss_per: Literal["sequence", "point"] = "sequence"
  """Divides the summed gradient: the paper's unit is the sequence."""

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
class TrainingConfig(_Ranged):
  """Length and cadence of a run."""

  steps: int = 10_000
  """Updates in all."""
  seed: int = 0
  evaluate_every: int = 200
  checkpoint_every: int = 100
  sample_every: int = 200
  sample_texts: tuple[str, ...] = ()
  """Written with a bias of 1 every `sample_every` steps; none: the texts of
  three validation lines."""
  evaluation_batch_size: int = 64

  _LEAST = {
    "steps": 1,
    "seed": 0,
    "evaluate_every": 1,
    "checkpoint_every": 1,
    "sample_every": 1,
    "evaluation_batch_size": 1,
  }

  def __post_init__(self):
    super().__post_init__()
    if self.seed >= 2**32:
      raise ValueError(f"seed (={self.seed}) must be below 2^32.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
  """An experiment."""

  network: NetworkConfig = NetworkConfig()
  data: DataConfig = DataConfig()
  optimizer: OptimizerConfig = OptimizerConfig()
  training: TrainingConfig = TrainingConfig()


def to_dict(config: Any) -> dict[str, Any]:
  """A config as plain values that JSON can hold."""
  return dataclasses.asdict(config)


def from_dict(values: dict[str, Any], kind: type = Config) -> Any:
  """Rebuilds a config from `to_dict`'s values, checking names and types.

  Raises:
    ValueError: if a field is missing, unknown, or of another type.
  """
  if not isinstance(values, dict):
    raise ValueError(f"{kind.__name__} must be a table, not {values!r}.")
  hints = typing.get_type_hints(kind)
  hints.pop("_LEAST", None)
  if hints.keys() != values.keys():
    missing = sorted(hints.keys() - values.keys())
    unknown = sorted(values.keys() - hints.keys())
    raise ValueError(
      f"{kind.__name__} lacks the fields {missing} and has the unknown fields "
      f"{unknown}; it was written by another version of graves_jax."
    )
  return kind(**{k: _typed(values[k], hints[k], k) for k in hints})


def _typed(value: Any, hint: Any, name: str) -> Any:
  if dataclasses.is_dataclass(hint):
    return from_dict(value, hint)
  origin, options = typing.get_origin(hint), typing.get_args(hint)
  if origin is tuple and isinstance(value, (list, tuple)):
    repeated = options[-1] is Ellipsis
    types_ = options[:1] * len(value) if repeated else options
    if len(types_) == len(value):
      return tuple(
        _typed(v, t, name) for v, t in zip(value, types_, strict=True)
      )
  elif origin is Literal:
    if value in options:
      return value
  elif origin in (Union, types.UnionType):
    if value is None and type(None) in options:
      return None
    inner = next(o for o in options if o is not type(None))
    return _typed(value, inner, name)
  elif hint is float and isinstance(value, (int, float)):
    return float(value)
  elif hint in (int, str) and type(value) is hint:
    return value
  raise ValueError(f"{name} (={value!r}) must be of type {hint}.")
