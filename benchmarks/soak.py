"""Kills a tiny run again and again: does every resume continue, exactly?

`train.py` is started as a person starts it, and killed by SIGKILL, SIGTERM or
SIGINT at a random moment: at any time since its start, while it trains, or
while a checkpoint is being written. Then the same command is given again.
When a run comes to its end before all kills are done, another one begins.

Every end is compared with that of a run that nobody killed: the checksums of
weights, optimizer and carried state, bit for bit, and the rows of its record.
"""

import collections
import dataclasses
import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import launch
import tyro
from ranges import require_least
from report import print_json
from rich.console import Console
from rich.table import Table

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MOMENTS = ("starting", "training", "saving")
SETTINGS = shlex.split("""
  --network.hidden 16 --data.batch-size 4 --data.length 10 --devices 1
  --optimizer.schedule.name constant --training.checkpoint-every 40
  --training.evaluate-every 100 --training.sample-every 1000000
""")
_LONGEST_WAIT_SECONDS = 120


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Kills a run of train.py again and again; the last line printed is JSON."""

  kills: int = 100
  steps: int = 1500
  """Updates of one run."""
  seed: int = 0
  """Of the moments."""

  def __post_init__(self):
    require_least(self, kills=1, steps=1)


class Kill(NamedTuple):
  """One kill, and what was found after it.

  signal: its name.
  moment: what the run was doing.
  status: its exit status; negative: of the signal.
  before, after: the newest checkpoint when it was started, and now.
  set_aside: old checkpoints, half deleted by the kill before, that it found.
  """

  signal: str
  moment: str
  status: int
  before: int
  after: int
  set_aside: int


class Run:
  """One workdir, and the process that trains in it."""

  def __init__(self, folder: Path, workdir: Path, steps: int):
    self.workdir, self.steps = workdir, steps
    self._records = workdir / "metrics.jsonl"
    text = folder / "text.txt"
    self._command = [sys.executable, launch.ROOT / "train.py"]
    self._command += [launch.ROOT / "configs/char_rnn.py", *SETTINGS]
    self._command += ["--training.steps", str(steps), "--data.path", text]
    self._command += ["--workdir", workdir]
    self._environment = os.environ | {"HOME": str(folder)}

  def start(self) -> None:
    self.newest = max(self.checkpoints(), default=0)
    self._rows = self._records.stat().st_mtime_ns if self.is_begun() else 0
    self._process = subprocess.Popen(
      list(map(str, self._command)),
      env=self._environment,
      stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT,
      text=True,
    )

  def is_begun(self) -> bool:
    return self._records.exists()

  def is_training(self) -> bool:
    """Whether it has recorded an update since it was started."""
    if not self.is_begun():
      return False
    status = self._records.stat()
    return status.st_mtime_ns > self._rows + 10**8 and status.st_size > 0

  def is_ending(self) -> bool:
    """Whether it has recorded its last update."""
    text = self._records.read_text("utf-8") if self.is_begun() else ""
    return f'"step": {self.steps},' in text

  def is_saving(self) -> bool:
    """Whether a checkpoint is being written."""
    folder = self.workdir / "checkpoints"
    return folder.is_dir() and any("tmp" in p.name for p in folder.iterdir())

  def is_over(self) -> bool:
    return self._process.poll() is not None

  def kill(self, number: signal.Signals) -> None:
    self._process.send_signal(number)

  def finish(self) -> tuple[int, str]:
    """Waits for its end: its exit status and all that it said."""
    output, _ = self._process.communicate(timeout=_LONGEST_WAIT_SECONDS)
    return self._process.returncode, output

  def checkpoints(self) -> list[int]:
    folder = self.workdir / "checkpoints"
    paths = folder.iterdir() if folder.is_dir() else ()
    return [int(path.name) for path in paths if path.name.isdecimal()]

  def end(self) -> tuple[dict, list]:
    """Checksums of the last checkpoint, and the steps of the record's rows."""
    step = max(self.checkpoints())
    path = self.workdir / f"checkpoints/{step}/metadata/metadata"
    values = json.loads(path.read_text("utf-8"))
    rows = map(json.loads, self._records.read_text("utf-8").splitlines())
    return values["checksums"], [
      (row["kind"], row["step"], row.get("nats_per_element")) for row in rows
    ]


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  chance = random.Random(arguments.seed)
  kills, ends, start = [], 0, time.monotonic()
  with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    write_text(folder / "text.txt")
    whole = Run(folder, folder / "whole", arguments.steps)
    begin = time.monotonic()
    whole.start()
    require_end(whole)
    longest = time.monotonic() - begin
    while len(kills) < arguments.kills:
      run = Run(folder, folder / str(ends), arguments.steps)
      while True:
        run.start()
        is_last = len(kills) == arguments.kills
        kill = None if is_last else interrupt(run, chance, longest)
        if kill is None:
          require_end(run)
          break
        kills.append(kill)
        console.print(f"{len(kills)}: {' '.join(map(str, kill))}")
      if run.end() != whole.end():
        raise ValueError(f"run {ends} ended otherwise than the whole one.")
      ends += 1
  print_table(console, kills)
  print_json(
    {
      "kills": len(kills),
      "ends_equal_bit_for_bit": ends,
      "checkpoints_lost": sum(kill.after < kill.before for kill in kills),
      "old_checkpoints_set_aside": sum(kill.set_aside for kill in kills),
      "by_moment": dict(collections.Counter(kill.moment for kill in kills)),
      "updates_a_run": arguments.steps,
      "seconds": round(time.monotonic() - start),
    }
  )


def interrupt(run: Run, chance: random.Random, longest: float) -> Kill | None:
  """Kills a run that was started; None if it came to its end before."""
  number, moment = chance.choice(SIGNALS), chance.choice(MOMENTS)
  if moment == "starting":
    wait(run, lambda: False, chance.uniform(0, longest))
  else:
    wait(run, run.is_training, _LONGEST_WAIT_SECONDS)
    if moment == "training":
      wait(run, lambda: False, chance.uniform(0, 1))
    else:
      wait(run, run.is_saving, _LONGEST_WAIT_SECONDS)
      time.sleep(chance.uniform(0, 0.03))
  if run.is_over():
    return None
  is_training = run.is_training()
  moment = "saving" if run.is_saving() else MOMENTS[is_training]
  run.kill(number)
  status, output = run.finish()
  require_exactness(run, output)
  expected = {-number} if number == signal.SIGKILL or not is_training else {0}
  if not is_training:  # Python is not yet there, or already saves and stops
    expected |= {0, 130, 1}
  if status not in expected and not run.is_ending():
    raise ValueError(f"exit status {status} after {number.name}:\n{output}")
  after = max(run.checkpoints(), default=0)
  if after < run.newest:
    raise ValueError(f"step {run.newest} is lost, the newest is {after}.")
  set_aside = output.count("Set aside")
  return Kill(number.name, moment, status, run.newest, after, set_aside)


def wait(run: Run, is_time, seconds: float) -> None:
  """Waits until it is time, the run is over, or the seconds have passed."""
  deadline = time.monotonic() + seconds
  while not is_time() and not run.is_over() and time.monotonic() < deadline:
    time.sleep(0.002)


def require_end(run: Run) -> None:
  """Waits for a run that nobody kills any more.

  Raises:
    ValueError: if it does not go on exactly, or fails.
  """
  status, output = run.finish()
  require_exactness(run, output)
  if status:
    raise ValueError(f"exit status {status}:\n{output}")


def require_exactness(run: Run, output: str) -> None:
  """Raises ValueError if a run began elsewhere than it had been saved."""
  words = " ".join(output.split())
  begun = re.search(r"Continuing at step ([\d,]+)\.", words)
  step = int(begun[1].replace(",", "")) if begun else 0
  has_begun = begun or run.is_training()
  if has_begun and step != run.newest:
    raise ValueError(f"step {run.newest} was saved, and it said:\n{output}")


def write_text(path: Path) -> None:
  """Words drawn at random: 20,000 characters."""
  chance = random.Random(0)
  words = [
    "".join(chance.choices("aeinorst", k=chance.randint(2, 7)))
    for _ in range(99)
  ]
  text = " ".join(chance.choices(words, k=5000))
  path.write_text(text[:20_000], encoding="utf-8")


def print_table(console: Console, kills: list[Kill]) -> None:
  table = Table(title="kills, all resumed", title_justify="left")
  table.add_column("signal")
  for name in (*MOMENTS, "exit statuses"):
    table.add_column(name, justify="right")
  for name in (number.name for number in SIGNALS):
    mine = [kill for kill in kills if kill.signal == name]
    counts = (sum(kill.moment == moment for kill in mine) for moment in MOMENTS)
    statuses = sorted({kill.status for kill in mine})
    table.add_row(
      name, *map(str, counts), ", ".join(map(str, statuses)) or "none"
    )
  console.print(table)


if __name__ == "__main__":
  launch.run(main)
