"""Gives inputs to one parser, and watches what it does."""

import contextlib
import dataclasses
import signal
import sys
import time
from pathlib import Path

from fuzz_parsers import Parser
from hypothesis import HealthCheck, Phase, given, seed, settings

SECONDS = 1.0  # of the processor, for one input
MEGABYTES = 1000  # beyond what the process has before the first input
MOST_FAILURES = 5
# Hypothesis remembers all inputs of a run; forgetting leaves the limit of
# memory to the parser.
_INPUTS_OF_A_RUN = 500

# What nothing that only reads has any business to do.
_FORBIDDEN = {
  "os.exec",
  "os.fork",
  "os.posix_spawn",
  "os.system",
  "pickle.find_class",
  "pty.spawn",
  "socket.connect",
  "subprocess.Popen",
  "urllib.Request",
}


class _HangError(BaseException):
  """An input took too long."""


@dataclasses.dataclass
class Trial:
  """What came of the inputs.

  inputs: how many there were.
  refused, accepted: how many of them ended in a clear error, or in data.
  slowest_ms: of the processor, for one input.
  peak_mb: the most memory, beyond what the process had before.
  failures: tracebacks, hangs, errors of several lines, forbidden acts.
  """

  inputs: int = 0
  refused: int = 0
  accepted: int = 0
  slowest_ms: float = 0.0
  peak_mb: float = 0.0
  failures: list[str] = dataclasses.field(default_factory=list)


def try_inputs(parser: Parser, folder: Path, count: int) -> Trial:
  """Reads so many inputs; which ones depends on nothing but their number."""
  trial, acts = Trial(), []
  before = _memory_mb("VmRSS")
  is_watching = True

  def watch(event: str, arguments: tuple) -> None:
    if is_watching and event in _FORBIDDEN:
      acts.append(f"{event}{arguments!r:.200}")

  def read(value):
    acts.clear()
    started = time.process_time()
    failure = _read(parser, value, folder, trial)
    milliseconds = 1000 * (time.process_time() - started)
    trial.inputs += 1
    trial.slowest_ms = max(trial.slowest_ms, milliseconds)
    if acts:
      failure = f"forbidden: {acts[0]}"
    if failure and len(trial.failures) < MOST_FAILURES:
      trial.failures.append(f"{failure} on {repr(value)[:300]}")

  sys.addaudithook(watch)  # it stays for good
  try:
    for first in range(0, count, _INPUTS_OF_A_RUN):
      inputs_of_a_run = settings(
        max_examples=min(_INPUTS_OF_A_RUN, count - first),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
      )
      seed(first)(inputs_of_a_run(given(parser.inputs)(read)))()
  finally:
    is_watching = False
  trial.peak_mb = max(_memory_mb("VmHWM") - before, 0.0)
  return trial


def _read(parser: Parser, value, folder: Path, trial: Trial) -> str | None:
  """Reads one input; says what is wrong with the outcome, if anything is."""
  try:
    with _clock():
      parser.read(value, folder)
    trial.accepted += 1
  except (ValueError, FileNotFoundError) as error:
    trial.refused += 1
    message = str(error)
    if not message or "\n" in message:
      return f"an unclear {type(error).__name__}: {message!r:.200}"
  except _HangError:
    return "hang"
  except Exception as error:
    return f"{type(error).__name__}: {error!s:.200}"
  return None


@contextlib.contextmanager
def _clock():
  """Raises `_HangError` after SECONDS of the processor; main thread only."""

  def ring(*_):
    raise _HangError

  previous = signal.signal(signal.SIGPROF, ring)
  signal.setitimer(signal.ITIMER_PROF, SECONDS)
  try:
    yield
  finally:
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, previous)


def _memory_mb(field: str) -> float:
  """Resident memory now (VmRSS) or at most (VmHWM); 0 where not known."""
  status = Path("/proc/self/status")
  if not status.exists():
    return 0.0
  lines = status.read_text().splitlines()
  line = next(line for line in lines if line.startswith(field))
  return int(line.split()[1]) / 1000
