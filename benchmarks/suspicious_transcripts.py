"""Lines that a reader finds least likely to be what their transcripts say:
suspicious_transcripts.py DATA --reader READER.

By the nats that the text which the reader reads is likelier than the
transcript: a hand that nobody can read makes both unlikely, a wrong transcript
only itself. What is certain to be wrong belongs into
graves_jax/data/sources/iam_ondb/wrong_transcripts.py.
"""

import dataclasses
from pathlib import Path

import launch
import numpy as np
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.progress import Progress

_LINES_AT_A_TIME = 256


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Prints transcripts and what is read instead; the last line is JSON."""

  data: tyro.conf.Positional[Path]
  """A folder of IAM-OnDB's archives, or a stroke file."""
  reader: Path | None = None
  """A run's folder, or one checkpoint; by default the one that ships."""
  split: str = "train"
  """Of the data."""
  lines: int = 50
  """How many to list."""
  sheet: Path | None = None
  """Also draws them, to a .png file; pictures of IAM-OnDB are not to be passed
  on."""

  def __post_init__(self):
    require_least(self, lines=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  from real_styles import real_lines

  from graves_jax.checkpoints.readers import load_reader
  from graves_jax.rendering.figures import write_samples

  reader = load_reader(arguments.reader)
  lines = real_lines(arguments.data, arguments.split)
  excess = []
  with Progress(console=console, transient=True) as bars:
    task = bars.add_task("Reading", total=len(lines))
    for start in range(0, len(lines), _LINES_AT_A_TIME):
      some = lines[start : start + _LINES_AT_A_TIME]
      excess += judge(reader, some)
      bars.advance(task, len(some))
  worst = sorted(excess, key=lambda found: -found[0])[: arguments.lines]
  for nats, line, read in worst:
    console.print(
      f"{line.name}  {nats:.0f} nats\n  says {line.text!r}\n  read {read!r}",
      markup=False,
      highlight=False,
      soft_wrap=True,
    )
  if arguments.sheet is not None:
    write_samples(
      arguments.sheet,
      [line.points for _, line, _ in worst],
      [f"{line.name}: {line.text}" for _, line, _ in worst],
    )
  print_json(
    {
      "lines": len(lines),
      "listed": {line.name: rounded(nats) for nats, line, _ in worst},
      "median_nats": rounded(float(np.median([x[0] for x in excess]))),
    }
  )


def judge(reader, lines) -> list[tuple]:
  """Of each line: nats that what is read is likelier than the transcript, the
  line, and what is read."""
  own = reader.judge(lines)
  as_read = [
    line._replace(text=found.read)
    for line, found in zip(lines, own, strict=True)
  ]
  best = reader.judge(as_read)
  return [
    (min(b.log_prob - o.log_prob, 1e6), line, o.read)
    for b, o, line in zip(best, own, lines, strict=True)
  ]


if __name__ == "__main__":
  launch.run(main)
