"""Doubts about a style line: does a network find its ink and text likely?

All is relative to the network itself, so that it holds for other weights too:
the ink beside what the network expected, beside the same ink turned, and
beside another text. Real lines, in the comments below, are 200 of IAM-OnDB's
testset_v as the weights that ship read them (benchmarks/style_checks.py).
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from graves_jax.data.strokes import Line
from graves_jax.distributions import bivariate_mixture
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.synthesis import SynthesisNetwork
from graves_jax.sampling.writer import HandwritingWriter

# Matrices of (x, y), and the mistake that each one puts right.
_TURNS = {
  "upside down: let y grow downwards": ((1, 0), (0, -1)),
  "mirrored: let x grow to the right": ((-1, 0), (0, 1)),
  "turned by 180 degrees: turn it back": ((-1, 0), (0, -1)),
  "with x and y exchanged: exchange them": ((0, 1), (1, 0)),
  "on its side: turn it to the left by 90 degrees": ((0, 1), (-1, 0)),
  "on its side: turn it to the right by 90 degrees": ((0, -1), (1, 0)),
  "on its side and mirrored: exchange x and y, and turn both round": (
    (0, -1),
    (-1, 0),
  ),
}
_DRAWS = 4  # of the network's own ink, a point
# Arrays are padded to multiples of these: few shapes, few compilations.
_POINTS_MULTIPLE = 256
_CHARACTERS_MULTIPLE = 16
_CHARACTERS_BEYOND = 8  # which the window may run past the text

# Nats a point. Real lines: -0.09 to 0.63; ink of other sources that is in
# order: 1.4; offsets drawn at random or shuffled: 2.9 and more.
_MOST_SURPRISE = 2.1
# Nats a point. Real lines: -1.52 to -0.48; a turned one: 0.9.
_MOST_TURNED_GAIN = 0.2
# Nats a point. Real lines: -0.72 to 0.06; 99 in 100 are below 0.02.
_MOST_TEXT_GAIN = 0.0
# Share of the text, above 3 characters. Of 98 in 100 real lines at most 6
# characters are unread.
_MOST_UNREAD = 0.35
# Characters past the end. Of 99 in 100 real lines 1.
_MOST_BEYOND = 3


class StyleReading(NamedTuple):
  """How a network reads a style line.

  surprise: nats per point of the ink beyond those of what the network itself
    would have written instead, point for point; about 0 for real hands.
  turned_gains: of each of `_TURNS`, nats per point that the ink gains by it.
  text_gain: nats per point that the ink gains by its text spelled backwards.
  read: characters of the text that the window has passed after the ink.
  """

  surprise: float
  turned_gains: np.ndarray
  text_gain: float
  read: int


def read_styles(
  writer: HandwritingWriter, lines: Sequence[Line]
) -> list[StyleReading]:
  """Reads style lines, each also turned in all ways, and with backwards text.

  Args:
    writer: holds a synthesis network.
    lines: as they will prime the network.
  """
  turns = [np.eye(2), *map(np.array, _TURNS.values()), np.eye(2)]
  longest = max(len(line.points) for line in lines)
  points = np.zeros(
    (_round_up(longest + 1, _POINTS_MULTIPLE), len(lines), len(turns), 3),
    np.float32,
  )
  texts = [line.text.rstrip() + " " for line in lines]
  columns = max(map(len, texts)) + _CHARACTERS_BEYOND
  columns = _round_up(columns, _CHARACTERS_MULTIPLE)
  characters = np.zeros((len(lines), len(turns), columns), np.int32)
  used = np.zeros((len(lines), len(turns)), np.int32)
  for row, (line, text) in enumerate(zip(lines, texts, strict=True)):
    for k, turn in enumerate(turns):
      turned = line.points[:, :2] @ turn.T
      turned = np.column_stack([turned, line.points[:, 2]])
      points[: len(turned), row, k] = writer.normalization.normalize(turned)
    used[row] = len(text)
    characters[row, :, : len(text)] = writer.alphabet.encode(text)
    backwards = text[-2::-1] + " "
    characters[row, -1, : len(text)] = writer.alphabet.encode(backwards)
  mask = (np.arange(columns) < used[..., None]).astype(np.float32)
  read = _read(
    writer.network,
    writer.params,
    points.reshape(len(points), -1, 3),
    Text(
      jnp.asarray(characters.reshape(-1, columns)),
      jnp.asarray(mask.reshape(-1, columns)),
    ),
    np.arange(len(lines)) * len(turns),
    sigma_floor=writer.sigma_floor,
  )
  nats, expected, places = map(np.asarray, read)
  nats = nats.reshape(len(points), len(lines), len(turns))
  readings = []
  for row, line in enumerate(lines):
    length = len(line.points)
    means = nats[:length, row].mean(axis=0)
    readings.append(
      StyleReading(
        surprise=float(means[0] - expected[:length, row].mean()),
        turned_gains=means[0] - means[1:-1],
        text_gain=float(means[0] - means[-1]),
        read=int(places[length, row]),
      )
    )
  return readings


def doubt(reading: StyleReading, text: str) -> str | None:
  """Says what is wrong with a style, and what to do; None if nothing is.

  Args:
    reading: of the style.
    text: its text.
  """
  characters = len(text.rstrip())
  best = int(reading.turned_gains.argmax())
  gain = reading.turned_gains[best]
  if gain > _MOST_TURNED_GAIN:
    return (
      f"its ink seems to be {list(_TURNS)[best]} (it is likelier so by "
      f"{gain:.1f} nats a point)."
    )
  unread = characters - reading.read
  is_unread = unread > max(_MOST_UNREAD * characters, 3)
  is_beyond = unread < -_MOST_BEYOND
  is_palindrome = text.strip() == text.strip()[::-1]
  is_likelier = reading.text_gain > _MOST_TEXT_GAIN and not is_palindrome
  if is_unread or is_beyond or is_likelier:
    found = f"no likelier with it than with {text.strip()[::-1][:40]!r}"
    if is_unread:
      found = f"at an end after {reading.read} of {characters} characters"
    elif is_beyond:
      found = f"not at an end after all {characters} characters"
    return (
      f"its text {text.strip()[:40]!r} does not seem to be what the ink says: "
      f"the ink is {found}; give its own text with --style-text."
    )
  if reading.surprise > _MOST_SURPRISE:
    return (
      "its ink is unlike all that the network has learned "
      f"({reading.surprise:.1f} nats a point less likely than expected; real "
      "lines: up to 0.7): are its points in the order of writing, with the "
      "pen lifted between strokes?"
    )
  return None


@functools.partial(jax.jit, static_argnums=0, static_argnames="sigma_floor")
def _read(
  network: SynthesisNetwork,
  params: Any,
  points: Array,
  text: Text,
  rows: Array,
  *,
  sigma_floor: float,
) -> tuple[Array, Array, Array]:
  """What a network finds in ink that it is shown.

  Returns:
    Nats of each point, [T, B]; of those `rows` [R] of the batch, the nats that
    the network expected and the window's place, each [T, R].
  """
  log_prob = functools.partial(
    bivariate_mixture.log_prob, sigma_floor=sigma_floor
  )
  draw = functools.partial(bivariate_mixture.sample, sigma_floor=sigma_floor)
  # All rows have the same keys, so that none depends on the others.
  draw = jax.vmap(jax.vmap(draw, in_axes=(None, 0)), in_axes=(0, None))

  def step(carry, inputs):
    state, last = carry
    t, element = inputs
    stepped: Any = network.apply(params, state, last, text, method="step")
    state, (raw, phi) = stepped
    key = jax.random.fold_in(jax.random.key(0), t)
    drawn = draw(jax.random.split(key, _DRAWS), raw[rows])
    found = (
      -log_prob(raw, element),
      -log_prob(raw[rows], drawn).mean(axis=0),
      phi[rows].argmax(axis=-1),
    )
    return (state, element), found

  start = network.initial_state(points.shape[1]), jnp.zeros_like(points[0])
  return lax.scan(step, start, (jnp.arange(len(points)), points))[1]


def _round_up(number: int, multiple: int) -> int:
  return -(-number // multiple) * multiple
