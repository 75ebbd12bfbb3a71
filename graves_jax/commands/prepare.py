"""Prepares IAM-OnDB, or one's own ink.

graves-jax prepare ~/iamondb
graves-jax prepare ~/iamondb --out iamondb.jsonl.gz
graves-jax prepare ink.svg --text "what it says" --out me.jsonl
"""

from pathlib import Path
from typing import Annotated

import rich.progress
import rich.table
import rich.text
import tyro

from graves_jax.commands import command_line, runtime
from graves_jax.commands.telling import tell
from graves_jax.data.sources import stroke_file
from graves_jax.data.sources.iam_ondb import prepared as iam_ondb
from graves_jax.data.sources.iam_ondb import report as iam_ondb_report
from graves_jax.pretrained import HANDWRITING
from graves_jax.rendering.files import check_writable


def main(argv: list[str]) -> None:
  command_line.call(prepare, argv)


def prepare(
  paths: tyro.conf.Positional[
    Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FOLDER|INK ...")]
  ],
  out: Path | None = None,
  prepared_dir: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
  text: tuple[str, ...] = (),
  checkpoint: Path = HANDWRITING,
) -> None:
  """Prepares IAM-OnDB: prints what was found, exports it if asked. Or makes
  data and a style of your own ink, and draws what was understood.

  graves-jax prepare ~/iamondb

  graves-jax prepare ink.svg --text "what it says" --out me.jsonl

  Args:
    paths: a folder of IAM-OnDB's official archives and lists, as downloaded;
      or files of ink, a line each: SVG, InkML, Xournal++, IAM-OnDB's own XML,
      Quick, Draw!, or a stroke file.
    out: a stroke file, .jsonl or .jsonl.gz, to write; of ink a new one, with a
      picture beside it, .png.
    prepared_dir: where prepared data of IAM-OnDB are kept; by default where
      TensorFlow Datasets keeps them.
    text: what the ink of each file says, where the file does not say it.
    checkpoint: the network that ink is for; by default the one that ships.
  """
  if not paths:
    raise ValueError(
      "name a folder of IAM-OnDB, or files of ink, before all options."
    )
  if out is not None:
    check_writable(out, (".jsonl", ".jsonl.gz"))
  path = paths[0]
  is_ink = path.is_file() or (path.suffix and not path.is_dir())
  if len(paths) > 1 or text or is_ink:
    if prepared_dir is not None:
      raise ValueError("--prepared-dir is for IAM-OnDB; leave it out for ink.")
    if folders := [path for path in paths if path.is_dir()]:
      raise ValueError(f"{folders[0]} is a folder; name files of ink.")
    if out is None:
      raise ValueError("--out is missing: name a stroke file, as me.jsonl.")
    from graves_jax.commands.prepare_ink import prepare_ink

    runtime.use_compilation_cache()
    prepare_ink(paths, text, out, checkpoint, rich.console.Console())
    return
  if checkpoint != HANDWRITING:
    raise ValueError("--checkpoint is for ink; leave it out for a folder.")
  prepare_database(path, out, prepared_dir)


def prepare_database(
  path: Path, out: Path | None, prepared_dir: Path | None
) -> None:
  """Prepares IAM-OnDB; arguments as for `prepare`."""
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
    with console.status(rich.text.Text(f"Writing {out}")):
      stroke_file.write_stroke_file(out, splits)
    tell(console, f"{out}: {out.stat().st_size / 1e6:.1f} MB")


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
    tell(console, "All counts are those of the official release.")
