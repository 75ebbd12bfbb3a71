"""Packs what card.py needs on a machine that reaches nothing outside it.

graves-jax prepare ~/iamondb --out iamondb.jsonl.gz
python benchmarks/pack_for_card.py --data iamondb.jsonl.gz

The folder, which git ignores, holds the data and wheels of what a machine with
JAX, Flax, Optax, Orbax, Matplotlib and PyTorch lacks: `.jsonl.gz` data need
neither TensorFlow Datasets nor array_record. This command fetches the wheels
with pip, from wherever it is set up to find them.
"""

import dataclasses
import gzip
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import launch
import tyro
from rich.console import Console

MOST_BYTES = 45_000_000
PACKAGES = ("tyro", "typeguard", "docstring-parser", "Hershey-Fonts")
PLATFORMS = (
  "manylinux_2_28_x86_64",
  "manylinux_2_17_x86_64",
  "manylinux2014_x86_64",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Puts the data and missing wheels into one folder."""

  data: Path
  """A stroke file, as graves-jax prepare --out writes it."""
  out: Path = launch.ROOT / ".card"
  """The folder; what was in it is deleted."""
  python: str = "3.12"
  """Of the machine with the card."""


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  if not arguments.data.is_file():
    raise FileNotFoundError(
      f"--data (={arguments.data}): there is no such file; "
      "graves-jax prepare FOLDER --out FILE.jsonl.gz makes it."
    )
  shutil.rmtree(arguments.out, ignore_errors=True)
  arguments.out.mkdir(parents=True)
  with console.status("Packing"):
    pack_data(arguments.data, arguments.out)
    fetch_wheels(arguments.python, arguments.out)
  sizes = {p.name: p.stat().st_size for p in sorted(arguments.out.iterdir())}
  for name, size in sizes.items():
    console.print(f"{name}: {size:,} bytes", highlight=False)
  total = sum(sizes.values())
  if total > MOST_BYTES:
    raise ValueError(
      f"{arguments.out} holds {total:,} bytes, more than {MOST_BYTES:,}; pack "
      "fewer lines."
    )


def pack_data(data: Path, out: Path) -> None:
  """Copies the data as data.jsonl.gz, compressed if they are not."""
  target = out / "data.jsonl.gz"
  if data.suffix == ".gz":
    shutil.copyfile(data, target)
    return
  with data.open("rb") as source, gzip.open(target, "wb") as file:
    shutil.copyfileobj(source, file)


def fetch_wheels(python: str, out: Path) -> None:
  """Has pip fetch wheels of the versions that are installed here.

  Raises:
    OSError: if it cannot.
  """
  command = [
    *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
    *("--only-binary=:all:", "--python-version", python),
    *("--implementation", "cp", "--dest", str(out)),
    *(f"--platform={name}" for name in PLATFORMS),
    *(f"{name}=={metadata.version(name)}" for name in PACKAGES),
  ]
  done = subprocess.run(command, capture_output=True, text=True)
  if done.returncode:
    lines = done.stderr.strip().splitlines() or ["nothing said"]
    raise OSError(f"pip cannot fetch the wheels: {lines[-1]}")


if __name__ == "__main__":
  launch.run(main)
