"""Weights that ship with the package; each folder has a model card."""

from pathlib import Path

# Trained on IAM-OnDB: real hands.
HANDWRITING = Path(__file__).parent / "handwriting"
# Trained on synthetic strokes: print.
SYNTHETIC = Path(__file__).parent / "synthetic"
