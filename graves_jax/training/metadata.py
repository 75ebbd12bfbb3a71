"""What a checkpoint says of itself, and whether a run can go on from it."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from graves_jax.config import Config, from_dict, to_dict
from graves_jax.data.strokes import Alphabet, Normalization

# Where the same data lie may differ from one machine to the next.
_MAY_CHANGE = {("data", "path"), ("data", "prepared_dir")}


@dataclasses.dataclass(frozen=True)
class Metadata:
  """What a checkpoint says of itself.

  config: the whole experiment.
  alphabet: classes of the characters.
  normalization: of the training offsets.
  points_per_character: of the training lines, on average.
  step: updates made.
  scores: averages over the validation lines, if it was scored at this step.
  """

  config: Config
  alphabet: Alphabet
  normalization: Normalization
  points_per_character: float
  step: int = 0
  scores: dict[str, float] | None = None


def to_json(metadata: Metadata) -> dict[str, Any]:
  """Metadata as plain values that JSON can hold."""
  return {
    "config": to_dict(metadata.config),
    "alphabet": list(metadata.alphabet.characters),
    "normalization": {
      "mean": np.asarray(metadata.normalization.mean).tolist(),
      "std": np.asarray(metadata.normalization.std).tolist(),
    },
    "points_per_character": metadata.points_per_character,
    "step": metadata.step,
    "scores": metadata.scores,
  }


def from_json(values: dict[str, Any]) -> Metadata:
  """The inverse of `to_json`."""
  return Metadata(
    config=from_dict(values["config"]),
    alphabet=Alphabet(tuple(values["alphabet"])),
    normalization=Normalization(
      np.array(values["normalization"]["mean"], np.float64),
      np.array(values["normalization"]["std"], np.float64),
    ),
    points_per_character=float(values["points_per_character"]),
    step=int(values["step"]),
    scores=values["scores"],
  )


def require_same(saved: Metadata, wanted: Metadata, folder: Path) -> None:
  """Raises ValueError unless a run can go on from a checkpoint.

  Cadence may change between two starts, and length where the learning rate
  does not depend on it; nothing else may.
  """
  for name in ("network", "optimizer", "data"):
    old = dataclasses.asdict(getattr(saved.config, name))
    new = dataclasses.asdict(getattr(wanted.config, name))
    for field in old:
      if (name, field) not in _MAY_CHANGE and old[field] != new[field]:
        raise ValueError(
          f"{folder} holds a run with {name}.{field} = {old[field]!r}, not "
          f"{new[field]!r}; give the same value or another --workdir."
        )
  old, new = saved.config.training, wanted.config.training
  if old.seed != new.seed:
    raise ValueError(
      f"{folder} holds a run with training.seed = {old.seed}; give the same or "
      "another --workdir."
    )
  if saved.config.optimizer.schedule != "constant" and old.steps != new.steps:
    raise ValueError(
      f"{folder} holds a run with training.steps = {old.steps}, on which its "
      "learning rate depends; give the same or another --workdir."
    )
  if not _reads_alike(saved, wanted):
    raise ValueError(
      f"{folder} holds a run on other data; give the same data or another "
      "--workdir."
    )


def require_same_sequences(saved: Metadata, wanted: Metadata) -> None:
  """Raises ValueError unless weights of one run can start another.

  Network, alphabet and normalization must agree; all else may differ.
  """
  if saved.config.network != wanted.config.network:
    raise ValueError(
      f"the weights to start from are of another network: "
      f"{saved.config.network}, not {wanted.config.network}."
    )
  if not _reads_alike(saved, wanted):
    raise ValueError(
      "the weights to start from were trained on other data: their alphabet "
      "or normalization differs."
    )


def _reads_alike(saved: Metadata, wanted: Metadata) -> bool:
  """Whether both mean the same by a class and by a normalized offset."""
  return saved.alphabet == wanted.alphabet and all(
    np.array_equal(a, b)
    for a, b in zip(saved.normalization, wanted.normalization, strict=True)
  )
