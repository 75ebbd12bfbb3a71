"""What a person watching a run sees: a live line, and what is worth keeping."""

import collections
import contextlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
from rich.console import Console
from rich.live import Live
from rich.progress import Progress
from rich.text import Text

from graves_jax.commands.telling import tell
from graves_jax.commands.tensorboard import TensorboardFigures
from graves_jax.networks.synthesis import count_weights
from graves_jax.noise.adaptive_weight_noise import DescriptionLength
from graves_jax.training.experiment import Experiment
from graves_jax.training.records import StepReport

# Without a terminal (a log file), one line in so many seconds.
_SECONDS_BETWEEN_LOG_LINES = 30.0


class ConsoleListener:
  """Shows the progress of a run on a Rich console, and to TensorBoard."""

  def __init__(
    self,
    console: Console,
    workdir: Path,
    is_on_tensorboard: bool = False,
    again: str = "",
    note_start: Callable[[], None] | None = None,
  ):
    """Listens; nothing is shown before the context is entered.

    Args:
      console: where everything is shown.
      workdir: where TensorBoard looks.
      is_on_tensorboard: whether it is written for.
      again: the command that goes on with the run.
      note_start: called once, after the first update.

    Raises:
      ValueError: if TensorBoard is asked for and tensorboardX not installed.
    """
    self._console = console
    self._again = again
    self._note_start = note_start
    self._live = Live(console=console, auto_refresh=False, transient=True)
    self._recent: collections.deque[float] = collections.deque(maxlen=30)
    self._is_compiled = False
    self._last_logged = -_SECONDS_BETWEEN_LOG_LINES
    self._tensorboard = None
    if is_on_tensorboard:
      self._tensorboard = TensorboardFigures(workdir, self.message)

  def __enter__(self) -> "ConsoleListener":
    self._live.start()
    return self

  def __exit__(self, *_) -> None:
    with contextlib.suppress(OSError):
      self._live.stop()
    if self._tensorboard:
      self._tensorboard.close()

  def introduce(
    self, experiment: Experiment, devices: Sequence[jax.Device]
  ) -> None:
    """Says what is trained, on what, and in which unit its loss is."""
    self._task = experiment.task
    config = self._task.metadata.config
    weights = jax.eval_shape(
      lambda: self._task.initial_params(config.training.seed)
    )
    first, *others = self._task.introduction()
    processes = len({device.process_index for device in devices})
    hosts = f" of {processes} processes" if processes > 1 else ""
    cells = " + ".join(map(str, config.network.hidden))
    self.message(
      f"{self._task.metadata.kind}: {cells} cells, "
      f"{count_weights(weights):,} weights, on {len(devices)} "
      f"{devices[0].platform} device{'s' * (len(devices) > 1)}{hosts}; {first}"
    )
    for sentence in others:
      self.message(sentence)
    noise = config.noise
    if noise.kind != "none":
      deviation = f" of standard deviation {noise.stddev:g}"
      self.message(
        f"Noise on the weights while training: {noise.kind}"
        f"{deviation * (noise.kind == 'fixed')}, one draw a {noise.per}; none "
        "in validation and samples."
      )

  def message(self, text: str) -> None:
    """Prints a sentence that stays."""
    with contextlib.suppress(OSError):  # a log is not worth a run
      tell(self._console, text)

  def _show(self, line: Text) -> None:
    """Shows a line in place of the one before."""
    with contextlib.suppress(OSError):  # the terminal has gone
      self._live.update(line, refresh=True)

  def step(self, report: StepReport) -> None:
    """Shows an update in place, or logs it now and then."""
    self._note()
    line = (
      f"step {report.step:,}/{report.steps:,}  epoch {report.epoch:.2f}  "
      f"{self._task.progress(report)}"
    )
    if self._is_compiled:
      self._recent.append(report.seconds)
      left = (report.steps - report.step) * statistics.median(self._recent)
      line += f"  {_duration(left)} left"
    self._is_compiled = True  # by the first update
    if self._console.is_terminal:
      self._show(Text(line, overflow="ellipsis"))
    elif time.monotonic() - self._last_logged > _SECONDS_BETWEEN_LOG_LINES:
      self._last_logged = time.monotonic()
      self.message(line)
    if self._tensorboard:
      names = "nats_per_sequence", "nats_per_element", "gradient_norm"
      figures = {name: getattr(report, name) for name in names}
      self._tensorboard.add("train", figures, report.step)

  def _note(self) -> None:
    if self._note_start:
      try:
        self._note_start()
      except OSError as error:
        self.message(f"It is not noted what this run runs on: {error}")
      self._note_start = None

  def validating(self, done: int, total: int) -> None:
    """Shows how many elements are scored."""
    if self._console.is_terminal:
      self._show(Text(f"validating {done:,}/{total:,}"))

  def validated(self, step: int, scores: NamedTuple) -> None:
    """Prints a validation, which stays."""
    self.message(f"step {step:,}: validation {self._task.outcome(scores)}")
    if self._tensorboard:
      figures = {k: v for k, v in scores._asdict().items() if v is not None}
      self._tensorboard.add("validation", figures, step)

  def described(self, step: int, length: DescriptionLength) -> None:
    """Prints a description length."""
    self.message(
      f"step {step:,}: description length "
      f"{length.description_bits:,.0f} bits = "
      f"{length.data_bits:,.0f} of the training data + "
      f"{length.complexity_bits:,.0f} of the weights "
      f"({length.bits_per_weight:.3f} each)"
    )
    if self._tensorboard:
      self._tensorboard.add("description", length._asdict(), step)

  def stopped(self, step: int) -> None:
    """Says how to go on."""
    self.message(f"Saved at step {step:,} and stopped. To go on: {self._again}")


@contextlib.contextmanager
def loading(
  console: Console, what: str = "Reading the data"
) -> Iterator[Callable[[int, int], None]]:
  """A progress bar; yields what updates it."""
  with Progress(console=console, transient=True) as bars:
    task = bars.add_task(what, total=None)
    yield lambda done, total: bars.update(task, completed=done, total=total)


def _duration(seconds: float) -> str:
  """Seconds as people say them: 45 s, 12 min, 3 h 20 min."""
  if seconds < 90:
    return f"{seconds:.0f} s"
  minutes = round(seconds / 60)
  if minutes < 90:
    return f"{minutes} min"
  return f"{minutes // 60} h {minutes % 60} min"
