"""Which words of given texts a reader cannot read, in hands of several seeds.

Each line of the file is written as `graves-jax sample` writes it, once with
each seed, and read by the reader that does not choose among pens. Sheets of
what was written are drawn for a person to read: do the two agree?
"""

import collections
import dataclasses
from pathlib import Path

import launch
import numpy as np
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console
from rich.progress import track

import graves_jax
from graves_jax.checkpoints.readers import load_reader
from graves_jax.pretrained import HANDWRITING, HANDWRITING_READER
from graves_jax.recognition.errors import count_errors
from graves_jax.recognition.legibility import wrong_words


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Counts words that are misread; the last line printed is JSON."""

  texts: tyro.conf.Positional[Path]
  """A line each."""
  seeds: int = 12
  """Seeds 0, 1, and so on."""
  bias: float = 1.0
  """As for graves-jax sample."""
  best_of: int = 4
  """Pens a line, of which the ranker that ships keeps one."""
  checkpoint: Path = HANDWRITING
  """Writes."""
  sheets: Path | None = None
  """A folder for pictures of all lines of a seed."""

  def __post_init__(self):
    require_least(self, seeds=1, best_of=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  texts = arguments.texts.read_text(encoding="utf-8").splitlines()
  texts = [" ".join(text.split()) for text in texts if text.strip()]
  writer = graves_jax.load_writer(arguments.checkpoint)
  ranker = graves_jax.load_ranker() if arguments.best_of > 1 else None
  reader = load_reader(HANDWRITING_READER)
  misread = collections.Counter()
  read_all, of_ranker = [], 0
  for seed in track(range(arguments.seeds), "Writing", console=console):
    written = writer.write(
      texts,
      seed=seed,
      bias=arguments.bias,
      attempts=3,
      best_of=arguments.best_of,
      ranker=ranker,
    )
    lines = [each.line for each in written]
    if arguments.sheets is not None:
      arguments.sheets.mkdir(parents=True, exist_ok=True)
      path = arguments.sheets / f"seed_{seed:02d}.png"
      graves_jax.draw_lines(path, [line.points for line in lines])
    read = reader.read(lines, beam=None)
    read_all += read
    for each, text, own in zip(written, read, texts, strict=True):
      misread.update(wrong_words(text, own) if text != own else [])
      of_ranker += each.read not in (None, own)
  errors = count_errors(read_all, texts * arguments.seeds)
  for word, count in misread.most_common():
    console.print(f"{count:3d} of {arguments.seeds}  {word}", markup=False)
  print_json(
    {
      "character_error": rounded(errors.character_error),
      "word_error": rounded(errors.word_error),
      "words": errors.words,
      "misread_words": int(np.sum([*misread.values()])),
      "lines_the_ranker_misread": of_ranker,
      "seeds": arguments.seeds,
      "bias": arguments.bias,
      "best_of": arguments.best_of,
    }
  )


if __name__ == "__main__":
  launch.run(main)
