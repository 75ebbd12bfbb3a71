"""Where a run's checkpoints lie, and which of them is meant."""

import dataclasses
import math
from pathlib import Path

from graves_jax.config import Config
from graves_jax.training.metadata import require_same
from graves_jax.training.written_checkpoint import (
  DamagedCheckpointError,
  Restored,
  WrittenCheckpoint,
)

FOLDER = "checkpoints"


def restore_checkpoint(path: Path) -> Restored:
  """Weights and metadata for sampling and evaluation, on any device.

  Args:
    path: one checkpoint, or a run's folder: then the best one by score, else
      the newest.

  Raises:
    FileNotFoundError: if there is no checkpoint.
    ValueError: if it is damaged, half written, or not ours.
  """
  path = Path(path).expanduser()
  if not path.is_dir():
    raise FileNotFoundError(
      f"there is no checkpoint at {path}; give a run's folder (the --workdir "
      "of train.py) or one folder of its checkpoints."
    )
  folder = _choose(path.absolute())
  run = folder.parent.parent if folder.parent.name == FOLDER else folder
  return WrittenCheckpoint.read(folder).weights()._replace(run=run.name)


def require_same_run(workdir: Path, config: Config) -> None:
  """Raises ValueError unless a run of a config can go on in a folder, as far as
  the newest checkpoint tells without the data and the arrays."""
  folder = (workdir / FOLDER).absolute()
  for _, path in step_folders(folder):
    try:
      saved = WrittenCheckpoint.read(path).metadata
    except DamagedCheckpointError:
      continue
    require_same(saved, dataclasses.replace(saved, config=config), folder)
    return


def step_folders(folder: Path) -> list[tuple[int, Path]]:
  """Checkpoints in a run's folder of checkpoints, newest first, by step."""
  if not folder.is_dir():
    return []
  found = [p for p in folder.iterdir() if p.is_dir() and p.name.isdecimal()]
  return sorted(((int(p.name), p) for p in found), reverse=True)


def _choose(path: Path) -> Path:
  if (path / "metadata").is_dir():
    return path
  folder = path / FOLDER if (path / FOLDER).is_dir() else path
  steps = [p for _, p in step_folders(folder) if (p / "metadata").is_dir()]
  if not steps:
    raise FileNotFoundError(
      f"{path} holds no finished checkpoint; give a run's folder (the "
      "--workdir of train.py) or one folder of its checkpoints."
    )
  scored = [(_score(p), p) for p in steps]
  scored = [(score, p) for score, p in scored if not math.isnan(score)]
  return min(scored, key=lambda pair: pair[0])[1] if scored else steps[0]


def _score(folder: Path) -> float:
  """The score that the best is chosen by, NaN if there is none."""
  metadata = WrittenCheckpoint.read(folder).metadata
  return (metadata.scores or {}).get(metadata.score_name, math.nan)
