"""Changes lines at random each time that they are read in training."""

import dataclasses

import numpy as np

from graves_jax.data.strokes import Normalization


@dataclasses.dataclass(frozen=True, kw_only=True)
class Distortion:
  """How lines are stretched, slanted and blurred, in this order.

  scale_range: x and y of a line, in pen units, are multiplied by a random
    factor each, uniform within 1 +- this.
  slant_range: y times a random number is added to x, uniform within +- this:
    the tangent of the angle by which the line leans.
  point_noise: standard deviation of the Gaussian noise on x and y of every
    point, in standard deviations of the offsets.

  Raises:
    ValueError: if a number is out of range.
  """

  scale_range: float = 0.0
  slant_range: float = 0.0
  point_noise: float = 0.0

  def __post_init__(self):
    if not 0 <= self.scale_range < 1:
      raise ValueError(f"scale_range (={self.scale_range}) must be in [0, 1).")
    for name in ("slant_range", "point_noise"):
      if not 0 <= getattr(self, name) < np.inf:
        raise ValueError(
          f"{name} (={getattr(self, name)}) must be 0 or more, and finite."
        )

  def draw(
    self,
    points: np.ndarray,
    normalization: Normalization,
    random: np.random.Generator,
    batch_size: int,
    rows: slice,
  ) -> np.ndarray:
    """Distorts normalized elements [R, T, 3], returned in their own type.

    Every row of the whole batch is drawn, so that a row is the same wherever
    it is read.

    Args:
      points: of some rows of a batch.
      normalization: that they were normalized by.
      random: decides all.
      batch_size: rows of the whole batch.
      rows: which of them these are.
    """
    low, high = 1 - self.scale_range, 1 + self.scale_range
    factors = random.uniform(low, high, (batch_size, 1, 2))[rows]
    shift = normalization.mean / normalization.std
    # Of normalized offsets, the mean moves too.
    offsets = factors * points[..., :2] + (factors - 1) * shift
    if self.slant_range:
      leans = random.uniform(-1, 1, (batch_size, 1))[rows] * self.slant_range
      pen_units = offsets[..., 1] * normalization.std[1] + normalization.mean[1]
      offsets[..., 0] += leans * pen_units / normalization.std[0]
    if self.point_noise:
      shape = batch_size, points.shape[1] + 1, 2  # a point more than offsets
      noise = random.normal(0, self.point_noise, shape)[rows]
      offsets += np.diff(noise, axis=1)
    distorted = points.copy()
    distorted[..., :2] = offsets
    return distorted
