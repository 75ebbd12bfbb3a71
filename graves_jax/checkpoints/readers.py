"""Opens a checkpoint as a reader, in one call."""

from pathlib import Path

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.pretrained import HANDWRITING_RANKER, HANDWRITING_READER
from graves_jax.recognition.reader import HandwritingReader


def load_reader(path: str | Path | None = None) -> HandwritingReader:
  """Opens a reader of handwriting.

  `load_reader("runs/handwriting_reader").read(lines)` is a text for each line.

  >>> reader = load_reader()
  >>> "z" in reader.alphabet.characters
  True

  Args:
    path: a run's folder (the --workdir of train.py; of its checkpoints, the
      best one), one checkpoint, or a name of weights that ship. None: those
      named handwriting_reader, which measure what is written, trained on
      IAM-OnDB, for non-commercial research.

  Raises:
    FileNotFoundError: if there is no checkpoint.
    ValueError: if it is damaged, or of a network that writes.
  """
  path = HANDWRITING_READER if path is None else Path(path)
  return HandwritingReader.from_checkpoint(restore_checkpoint(path))


def load_ranker() -> HandwritingReader:
  """Opens the reader that ships to choose among pens: not the one of
  `load_reader`, which measures.

  `load_writer().write("dear reader", best_of=4, ranker=ranker)` keeps the pen
  that it reads best.

  >>> ranker = load_ranker()
  >>> ranker.network.hidden
  (180, 180)

  Raises:
    FileNotFoundError: if the weights did not come with this copy.
  """
  return load_reader(HANDWRITING_RANKER)
