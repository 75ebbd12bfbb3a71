"""Correlations and gates, summed piece by piece, against plain NumPy."""

import numpy as np

from graves_jax.inspection import correlations, gates
from graves_jax.inspection.recording import GateRecord, LayerRecord, Record
from graves_jax.inspection.survey import Survey

RANDOM = np.random.default_rng(0)


def test_correlations_of_pieces_are_those_of_the_whole():
  units = np.tanh(RANDOM.normal(size=(90, 5)))
  values = RANDOM.normal(3, 40, size=(90, 4))
  values[:, 0] = 7 - 2 * units[:, 1]
  values[:, 2] = np.arange(90) // 9  # changes 9 times
  units[:, 4] = 0.1  # never moves
  moments = correlations.no_moments(5, 4)
  for part in (slice(0, 1), slice(1, 50), slice(50, 90)):
    moments = correlations.add_moments(moments, units[part], values[part])
  r = correlations.correlations(moments)
  expected = np.corrcoef(values[:, [0, 1, 3]].T, units[:, :4].T)[:3, 3:]
  np.testing.assert_allclose(r[[0, 1, 3], :4], expected, atol=1e-9)
  assert np.isnan(r[2]).all()
  values[:, 2] = np.arange(90) // 8  # 11 times
  moments = correlations.add_moments(
    correlations.no_moments(5, 4), units, values
  )
  assert np.isfinite(correlations.correlations(moments)).all()
  assert (r[[0, 1, 3], 4] == 0).all()
  best = correlations.best_units(r[0], 2)
  assert best[0] == 1 and r[0, 1] < -0.999
  assert abs(r[0, best[1]]) == np.sort(np.abs(r[0]))[-2]


def test_gates_are_open_or_shut_for_a_share_of_the_time():
  given = RANDOM.random((3, 60, 2))
  sums = gates.no_gates(2)
  for part in (slice(0, 7), slice(7, 60)):
    sums = gates.add_gates(sums, given[:, part])
  shares = gates.gate_shares(sums)
  np.testing.assert_allclose(shares.open, (given > 0.9).mean(1))
  np.testing.assert_allclose(shares.shut, (given < 0.1).mean(1))
  # The definition: of each step's input, the share that each later step keeps.
  kept = np.array(
    [
      [given[1, s + 1 : t + 1].prod(axis=0) for s in range(t + 1)]
      + [[0, 0]] * (59 - t)
      for t in range(60)
    ]
  )
  np.testing.assert_allclose(shares.memory, kept.sum(1).mean(0))


def test_the_memory_under_a_constant_gate_is_that_of_a_geometric_series():
  constant = np.full((3, 20_000, 1), 0.95)
  memory = gates.gate_shares(
    gates.add_gates(gates.no_gates(1), constant)
  ).memory
  np.testing.assert_allclose(memory, 1 / (1 - 0.95), rtol=2e-3)


def test_texts_that_start_anew_do_not_run_into_each_other():
  """The memory of two is the mean of theirs, weighted by their lengths."""

  def survey(*parts):
    found = Survey((3,), ("halves",), 99)
    for part in parts:
      found.restart()
      # The property has one value within a part: nothing changes.
      own = np.full((len(part), 1), len(part))
      kinds = GateRecord(part, part, part)
      found.add(Record((LayerRecord(part, kinds),), part), own)
    return found.findings()

  a, b = RANDOM.uniform(0.5, 1, (20, 1, 3)), RANDOM.uniform(0.5, 1, (40, 1, 3))
  expected = (20 * survey(a).gates.memory + 40 * survey(b).gates.memory) / 60
  np.testing.assert_allclose(survey(a, b).gates.memory, expected)
  assert np.isnan(survey(*([a, b] * 20)).r).all()
