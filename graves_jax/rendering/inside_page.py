"""HTML: one self-contained page that shows what a network's units do.

What was read is colored by any unit, chosen by number or by what it follows.
The page's security policy admits its own script and style and no outside
resource. Axes: S steps that are shown, N units of all layers, P properties.
"""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.page_of_strokes import storable
from graves_jax.rendering.sources import (
  digest,
  embeddable,
  read_template,
  script_of,
  style_of,
)

# Bytes of activations, one each, that browsers go through without stalling.
MOST_ACTIVATIONS = 10_000_000
_SCRIPT = (
  "drawing.js",
  *(
    f"inside/{name}.js"
    for name in (
      *("findings", "colors", "text", "ink", "ranking", "gates", "inside"),
    )
  ),
)


class ShownUnits(NamedTuple):
  """What units did.

  layers: units of each layer; N in all.
  activations: at each step, [S, N], from -1 to 1.
  names: of the properties, P of them.
  values: of the properties, [S, P].
  r: correlations of properties and units, [P, N]; NaN for a property that
    hardly ever changed.
  gate_kinds: names of the gates, G of them; none where there are no gates.
  gates_open, gates_shut: share of the time in which each was so, [G, N].
  memory: how many steps each cell remembers, [N].
  """

  layers: Sequence[int]
  activations: np.ndarray
  names: Sequence[str]
  values: np.ndarray
  r: np.ndarray
  gate_kinds: Sequence[str] = ()
  gates_open: np.ndarray = np.zeros((0, 0))
  gates_shut: np.ndarray = np.zeros((0, 0))
  memory: np.ndarray = np.zeros(0)


class ShownText(NamedTuple):
  """A text that was read, and what was expected.

  units: characters, bytes or words.
  symbols: of the classes, as they are written.
  classes: of the text's symbols, [S].
  guesses: the likeliest next classes after each symbol, [S, G].
  probabilities: theirs, [S, G].
  bits: that each symbol cost, [S].
  """

  units: str
  symbols: Sequence[str]
  classes: np.ndarray
  guesses: np.ndarray
  probabilities: np.ndarray
  bits: np.ndarray


class ShownLine(NamedTuple):
  """A written line that was read.

  text: what it says, or nothing.
  points: elements [T, 3] in pen units (Eq. 15).
  places: of each, the place in the text that was read, [T]; or None.
  """

  text: str
  points: np.ndarray
  places: np.ndarray | None


def write_inside_page(
  path: str | Path,
  units: ShownUnits,
  shown: ShownText | Sequence[ShownLine],
  *,
  title: str,
  about: str,
  notice: str = "",
) -> int:
  """Writes a page of a network's units, and returns its bytes.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    units: what they did.
    shown: a text, or lines of S elements in all.
    title: of the page.
    about: a paragraph below it.
    notice: printed at the end of the page.

  Raises:
    ValueError: if the path does not end in .html.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".html",))
  data = _units(units)
  if isinstance(shown, ShownText):
    data["text"] = _text(shown)
  else:
    data["ink"] = {"lines": [_line(line) for line in shown]}
  style = style_of("colors.css", "inside/inside.css")
  script = script_of(*_SCRIPT)
  parts = {
    "POLICY": (
      f"default-src 'none'; style-src {digest(style)}; script-src "
      f"{digest(script)}; base-uri 'none'; form-action 'none'"
    ),
    "TITLE": escape(storable(title)),
    "ABOUT": escape(storable(about)),
    "NOTICE": escape(storable(notice)),
    "STYLE": style,
    "DATA": embeddable(data),
    "SCRIPT": script,
  }
  content = read_template("inside/inside.html").substitute(parts).encode()
  write_atomically(path, content)
  return len(content)


def _units(units: ShownUnits) -> dict[str, Any]:
  """Numbers of 8 bits, those of one unit or property side by side."""
  activations = np.round(127 * np.asarray(units.activations, np.float32))
  values = np.asarray(units.values, np.float32)
  low, high = values.min(axis=0), values.max(axis=0)
  # What holds all through is the largest, not the least.
  low = np.where(((values == 0) | (values == 1)).all(axis=0), 0, low)
  values = np.round(255 * (values - low) / np.maximum(high - low, 1e-9))
  r = [
    None if np.isnan(row).any() else np.round(row, 3).tolist()
    for row in units.r
  ]
  data: dict[str, Any] = {
    "layers": list(units.layers),
    "activations": _packed(activations.T, np.int8),
    "names": list(units.names),
    "values": _packed(values.T, np.uint8),
    "r": r,
    "gates": None,
  }
  if units.gate_kinds:
    data["gates"] = {
      "kinds": list(units.gate_kinds),
      "open": np.round(units.gates_open, 3).tolist(),
      "shut": np.round(units.gates_shut, 3).tolist(),
      "memory": np.round(units.memory, 2).tolist(),
    }
  return data


def _text(text: ShownText) -> dict[str, Any]:
  """Only those symbols that are read or guessed."""
  used, numbers = np.unique(
    np.concatenate([text.classes[:, None], text.guesses], axis=1),
    return_inverse=True,
  )
  numbers = numbers.reshape(len(text.classes), -1)
  return {
    "units": text.units,
    "symbols": [text.symbols[k] for k in used],
    "ids": _packed(numbers[:, 0], np.uint32),
    "guesses": _packed(numbers[:, 1:], np.uint32),
    "probabilities": _packed(np.round(255 * text.probabilities), np.uint8),
    "bits": _packed(text.bits, np.float32),
  }


def _line(line: ShownLine) -> dict[str, Any]:
  """Positions in tenths of a pen unit, each with whether the pen leaves."""
  points = np.asarray(line.points, np.float64)
  positions = np.concatenate([[[0, 0]], points[:, :2].cumsum(axis=0)])
  lifts = np.concatenate([[0], points[:, 2] > 0.5])
  positions = np.round(positions, 1)
  return {
    "text": line.text,
    "points": np.column_stack([positions, lifts]).tolist(),
    "places": None if line.places is None else line.places.tolist(),
  }


def _packed(array: np.ndarray, kind: type[np.generic]) -> str:
  """The array's numbers, little-endian, in base64."""
  wanted = np.dtype(kind).newbyteorder("<")
  return base64.b64encode(
    np.ascontiguousarray(array, wanted).tobytes()
  ).decode()
