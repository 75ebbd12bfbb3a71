"""The options of graves-jax evaluate --legibility."""

import dataclasses
from pathlib import Path

from graves_jax.pretrained import (
  HANDWRITING_RANKER,
  HANDWRITING_READER,
  find,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LegibilityOptions:
  """With --legibility."""

  lines: int | None = None
  """How many texts of the split are written, spread over all of it; by default
  all."""
  bias: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0)
  """Each is measured; the JSON line's own figures are those of 1, if it is
  among them, else of the first."""
  best_of: int = 4
  """So many pens write each line, and --ranker keeps one; the first pen alone,
  which is best of 1, is measured too."""
  seed: int = 0
  """Of all pens."""
  reader: Path = HANDWRITING_READER
  """Measures: a run's folder, one checkpoint, or a name of weights that ship;
  by default handwriting_reader."""
  ranker: Path = HANDWRITING_RANKER
  """Chooses among the pens: another reader than --reader; by default
  handwriting_ranker."""
  figure: Path | None = None
  """Also draws the character errors over the bias, to a .png, .svg or .pdf
  file."""

  def require_usable(self) -> None:
    """Raises ValueError if a number is out of range."""
    from graves_jax.sampling.bias import require_bias
    from graves_jax.sampling.ranking import require_pens
    from graves_jax.sampling.seed import require_seed

    if self.lines is not None and self.lines < 1:
      raise ValueError(f"lines (={self.lines}) must be 1 or more.")
    if not self.bias or len(set(self.bias)) < len(self.bias):
      raise ValueError(f"bias (={self.bias}) must be numbers, each one once.")
    for bias in self.bias:
      require_bias(bias)
    require_pens(self.best_of)
    require_seed(self.seed)
    same = find(self.ranker).resolve() == find(self.reader).resolve()
    if same and self.best_of > 1:
      raise ValueError(
        f"--reader and --ranker are both {self.reader}; a reader that chose "
        "the lines would find them more legible than they are. Give another "
        "one, or --best-of 1."
      )
