"""What a checkpoint says of itself, and whether a run can go on from it."""

import dataclasses
import math
import reprlib
from typing import Any

from graves_jax.config import (
  Config,
  HandwritingConfig,
  ReadingConfig,
  TextConfig,
)
from graves_jax.config.stored import from_dict, to_dict
from graves_jax.data.codec import TextCodec
from graves_jax.data.strokes import StrokeCodec
from graves_jax.losses.sums import Sums

# kind in the JSON: the classes of its config and codec.
_KINDS: dict[str, tuple[type[Any], type[Any]]] = {
  "handwriting": (HandwritingConfig, StrokeCodec),
  "text": (TextConfig, TextCodec),
  "reading": (ReadingConfig, StrokeCodec),
}
# kind: what its checkpoint holds, and what opens that.
_HELD = {
  "handwriting": "a handwriting network, which writes by hand; load_writer and "
  "HandwritingWriter.from_checkpoint open it",
  "text": "a text network, which writes text of its own; load_text_writer and "
  "TextWriter.from_checkpoint open it",
  "reading": "a reader of handwriting, which writes nothing; load_reader and "
  "HandwritingReader.from_checkpoint open it",
}
# The validation score, smaller being better, by which the best is chosen.
_SCORES = {
  "handwriting": "nats_per_sequence",
  "text": "bits_per_symbol",
  "reading": "character_error",
}
# Fields of config.data that say where data lie, which may differ from one
# machine to the next.
PLACES = {"path", "prepared_dir", "mixed_path"}
_MOST_STEPS = 2**31 - 1  # they are counted in int32


@dataclasses.dataclass(frozen=True)
class Stage:
  """An earlier run, whose weights a run started from.

  run: the name of its folder.
  step: updates that it had made.
  noise: the kind of noise that it was trained with.
  scores: of these weights, if they were scored.
  """

  run: str
  step: int
  noise: str
  scores: dict[str, float] | None


@dataclasses.dataclass(frozen=True)
class History:
  """What a run must remember when it goes on from a checkpoint.

  best: the best score of any validation so far.
  validations_since: validations after that one.
  nats, elements: sums over the updates, those long ago decayed: by 1/e in an
    epoch.
  skipped: updates whose loss or gradient was not finite.
  skipped_in_a_row: those since the last update that was made.
  """

  best: float | None = None
  validations_since: int = 0
  nats: float = 0.0
  elements: float = 0.0
  skipped: int = 0
  skipped_in_a_row: int = 0

  def with_update(self, sums: Sums, epoch: int) -> "History":
    """After one more update, of these sums; an epoch has so many elements."""
    kept = math.exp(-sums.elements / max(epoch, 1))
    return dataclasses.replace(
      self,
      nats=kept * self.nats + sums.nats,
      elements=kept * self.elements + sums.elements,
      skipped_in_a_row=0,
    )

  def with_skipped(self) -> "History":
    """After one more update that was skipped."""
    return dataclasses.replace(
      self,
      skipped=self.skipped + 1,
      skipped_in_a_row=self.skipped_in_a_row + 1,
    )

  def with_score(self, score: float) -> "History":
    """After a validation of this score."""
    since, best = self.validations_since + 1, self.best
    if best is None or score < best:
      since, best = 0, score
    return dataclasses.replace(self, best=best, validations_since=since)


@dataclasses.dataclass(frozen=True)
class Metadata:
  """What a checkpoint says of itself.

  config: the whole experiment.
  codec: what the network's classes and numbers stand for.
  data: tells this training data from other data that has the same codec.
  ancestry: the runs that came before, the first one first.
  step: updates made.
  scores: averages over the validation data, if it was scored at this step.
  history: of the run up to this step.
  """

  config: Config
  codec: StrokeCodec | TextCodec
  data: str = ""
  ancestry: tuple[Stage, ...] = ()
  step: int = 0
  scores: dict[str, float] | None = None
  history: History = History()

  @property
  def kind(self) -> str:
    """handwriting, text or reading."""
    return next(k for k, c in _KINDS.items() if isinstance(self.config, c[0]))

  def of_handwriting(self) -> tuple[HandwritingConfig, StrokeCodec]:
    """Returns config and codec; ValueError if they are of another kind."""
    config, codec = self.config, self.codec
    if isinstance(config, HandwritingConfig) and isinstance(codec, StrokeCodec):
      return config, codec
    raise ValueError(f"the checkpoint holds {_HELD[self.kind]}.")

  def of_text(self) -> tuple[TextConfig, TextCodec]:
    """Returns config and codec; ValueError if they are of another kind."""
    config, codec = self.config, self.codec
    if isinstance(config, TextConfig) and isinstance(codec, TextCodec):
      return config, codec
    raise ValueError(f"the checkpoint holds {_HELD[self.kind]}.")

  def of_reading(self) -> tuple[ReadingConfig, StrokeCodec]:
    """Returns config and codec; ValueError if they are of another kind."""
    config, codec = self.config, self.codec
    if isinstance(config, ReadingConfig) and isinstance(codec, StrokeCodec):
      return config, codec
    raise ValueError(f"the checkpoint holds {_HELD[self.kind]}.")

  @property
  def score_name(self) -> str:
    """The score by which the best checkpoint is chosen: the least."""
    if self.config.training.best_by == "description_length":
      return "description_bits"
    return _SCORES[self.kind]

  def as_stage(self, run: str) -> Stage:
    """These weights as the start of another run."""
    return Stage(run, self.step, self.config.noise.kind, self.scores)


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredMetadata:
  """`to_json`'s values, of which config and codec are not read yet."""

  kind: str
  config: Any
  codec: Any
  data: str
  ancestry: tuple[Stage, ...] = ()
  step: int
  scores: dict[str, float] | None
  history: History = History()


def to_json(metadata: Metadata) -> dict[str, Any]:
  """Metadata as plain values that JSON can hold."""
  return {
    "kind": metadata.kind,
    "config": to_dict(metadata.config),
    "codec": metadata.codec.to_json(),
    "data": metadata.data,
    "ancestry": [dataclasses.asdict(stage) for stage in metadata.ancestry],
    "step": metadata.step,
    "scores": metadata.scores,
    "history": dataclasses.asdict(metadata.history),
  }


def from_json(values: object) -> Metadata:
  """The inverse of `to_json`.

  Raises:
    ValueError: if the values were not written by `to_json`.
  """
  found = from_dict(values, StoredMetadata)
  if found.kind not in _KINDS:
    raise ValueError(
      f"the checkpoint's kind (={reprlib.repr(found.kind)}) must be one of "
      f"{', '.join(_KINDS)}; it was written by another version of graves_jax."
    )
  if not 0 <= found.step <= _MOST_STEPS:
    raise ValueError(f"the checkpoint's step must be 0 to {_MOST_STEPS:,}.")
  config_type, codec_type = _KINDS[found.kind]
  return Metadata(
    config=from_dict(found.config, config_type),
    codec=codec_type.from_json(found.codec),
    data=found.data,
    ancestry=found.ancestry,
    step=found.step,
    scores=found.scores,
    history=found.history,
  )
