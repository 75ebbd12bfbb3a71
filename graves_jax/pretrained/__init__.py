"""Weights that ship with the package; each folder has a model card."""

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
