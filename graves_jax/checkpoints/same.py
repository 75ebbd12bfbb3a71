"""Whether a run can go on from a checkpoint, or begin with its weights."""

import dataclasses
from pathlib import Path
from typing import Any

from graves_jax.checkpoints.metadata import PLACES, Metadata

_MAY_CHANGE = {("data", place) for place in PLACES}
# Of a network, how its weights are drawn and trained, and the precision: not
# what they are to compute.
_OF_TRAINING = {
  "precision",
  "weight_range",
  "forget_bias",
  "window_bias",
  "lstm_clip",
  "output_clip",
  "dropout",
  "recurrent_dropout",
}


def require_same(saved: Metadata, wanted: Metadata, folder: Path) -> None:
  """Raises ValueError unless a run can go on from a checkpoint.

  Cadence may change between two starts, and length where the learning rate
  does not depend on it; nothing else may.
  """
  if saved.kind != wanted.kind:
    raise ValueError(
      f"{folder} holds a run on {saved.kind}, not {wanted.kind}; give another "
      "--workdir."
    )
  for name in ("network", "optimizer", "noise", "data"):
    old = _by_dotted_name(dataclasses.asdict(getattr(saved.config, name)))
    new = _by_dotted_name(dataclasses.asdict(getattr(wanted.config, name)))
    for field in old:  # the name of an optimizer stands before its numbers
      if (name, field) not in _MAY_CHANGE and old[field] != new[field]:
        raise ValueError(
          f"{folder} holds a run with {name}.{field} = {old[field]!r}, not "
          f"{new[field]!r}; give the same value or another --workdir."
        )
  before, after = saved.config.training, wanted.config.training
  for field in ("seed", "best_by", "average"):
    value = getattr(before, field)
    if value != getattr(after, field):
      raise ValueError(
        f"{folder} holds a run with training.{field} = {value}; give the same "
        "or another --workdir."
      )
  if before.steps != after.steps and not _may_change_length(saved, after.steps):
    raise ValueError(
      f"{folder} holds a run with training.steps = {before.steps}, on which "
      "its learning rate depends; give the same, or train on in another "
      "--workdir from its weights, with --init-from."
    )
  if (saved.codec, saved.data) != (wanted.codec, wanted.data):
    raise ValueError(
      f"{folder} holds a run on other data; give the same data or another "
      "--workdir."
    )


def _may_change_length(saved: Metadata, steps: int) -> bool:
  """Whether a run of `steps` updates would have come to the same weights: all
  learning rates so far are the same."""
  schedule = saved.config.optimizer.schedule
  lengths = steps, saved.config.training.steps
  return saved.step <= min(map(schedule.descent_begins, lengths))


def _by_dotted_name(values: dict[str, Any]) -> dict[str, Any]:
  """Values of tables within tables, each by its dotted name."""
  found: dict[str, Any] = {}
  for name, value in values.items():
    if isinstance(value, dict):
      inner = _by_dotted_name(value)
      found |= {f"{name}.{key}": v for key, v in inner.items()}
    else:
      found[name] = value
  return found


def require_same_weights(saved: Metadata, wanted: Metadata) -> None:
  """Raises ValueError unless weights of one run can start another.

  What the network computes from its weights and the codec must agree; all else
  may differ.
  """
  if saved.kind != wanted.kind:
    raise ValueError(
      f"the weights to start from are of a network of {saved.kind}, not "
      f"{wanted.kind}."
    )
  old = dataclasses.asdict(saved.config.network)
  for field, new in dataclasses.asdict(wanted.config.network).items():
    if field not in _OF_TRAINING and old[field] != new:
      raise ValueError(
        "the weights to start from are of another network: its "
        f"network.{field} = {old[field]!r}, not {new!r}."
      )
  if saved.codec != wanted.codec:
    lines = (
      "; for a few lines of one hand: --data.keep-codec True"
      if saved.kind == "handwriting"
      else ""
    )
    raise ValueError(
      "the weights to start from were trained on other data: their symbols "
      f"or normalization differ{lines}."
    )
