"""How fast the page writes in Chromium: opening, first stroke, points a second.

The page is made as `graves-jax page` makes it, and opened from its file. A
stroke is first when the pen's first points leave the network: the next frame
draws them. A hand is prepared when it is chosen, before anything is written;
what a stroke costs without that is told, too. The click on the longest hand has
a text that is written already written again in it; timed until ink is on the
page. There is no peer.
"""

import dataclasses
import shutil
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
from rich.table import Table

_TEXT = "the quick brown fox jumps over the lazy dog"
# Milliseconds until the first points, and until the last, and how many.
_WRITE = """async ([text, name, prepares, isCompiled]) => {
  let [first, last, count] = [0, 0, 0];
  const other = startWorker(({kind, points}) => {
    if (!points) return;
    last = performance.now();
    first ||= last;
    count += points.length / 3;
    other.tell("shown", count);
  }, isCompiled ? wasm : null);
  await other.loaded;
  const hand = name && handNamed(name);
  if (prepares && hand) await other.ask("prepare", hand);
  const begin = performance.now();
  await other.ask("write", {number: 1, paragraphs: [text], seed: 1, bias: 1,
    hand, width: 1e9, stop: "stroke"});
  return [first - begin, last - first, count];
}"""
# Milliseconds from the click on the hand of most points until ink is shown.
_PICK = """async () => {
  byId("text").value = "a";
  byId("speed").value = FASTEST;
  await write();
  const count = ({strokes}) => strokes.flat().length;
  const {name} = styles.reduce((a, b) => count(b) > count(a) ? b : a);
  const before = sheet;
  const begin = performance.now();
  document.querySelector(`input[name="style"][value="${name}"]`).click();
  while (sheet === before || !sheet.strokes[0]?.shown) {
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - begin;
}"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Times the page; the last line printed is JSON."""

  rounds: int = 5
  """How often each is timed; the median is told."""

  def __post_init__(self):
    require_least(self, rounds=1)


def main(argv: list[str]) -> None:
  arguments, console = tyro.cli(Arguments, args=argv), Console()
  found: dict[str, float] = {}
  with tempfile.TemporaryDirectory() as folder, console.status("Writing"):
    path = Path(folder) / "page.html"
    command = [sys.executable, "-m", "graves_jax", "page", path]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    found = _times(path, arguments.rounds)
  table = Table(title="The page in Chromium, medians")
  for name in ("", "s or points/s"):
    table.add_column(name)
  for name, value in found.items():
    table.add_row(name, f"{value:.3g}")
  console.print(table)
  print_json({name: rounded(x) for name, x in found.items()})


def _times(path: Path, rounds: int) -> dict[str, float]:
  from playwright import sync_api

  opened: list[float] = []
  picked: list[float] = []
  with sync_api.sync_playwright() as playwright:
    browser = playwright.chromium.launch(
      executable_path=shutil.which("chromium"), args=["--no-sandbox"]
    )
    for _ in range(rounds):
      page = browser.new_page()
      begin = time.perf_counter()
      page.goto(path.as_uri())
      while page.evaluate("byId('write').disabled"):
        time.sleep(0.01)
      opened.append(time.perf_counter() - begin)
      picked.append(page.evaluate(_PICK) / 1000)
    ways = {
      "compiled": (None, False, True),
      "plain JavaScript": (None, False, False),
      "in a hand": ("neat", True, True),
      "in a hand not prepared": ("neat", False, True),
    }
    found = {
      "opens, s": float(np.median(opened)),
      "from picking the longest hand to its ink, s": float(np.median(picked)),
    }
    for name, way in ways.items():
      runs = [page.evaluate(_WRITE, [_TEXT, *way]) for _ in range(rounds)]
      first, rest, count = np.median(runs, axis=0)
      found[f"first stroke, {name}, s"] = first / 1000
      found[f"points/s, {name}"] = count / (rest / 1000)
    browser.close()
  return found


if __name__ == "__main__":
  launch.run(main)
