"""Scores a checkpoint: graves-jax evaluate --data.path ~/iamondb; or what it
writes: graves-jax evaluate --legibility CHECKPOINT."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from graves_jax.commands import command_line, runtime
from graves_jax.commands.legibility_options import LegibilityOptions
from graves_jax.commands.record_options import (
  RecordOptions,
  begin_record,
  write_record,
)
from graves_jax.config import Config, DynamicConfig, ReadingConfig, TextConfig
from graves_jax.pretrained import HANDWRITING
from graves_jax.results.record import with_null

Score = Callable[..., dict[str, Any]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Data:
  """What to score."""

  path: Path | None = None
  """Handwriting, written or read: a folder of IAM-OnDB's archives, or a stroke
  file; by default the path that the checkpoint was trained on. Text: another
  text file, scored whole; by default a split of the checkpoint's own text."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Scores every line or symbol of a split, none dropped or cut; the last line
  printed is JSON."""

  legibility: Path | None = None
  """Measures what a network that writes by hand, named as for --checkpoint,
  writes: the texts of a split are written, and read by a reader,
  beside the real lines."""
  checkpoint: Path = HANDWRITING
  """A run's folder, one checkpoint, or a name of weights that ship; by default
  handwriting."""
  data: Data = Data()
  split: str | None = None
  """train or validation (the default); of Penn Treebank also test; of IAM-OnDB
  also trainset, testset_v, testset_t and testset_f. Of text at --data.path: a
  split of it, instead of all of it."""
  batch_size: int | None = None
  """Lines at a time (64); streams that a text is cut into (1 for each 10,000
  symbols, 100 at most; --dynamic: 1; with 1 the state is carried from the
  first symbol to the last, which takes longest); sentences at a time (100;
  --dynamic: 1)."""
  sequences: Literal["stream", "sentence"] | None = None
  """Networks of Penn Treebank: reads the text in streams, the state carried
  on, or every sentence by itself, from a zero state; by default as in
  training."""
  devices: int = 0
  """How many devices (on CPU: cores); 0: as many as the batches fit."""
  sigma_floor: float | None = None
  """Handwriting: the least standard deviation of the mixture while it is
  scored; by default that of training. A small one makes the data's exact zeros
  cheap."""
  beam: int | None = None
  """Readers of handwriting: how many beginnings of a text the search keeps
  (16)."""
  draw_weights: int | None = None
  """After training with weight noise: scores weights drawn from a seed, not
  their means."""
  dynamic: tyro.conf.FlagCreatePairsOff[bool] = False
  """The weights go on learning from each segment of text, or from each line of
  a writer's, once it is scored. Handwriting: lines of one hand are those of a
  form, by the names of IAM-OnDB (a01-000u-01, a01-000u-02, ...); the trained
  weights meet each."""
  dynamics: DynamicConfig = dataclasses.field(default_factory=DynamicConfig)
  tune: tyro.conf.FlagCreatePairsOff[bool] = False
  """With --dynamic: first chooses the learning rate, and momentum (sgd) or
  decay (rms), on the start of the validation split; of handwriting, on the
  first writers of the split, and reports the others."""
  tune_symbols: int | None = None
  """How much text is scored at each trial (20,000)."""
  writers: int | None = None
  """With --dynamic, of handwriting: reads so many writers, spread over the
  split; by default all."""
  tune_writers: int | None = None
  """How many writers' lines are scored at each trial (8)."""
  for_record: tyro.conf.OmitArgPrefixes[RecordOptions] = dataclasses.field(
    default_factory=RecordOptions
  )
  for_legibility: tyro.conf.OmitArgPrefixes[LegibilityOptions] = (
    dataclasses.field(default_factory=LegibilityOptions)
  )


def main(argv: list[str]) -> None:
  arguments, console = command_line.parse(Arguments, argv), Console()
  from graves_jax.checkpoints.read import restore_checkpoint

  runtime.use_compilation_cache()
  require_dynamic(arguments)
  require_legibility(arguments)
  arguments.for_record.require_usable()
  count = arguments.devices if arguments.legibility is None else 1
  devices = runtime.use_devices(count)
  checkpoint = command_line.find_checkpoint(
    arguments.legibility or arguments.checkpoint
  )
  restored = restore_checkpoint(checkpoint)
  kernels = runtime.use_kernels(console, devices)
  if arguments.draw_weights is not None:
    from graves_jax.training.noise import with_drawn_weights

    restored = with_drawn_weights(restored, arguments.draw_weights)
  config = restored.metadata.config
  refuse_options_of_others(arguments, config)
  begun = begin_record(arguments.for_record, restored, checkpoint)
  score = scorer_for(arguments, config)
  figures = score(arguments, restored, devices, console, kernels)
  figures |= {
    "step": restored.metadata.step,
    "draw_weights": arguments.draw_weights,
  }
  print(json.dumps(with_null(figures)))
  write_record(arguments.for_record, restored, begun, devices, figures)
  if (path := arguments.for_legibility.figure) is not None:
    from graves_jax.commands.legibility_report import draw

    draw(path, figures)


def scorer_for(arguments: Arguments, config: Config) -> Score:
  """What scores a network of this config, as the arguments ask for."""
  if arguments.legibility is not None:
    from graves_jax.commands.evaluate_legibility import score_legibility

    return score_legibility
  if isinstance(config, TextConfig):
    from graves_jax.commands.evaluate_text import score_text

    return score_text
  if isinstance(config, ReadingConfig):
    from graves_jax.commands.evaluate_reading import score_reading

    return score_reading
  if arguments.dynamic:
    from graves_jax.commands.evaluate_writers import score_writers

    return score_writers
  from graves_jax.commands.evaluate_handwriting import score_handwriting

  return score_handwriting


def refuse_options_of_others(arguments: Arguments, config: Config) -> None:
  """Raises ValueError if an option is not for a network of this config."""
  holds = f"{arguments.legibility or arguments.checkpoint} holds"
  is_reader = isinstance(config, ReadingConfig)
  if not isinstance(config, TextConfig):
    network = "reader of handwriting" if is_reader else "handwriting network"
    if arguments.dynamic and (is_reader or arguments.legibility):
      raise ValueError(
        f"--dynamic: {holds} a {network}; dynamic evaluation is for networks "
        "that predict text or strokes, and for their nats."
      )
    if arguments.sequences is not None:
      raise ValueError(
        f"--sequences: {holds} a {network}, whose sequences are lines; leave "
        "it out."
      )
  elif not (arguments.tune_writers is arguments.writers is None):
    raise ValueError(
      f"--writers, --tune-writers: {holds} a text network; leave them out, or "
      "give --tune-symbols."
    )
  if is_reader and arguments.sigma_floor is not None:
    raise ValueError(
      f"--sigma-floor: {holds} a reader of handwriting, which has no mixture; "
      "leave it out."
    )
  if arguments.beam is not None and not is_reader:
    raise ValueError(
      f"--beam: {holds} a network that writes, and only what a reader of "
      "handwriting reads is searched for; leave it out."
    )


def require_legibility(arguments: Arguments) -> None:
  """Raises ValueError if options of --legibility stand alone, or beside
  others."""
  if arguments.legibility is None:
    if arguments.for_legibility != LegibilityOptions():
      raise ValueError(
        "--lines, --bias, --best-of, --seed, --reader, --ranker and --figure "
        "need --legibility CHECKPOINT."
      )
    return
  unread = {
    "--checkpoint": arguments.checkpoint != HANDWRITING,
    "--batch-size": arguments.batch_size is not None,
    "--devices": arguments.devices != 0,
    "--sigma-floor": arguments.sigma_floor is not None,
  }
  for option, is_given in unread.items():
    if is_given:
      raise ValueError(f"{option} is not read with --legibility; leave it out.")
  arguments.for_legibility.require_usable()


def require_dynamic(arguments: Arguments) -> None:
  """Raises ValueError if options of --dynamic stand alone, or are no use."""
  alone = arguments.tune or arguments.dynamics != DynamicConfig()
  if alone and not arguments.dynamic:
    raise ValueError("--tune and --dynamics.* need --dynamic.")
  if arguments.writers is not None and not arguments.dynamic:
    raise ValueError(f"writers (={arguments.writers}) needs --dynamic.")
  writers = arguments.tune_writers
  if writers is not None and not (arguments.tune and writers >= 1):
    raise ValueError(
      f"tune_writers (={writers}) must be 1 or more, and needs --tune."
    )
  symbols = arguments.tune_symbols
  if symbols is not None and not (arguments.tune and symbols >= 2):
    raise ValueError(
      f"tune_symbols (={symbols}) must be 2 or more, and needs --tune."
    )
