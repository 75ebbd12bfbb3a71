"""The part of graves-jax evaluate that scores a reader of handwriting."""

from collections.abc import Sequence
from typing import Any

import jax
from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands.console import loading
from graves_jax.commands.scored_lines import load_lines
from graves_jax.commands.telling import tell
from graves_jax.data.lines import LineBatches
from graves_jax.data.strokes import Line
from graves_jax.devices.parallel import (
  fitting,
  over_devices,
  require_divisible,
)
from graves_jax.fast.kernels.library import Kernels
from graves_jax.losses.reading import (
  ReadingScores,
  reading_loss,
  reading_scores,
)
from graves_jax.networks.build import build_network
from graves_jax.recognition.errors import ErrorCounts, count_errors
from graves_jax.recognition.reader import HandwritingReader
from graves_jax.training.evaluate import evaluate
from graves_jax.training.experiment import loss_summer

BATCH_SIZE = 64
BEAM = 16
_BUCKETS = 4  # each takes longer to compile than to read


def score_reading(
  arguments: Any,
  restored: Restored,
  devices: Sequence[jax.Device],
  console: Console,
  kernels: Kernels | None,
) -> dict[str, Any]:
  """Reads every line of a split, and prints how much of it is wrong.

  Args:
    arguments: those of graves-jax evaluate.
    restored: the checkpoint.
    devices: to use.
    console: for progress and results.
    kernels: to read with, where they fit.

  Returns:
    The scores by name, and what they are of.

  Raises:
    ValueError, OSError: if an argument cannot be used.
  """
  beam = BEAM if arguments.beam is None else arguments.beam
  if beam < 1:
    raise ValueError(f"beam (={beam}) must be 1 or more.")
  config, _ = restored.metadata.of_reading()
  size = BATCH_SIZE if arguments.batch_size is None else arguments.batch_size
  if not arguments.devices:
    devices = fitting(devices, size)
  require_divisible("batch_size", size, len(devices))
  lines, split = load_lines(arguments, config.data, console)
  scores = _score(restored, lines, size, devices, console, kernels)
  reader = HandwritingReader.from_checkpoint(restored, kernels)
  with loading(console, "Reading") as progress:
    read = []
    for start in range(0, len(lines), size):
      read += reader.read(lines[start : start + size], beam)
      progress(len(read), len(lines))
  counts = count_errors(read, (line.text for line in lines))
  tell(console, describe(scores, counts, split, beam))
  figures = {
    "split": split,
    "beam": beam,
    "greedy_character_error": scores.character_error,
    "word_error": counts.word_error,
    "wrong_lines": counts.wrong_lines,
    "words": counts.words,
  }
  return (
    scores._asdict() | figures | {"character_error": counts.character_error}
  )


def _score(
  restored: Restored,
  lines: Sequence[Line],
  batch_size: int,
  devices: Sequence[jax.Device],
  console: Console,
  kernels: Kernels | None,
) -> ReadingScores:
  """Nats of the texts and the error of greedy reading, over all devices."""
  config, codec = restored.metadata.of_reading()
  network: Any = build_network(config.network, codec.size, kernels=kernels)
  batches = LineBatches(
    lines,
    codec.alphabet,
    codec.normalization,
    batch_size=batch_size,
    buckets=min(config.data.buckets, _BUCKETS),
  )
  mapped = over_devices(devices)
  sum_losses = loss_summer(reading_loss(network), mapped)
  params = mapped.replicate(restored.params)
  with loading(console, "Scoring") as progress:
    return reading_scores(evaluate(sum_losses, params, (), batches, progress))


def describe(
  scores: ReadingScores, counts: ErrorCounts, split: str, beam: int
) -> str:
  """The scores in sentences, with their units."""
  return (
    f"{split}: {counts.lines:,} lines, {counts.characters:,} characters, "
    f"{counts.words:,} words; an error is the least number of insertions, "
    "deletions and substitutions, over all lines, divided by what the lines "
    "hold. By a beam of "
    f"{beam}, without a language model: character error "
    f"{100 * counts.character_error:.2f} %, word error "
    f"{100 * counts.word_error:.2f} %; {counts.wrong_lines:,} lines have any. "
    f"Greedily: character error {100 * scores.character_error:.2f} %. The "
    f"texts cost {scores.nats_per_sequence:.1f} nats per sequence, "
    f"{scores.nats_per_character:.4f} per character."
  )
