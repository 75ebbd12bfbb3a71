"""Writes the paper's tables beside ours: graves-jax tables."""

import dataclasses
from pathlib import Path

from rich.console import Console

from graves_jax.commands import command_line
from graves_jax.commands.telling import tell
from graves_jax.rendering.files import check_writable, write_atomically
from graves_jax.results.page import outside_tables, page
from graves_jax.results.record import read_records


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Makes a page of the paper's tables from the records of evaluations
  (graves-jax evaluate --record docs/results/NAME.json)."""

  results: Path = Path("docs/results")
  """The folder of the records."""
  out: Path = Path("docs/results.md")
  """A .md file; its links are to a folder `results` beside it."""


def main(argv: list[str]) -> None:
  arguments = command_line.parse(Arguments, argv)
  out = arguments.out
  check_writable(out, [".md"])
  records = read_records(arguments.results)
  write_atomically(out, page(records).encode())
  said = f"{arguments.out}: {len(records)} record" + "s" * (len(records) != 1)
  if others := outside_tables(records):
    said += (
      f"; in none of the paper's tables: {', '.join(others)} (another network, "
      "data or evaluation)"
    )
  tell(Console(), said)
