"""Resident memory of training on a text file of hundreds of megabytes.

Makes a file of random sentences, trains a few updates on it in a process of its
own, and measures the most memory that it ever had. The file is read in parts,
not loaded: of every update only the symbols that it reads come into memory.
"""

import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import launch
import numpy as np
import tyro
from ranges import require_least
from report import print_json, rounded
from rich.console import Console

WORDS = 5_000
_BLOCK_WORDS = 200_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Trains on a large text file; the last line printed is JSON."""

  megabytes: int = 500
  """Size of the file that is made."""
  steps: int = 20
  """Updates."""
  units: str = "characters"
  """characters, bytes or words."""
  hidden: tuple[int, ...] = (128,)
  """Cells in each layer."""

  def __post_init__(self):
    require_least(self, megabytes=1, steps=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "text.txt"
    with console.status(f"Making a file of {arguments.megabytes} MB"):
      write_text(path, arguments.megabytes * 10**6)
    with console.status("Training"):
      started = time.perf_counter()
      peak = train_in_process(path, arguments, Path(folder) / "run")
      seconds = time.perf_counter() - started
  print_json(
    {
      "ours": rounded(peak / 1e9),
      "peer": arguments.megabytes / 1e3,
      "ratio": rounded(peak / (arguments.megabytes * 1e6)),
      "unit": "GB of resident memory at most, against the size of the file",
      "seconds": rounded(seconds),
    }
    | dataclasses.asdict(arguments)
  )


def write_text(path: Path, size: int) -> None:
  """Random words of random letters, in lines, until the file has its size."""
  random = np.random.default_rng(0)
  letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
  words = [
    "".join(random.choice(letters, random.integers(2, 9))) for _ in range(WORDS)
  ]
  endings = np.array(["", "", "", "", "", "", "", "\n"])
  vocabulary = np.array(words)
  with path.open("w", encoding="ascii") as file:
    while file.tell() < size:
      block = vocabulary[random.integers(WORDS, size=_BLOCK_WORDS)]
      ends = endings[random.integers(len(endings), size=_BLOCK_WORDS)]
      file.write(" ".join(np.char.add(block, ends)))


def train_in_process(path: Path, arguments: Arguments, workdir: Path) -> int:
  """The most memory, in bytes, that train.py on the file ever had."""
  subprocess.run(
    [
      *(sys.executable, launch.ROOT / "train.py"),
      launch.ROOT / "configs/char_rnn.py",
      *("--data.path", path, "--data.units", arguments.units),
      *("--data.prepared-dir", workdir.parent, "--workdir", workdir),
      *("--network.hidden", *map(str, arguments.hidden)),
      *("--network.dropout", "0.5"),
      *("--data.batch-size", "100", "--data.length", "100"),
      *("--training.steps", str(arguments.steps)),
      *("--training.evaluate-every", str(10 * arguments.steps)),
      *("--training.sample-every", str(10 * arguments.steps)),
      *("--training.evaluation-symbols", "20000"),
    ],
    check=True,
    stdout=subprocess.DEVNULL,
  )
  rows = (workdir / "metrics.jsonl").read_text().splitlines()
  if json.loads(rows[arguments.steps - 1])["step"] != arguments.steps:
    raise ValueError("the run did not make all of its updates.")
  unit = 1 if sys.platform == "darwin" else 1024  # kilobytes on Linux
  return unit * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


if __name__ == "__main__":
  launch.run(main)
