"""Opens a checkpoint as a writer, in one call."""

from pathlib import Path

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.pretrained import HANDWRITING
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
      best one) or one checkpoint. None: the weights that ship, a synthesis
      network trained on IAM-OnDB, for non-commercial research.

  Raises:
    FileNotFoundError: if there is no checkpoint.
    ValueError: if it is damaged, or of a text network.
  """
  path = HANDWRITING if path is None else Path(path)
  return HandwritingWriter.from_checkpoint(restore_checkpoint(path))


def load_text_writer(path: str | Path) -> TextWriter:
  """Opens a text network, ready to write (Section 3).

  No weights of text ship; `train.py configs/char_rnn.py` makes some. Then
  `load_text_writer("runs/char_rnn").write(500)` is a list of one text of 500
  characters.

  Args:
    path: a run's folder (the --workdir of train.py; of its checkpoints, the
      best one) or one checkpoint.

  Raises:
    FileNotFoundError: if there is no checkpoint.
    ValueError: if it is damaged, or of a handwriting network.
  """
  return TextWriter.from_checkpoint(restore_checkpoint(Path(path)))
