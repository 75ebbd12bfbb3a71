"""How likely a text is by a reader: the sum over all of its paths.

The forward pass of connectionist temporal classification (Graves et al., 2006,
Eqs. 5 to 8). Axes: N steps, B lines, U characters, A classes, the last of which
is the blank, S = 2U + 1 places: a blank before, after and between characters.
"""

from collections.abc import Sequence

import numpy as np


def text_log_probs(
  log_probs: Sequence[np.ndarray], texts: Sequence[np.ndarray]
) -> np.ndarray:
  """Log probabilities of texts, [B] nats; -inf where a line has too few steps.

  >>> half = np.log(np.full((2, 2), 0.5))
  >>> np.exp(text_log_probs([half], [np.array([0])])).round(2).tolist()
  [0.75]

  Args:
    log_probs: of the classes of each line's steps, [N, A] each.
    texts: classes of each line's text, [U] each; none is the blank.
  """
  if not len(texts):
    return np.zeros(0)
  blank = log_probs[0].shape[1] - 1
  rows = np.arange(len(texts))
  steps = np.array([len(x) for x in log_probs])
  lengths = np.array([len(text) for text in texts])
  places = np.full((len(texts), 2 * lengths.max() + 1), blank)
  padded = np.full((steps.max(), len(texts), blank + 1), -np.inf)
  for row, (text, own) in enumerate(zip(texts, log_probs, strict=True)):
    places[row, 1 : 2 * len(text) : 2] = text
    padded[: len(own), row] = own
  # A blank may be jumped over, but not between two of the same character.
  may_jump = np.zeros(places.shape, bool)
  may_jump[:, 2:] = (places[:, 2:] != places[:, :-2]) & (places[:, 2:] != blank)
  alpha = np.full(places.shape, -np.inf)
  alpha[:, 0] = 0  # no step yet: the first one is at the blank or its neighbor
  for t, step in enumerate(padded):
    new = _moved(alpha, may_jump) + step[rows[:, None], places]
    alpha = np.where((t < steps)[:, None], new, alpha)
  ends = alpha[rows, 2 * lengths]
  before = np.where(lengths > 0, alpha[rows, 2 * lengths - 1], -np.inf)
  return np.logaddexp(ends, before)


def _moved(alpha: np.ndarray, may_jump: np.ndarray) -> np.ndarray:
  """Log probabilities of being at each place before the next step, [B, S]."""
  moved = alpha.copy()
  moved[:, 1:] = np.logaddexp(moved[:, 1:], alpha[:, :-1])
  jumps = np.where(may_jump[:, 2:], alpha[:, :-2], -np.inf)
  moved[:, 2:] = np.logaddexp(moved[:, 2:], jumps)
  return moved
