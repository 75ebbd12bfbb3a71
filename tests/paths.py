"""Where things lie."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
# What is not for the repository: data, and cases made of them.
SHARED = ROOT.parent / "shared"
