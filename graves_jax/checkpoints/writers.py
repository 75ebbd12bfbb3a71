"""Opens a checkpoint as a writer, in one call."""

from pathlib import Path

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.pretrained import HANDWRITING, STDLIB
from graves_jax.sampling.text import TextWriter
from graves_jax.sampling.writer import HandwritingWriter


def load_writer(path: str | Path | None = None) -> HandwritingWriter:
  """Opens a handwriting network, ready to write (Sections 4 and 5).

  >>> writer = load_writer()
  >>> (written,) = writer.write("a", bias=1.0)
  >>> written.line.text
  'a'

  Args:
    path: a run's folder (the --workdir of train.py; of its checkpoints, the
      best one), one checkpoint, or a name of weights that ship. None: those
      named handwriting, a synthesis network trained on IAM-OnDB, for
      non-commercial research.

  Raises:
    FileNotFoundError: if there is no checkpoint.
    ValueError: if it is damaged, or of a text network.
  """
  path = HANDWRITING if path is None else Path(path)
  return HandwritingWriter.from_checkpoint(restore_checkpoint(path))


def load_text_writer(path: str | Path | None = None) -> TextWriter:
  """Opens a text network, ready to write (Section 3).

  >>> (text,) = load_text_writer().write(5, prime="import ")
  >>> len(text)
  5

  Args:
    path: a run's folder (the --workdir of train.py; of its checkpoints, the
      best one), one checkpoint, or a name of weights that ship. None: those
      named stdlib, trained on the sources of Python's standard library.

  Raises:
    FileNotFoundError: if there is no checkpoint.
    ValueError: if it is damaged, or of a handwriting network.
  """
  path = STDLIB if path is None else Path(path)
  return TextWriter.from_checkpoint(restore_checkpoint(path))
