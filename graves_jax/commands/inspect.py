"""Shows what a network's units do: graves-jax inspect stdlib."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro
from rich.console import Console

from graves_jax.commands import command_line, runtime
from graves_jax.commands.telling import tell
from graves_jax.pretrained import find
from graves_jax.rendering.files import check_writable
from graves_jax.rendering.inside_page import (
  MOST_ACTIVATIONS,
  ShownUnits,
  write_inside_page,
)
from graves_jax.rendering.panels import check_figure_path

if TYPE_CHECKING:  # It waits for JAX.
  from graves_jax.checkpoints.metadata import Metadata
  from graves_jax.inspection.gates import GateShares
  from graves_jax.inspection.survey import Findings

KEEP = 4000
_LONGEST = 2_000_000  # text, of which every symbol's properties are in memory
_FEW = 200  # steps of which correlations tell little
_DOUBT = (
  f"Fewer than {_FEW} steps were read, so that many correlations come of "
  "chance; give more to read."
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Reads a text, or lines that the network writes, and makes one HTML file in
  which all that was read is colored by what any unit did; it finds the units
  that follow quotes, brackets, indentation, and the like."""

  checkpoint: tyro.conf.Positional[Path]
  """A run's folder, one checkpoint, or a name of weights that ship, such as
  stdlib or handwriting."""
  out: Path = Path("inside.html")
  """An .html file."""
  text: Path | None = None
  """Text networks: a text file to read; by default the start of the validation
  text. Networks that write a given text by hand: a text file of lines to
  write."""
  gates: Path | None = None
  """Also draws how long gates are open or shut, and for how long cells
  remember, to a .png, .svg or .pdf file."""
  keep: int | None = None
  """How many symbols, or points of whole lines, the page shows (4000, or as
  many as have 10 MB of activations): the first ones."""
  length: int | None = None
  """Text networks: how many symbols are read (10000; at most 2000000), on all
  of which correlations and gates are measured."""
  bias: float | None = None
  """Networks that write by hand: as for graves-jax sample (1)."""
  seed: int | None = None
  """Networks that write by hand: of the pens (0)."""


def main(argv: list[str]) -> None:
  arguments, console = command_line.parse(Arguments, argv), Console()
  check_writable(arguments.out, (".html",))
  if arguments.gates is not None:
    check_figure_path(arguments.gates)
  from graves_jax.checkpoints.read import restore_checkpoint

  runtime.use_compilation_cache()
  restored = restore_checkpoint(
    command_line.find_checkpoint(arguments.checkpoint)
  )
  kind = restored.metadata.kind
  refuse_options_of_others(arguments, restored.metadata)
  inspect: Any
  if kind == "text":
    from graves_jax.commands.inspect_text import inspect_text as inspect
  else:
    from graves_jax.commands.inspect_handwriting import (
      inspect_handwriting as inspect,
    )
  findings, shown, about = inspect(arguments, restored, console)
  doubt = _DOUBT if findings.steps < _FEW else ""
  about["about"] = f"{about['about']} {doubt}".rstrip()
  if arguments.gates is not None and findings.gates is not None:
    draw_gates(arguments.gates, findings, findings.gates)
  size = write_inside_page(
    arguments.out,
    shown_units(findings),
    shown,
    title=f"Inside {find(arguments.checkpoint).resolve().name}",
    **about,
  )
  show_best(findings, console)
  if doubt:
    tell(console, doubt)
  tell(
    console,
    f"{arguments.out}: {size / 1e6:.1f} MB, {len(findings.values):,} of "
    f"{findings.steps:,} steps, all {sum(findings.layers):,} units",
  )


def refuse_options_of_others(
  arguments: Arguments, metadata: "Metadata"
) -> None:
  """Raises ValueError if an option is not for such a network, or no number
  that can be."""
  kind, network = metadata.kind, metadata.config.network
  holds = f"{arguments.checkpoint} holds"
  if kind == "reading":
    raise ValueError(
      f"{holds} a reader of handwriting, which reads a line from both ends at "
      "once; give a network that writes."
    )
  others = {"text": ("bias", "seed"), "handwriting": ("length",)}[kind]
  for option in others:
    if getattr(arguments, option) is not None:
      raise ValueError(
        f"--{option}: {holds} a {kind} network, which does not read this "
        "option; leave it out, or give another checkpoint."
      )
  for option in ("keep", "length"):
    value = getattr(arguments, option)
    if value is not None and value < 2:
      raise ValueError(f"{option} (={value}) must be 2 or more.")
  if arguments.length is not None and arguments.length > _LONGEST:
    raise ValueError(
      f"length (={arguments.length:,}) must be {_LONGEST:,} or less."
    )
  has_gates = getattr(network, "cell", "lstm") == "lstm"
  if arguments.gates is not None and not has_gates:
    raise ValueError(
      f"--gates: {holds} a network of tanh layers, which have no gates; leave "
      "it out."
    )


def most_kept(arguments: Arguments, units: int) -> int:
  """How many steps the page shows at most; says so if that is not as asked."""
  wanted = KEEP if arguments.keep is None else arguments.keep
  most = max(MOST_ACTIVATIONS // units, 2)
  if arguments.keep is not None and wanted > most:
    command_line.say(
      f"--keep {wanted:,}: the page shows {most:,} steps, which have 10 MB of "
      f"activations of {units:,} units; correlations are of all that is read."
    )
  return min(wanted, most)


def shown_units(findings: "Findings") -> ShownUnits:
  """What the page is made of."""
  shown = ShownUnits(
    findings.layers,
    findings.activations,
    findings.names,
    findings.values,
    findings.r,
  )
  if findings.gates is None:
    return shown
  from graves_jax.inspection.gates import GATES

  return shown._replace(
    gate_kinds=GATES,
    gates_open=findings.gates.open,
    gates_shut=findings.gates.shut,
    memory=findings.gates.memory,
  )


def name_units(layers: Sequence[int]) -> str:
  """How many units there are, in how many layers."""
  ending = "s" if len(layers) > 1 else ""
  return f"{sum(layers):,} units in {len(layers)} layer{ending}"


def draw_gates(path: Path, findings: "Findings", gates: "GateShares") -> None:
  """Draws the figure of --gates."""
  from graves_jax.inspection.gates import GATES
  from graves_jax.rendering.gates import write_gates

  write_gates(path, findings.layers, GATES, *gates)


def show_best(findings: "Findings", console: Console) -> None:
  """Prints the unit that follows each property best."""
  import numpy as np
  from rich.table import Table

  from graves_jax.inspection.correlations import best_units

  table = Table("property", "layer", "unit", "correlation", box=None)
  ends = np.cumsum(findings.layers)
  rows = []
  for name, r in zip(findings.names, findings.r, strict=True):
    if np.isnan(r).any():
      continue
    unit = int(best_units(r, 1)[0])
    layer = int(np.searchsorted(ends, unit, side="right"))
    number = unit - (int(ends[layer - 1]) if layer else 0)
    rows.append((name, str(layer + 1), str(number + 1), float(r[unit])))
  for *cells, r in sorted(rows, key=lambda row: -abs(row[-1])):
    table.add_row(*cells, f"{r:+.2f}")
  console.print(table, markup=False, highlight=False)
