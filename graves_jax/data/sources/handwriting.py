"""Chooses the source that a config's data.path names."""

from collections.abc import Callable
from pathlib import Path

from graves_jax.config import LinesConfig
from graves_jax.data.strokes import Line

Progress = Callable[[int, int], None]


def load_lines(
  config: LinesConfig, progress: Progress | None = None
) -> tuple[list[Line], list[Line]]:
  """Lines to train on, and lines to validate on; see `load_split`."""
  path = _path(config)
  if path is not None and not path.is_dir():
    splits = _stroke_file(path, progress)
    return (
      _lines_of(splits, "train", path),
      _lines_of(splits, "validation", path),
    )
  return (
    load_split(config, "train", progress),
    load_split(config, "validation", progress),
  )


def load_split(
  config: LinesConfig, split: str, progress: Progress | None = None
) -> list[Line]:
  """Lines of IAM-OnDB (a folder), a stroke file, or synthetic ones (no path).

  Args:
    config: path and settings.
    split: "train" or "validation"; of IAM-OnDB also an official split.
    progress: called with how much is read and how much there is.

  Raises:
    FileNotFoundError: if the path, or an archive in it, is missing.
    ValueError: if the data is damaged, or has no such split, or no line in it.
  """
  path = _path(config)
  if path is not None and path.is_dir():
    from graves_jax.data.sources.iam_ondb import prepared as iam_ondb

    return iam_ondb.load(path, split, config.prepared_dir, progress)
  if split not in ("train", "validation"):
    raise ValueError(f"split (={split!r}) must be train or validation.")
  if path is None:
    from graves_jax.data.sources.hershey import pen as hershey

    lines = config.synthetic_lines if split == "train" else None
    return hershey.load(split, lines=lines, progress=progress)
  return _lines_of(_stroke_file(path, progress), split, path)


def _path(config: LinesConfig) -> Path | None:
  return None if config.path is None else Path(config.path).expanduser()


def _lines_of(
  splits: dict[str, list[Line]], split: str, path: Path
) -> list[Line]:
  """One split of a stroke file; ValueError if it is empty.

  Of the other sources none has an empty split.
  """
  if not splits[split]:
    (other,) = splits.keys() - {split}
    count = len(splits[other])
    raise ValueError(
      f"{path}: its split {split} is empty, its split {other} has {count:,} "
      f'line{"s" * (count > 1)}; mark lines with "split": "{split}", or leave '
      '"split" out.'
    )
  return splits[split]


def _stroke_file(
  path: Path, progress: Progress | None
) -> dict[str, list[Line]]:
  if not path.exists():
    raise FileNotFoundError(
      f"data.path (={path}) does not exist; give a folder with the archives of "
      "IAM-OnDB, a stroke file (.jsonl, .jsonl.gz), or leave it out for "
      "synthetic handwriting."
    )
  if path.suffix in (".txt", ".text", ".md"):
    raise ValueError(
      f"data.path (={path}) is a text, and this network learns handwriting; "
      "for text: graves-jax train char_rnn --data.path ..."
    )
  from graves_jax.data.sources import stroke_file

  return stroke_file.read_stroke_file(path, progress=progress)
