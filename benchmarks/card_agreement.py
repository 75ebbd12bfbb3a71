"""Whether a card computes what the definition computes on the processor.

On the card, in float32 and bfloat16: the loss of real lines and its gradient,
with weights from a seed; what the shipped weights predict along these lines,
and what they draw. Beside it, in float32 on the processor: the plain scans that
JAX differentiates (the implementation "reference"), and our own path.
Differences are norms over the norm of the reference.

At trained weights the gradients of the points all but cancel, and bfloat16
looks five times as bad as it is while training: hence those from a seed.
Samples in bfloat16 are not compared: which component is drawn hangs on the last
bit now and then, and lines part there.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from report import rounded

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.checkpoints.state import initial_params
from graves_jax.data.lines import LineBatches, StrokeBatch
from graves_jax.data.strokes import Line
from graves_jax.distributions.bivariate_mixture import SIGMA_FLOOR
from graves_jax.fast.implementation import Choice
from graves_jax.fast.window_lstm import Text
from graves_jax.losses.handwriting import handwriting_loss, network_inputs
from graves_jax.networks.build import build_network, example_inputs
from graves_jax.pretrained import HANDWRITING
from graves_jax.sampling.handwriting import (
  SampleInputs,
  sample_handwriting,
  trace_densities,
)

LIMITS = {"float32": 1e-4, "bfloat16": 0.02}
_BIAS = 1.0


class Agreement(NamedTuple):
  """One comparison."""

  what: str
  precision: str
  error: float
  limit: float

  @property
  def agrees(self) -> bool:
    return self.error <= self.limit  # not if it is not a number


def agreements(
  card: jax.Device, lines: Sequence[Line], rows: int, points: int
) -> list[Agreement]:
  """Compares the card with the processor, samples in float32 only.

  Args:
    card: the device.
    lines: real ones, or synthetic.
    rows: lines of a batch.
    points: elements of a line, at most; as many are sampled.
  """
  restored = restore_checkpoint(HANDWRITING)
  codec, settings = restored.metadata.codec, restored.metadata.config.network
  lines = [line._replace(points=line.points[:points]) for line in lines[:rows]]
  batch = next(
    LineBatches(
      lines, codec.alphabet, codec.normalization, batch_size=rows, buckets=1
    ).in_order()
  )

  def network(precision: str, implementation: Choice = "auto"):
    changed = dataclasses.replace(settings, precision=precision)
    return build_network(changed, codec.size, implementation)

  def on(device: jax.Device, precision: str, implementation: Choice = "auto"):
    first, trained, lines = jax.device_put(
      (initial, restored.params, batch), device
    )
    definition = network(precision, implementation)
    return _loss_and_gradient(definition, first, lines) | (
      _written(network(precision), trained, lines)
    )

  shapes = example_inputs(network("float32"))
  initial = jax.device_get(initial_params(network("float32"), 0, *shapes))
  expected = on(jax.devices("cpu")[0], "float32", "reference")
  return [
    Agreement(what, precision, _difference(actual, expected[what]), limit)
    for precision, limit in LIMITS.items()
    for what, actual in on(card, precision).items()
  ]


def _loss_and_gradient(network, params, batch: StrokeBatch) -> dict[str, Any]:
  loss_fn = handwriting_loss(network, SIGMA_FLOOR)

  def nats(params, batch):
    return loss_fn(params, (), batch, None)[0].nats

  loss, gradient = jax.jit(jax.value_and_grad(nats))(params, batch)
  return jax.device_get({"loss": loss, "gradient": gradient})


def _written(network, params, batch: StrokeBatch) -> dict[str, Any]:
  """What is predicted along the lines, and what is drawn in their place."""
  text = network_inputs(network, batch)[1]
  written = batch.points.swapaxes(0, 1)
  results = {"predictions": trace_densities(network, params, written, text)}
  if network.precision == "float32":
    results["samples"] = _samples(network, params, batch, text)
  return jax.device_get(results)


def _samples(network, params, batch: StrokeBatch, text: Text) -> Any:
  rows, steps = batch.points.shape[:2]
  inputs = SampleInputs(
    keys=jax.random.split(jax.random.key(0), rows),
    bias=np.full(rows, _BIAS, np.float32),
    points=np.zeros((steps, rows, 3), np.float32),
    prime_lengths=np.zeros(rows, np.int32),
    limits=np.full(rows, steps, np.int32),
    text=text,
    text_lengths=batch.text_lengths,
    rest=np.float32(0),
  )
  inputs = jax.device_put(inputs, batch.points.device)
  return sample_handwriting(network, params, inputs).points


def _difference(actual: Any, expected: Any) -> float:
  def joined(tree):
    return np.concatenate(
      [np.asarray(x, float).ravel() for x in jax.tree.leaves(tree)]
    )

  reference = joined(expected)
  error = np.linalg.norm(joined(actual) - reference)
  return rounded(error / np.linalg.norm(reference))
