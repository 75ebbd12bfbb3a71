"""Weights that ship with the package; each folder has a model card, and its
name stands for it wherever a checkpoint is asked for."""

from pathlib import Path

# Trained on IAM-OnDB: real hands.
HANDWRITING = Path(__file__).parent / "handwriting"
# Trained on synthetic strokes: print.
SYNTHETIC = Path(__file__).parent / "synthetic"
# A dozen hands to choose from, lines that the weights of HANDWRITING wrote; the
# card of those says how they were chosen.
HANDS = Path(__file__).parent / "hands.jsonl"
# Readers of handwriting, trained on IAM-OnDB: one measures what is written, the
# other one chooses among pens, so that no choice flatters the measure.
HANDWRITING_READER = Path(__file__).parent / "handwriting_reader"
HANDWRITING_RANKER = Path(__file__).parent / "handwriting_ranker"
# Writes Python: trained on the sources of its standard library.
STDLIB = Path(__file__).parent / "stdlib"

NAMES = {
  folder.name: folder
  for folder in (
    *(HANDWRITING, SYNTHETIC, STDLIB),
    *(HANDWRITING_READER, HANDWRITING_RANKER),
  )
}


def find(path: str | Path) -> Path:
  """The folder that a path means, or the name of weights that ship.

  A folder at the path comes first: one in the working directory hides the
  weights of the same name. What is neither comes back as it is, with the home
  folder expanded.

  >>> find("handwriting") == HANDWRITING
  True
  """
  path = Path(path).expanduser()
  return path if path.is_dir() else NAMES.get(str(path), path)
