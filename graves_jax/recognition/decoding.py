"""Texts from the probabilities of a reader's steps, without a language model.

A path has a class for each step; its text is what is left when repetitions are
joined and then blanks left out (Graves et al., 2006). Axes: N steps, A
classes, of which the last one is the blank, P prefixes.
"""

import numpy as np

Text = tuple[int, ...]
# The search takes a blank that is as sure as this for certain: most steps of a
# trained reader are, and cost next to nothing then.
_CERTAIN = np.log1p(-1e-6)


def greedy(log_probs: np.ndarray) -> Text:
  """The text of the most probable path.

  >>> with np.errstate(divide="ignore"):
  ...   log_probs = np.log([[1, 0, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]])
  >>> greedy(log_probs)
  (0, 0, 1)

  Args:
    log_probs: of the classes of a line's steps, [N, A].
  """
  blank = log_probs.shape[1] - 1
  best = log_probs.argmax(1)
  is_new = np.diff(best, prepend=-1) != 0
  return tuple(best[is_new & (best != blank)].tolist())


def beam_search(log_probs: np.ndarray, beam: int) -> Text:
  """The most probable text, that of all its paths together.

  Prefix beam search (Graves and Jaitly, 2014, without a language model): after
  each step the most probable beginnings of the text are kept. Exact, to 1e-6 a
  step, if so many are kept that none is ever left out.

  >>> greedy(np.log([[0.4, 0.6], [0.4, 0.6]]))
  ()
  >>> beam_search(np.log([[0.4, 0.6], [0.4, 0.6]]), beam=2)
  (0,)

  Args:
    log_probs: of the classes of a line's steps, [N, A].
    beam: how many beginnings are kept.

  Raises:
    ValueError: if none is to be kept.
  """
  if beam < 1:
    raise ValueError(f"beam (={beam}) must be 1 or more.")
  classes = log_probs.shape[1]
  prefixes: list[Text] = [()]
  in_blank = np.zeros(1)  # log probability of the paths that end in a blank
  in_last = np.full(1, -np.inf)  # of those that end in the last character
  for step in log_probs:
    if step[-1] > _CERTAIN:
      in_blank = np.logaddexp(in_blank, in_last)
      in_last = np.full(len(prefixes), -np.inf)
      continue
    stays_blank, stays_last, grows = _advance(prefixes, in_blank, in_last, step)
    scores = np.append(np.logaddexp(stays_blank, stays_last), grows)
    best = np.argsort(-scores, kind="stable")[:beam]
    best = best[scores[best] > -np.inf]
    kept = best < len(prefixes)
    parents, characters = divmod(best - len(prefixes), classes)
    parents = np.where(kept, best, parents)
    prefixes = [
      prefixes[p] if stays else (*prefixes[p], int(c))
      for p, c, stays in zip(parents, characters, kept, strict=True)
    ]
    in_blank = np.where(kept, stays_blank[parents], -np.inf)
    in_last = np.where(kept, stays_last[parents], scores[best])
  return prefixes[int(np.argmax(np.logaddexp(in_blank, in_last)))]


def _advance(prefixes, in_blank, in_last, step):
  """Log probabilities after one more step, of class probabilities [A].

  Returns:
    Of the same prefixes, of paths that end in a blank and in their last
    character, each [P]; of every prefix and one character more, [P, A].
  """
  total = np.logaddexp(in_blank, in_last)
  last = np.array([prefix[-1] if prefix else -1 for prefix in prefixes])
  rows = np.flatnonzero(last >= 0)
  stays_last = np.full(len(prefixes), -np.inf)
  stays_last[rows] = in_last[rows] + step[last[rows]]
  grows = total[:, None] + step
  # The same character again is another one only after a blank.
  grows[rows, last[rows]] = in_blank[rows] + step[last[rows]]
  grows[:, -1] = -np.inf
  places = {prefix: k for k, prefix in enumerate(prefixes)}
  for k in rows:  # a prefix that another one becomes is one prefix
    parent = places.get(prefixes[k][:-1])
    if parent is not None:
      stays_last[k] = np.logaddexp(stays_last[k], grows[parent, last[k]])
      grows[parent, last[k]] = -np.inf
  return total + step[-1], stays_last, grows
