"""How long it took to learn as much as the paper's networks had learned."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping

from graves_jax.results.handwriting_tables import is_of_testset_v
from graves_jax.results.record import Record, Training
from graves_jax.results.text_tables import is_of_paper

# As `commands.machine` names them.
_PROCESSOR = re.compile(r"\d+ cores? of ")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Race:
  """Networks of one kind, and figures of the paper for them to reach.

  networks: in words.
  matches: whether a record is of such a network.
  unit: of figures and validations.
  figures: of the paper, each with where it stands.
  """

  networks: str
  matches: Callable[[Record], bool]
  unit: str
  figures: tuple[tuple[float, str], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arrival:
  """Where a validation came to or below a figure for the first time.

  record: the name of its record.
  minutes: of updates, by stage: on which device, and how many.
  score: of that validation.
  """

  record: str
  minutes: tuple[tuple[str, float], ...]
  score: float

  @property
  def total(self) -> float:
    return sum(minutes for _, minutes in self.minutes)

  @property
  def is_on_processors(self) -> bool:
    """Whether no stage of it ran on anything but processors."""
    devices = [
      part for device, _ in self.minutes for part in device.split(", then ")
    ]
    return all(map(_PROCESSOR.match, devices))


def _handwriting(kind: str) -> Callable[[Record], bool]:
  def matches(record: Record) -> bool:
    return is_of_testset_v(record) and record.config.network.kind == kind

  return matches


def _penn_treebank(units: str) -> Callable[[Record], bool]:
  def matches(record: Record) -> bool:
    if not is_of_paper(record, "penn_treebank", (1000,)):
      return False
    data = record.config.data
    # Bits a word are the same in both conventions.
    return data.units == units and (units == "words" or data.convention == "G")

  return matches


RACES = (
  Race(
    networks="handwriting prediction",
    matches=_handwriting("prediction"),
    unit="nats per sequence",
    figures=(
      (-1025.7, "Table 3, 1 x 900"),
      (-1041.0, "Table 3, 3 x 400"),
      (-1057.7, "Table 3, adaptive weight noise"),
    ),
  ),
  Race(
    networks="handwriting synthesis",
    matches=_handwriting("synthesis"),
    unit="nats per sequence",
    figures=(
      (-1041.0, "Table 3, 3 x 400, which reads no text"),
      (-1057.7, "Table 3, adaptive weight noise, which reads no text"),
      (-1096.9, "Table 4"),
      (-1128.2, "Table 4, adaptive weight noise"),
    ),
  ),
  Race(
    networks="Penn Treebank, characters G",
    matches=_penn_treebank("characters"),
    unit="bits per symbol",
    figures=(
      (1.32, "Table 1; of the test set"),
      (1.27, "Table 1, weight noise; of the test set"),
      (1.26, "Table 1, adaptive weight noise; of the test set"),
    ),
  ),
  Race(
    networks="Penn Treebank, words, bits a word",
    matches=_penn_treebank("words"),
    unit="bits per symbol",
    figures=(
      (7.108, "Table 1, perplexity 138; of the test set"),
      (6.977, "Table 1, weight noise, perplexity 126; of the test set"),
    ),
  ),
)


def runs_of(race: Race, records: Mapping[str, Record]) -> dict[str, Record]:
  """Records of these networks all of whose minutes are known, and whose
  validations are in the race's unit; of one network that was scored in several
  ways, the first record."""
  known: dict[tuple[Training, ...], tuple[str, Record]] = {}
  for name, record in records.items():
    units = {stage.unit for stage in record.training} - {None}
    is_known = record.minutes is not None and units == {race.unit}
    if is_known and race.matches(record):
      known.setdefault(record.training, (name, record))
  return dict(known.values())


def arrival(name: str, record: Record, figure: float) -> Arrival | None:
  """When a network first came to or below a figure; None if it never did."""
  before: list[tuple[str, float]] = []
  for stage in record.training:
    device = stage.device or "a machine that was not noted"
    for minutes, _, score in stage.validations:
      if score <= figure:
        total = (*before, (device, minutes))
        return Arrival(record=name, minutes=total, score=score)
    before.append((device, stage.minutes))
  return None


def fastest(
  race: Race, records: Mapping[str, Record], figure: float
) -> list[Arrival]:
  """The least minutes in which any network came to or below a figure; if that
  was on other devices, then the least on processors alone, too."""
  runs = runs_of(race, records).items()
  arrivals = [arrival(name, record, figure) for name, record in runs]
  reached = sorted((a for a in arrivals if a), key=lambda a: a.total)
  alone = [a for a in reached if a.is_on_processors]
  if reached[:1] == alone[:1]:
    return reached[:1]
  return reached[:1] + alone[:1]


def best_score(records: Iterable[Record]) -> float | None:
  """The least validation of all."""
  scores = (
    score
    for record in records
    for stage in record.training
    for _, _, score in stage.validations
  )
  return min(scores, default=None)
