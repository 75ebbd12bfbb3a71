"""IAM-OnDB, the paper's handwriting (Section 4), from its official archives.

The first use of a folder of archives prepares it through TensorFlow Datasets,
without TensorFlow; later ones read what was prepared. Prepared data lie in a
folder named after a SHA-256 of the archives and lists and after `VERSION`, so
that other archives or other rules never meet old data.
"""

import collections
import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from graves_jax.data.sources.iam_ondb import archive
from graves_jax.data.sources.iam_ondb.archive import Progress
from graves_jax.data.sources.iam_ondb.repairs import repair
from graves_jax.data.sources.quiet_tfds import quiet
from graves_jax.data.strokes import Line, offsets_from_strokes

# To be raised with any change of what is prepared from the same archives.
VERSION = "1.0.1"

# The paper trains on the training set, the test set and the larger validation
# set, and validates on the smaller one (Section 4).
SPLITS = {
  "train": ("trainset", "testset_f", "testset_t"),
  "validation": ("testset_v",),
} | {split: (split,) for split in archive.SPLITS}


def load(
  path: str | Path,
  split: str,
  prepared_dir: str | Path | None = None,
  progress: Progress | None = None,
) -> list[Line]:
  """The lines of one split, sorted by name within each official split.

  Args:
    path: folder of the six files, see `archive.INSTRUCTIONS`.
    split: "train" (trainset, testset_f and testset_t), "validation"
      (testset_v), or one official split.
    prepared_dir: where prepared data are looked for and put; by default the
      data folder of TensorFlow Datasets.
    progress: called while data are prepared, with the bytes of the archive
      that were read and the bytes there are.

  Raises:
    FileNotFoundError: if archives or lists are missing.
    ValueError: if the split is unknown, or a file is not what it should be.
  """
  if split not in SPLITS:
    raise ValueError(f"split (={split!r}) must be one of {', '.join(SPLITS)}.")
  builder = prepare(path, prepared_dir, progress)
  lines = []
  for official in SPLITS[split]:
    lines += sorted(_read(builder, official), key=lambda line: line.name)
  return lines


def prepare(
  path: str | Path,
  prepared_dir: str | Path | None = None,
  progress: Progress | None = None,
) -> Any:
  """Prepares the archives unless that was done; arguments as for `load`.

  Returns:
    The `tfds.core.GeneratorBasedBuilder`, ready for `as_data_source`. Its
    `info.metadata` are the counts of `read_lines`.
  """
  import tensorflow_datasets as tfds

  name = archive.fingerprint(path)[:32]
  data_dir = Path(prepared_dir or tfds.core.constants.DATA_DIR).expanduser()

  def new_builder():
    try:
      return _builder_class()(
        config=tfds.core.BuilderConfig(name=name),
        data_dir=data_dir,
        file_format="array_record",
      )
    except Exception as error:  # of many kinds, depending on the damage
      folder = data_dir / "iam_ondb" / name
      raise ValueError(_unreadable(folder, error)) from error

  with quiet(tfds), tempfile.TemporaryDirectory() as downloads:
    builder = new_builder()
    if not builder.data_path.exists():
      builder.archives, builder.progress = path, progress
      try:
        builder.download_and_prepare(download_dir=downloads)
      except OSError:
        if not builder.data_path.exists():
          raise
        builder = new_builder()  # another process was first
  if set(builder.info.splits) != set(archive.SPLITS):
    raise ValueError(_unreadable(builder.data_path, "splits are missing"))
  return builder


def read_lines(
  path: str | Path, progress: Progress | None = None
) -> tuple[dict[str, list[Line]], dict[str, int]]:
  """Parses the archives: the lines of each official split, and counts.

  The counts are of readings as they stand in the archive, and of repairs.

  Raises:
    FileNotFoundError, ValueError: as `load`; also if a form's transcript has
      not as many lines as there are files of its strokes.
  """
  split_of = archive.read_forms(path)
  transcripts = archive.read_transcripts(path, split_of)
  inked: dict[str, dict[int, np.ndarray]] = {form: {} for form in split_of}
  counts: collections.Counter[str] = collections.Counter()
  for name, strokes in archive.read_strokes(path, split_of, progress):
    form, _, number = name.rpartition("-")
    if not number.isdecimal() or int(number) in inked[form]:
      raise ValueError(
        f"{archive.STROKES} has the file {name}.xml; files of a form are "
        f"numbered {form}-01, {form}-02, ..., each number once."
      )
    repaired = repair(strokes)
    counts.update(repaired.counts)
    try:
      points = offsets_from_strokes(repaired.strokes)
    except ValueError as error:
      raise ValueError(f"{name} in {archive.STROKES}: {error}") from None
    inked[form][int(number)] = points
  lines: dict[str, list[Line]] = {split: [] for split in archive.SPLITS}
  for form, split in split_of.items():
    texts, written = transcripts.get(form, []), inked[form]
    if not texts or sorted(written) != list(range(1, len(texts) + 1)):
      raise ValueError(
        f"form {form} has {len(texts)} lines in its transcript and "
        f"{len(written)} lines of strokes; it must have as many, numbered from "
        f"1. Download {archive.TRANSCRIPTS} and {archive.STROKES} again, or "
        "take the form out of its list."
      )
    for k, text in enumerate(texts, start=1):
      lines[split].append(Line(written[k], text, f"{form}-{k:02}"))
  return lines, dict(counts)


def _read(builder, split: str) -> Iterator[Line]:
  try:
    for example in builder.as_data_source(split):
      text, name = example["text"].decode(), example["name"].decode()
      yield Line(np.array(example["points"]), text, name)
  except Exception as error:
    raise ValueError(_unreadable(builder.data_path, error)) from error


def _unreadable(folder, reason) -> str:
  return (
    f"the prepared data in {folder} cannot be read "
    f"({' '.join(str(reason).split())}); delete that folder and it will be "
    "prepared again."
  )


@functools.cache
def _builder_class():
  """Defines the builder on first use: the import of TFDS takes a second."""
  import tensorflow_datasets as tfds

  class IamOndb(  # type: ignore[call-arg]  # TFDS has no types.
    tfds.core.GeneratorBasedBuilder, skip_registration=True
  ):
    """Prepares the archives in the folder `archives`."""

    VERSION = tfds.core.Version(VERSION)
    # Nothing is downloaded, so there are no checksums beside this file to look
    # for; looking needs importlib_resources, which TFDS does not install.
    code_path = None

    def _info(self) -> tfds.core.DatasetInfo:
      return tfds.core.DatasetInfo(
        builder=self,
        description="Lines of the IAM On-Line Handwriting Database (Eq. 15).",
        features=tfds.features.FeaturesDict(
          {
            "points": tfds.features.Tensor(
              shape=(None, 3), dtype=np.float32, encoding="bytes"
            ),
            "text": tfds.features.Text(),
            "name": tfds.features.Text(),
          }
        ),
        metadata=tfds.core.MetadataDict(),
      )

    def _log_download_bytes(self):
      """TFDS prints here."""

    _log_download_done = _log_download_bytes

    def _split_generators(self, dl_manager):
      lines, counts = read_lines(self.archives, self.progress)
      self.info.metadata.update(counts)
      return {split: self._generate_examples(lines[split]) for split in lines}

    def _generate_examples(self, lines: list[Line]):
      for line in lines:
        yield line.name, line._asdict()

  return IamOndb
