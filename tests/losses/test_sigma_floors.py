"""The loss of handwriting by several floors of sigma."""

import dataclasses

import jax
import numpy as np
from experiments import CONFIG, make_lines

from graves_jax.data.lines import LineBatches
from graves_jax.data.strokes import Alphabet, Normalization
from graves_jax.losses.handwriting import handwriting_loss
from graves_jax.losses.sigma_floors import floors_loss
from graves_jax.networks.build import build_network, example_inputs

FLOORS = (1e-4, 0.3)


def test_all_floors_in_one_pass_are_each_by_itself():
  lines = [
    line._replace(points=line.points[:10], text=line.text[:3])
    for line in make_lines(4, 5)
  ]
  lines[1].points[::3, :2] = 0
  lines[2].points[:, :2] = 0
  alphabet, normalization = Alphabet("abc "), Normalization.of(lines)
  network = build_network(
    dataclasses.replace(CONFIG.network, hidden=(6,)), alphabet.size
  )
  params = network.init(jax.random.key(0), *example_inputs(network))
  zero = normalization.normalize(np.zeros(3))[:2]
  loss = jax.jit(floors_loss(network, FLOORS[1], FLOORS, zero))

  def sums_of(lines, loss):
    batches = LineBatches(
      lines, alphabet, normalization, batch_size=4, buckets=1
    )
    (batch,) = batches.in_order()
    return loss(params, (), batch, None)[0]

  sums = sums_of(lines, loss)
  alone = [
    sums_of(lines, jax.jit(handwriting_loss(network, floor)))
    for floor in FLOORS
  ]
  np.testing.assert_allclose(sums.by_floor, [a.nats for a in alone], rtol=1e-5)
  np.testing.assert_allclose(sums.own, alone[1], rtol=1e-5)
  offsets = [line.points[:, :2] for line in lines]
  assert sums.zeros == sum((o == 0).all(1).sum() for o in offsets)
  of_zeros = sums_of([lines[2]], loss)
  np.testing.assert_allclose(of_zeros.of_zeros, of_zeros.by_floor)
  assert not sums_of([lines[0]], loss).of_zeros.any()
  some = sums_of([lines[1]], loss)
  both = some.of_zeros + of_zeros.of_zeros
  np.testing.assert_allclose(sums.of_zeros, both, rtol=1e-5)
