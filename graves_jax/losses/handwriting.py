"""The summed loss of handwriting over padded batches (Eqs. 6, 26)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from graves_jax.data.lines import StrokeBatch
from graves_jax.distributions import bivariate_mixture
from graves_jax.layers.window_lstm import Text
from graves_jax.losses.sums import Keys, LossFn, Sums
from graves_jax.networks.prediction import shift_right
from graves_jax.networks.synthesis import SynthesisNetwork


class HandwritingSums(NamedTuple):
  """Sums over a batch, scalars; add those of several batches elementwise.

  nats: negative log likelihood, of offsets normalized to standard deviation 1.
  squared_error: squared distance (x and y added up) of offsets from the mean
    of the predicted mixture.
  elements: pen elements scored.
  sequences: lines scored.
  """

  nats: Array
  squared_error: Array
  elements: Array
  sequences: Array


def handwriting_loss(network: nn.Module, sigma_floor: float) -> LossFn:
  """The sequence loss (26) of a prediction or synthesis network.

  The first input is the null vector, so that every element is scored. What is
  padding contributes exactly nothing, to the sums and to their gradients.

  Args:
    network: a `PredictionNetwork` or `SynthesisNetwork`.
    sigma_floor: least standard deviation of the mixture.

  Returns:
    A loss that carries nothing from batch to batch. The network's dropout
    draws from the keys of the rows; without keys nothing is dropped.
  """

  def loss(params, carry, batch: StrokeBatch, keys: Keys | None):
    dropout_keys = None if keys is None else keys.rows
    predicted = predict(network, params, batch, dropout_keys)
    return handwriting_sums(predicted, batch, sigma_floor), carry

  return loss


class Predicted(NamedTuple):
  """What a network says of each pen element.

  raw: its outputs [T, B, 6M + 1]; 0 in what is padding.
  points: the elements [T, B, 3].
  inside: [T, B], False in what is padding.
  """

  raw: Array
  points: Array
  inside: Array


def predict(
  network: nn.Module, params: Any, batch: StrokeBatch, keys: Array | None = None
) -> Predicted:
  """Unrolls a network over a batch.

  Args:
    network, params: a `PredictionNetwork` or `SynthesisNetwork`.
    batch: of lines.
    keys: of the rows, which dropout draws from; None: nothing is dropped.
  """
  inputs = network_inputs(network, batch)
  points = jnp.swapaxes(batch.points, 0, 1)  # [T, B, 3]
  inside = jnp.arange(len(points))[:, None] < batch.lengths
  raw: Any = network.apply(params, *inputs, keys)
  raw = jnp.where(inside[..., None], raw, 0)  # finite, and no derivative
  return Predicted(raw, points, inside)


def handwriting_sums(
  predicted: Predicted, batch: StrokeBatch, sigma_floor: float
) -> HandwritingSums:
  """Sums (26) and the squared error over what was predicted of a batch."""
  raw, points, inside = predicted
  log_prob = bivariate_mixture.log_prob(raw, points, sigma_floor=sigma_floor)
  error = bivariate_mixture.mean(jax.lax.stop_gradient(raw)) - points
  squared_error = (error[..., :2] ** 2).sum(-1)
  return HandwritingSums(
    nats=-jnp.where(inside, log_prob, 0).sum(),
    squared_error=jnp.where(inside, squared_error, 0).sum(),
    elements=batch.lengths.sum().astype(jnp.float32),
    sequences=(batch.lengths > 0).sum().astype(jnp.float32),
  )


def network_inputs(network: nn.Module, batch: StrokeBatch) -> tuple:
  """What `network` unrolls over: inputs [T, B, 3], and the text if it reads."""
  elements = shift_right(jnp.swapaxes(batch.points, 0, 1))
  if not isinstance(network, SynthesisNetwork):
    return (elements,)
  characters: Any = batch.characters
  columns = jnp.arange(characters.shape[1])
  mask = (columns < batch.text_lengths[:, None]).astype(elements.dtype)
  return elements, Text(characters, mask)


class HandwritingScores(NamedTuple):
  """Averages in the paper's units (Tables 3 and 4).

  The paper does not define its squared error. Of the definitions tried
  (benchmarks/squared_error.py), only `squared_error_per_coordinate` is near
  its figures, so it is what they are compared with.

  nats_per_sequence: negative log likelihood of a line, as the paper has it.
  nats_per_point: the same of a point, which does not depend on how many points
    a line has.
  squared_error_per_point: squared distance of an offset from the mean of the
    predicted mixture, x and y added up; offsets have standard deviation 1.
  squared_error_per_coordinate: half of it, the mean over x and y.
  sequences, points: how many were averaged over.
  nats_gained_by_reading: what a line costs with another line's text less what
    it costs with its own; None where the network reads no text, or it was not
    measured. Readable writing has needed about 200 (our own measure).
  """

  nats_per_sequence: float
  nats_per_point: float
  squared_error_per_point: float
  squared_error_per_coordinate: float
  sequences: int
  points: int
  nats_gained_by_reading: float | None = None


def handwriting_scores(sums: Sums) -> HandwritingScores:
  """Averages of sums over a set of lines.

  Raises:
    ValueError: if the sums hold no line.
  """
  nats, squared_error, points, sequences = map(float, sums)
  if not sequences:
    raise ValueError("there is no line to average over.")
  return HandwritingScores(
    nats_per_sequence=nats / sequences,
    nats_per_point=nats / points,
    squared_error_per_point=squared_error / points,
    squared_error_per_coordinate=squared_error / points / 2,
    sequences=round(sequences),
    points=round(points),
  )
