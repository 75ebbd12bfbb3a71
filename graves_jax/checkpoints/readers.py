"""Opens a checkpoint as a reader, in one call."""

from pathlib import Path

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.recognition.reader import HandwritingReader


def load_reader(path: str | Path) -> HandwritingReader:
  """Opens a reader of handwriting.

  No such weights ship; `graves-jax train handwriting_reader` makes some. Then
  `load_reader("runs/handwriting_reader").read(lines)` is a text for each line.

  Args:
    path: a run's folder (the --workdir of train.py; of its checkpoints, the
      best one) or one checkpoint.

  Raises:
    FileNotFoundError: if there is no checkpoint.
    ValueError: if it is damaged, or of a network that writes.
  """
  return HandwritingReader.from_checkpoint(restore_checkpoint(Path(path)))
