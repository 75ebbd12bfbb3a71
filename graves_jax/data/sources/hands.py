"""The hands that ship: lines of ink to write on from, by their names."""

import difflib

from graves_jax.data.sources.stroke_file import read_stroke_file
from graves_jax.data.strokes import Line
from graves_jax.pretrained import HANDS


def load_hands() -> dict[str, Line]:
  """Reads the hands that ship, which a network made up, in their order.

  `load_writer().write("dear reader", style=load_hands()["neat"])` writes in one
  of them.

  >>> load_hands()["neat"].points.shape[1]
  3

  Returns:
    Each hand's name, and a line of its ink: `Line.points` [T, 3] in pen units.
  """
  splits = read_stroke_file(HANDS)
  lines = splits["train"] + splits["validation"]
  return {line.name: line for line in lines}


def find_hand(name: str) -> Line:
  """The hand of this name.

  Raises:
    ValueError: names the hands that there are.
  """
  hands = load_hands()
  if name not in hands:
    near = difflib.get_close_matches(name, hands, n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    raise ValueError(
      f"there is no hand {name!r}{meant} There are {', '.join(hands)}."
    )
  return hands[name]
