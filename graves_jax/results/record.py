"""A record of one evaluation: what was scored, how it was trained, figures.

The program writes records, and the paper's tables are made of them: nothing is
filled in by hand. Folders of the machine have no place in a record.
"""

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from graves_jax.config import HandwritingConfig, ReadingConfig, TextConfig
from graves_jax.config.stored import from_dict

FORMAT: Literal["graves_jax record 1"] = "graves_jax record 1"
_CONFIGS: dict[str, type] = {
  "handwriting": HandwritingConfig,
  "text": TextConfig,
  "reading": ReadingConfig,
}
# By kind: figures that tables show.
_FIGURES: dict[str, tuple[str, ...]] = {
  "handwriting": (
    "split",
    "nats_per_sequence",
    "nats_per_point",
    "squared_error_per_coordinate",
    "squared_error_per_point",
    "sequences",
    "sigma_floor",
  ),
  "text": (
    "split",
    "convention",
    "bits_per_symbol",
    "bits_per_character",
    "error_percent",
    "perplexity",
    "dynamic",
  ),
  "reading": ("split",),
}
_DYNAMIC = ("writers", "tuning_writers", "rule", "learning_rate")
_FLOORS = (
  "sigma_floor",
  "nats_per_sequence",
  "nats_per_point",
  "nats_of_zeros_per_sequence",
  "percent_of_nats_of_zeros",
)
_TEXTS = {"split", "convention", "rule"}
_FLAGS = {"dynamic"}
_OR_NONE = {"perplexity"}
# A record has some thousand; a file of this size is none.
_MOST_BYTES = 2**20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machine:
  """Where something ran.

  name: of its devices and how many were to be had; of a processor, its cores.
  cores: of its processor.
  """

  name: str
  cores: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Training:
  """One run, or one stage of it, as its own metrics.jsonl tells.

  run: the name of its folder.
  device: what it ran on; None if the run did not note it.
  updates: up to the weights that were scored, or that the next stage has.
  minutes: of these updates; compilation, validation and samples not counted.
  unit: of the validation scores; None if there is none.
  validations: minutes, updates and score of each; of many, some, and all that
    were the best so far.
  """

  run: str
  device: str | None
  updates: int
  minutes: float
  unit: str | None
  validations: tuple[tuple[float, int, float], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ancestor:
  """An earlier stage, as the checkpoint remembers it."""

  run: str
  step: int
  noise: str
  scores: dict[str, float] | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
  """What one run of graves-jax evaluate found.

  command: as it was given; of folders of the machine, the last name alone.
  package: version of graves_jax.
  revision: of its source, "+" behind it if that was changed; None if it is not
    known, as in an installed package.
  machine: where it was scored.
  kind: handwriting, text or reading.
  checkpoint: its name.
  step: updates of its last stage.
  weights: how many numbers.
  config: the experiment, as the checkpoint holds it.
  ancestry: the stages before.
  training: the stages whose records were at hand, the last one last; empty if
    none was.
  figures: scores by name, and what they are of.
  """

  format: Literal["graves_jax record 1"] = FORMAT
  command: str
  package: str
  revision: str | None
  machine: Machine
  kind: str
  checkpoint: str
  step: int
  weights: int
  config: Any
  ancestry: tuple[Ancestor, ...]
  training: tuple[Training, ...]
  figures: dict[str, Any]

  @property
  def minutes(self) -> float | None:
    """Of all updates; None if a stage's are not known."""
    if len(self.training) <= len(self.ancestry):
      return None
    return math.fsum(stage.minutes for stage in self.training)


def to_json(record: Record) -> str:
  """A record as the text of a file.

  Raises:
    ValueError: names a number in it that is not finite.
  """
  values = dataclasses.asdict(record)
  for place, number in _not_finite(values):
    raise ValueError(
      f"{place} is {number}; a record's numbers must all be finite."
    )
  return (
    json.dumps(values, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
  )


def with_null(figures: Any) -> Any:
  """Figures in which None stands for each number that is not finite, since JSON
  has no such numbers."""
  if isinstance(figures, dict):
    return {name: with_null(value) for name, value in figures.items()}
  if isinstance(figures, list | tuple):
    return [with_null(value) for value in figures]
  is_lost = isinstance(figures, float) and not math.isfinite(figures)
  return None if is_lost else figures


def _not_finite(values: dict[str, Any]) -> Iterator[tuple[str, float]]:
  """Each number that is not finite, behind where it is: "floors.0.nats"."""
  for name, value in values.items():
    if isinstance(value, list | tuple):
      value = {str(k): part for k, part in enumerate(value)}
    if isinstance(value, dict):
      for place, number in _not_finite(value):
        yield f"{name}.{place}", number
    elif isinstance(value, float) and not math.isfinite(value):
      yield name, value


def read_record(path: Path) -> Record:
  """Reads a record.

  Raises:
    OSError: if there is no such file.
    ValueError: names the file, if it is no record, or not whole.
  """
  if path.stat().st_size > _MOST_BYTES:
    raise ValueError(f"{path} is no record: over {_MOST_BYTES:,} bytes.")
  try:
    values = json.loads(path.read_bytes(), parse_constant=_refuse)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
      raise ValueError(f'it does not say "format": "{FORMAT}".')
    record = from_dict(values, Record)
    if record.kind not in _CONFIGS:
      raise ValueError(f"its kind is {record.kind!r:.40}.")
    require_figures(record.kind, record.figures)
    config = from_dict(record.config, _CONFIGS[record.kind])
    return dataclasses.replace(record, config=config)
  except (ValueError, OverflowError, RecursionError) as error:
    raise ValueError(
      f"{path} is no record of graves-jax evaluate --record: "
      f"{str(error).splitlines()[0]} Write it again, or take it out."
    ) from None


def read_records(folder: Path) -> dict[str, Record]:
  """The records of a folder by their files' names without ending, in order.

  Raises:
    OSError: if there is no such folder.
    ValueError: as `read_record`.
  """
  if not folder.is_dir():
    raise FileNotFoundError(
      f"there is no folder {folder}; graves-jax evaluate --record "
      f"{folder}/NAME.json puts a record there."
    )
  return {
    path.stem: read_record(path) for path in sorted(folder.glob("*.json"))
  }


def require_figures(kind: str, figures: dict[str, Any]) -> None:
  """Raises ValueError unless the figures are those that tables show, each a
  number or a text as it should be."""
  if kind == "handwriting" and "nats_per_sequence" not in figures:
    return  # legibility
  static = figures.get("static")
  wanted = [(figures, _FIGURES[kind])]
  if kind == "handwriting" and static is not None:
    wanted += [(figures, _DYNAMIC), (static, _FIGURES[kind][1:-1])]
  floors = figures.get("floors", [])
  if not isinstance(floors, list):
    raise ValueError("its figures have floors that are no list.")
  wanted += [(floor, _FLOORS) for floor in floors]
  for values, names in wanted:
    for name in names:
      if not (isinstance(values, dict) and name in values):
        raise ValueError(f"its figures have no {name}.")
      if not _is_figure(name, values[name]):
        raise ValueError(f"its figures have a {name} that is none.")


def _is_figure(name: str, value: Any) -> bool:
  """Whether a value is a text, a yes or no, or a number, as its name asks."""
  if name in _TEXTS:
    return isinstance(value, str)
  if name in _FLAGS:
    return isinstance(value, bool)
  if value is None:
    return name in _OR_NONE
  is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
  return is_number and math.isfinite(value)


def _refuse(constant: str) -> None:
  raise ValueError(f"{constant} is not a number.")
