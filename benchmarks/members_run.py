"""A run of several copies of a network on a lent card, by the clock.

The learning rate follows the clock: a level, then a descent that ends when the
time does. The folder of results has report.json and of every member NAME.tar.gz
(with --no-archives NAME): a folder that graves-jax evaluate reads, with the
moving average of its weights, the deviations that it learned, metrics.jsonl and
starts.jsonl. It is written where the descent begins and at the end, each time
with what was validated best so far or, without validations, with what is there
then.
"""

import collections
import dataclasses
import itertools
import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from card_clock import Clock
from card_folder import MOST_BYTES, MOST_FILES, ResultFolder
from card_inputs import describe
from ranges import require_least
from rich.console import Console

_SECONDS_AFTER = 20.0  # for what is written at the end
_IN_FLIGHT = 3  # updates that the card has been given beforehand
_SHOWN_EVERY = 50  # updates


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunArguments:
  """How long all members are trained, and where their weights go."""

  members: tuple[str, ...] = ()
  """Names of those to train; by default all."""
  out: Path = Path("runs/members")
  """A new folder."""
  minutes: float = 8.0
  """For everything, from the start of this script."""
  learning_rate: float | None = None
  """Before the descent; by default the config's."""
  average: float | None = None
  """Decay of the moving average of the weights; by default the config's."""
  validations: int = 0
  """Of every member, spread over the run; the last one at its end. The weights
  that are validated best are kept."""
  archives: bool = True
  """Packs weights, as a machine gives back few files, none of them large; else
  they are folders."""
  most_updates: int | None = None
  """Ends sooner, to try the script."""
  anywhere: bool = False
  """Runs on whatever JAX runs on, on few data: to try this script."""

  def __post_init__(self):
    for name in ("minutes", "learning_rate"):
      value = getattr(self, name)
      if value is not None and not value > 0:
        option = name.replace("_", "-")
        raise ValueError(f"--{option} (={value}) must be above 0.")
    if self.average is not None and not 0 <= self.average < 1:
      raise ValueError(f"--average (={self.average}) must be in [0, 1).")
    require_least(self, validations=0)
    if self.most_updates is not None:
      require_least(self, most_updates=0)

  def changed(self, training):
    """A config's `training` with what is given here."""
    if self.average is None:
      return training
    return dataclasses.replace(training, average=self.average)


def require_card(arguments: RunArguments) -> None:
  """Raises ValueError where JAX has no graphics card and none is waived."""
  import jax

  if jax.devices()[0].platform != "gpu" and not arguments.anywhere:
    raise ValueError(
      "JAX sees no GPU here; --anywhere tries this script without one."
    )


def choose(names: tuple[str, ...], members: dict) -> dict:
  """The members of these names, or all.

  Raises:
    ValueError: if a name is none of theirs, or they are too many.
  """
  unknown = [name for name in names if name not in members]
  if unknown:
    raise ValueError(
      f"--members: {', '.join(unknown)}: no such member; there are "
      f"{', '.join(members)}."
    )
  chosen = {name: members[name] for name in names or members}
  most = MOST_FILES - 1  # the report is one
  if len(chosen) > most:
    raise ValueError(f"--members: at most {most} at once.")
  return chosen


def new_report(
  arguments: RunArguments, argv: list[str], members: dict
) -> ResultFolder:
  """The new folder of results, whose report says what is run, and on what."""
  folder = ResultFolder(arguments.out)
  folder.note("command", argv)
  folder.note("device", describe())
  folder.note("members", {name: m._asdict() for name, m in members.items()})
  return folder


class _Best(NamedTuple):
  """What a member was when it was validated best."""

  score: float
  updates: int
  params: Any
  stddev: Any


class Run:
  """Updates of all members until the time ends, and what they told."""

  def __init__(
    self,
    arguments: RunArguments,
    training,
    clock: Clock,
    folder: ResultFolder,
    console: Console,
  ):
    """Compiles.

    Args:
      arguments: how long.
      training: of the members, a `members.Training`.
      clock: of the whole script.
      folder: for the results.
      console: shows progress.

    Raises:
      ValueError: if the weights are too large to be packed.
    """
    require_room(arguments, training)
    self._arguments = arguments
    self._training = training
    self._clock, self._folder, self._console = clock, folder, console
    self._rows: dict[str, list[dict]] = {name: [] for name in training.members}
    self._best: dict[str, _Best] = {}
    self._waiting: collections.deque = collections.deque()
    self._updates, self._told = 0, 0.0
    with console.status("Compiling"):
      training.compile(scores=arguments.validations > 0)
    folder.note("seconds_before_training", round(clock.spent(), 1))

  def to_the_end(self) -> None:
    """Trains until the time ends; keeps weights and records twice.

    Raises:
      ValueError: if compiling took all the time.
    """
    arguments, clock = self._arguments, self._clock
    begun, seconds = clock.spent(), clock.left() - _SECONDS_AFTER
    if seconds <= 0:
      raise ValueError(
        f"--minutes (={arguments.minutes:g}): compiling took {begun:.0f} s of "
        "it, and no time is left to train; give more minutes, or fewer shapes "
        "of batches."
      )
    self._told = clock.spent()
    events = self._events()
    for step in itertools.count():
      part = (clock.spent() - begun) / seconds
      if part >= 1 or step == arguments.most_updates:
        break
      while events and part > events[0][0]:
        self._stop_for(events.pop(0)[1])
      rate = self._training.learning_rate * share(step, part)
      self._waiting.append((rate, self._training.update(step, rate)))
      if len(self._waiting) > _IN_FLIGHT:
        self._record()
    self._stop_for(self._validate if arguments.validations else _nothing)
    self._folder.note("updates", self._updates)
    self._folder.note("seconds_of_training", round(clock.spent() - begun, 1))
    self._keep()

  def _events(self) -> list[tuple[float, Callable[[], None]]]:
    """What is done on the way, by the part of the time after which it is."""
    from members import DESCENT

    count = self._arguments.validations
    events = [(k / count, self._validate) for k in range(1, count)]
    return sorted([*events, (1 - DESCENT, self._descend)], key=lambda e: e[0])

  def _stop_for(self, event: Callable[[], None]) -> None:
    """Does something when all updates are made; its time is none of theirs."""
    while self._waiting:
      self._record()
    event()
    self._told = self._clock.spent()

  def _descend(self) -> None:
    self._folder.note("descent_begins_after_updates", self._updates)
    self._keep()

  def _record(self) -> None:
    """Notes what the oldest update told that is not noted yet."""
    rate, metrics = self._waiting.popleft()
    told = described(metrics)
    now = self._clock.spent()
    seconds = now - self._told
    common = {
      "kind": "train",
      "step": self._updates + 1,
      "seconds": round(seconds, 4),
      "learning_rate": rate,
    }
    self._told = now
    for rows, own in zip(self._rows.values(), told, strict=True):
      speed = round(own["elements"] / max(seconds, 1e-9), 1)
      rows.append(common | own | {"elements_per_second": speed})
    if self._updates % _SHOWN_EVERY == 0:
      self._show(common | {k: [own[k] for own in told] for k in told[0]})
    self._updates += 1

  def _validate(self) -> None:
    """Scores the averaged weights of every member."""
    try:
      scored = self._training.scores()
    except ValueError as error:  # one that fails is no reason to end all
      self._console.print(f"No validation: {error}", markup=False)
      return
    for name, scores in scored.items():
      row = {"kind": "validation", "step": self._updates, **scores._asdict()}
      self._rows[name].append(row)
      self._show({"member": name} | row)
    judged = self._training.task.metadata.score_name
    self._remember({k: getattr(x, judged, x[0]) for k, x in scored.items()})

  def _remember(self, scores: dict[str, float]) -> None:
    """Keeps the weights of every member that was not better before."""
    better = []
    for name, score in scores.items():
      best = self._best.get(name)
      if math.isfinite(score) and (best is None or score < best.score):
        better.append(name)
    if not better:
      return
    import jax
    import numpy as np

    params, stddevs = self._training.averages(), self._training.stddevs()
    for name in better:
      kept = jax.tree.map(np.copy, (params[name], stddevs[name]))
      self._best[name] = _Best(scores[name], self._updates, *kept)

  def _show(self, row: dict) -> None:
    self._console.print(json.dumps(row), highlight=False, soft_wrap=True)

  def _keep(self) -> None:
    """Puts every member's average, in bfloat16, among the results, with its
    records; that of its best validation, if there was one."""
    import jax

    from graves_jax.checkpoints.export import bfloat16_values, write_weights
    from graves_jax.commands.record_options import note_start

    together = len(self._rows)
    beside = f"{together} such runs at once" if together > 1 else ""
    stddevs = self._training.stddevs()
    for name, params in self._training.averages().items():
      given = self._updates, params, stddevs[name]
      updates, *values = self._best[name][1:] if name in self._best else given
      with tempfile.TemporaryDirectory() as parent:
        target = Path(parent) / name
        metadata = self._training.metadata(name, updates, self._updates)
        params, stddev = jax.tree.map(bfloat16_values, values)
        write_weights(params, metadata, target, stddev)
        rows = "".join(json.dumps(row) + "\n" for row in self._rows[name])
        (target / "metrics.jsonl").write_text(rows)
        note_start(target, jax.devices()[:1], beside)
        if self._arguments.archives:
          self._folder.pack(target)
        else:
          self._folder.add(target)


def require_room(arguments: RunArguments, training) -> None:
  """Raises ValueError if archives of all members are more files than come
  back."""
  most = MOST_FILES - 1  # the report is one
  needed = 0
  for member in training.members.values():
    arrays = 2 if member.complexity else 1  # with standard deviations
    needed += -(-arrays * 2 * training.size // MOST_BYTES)  # of bfloat16
  if arguments.archives and needed > most:
    raise ValueError(
      f"the weights of {len(training.members)} members are {needed} files of "
      f"at most {MOST_BYTES:,} bytes, and at most {most} come back; name fewer "
      "--members, or keep folders there by --no-archives."
    )


def share(step: int, part: float) -> float:
  """The share of the learning rate for an update: a warm-up by updates, then a
  level and a descent by time.

  Args:
    step: updates before it.
    part: of the time that is over.
  """
  from members import DESCENT, WARMUP

  return min((step + 1) / WARMUP, max((1 - part) / DESCENT, 0.0), 1.0)


def described(metrics) -> list[dict]:
  """What an update tells, of each member."""
  import jax

  nats, elements, lines, stddev = (x.tolist() for x in jax.device_get(metrics))
  return [
    {
      "nats_per_sequence": round(nats[k] / lines[k], 4),
      "nats_per_element": round(nats[k] / elements[k], 5),
      "elements": elements[k],
      "mean_stddev": round(stddev[k], 6),
    }
    for k in range(len(nats))
  ]


def _nothing() -> None:
  pass
