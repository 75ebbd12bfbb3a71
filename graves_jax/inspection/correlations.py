"""How well units follow properties of what is read, over any length.

Axes: T time, N units, P properties. NumPy alone.
"""

from typing import NamedTuple

import numpy as np

# A property that changes less often tells nothing: a unit that drifts would
# seem to follow the one place where it holds.
FEWEST_CHANGES = 10


class Moments(NamedTuple):
  """Sums over all time steps so far, in float64.

  steps: how many.
  units: of the activations and of their squares, [2, N].
  properties: of the values and of their squares, [2, P].
  both: of the products, [P, N].
  changes: how often each property had another value than a step before, [P].
  last: the properties at the last step, [P]; NaN before the first.
  """

  steps: int
  units: np.ndarray
  properties: np.ndarray
  both: np.ndarray
  changes: np.ndarray
  last: np.ndarray


def no_moments(units: int, properties: int) -> Moments:
  """The sums before the first step."""
  return Moments(
    0,
    np.zeros((2, units)),
    np.zeros((2, properties)),
    np.zeros((properties, units)),
    np.zeros(properties, int),
    np.full(properties, np.nan),
  )


def add_moments(
  moments: Moments, activations: np.ndarray, values: np.ndarray
) -> Moments:
  """Adds T more steps.

  Args:
    moments: the sums so far.
    activations: of the units, [T, N].
    values: of the properties at the same steps, [T, P].
  """
  x, p = np.asarray(activations, np.float64), np.asarray(values, np.float64)
  steps = np.diff(np.concatenate([moments.last[None], p]), axis=0)
  return Moments(
    moments.steps + len(x),
    moments.units + np.stack([x.sum(0), (x * x).sum(0)]),
    moments.properties + np.stack([p.sum(0), (p * p).sum(0)]),
    moments.both + p.T @ x,
    moments.changes + (np.nan_to_num(steps) != 0).sum(0),
    p[-1] if len(p) else moments.last,
  )


def correlations(moments: Moments) -> np.ndarray:
  """Pearson's r of every property with every unit, [P, N], from -1 to 1.

  NaN in the row of a property that changed fewer than `FEWEST_CHANGES` times;
  0 for a unit that never moved.
  """
  n = max(moments.steps, 1)
  mean_x, square_x = moments.units / n
  mean_p, square_p = moments.properties / n
  covariance = moments.both / n - np.outer(mean_p, mean_x)
  deviations = []
  for mean, square in ((mean_x, square_x), (mean_p, square_p)):
    variance = square - mean * mean
    # What rounding leaves of a constant is no variance.
    variance[variance <= 1e-12 * np.maximum(square, 1e-300)] = 0
    deviations.append(np.sqrt(variance))
  scale = np.outer(deviations[1], deviations[0])
  r = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)
  r[moments.changes < FEWEST_CHANGES] = np.nan
  return np.clip(r, -1, 1)


def best_units(r: np.ndarray, count: int) -> np.ndarray:
  """The units that follow a property best, either way round, best first.

  Args:
    r: its correlations with the units, [N].
    count: how many are wanted.
  """
  return np.argsort(-np.abs(r), kind="stable")[:count]
