"""The sum of predicted mixture densities over a written word (Figure 10)."""

import numpy as np

WIDTH_PIXELS = 1200
NEGLIGIBLE_WEIGHT = 1e-3  # A component with less is left out.


def summed_densities(
  low: np.ndarray,
  high: np.ndarray,
  before: np.ndarray,
  weights: np.ndarray,
  means: np.ndarray,
  stddevs: np.ndarray,
  correlations: np.ndarray,
) -> tuple[np.ndarray, tuple[float, float, float, float]]:
  """Adds up the position densities of Eq. (23) over time, on a grid of pixels.

  Every component is blurred by half a pixel, so that one that is narrower than
  a pixel keeps its mass.

  Args:
    low, high: upper left and lower right corner [2] of the grid, in pen units.
    before: pen positions [T, 2] from which the offsets are predicted.
    weights: [T, M]; means, stddevs: [T, M, 2]; correlations: [T, M].

  Returns:
    Densities per square pen unit [height, width], and the left, right, lower
    and upper edge of the grid.
  """
  extent = high - low
  pixel = extent.max() / WIDTH_PIXELS
  width, height = np.ceil(extent / pixel).astype(int).clip(1)
  density = np.zeros((height, width))
  kept = weights > NEGLIGIBLE_WEIGHT
  centers = ((before[:, None] + means)[kept] - low) / pixel
  covariances = correlations[kept] * np.prod(stddevs[kept], axis=-1) / pixel**2
  variances = (stddevs[kept] / pixel) ** 2 + 0.25
  for center, (v1, v2), covariance, weight in zip(
    centers, variances, covariances, weights[kept], strict=True
  ):
    reach = 4 * np.sqrt([v1, v2])
    left, top = np.floor(center - reach).clip(0, (width, height)).astype(int)
    right, bottom = np.ceil(center + reach).clip(0, (width, height)).astype(int)
    if left >= right or top >= bottom:
      continue
    x = np.arange(left, right) + 0.5 - center[0]
    y = (np.arange(top, bottom) + 0.5 - center[1])[:, None]
    determinant = v1 * v2 - covariance**2
    exponent = v2 * x * x + v1 * y * y - 2 * covariance * x * y
    density[top:bottom, left:right] += (
      weight
      / (2 * np.pi * np.sqrt(determinant))
      * np.exp(-0.5 * exponent / determinant)
    )
  right, bottom = low + pixel * np.array([width, height])
  edges = (float(low[0]), float(right), float(bottom), float(low[1]))
  return density / pixel**2, edges
