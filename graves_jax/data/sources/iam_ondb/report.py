"""What was prepared from IAM-OnDB, beside the official release's counts."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from graves_jax.data.sources.iam_ondb import prepared as iam_ondb
from graves_jax.data.sources.iam_ondb.archive import Progress, form_of
from graves_jax.data.strokes import Line, Normalization


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
  """Counts over all four official splits unless a name says otherwise.

  Readings are those of the archive, elements those of Eq. (15) after repairs;
  a text's characters include its spaces. Offsets are in pen units.
  """

  forms: Mapping[str, int]
  lines: Mapping[str, int]
  training_lines: int
  validation_lines: int
  readings: int
  elements: int
  mean_elements_per_line: float
  most_elements_in_a_line: int
  lines_above_700_elements: int
  lines_above_1200_elements: int
  one_point_strokes: int
  lines_with_backward_time: int
  lines_with_far_pen_up_jumps: int
  long_steps: int
  lines_with_long_steps: int
  removed_readings: int
  interpolated_readings: int
  lines_with_interpolation: int
  characters: str
  validation_characters_unknown_in_training: str
  longest_text: int
  lines_with_digits: int
  percent_zero_offsets: float
  training_offset_mean: tuple[float, float]
  training_offset_std: tuple[float, float]


# Counted by this program on the release of 12,195 line files. Sixteen of them
# are in no split and are not counted here.
OFFICIAL = Report(
  forms={"trainset": 775, "testset_v": 192, "testset_t": 216, "testset_f": 544},
  lines={
    "trainset": 5364,
    "testset_v": 1438,
    "testset_t": 1518,
    "testset_f": 3859,
  },
  training_lines=10741,
  validation_lines=1438,
  readings=7_646_733,
  elements=7_652_714,
  mean_elements_per_line=628.4,
  most_elements_in_a_line=1939,
  lines_above_700_elements=3992,
  lines_above_1200_elements=73,
  one_point_strokes=3937,
  lines_with_backward_time=47,
  lines_with_far_pen_up_jumps=453,
  long_steps=24,
  lines_with_long_steps=19,
  removed_readings=19,
  interpolated_readings=18533,
  lines_with_interpolation=4111,
  characters=" !\"#&'()*+,-./0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZ[]"
  "abcdefghijklmnopqrstuvwxyz",
  validation_characters_unknown_in_training="*",
  longest_text=64,
  lines_with_digits=379,
  percent_zero_offsets=1.47,
  training_offset_mean=(8.16, 0.11),
  training_offset_std=(41.84, 36.98),
)


class Check(NamedTuple):
  """One count of a report and the same count of the official release."""

  what: str
  found: str
  official: str
  agrees: bool


def report(
  path: str | Path,
  prepared_dir: str | Path | None = None,
  progress: Progress | None = None,
) -> Report:
  """Counts what `iam_ondb.load` returns; arguments and errors as there."""
  counts = iam_ondb.prepare(path, prepared_dir, progress).info.metadata
  splits = {
    split: iam_ondb.load(path, split, prepared_dir) for split in OFFICIAL.lines
  }
  training = [
    line for split in iam_ondb.SPLITS["train"] for line in splits[split]
  ]
  return _count(splits, training, splits["testset_v"], counts)


def checks(found: Report, official: Report = OFFICIAL) -> list[Check]:
  """Compares a report, field by field, with that of the official release."""
  names = [field.name for field in dataclasses.fields(Report)]
  return [
    Check(
      name.replace("_", " "),
      _show(getattr(found, name)),
      _show(getattr(official, name)),
      getattr(found, name) == getattr(official, name),
    )
    for name in names
  ]


def _count(
  splits: Mapping[str, Sequence[Line]],
  training: Sequence[Line],
  validation: Sequence[Line],
  counts: Mapping[str, int],
) -> Report:
  lines = [line for split in splits.values() for line in split]
  lengths = np.array([len(line.points) for line in lines])
  still = sum(int((line.points[:, :2] == 0).all(1).sum()) for line in lines)
  known = set().union(*(line.text for line in training))
  unknown = set().union(*(line.text for line in validation)) - known
  mean, std = Normalization.of(training)
  return Report(
    forms={
      split: len({form_of(line.name) for line in split_lines})
      for split, split_lines in splits.items()
    },
    lines={split: len(split_lines) for split, split_lines in splits.items()},
    training_lines=len(training),
    validation_lines=len(validation),
    elements=int(lengths.sum()),
    mean_elements_per_line=round(float(lengths.mean()), 1),
    most_elements_in_a_line=int(lengths.max()),
    lines_above_700_elements=int((lengths > 700).sum()),
    lines_above_1200_elements=int((lengths > 1200).sum()),
    characters="".join(sorted(known | unknown)),
    validation_characters_unknown_in_training="".join(sorted(unknown)),
    longest_text=max(len(line.text) for line in lines),
    lines_with_digits=sum(
      any(c.isdecimal() for c in line.text) for line in lines
    ),
    percent_zero_offsets=round(100 * still / int(lengths.sum()), 2),
    training_offset_mean=tuple(np.round(mean, 2).tolist()),
    training_offset_std=tuple(np.round(std, 2).tolist()),
    **{name: int(count) for name, count in counts.items()},
  )


def _show(value) -> str:
  if isinstance(value, Mapping):
    return "\n".join(f"{key} {count:,}" for key, count in value.items())
  if isinstance(value, tuple):
    return f"({', '.join(f'{number:g}' for number in value)})"
  return f"{value:,}" if isinstance(value, int) else str(value)
