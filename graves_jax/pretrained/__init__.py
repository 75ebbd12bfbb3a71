"""Weights that ship with the package; each folder has a model card."""

from pathlib import Path

HANDWRITING = Path(__file__).parent / "handwriting"
