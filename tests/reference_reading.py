"""Reading in float64 NumPy, from Graves et al. (2006) and (2009) alone.

It shares no code with graves_jax; the cells are those of reference.py. One
line at a time, so that nothing is padded. A text is a list of classes, the
last class is the blank. A network is a dict: layers (a list of dicts forward
and backward, each an LSTM layer), output_weights [2H, A], output_bias [A].
"""

import itertools

import numpy as np
import reference


def with_blanks(text, blank):
  """l' of the paper: a blank before, after and between the characters."""
  extended = [blank]
  for character in text:
    extended += [character, blank]
  return extended


def predecessors(extended, s, blank):
  """Where a path that is at s may come from, Eqs. (6) and (7)."""
  places = [s]
  if s >= 1:
    places.append(s - 1)
  if s >= 2 and extended[s] != blank and extended[s] != extended[s - 2]:
    places.append(s - 2)
  return places


def ctc(raw, text):
  """Nats of a text and their derivatives with respect to raw scores [N, A].

  By the forward and the backward variables, Eqs. (5)-(11) and (16), in plain
  probabilities: for few steps.
  """
  y = np.array([reference.softmax(step) for step in raw])
  steps, blank = len(y), raw.shape[1] - 1
  extended = with_blanks(text, blank)
  count = len(extended)
  alpha, beta = np.zeros((steps, count)), np.zeros((steps, count))
  alpha[0, 0] = y[0, blank]
  if count > 1:
    alpha[0, 1] = y[0, extended[1]]
  for t in range(1, steps):
    for s in range(count):
      total = sum(alpha[t - 1, p] for p in predecessors(extended, s, blank))
      alpha[t, s] = total * y[t, extended[s]]
  beta[-1, -2:] = 1  # what follows step t, y of step t itself not counted
  for t in range(steps - 2, -1, -1):
    for s in range(count):
      for p in predecessors(extended, s, blank):
        beta[t, p] += beta[t + 1, s] * y[t + 1, extended[s]]
  probability = alpha[-1, -2:].sum()
  derivatives = y.copy()
  for t in range(steps):
    for s in range(count):
      derivatives[t, extended[s]] -= alpha[t, s] * beta[t, s] / probability
  return -np.log(probability), derivatives


def collapsed(path, blank):
  """B of the paper: repetitions joined, then blanks left out."""
  joined = [k for k, _ in itertools.groupby(path)]
  return tuple(k for k in joined if k != blank)


def probabilities(raw):
  """The probability of every text that there is, over all paths."""
  y = np.array([reference.softmax(step) for step in raw])
  found = {}
  for path in itertools.product(range(raw.shape[1]), repeat=len(raw)):
    text = collapsed(path, raw.shape[1] - 1)
    own = np.prod([y[t, k] for t, k in enumerate(path)])
    found[text] = found.get(text, 0.0) + own
  return found


def distance(read, written):
  """Edits between two sequences, by the recursion that defines them."""
  if not read or not written:
    return len(read) + len(written)
  return min(
    distance(read[1:], written) + 1,
    distance(read, written[1:]) + 1,
    distance(read[1:], written[1:]) + (read[0] != written[0]),
  )


def join(points, joined):
  """Pen elements [T, D], so many as one; zeros where the last one lacks any."""
  rows = []
  for start in range(0, len(points), joined):
    row = np.zeros(joined * points.shape[1])
    part = points[start : start + joined].ravel()
    row[: len(part)] = part
    rows.append(row)
  return np.array(rows)


def reading_loss(network, points, text, *, joined, clip):
  """Nats of a line's text, their gradients, and the raw scores [N, A]."""
  x = join(points, joined)
  tapes, below = [], x
  for layer in network["layers"]:
    width = len(layer["forward"]["recurrent"])
    zeros = np.zeros(width)
    *_, forward, tape = reference.lstm_unroll(
      layer["forward"], zeros, zeros, below
    )
    *_, backward, back_tape = reference.lstm_unroll(
      layer["backward"], zeros, zeros, below[::-1]
    )
    tapes.append((tape, back_tape, width))
    below = np.concatenate([forward, backward[::-1]], axis=1)
  raw = below @ network["output_weights"] + network["output_bias"]
  nats, d_raw = ctc(raw, text)
  gradients = {
    "layers": [],
    "output_weights": below.T @ d_raw,
    "output_bias": d_raw.sum(0),
  }
  d_below = d_raw @ network["output_weights"].T
  for layer, (tape, back_tape, width) in zip(
    network["layers"][::-1], tapes[::-1], strict=True
  ):
    zeros = np.zeros(width)
    d_forward, _, _, d_one = reference.lstm_unroll_backward(
      layer["forward"], tape, zeros, zeros, d_below[:, :width], clip
    )
    d_backward, _, _, d_other = reference.lstm_unroll_backward(
      layer["backward"], back_tape, zeros, zeros, d_below[::-1, width:], clip
    )
    gradients["layers"].insert(
      0, {"forward": d_forward, "backward": d_backward}
    )
    d_below = d_one + d_other[::-1]
  return nats, gradients, raw


def random_network(rng, hidden, joined, classes, scale=0.5):
  """hidden: cells of each layer in each direction."""
  widths = [3 * joined, *(2 * h for h in hidden)]
  return {
    "layers": [
      {
        name: reference.random_lstm(rng, widths[n], h, scale)
        for name in ("forward", "backward")
      }
      for n, h in enumerate(hidden)
    ],
    "output_weights": scale * rng.normal(size=(widths[-1], classes)),
    "output_bias": scale * rng.normal(size=classes),
  }
