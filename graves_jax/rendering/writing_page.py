"""HTML: one self-contained page in which a network writes.

The page carries the weights and runs the network in a worker of the browser.
Its security policy admits its own script and style, workers made of them, and
WebAssembly, and no outside resource.
"""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from graves_jax.data.strokes import (
  Alphabet,
  Line,
  Normalization,
  strokes_from_offsets,
)
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.rendering.page_weights import WeightType, named_arrays, pack
from graves_jax.rendering.sources import (
  digest,
  embeddable,
  read_source,
  read_template,
  script_of,
  style_of,
)
from graves_jax.rendering.wasm import assemble

_WORKER = (
  *("products.js", "weights.js", "sigmoid.js", "network.js", "random.js"),
  "mixture.js",
  *("line_end.js", "pen.js", "wrapping.js", "text_job.js", "worker.js"),
)
_PAGE = (
  *("drawing.js", "geometry.js", "ink.js", "transcript.js", "style.js"),
  *("sheet.js", "sigmoid.js", "mixture.js", "thinking.js", "settings.js"),
  *("files.js", "pad.js", "client.js", "writing.js", "frames.js"),
  *("controls.js", "own_hand.js", "page.js"),
)


class PageNetwork(NamedTuple):
  """What the page is made of: a synthesis network that is ready to write.

  params: its weights by name, see `named_arrays`.
  alphabet: classes of the characters.
  normalization: of the offsets.
  sigma_floor: least standard deviation of the mixture.
  points_per_character: of the training lines.
  """

  params: Mapping[str, Any]
  alphabet: Alphabet
  normalization: Normalization
  sigma_floor: float
  points_per_character: float


class Replacements(NamedTuple):
  """What is written for characters that the network does not know.

  near: the same character in plainer typography, which is written unasked.
  offered: what people may write in its place.
  """

  near: Mapping[str, str]
  offered: Mapping[str, str]


def write_writing_page(
  path: str | Path,
  network: PageNetwork,
  *,
  styles: Sequence[Line] = (),
  replacements: Replacements | None = None,
  notice: str = "",
  weights: WeightType = "int8",
) -> int:
  """Writes a page in which the network writes, and returns its bytes.

  Args:
    path: the file; it is replaced if it exists, missing folders are made.
    network: what writes.
    styles: lines whose hands one may choose, by their names.
    replacements: for characters that the network does not know.
    notice: printed at the end of the page.
    weights: type of the numbers in the file.

  Raises:
    ValueError: if the path does not end in .html.
    OSError: if the file cannot be written.
  """
  check_writable(path, (".html",))
  packed, listed = pack(named_arrays(network.params), weights)
  near, offered = replacements or Replacements({}, {})
  mean, std = network.normalization
  data = {
    "settings": {
      "alphabet": network.alphabet.characters,
      "normalization": {"mean": list(mean), "std": list(std)},
      "sigmaFloor": network.sigma_floor,
      "pointsPerCharacter": network.points_per_character,
      "near": dict(near),
      "offered": dict(offered),
    },
    "arrays": [array._asdict() for array in listed],
    "wasm": base64.b64encode(assemble(read_source("products.wat"))).decode(),
    "styles": [_described(line) for line in styles],
  }
  script, style = script_of(*_PAGE), style_of("colors.css", "page.css")
  parts = {
    "POLICY": (
      f"default-src 'none'; style-src {digest(style)}; script-src "
      f"{digest(script)} 'wasm-unsafe-eval'; worker-src blob:; "
      "base-uri 'none'; form-action 'none'"
    ),
    "STYLE": style,
    "NOTICE": escape(notice),
    "DATA": embeddable(data),
    "WEIGHTS": base64.b64encode(packed).decode(),
    "WORKER": script_of(*_WORKER),
    "SCRIPT": script,
  }
  content = read_template("page.html").substitute(parts).encode()
  write_atomically(path, content)
  return len(content)


def _described(line: Line) -> dict[str, Any]:
  """A style as the page reads it; tenths of pen units are enough."""
  strokes = strokes_from_offsets(line.points)
  strokes = [np.round(stroke, 1).tolist() for stroke in strokes]
  return {"name": line.name, "text": line.text, "strokes": strokes}
