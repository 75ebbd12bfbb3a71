"""Sums up what units did while something was read, and keeps a part of it.

Axes: T time, N units of all layers, P properties, S steps that are kept.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from graves_jax.inspection import correlations, gates
from graves_jax.inspection.recording import Record


class Findings(NamedTuple):
  """What was found out about a network's units.

  steps: how many elements were read.
  layers: units of each layer; N in all, in this order.
  activations: of the first S steps, [S, N], from -1 to 1, float16.
  names: of the P properties.
  values: of the properties at these steps, [S, P].
  r: correlations of properties and units over all steps, [P, N]; a property
    that hardly ever changed has NaN.
  gates: over all steps; None if the layers have no gates.
  """

  steps: int
  layers: tuple[int, ...]
  activations: np.ndarray
  names: tuple[str, ...]
  values: np.ndarray
  r: np.ndarray
  gates: gates.GateShares | None


class Survey:
  """Takes records in, one after another, of any length in all."""

  def __init__(self, layers: Sequence[int], names: Sequence[str], keep: int):
    """Begins with nothing read.

    Args:
      layers: units of each layer.
      names: of the properties.
      keep: how many steps to keep, the first ones.
    """
    self._layers, self._names, self._keep = tuple(layers), tuple(names), keep
    units = sum(layers)
    self._moments = correlations.no_moments(units, len(names))
    self._gates = gates.no_gates(units)
    self._activations: list[np.ndarray] = []
    self._values: list[np.ndarray] = []

  def restart(self) -> None:
    """What follows is read from a zero state."""
    self._moments = self._moments._replace(
      last=np.full(len(self._names), np.nan)
    )
    self._gates = self._gates._replace(held=np.zeros_like(self._gates.held))

  def add(self, record: Record, values: np.ndarray) -> None:
    """Adds T more steps: a record of one row, and the properties [T, P].

    A record may be longer than the values: what follows is padding.
    """
    steps = len(values)
    activations = np.concatenate(
      [np.asarray(layer.activations[:steps, 0]) for layer in record.layers], -1
    )
    room = self._keep - sum(map(len, self._values))
    self._activations.append(activations[:room].astype(np.float16))
    self._values.append(values[:room])
    self._moments = correlations.add_moments(self._moments, activations, values)
    recorded = [layer.gates for layer in record.layers if layer.gates]
    if recorded:
      of_kinds = [
        np.concatenate([np.asarray(g[:steps, 0]) for g in kind], -1)
        for kind in zip(*recorded, strict=True)
      ]
      self._gates = gates.add_gates(self._gates, np.stack(of_kinds))

  def findings(self) -> Findings:
    """What was found so far, in one step or more."""
    has_gates = self._gates.steps > 0
    return Findings(
      steps=self._moments.steps,
      layers=self._layers,
      activations=np.concatenate(self._activations),
      names=self._names,
      values=np.concatenate(self._values),
      r=correlations.correlations(self._moments),
      gates=gates.gate_shares(self._gates) if has_gates else None,
    )
