"""How long gates are open or shut, and for how long cells remember.

As in Karpathy, Johnson & Li, *Visualizing and Understanding Recurrent Networks*
(2015): a gate is open ("right-saturated") above 0.9 and shut
("left-saturated") below 0.1. Axes: T time, N units. NumPy alone.
"""

from typing import NamedTuple

import numpy as np

OPEN = 0.9
SHUT = 0.1
GATES = ("input", "forget", "output")


class GateSums(NamedTuple):
  """Sums over all time steps so far, in float64.

  steps: how many.
  open, shut: in how many of them each gate was so, [3, N], in the order of
    `GATES`.
  held: how much each cell holds now of what was ever written into it, see
    `memory`, [N].
  total_held: that, added up over the steps, [N].
  """

  steps: int
  open: np.ndarray
  shut: np.ndarray
  held: np.ndarray
  total_held: np.ndarray


def no_gates(units: int) -> GateSums:
  """The sums before the first step."""
  counts, held = np.zeros((3, units)), np.zeros(units)
  return GateSums(0, counts, counts, held, held)


def add_gates(sums: GateSums, gates: np.ndarray) -> GateSums:
  """Adds T more steps of gates [3, T, N], in the order of `GATES`."""
  gates = np.asarray(gates, np.float64)
  held, total = sums.held, sums.total_held.copy()
  for forget in gates[1]:
    held = 1 + forget * held
    total += held
  return GateSums(
    sums.steps + gates.shape[1],
    sums.open + (gates > OPEN).sum(1),
    sums.shut + (gates < SHUT).sum(1),
    held,
    total,
  )


class GateShares(NamedTuple):
  """What gates did, on average.

  open, shut: share of the time in which each gate was so, [3, N].
  memory: how many steps each cell remembers, [N].

  The memory: what a cell is given at one step is multiplied by the forget gate
  of every later one (Eq. 9), so that at step t the share of it that is left is
  the product of these gates. Added up over all steps up to t, these shares
  count the steps whose input the cell still holds: n_t = 1 + f_t n_{t-1}. The
  memory is their mean over t. Under a constant gate f it is 1 / (1 - f). As n_t
  is at most t, it is at most (T + 1) / 2 of T steps: a cell that forgets
  nothing shows half of what was read, more of a longer text.
  """

  open: np.ndarray
  shut: np.ndarray
  memory: np.ndarray


def gate_shares(sums: GateSums) -> GateShares:
  """The averages of at least one step."""
  n = sums.steps
  return GateShares(sums.open / n, sums.shut / n, sums.total_held / n)
