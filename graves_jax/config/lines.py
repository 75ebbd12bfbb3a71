"""Which handwriting to learn from: settings that writing and reading share."""

import dataclasses

from graves_jax.config.ranges import Ranged, require_below_1


@dataclasses.dataclass(frozen=True, kw_only=True)
class LinesConfig(Ranged):
  """Which handwriting to learn from, and in which batches."""

  path: str | None = None
  """A folder with the official archives of IAM-OnDB, or a stroke file
  (.jsonl, .jsonl.gz). Without it, synthetic handwriting is made."""
  prepared_dir: str | None = None
  """Folder for prepared IAM-OnDB; by default that of TensorFlow Datasets."""
  max_points: int | None = None
  """Lines of more points are not trained on; validation keeps them."""
  max_characters: int | None = None
  """Lines of longer text are not trained on; validation keeps them."""
  keep_wrong_transcripts: bool = True
  """Trains also on the lines of IAM-OnDB whose transcripts are known to be
  wrong (graves_jax/data/sources/iam_ondb/wrong_transcripts.py)."""
  batch_size: int = 32
  """Lines that an update reads."""
  buckets: int = 10
  """How many different lengths lines are padded to: with fewer there is less
  to compile, with more there is less padding."""
  scale_range: float = 0.0
  """Each time that a line is read in training, x and y are multiplied by one
  random number each, between 1 minus and 1 plus this (its size is our
  choice)."""
  slant_range: float = 0.0
  """Each time that a line is read in training, y times one random number,
  between minus and plus this, is added to x: the tangent of the angle by which
  the line leans (our choice)."""
  synthetic_lines: int = 5000
  """How many lines of synthetic handwriting to train on."""

  _LEAST = {
    "max_points": 1,
    "max_characters": 1,
    "batch_size": 1,
    "buckets": 1,
    "scale_range": 0,
    "slant_range": 0,
    "synthetic_lines": 1,
  }

  def __post_init__(self):
    super().__post_init__()
    require_below_1(self, "scale_range")
