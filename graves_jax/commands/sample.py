"""Writes with a trained network: graves-jax sample "the quick brown fox"."""

import dataclasses
import itertools

from rich.console import Console

from graves_jax.commands import command_line, runtime
from graves_jax.commands.sample_arguments import (
  Arguments,
  refuse_options_of_others,
)


def require_one_text(argv: list[str]) -> None:
  """Raises a ValueError if a text's words come without quotes."""
  words = list(itertools.takewhile(lambda x: not x.startswith("-"), argv))
  if len(words) > 1:
    raise ValueError(
      "the text is one argument; put it in quotes: graves-jax sample "
      f'"{" ".join(words)}".'
    )


def main(argv: list[str]) -> None:
  require_one_text(argv)
  arguments = command_line.parse(Arguments, argv)
  from graves_jax.checkpoints.read import restore_checkpoint
  from graves_jax.fast.implementation import FEWEST_ROWS_OF_ONE_STEP

  runtime.use_compilation_cache()
  kernels, devices = None, None
  if arguments.copies >= FEWEST_ROWS_OF_ONE_STEP:
    devices = runtime.use_devices(1)  # before anything runs on one
  checkpoint = command_line.find_checkpoint(arguments.checkpoint)
  arguments = dataclasses.replace(arguments, checkpoint=checkpoint)
  restored = restore_checkpoint(checkpoint)
  if arguments.draw_weights is not None:
    from graves_jax.training.noise import with_drawn_weights

    restored = with_drawn_weights(restored, arguments.draw_weights)
  kind = restored.metadata.kind
  refuse_options_of_others(argv, checkpoint, kind)
  if devices is not None:  # else kernels are not worth compiling
    kernels = runtime.use_kernels(Console(stderr=True), devices)
  if kind == "text":
    from graves_jax.commands.sample_text import write_text as write
  else:
    from graves_jax.commands.sample_handwriting import write_by_hand as write
  write(arguments, restored, kernels)
