"""Prepares IAM-OnDB, prints what was found, exports it if asked.

graves-jax prepare ~/iamondb
graves-jax prepare ~/iamondb --out iamondb.jsonl.gz
"""

from pathlib import Path
from typing import Annotated

import rich.progress
import rich.table
import rich.text
import tyro

from graves_jax.commands import command_line
from graves_jax.data.sources import stroke_file
from graves_jax.data.sources.iam_ondb import prepared as iam_ondb
from graves_jax.data.sources.iam_ondb import report as iam_ondb_report


def main(argv: list[str]) -> None:
  tyro.cli(prepare, args=argv)


def prepare(
  path: tyro.conf.Positional[Path],
  out: Path | None = None,
  prepared_dir: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
) -> None:
  """Prepares IAM-OnDB, prints what was found, exports it if asked.

  Args:
    path: folder of the official archives and lists, as downloaded.
    out: file to export the lines to, for a machine without the archives; its
      name ends in .jsonl or .jsonl.gz.
    prepared_dir: where prepared data are kept; by default where TensorFlow
      Datasets keeps them.
  """
  command_line.require_local(path=path, out=out, prepared_dir=prepared_dir)
  if out and not out.name.endswith((".jsonl", ".jsonl.gz")):
    raise ValueError(f"--out (={out}) must end in .jsonl or .jsonl.gz.")
  if out and not out.parent.is_dir():
    raise FileNotFoundError(
      f"--out (={out}): there is no folder {out.parent}; make it first."
    )
  console = rich.console.Console()
  with rich.progress.Progress(console=console, transient=True) as bars:
    task = bars.add_task("Preparing IAM-OnDB", total=None)
    found = iam_ondb_report.report(
      path,
      prepared_dir,
      lambda done, total: bars.update(task, completed=done, total=total),
    )
  _print(console, iam_ondb_report.checks(found))
  if out:
    splits = {
      split: iam_ondb.load(path, split, prepared_dir)
      for split in ("train", "validation")
    }
    with console.status(f"Writing {out}"):
      stroke_file.write_stroke_file(out, splits)
    console.print(f"{out}: {out.stat().st_size / 1e6:.1f} MB", highlight=False)


def _print(
  console: rich.console.Console, checks: list[iam_ondb_report.Check]
) -> None:
  table = rich.table.Table(title="IAM-OnDB", show_lines=False)
  for header in ("", "count", "here", "official release"):
    table.add_column(header, overflow="fold")
  for check in checks:
    mark = "[green]✓[/]" if check.agrees else "[red]✗[/]"
    cells = [check.what, check.found, check.official]
    table.add_row(mark, *map(rich.text.Text, cells))
  console.print(table)
  differing = [check.what for check in checks if not check.agrees]
  if differing:
    console.print(
      f"These data are not the official release: {len(differing)} counts "
      f"differ ({', '.join(differing)}). They can be used, but scores cannot "
      "be compared with published ones.",
      style="yellow",
      highlight=False,
    )
  else:
    console.print("All counts are those of the official release.")
