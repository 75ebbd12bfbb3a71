"""Exports a run's best weights: graves-jax export runs/x weights/x."""

from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.console import Console

from graves_jax.commands import command_line
from graves_jax.commands.telling import tell

_Positional = tyro.conf.Positional
_Run = Annotated[Path, _Positional, tyro.conf.arg(metavar="RUN")]
_Folder = Annotated[Path, _Positional, tyro.conf.arg(metavar="FOLDER")]


def main(argv: list[str]) -> None:
  command_line.call(export, argv)


def export(
  checkpoint: _Run,
  out: _Folder,
  precision: Literal["float32", "bfloat16"] = "float32",
  mean_with: tuple[Path, ...] = (),
) -> None:
  """Copies a checkpoint without its optimizer's state, to share it.

  Args:
    checkpoint: a run's folder (its best checkpoint is taken), one checkpoint,
      or a name of weights that ship.
    out: a new folder.
    precision: of the weights. Rounded to bfloat16 they take about half as much
      room; they are still read as float32.
    mean_with: other checkpoints of such a network, as `checkpoint`: the mean of
      all their weights is written. Runs that went on from the same weights can
      have a mean that is better than each.
  """
  from graves_jax.checkpoints.export import export_weights

  source, *others = map(command_line.find_checkpoint, (checkpoint, *mean_with))
  export_weights(source, out, precision, others)
  size = sum(p.stat().st_size for p in out.rglob("*") if p.is_file())
  tell(Console(), f"{out}: {size / 1e6:.1f} MB")
