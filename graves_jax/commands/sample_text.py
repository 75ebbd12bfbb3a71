"""The part of graves-jax sample that writes text."""

import dataclasses
import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands import command_line
from graves_jax.commands.sample_arguments import Arguments
from graves_jax.commands.text_output import write_out
from graves_jax.config import TextDataConfig
from graves_jax.data import plain_text
from graves_jax.data.codec import TextCodec, name_symbols
from graves_jax.data.sources.text_blocks import require_text_file
from graves_jax.data.strokes import Alphabet
from graves_jax.fast.kernels.library import Kernels
from graves_jax.rendering.files import check_writable
from graves_jax.sampling.novelty import novel_lines
from graves_jax.sampling.text import TextWriter
from graves_jax.sampling.transcript import (
  compose,
  name_replaced,
  replace_unknown,
)

LENGTH = 1000
BETWEEN_COPIES = "\n\n"


def write_text(
  arguments: Arguments, restored: Restored, kernels: Kernels | None
) -> None:
  """Writes the text of a text network to standard output, notes beside it.

  Args:
    arguments: of the command.
    restored: the checkpoint.
    kernels: to write with, where they fit.

  Raises:
    ValueError, OSError: if an argument cannot be used.
  """
  notes, options = Console(stderr=True), arguments.for_text
  if options.training_text is not None and not options.novel:
    raise ValueError("--training-text needs --novel.")
  if arguments.text:
    raise ValueError(
      f"{arguments.checkpoint} holds a text network, which writes no given "
      "text; to let it go on from one, give that as --prime."
    )
  if arguments.out is not None:
    check_writable(arguments.out, (".txt",))
  writer = TextWriter.from_checkpoint(restored, kernels)
  config, codec = restored.metadata.of_text()
  prime = read_prime(options.prime, writer, arguments.strict)
  length = LENGTH if arguments.length is None else arguments.length
  settings: dict[str, Any] = {
    "prime": prime,
    "temperature": options.temperature,
    "top_k": options.top_k,
    "seed": arguments.seed,
  }
  before = codec.decoder()(codec.encode(prime))
  if options.novel:
    with notes.status("Reading the training text"):
      training_lines = load_training_lines(
        config.data, options.training_text, codec
      )
    texts = write_copies(writer, length, arguments.copies, settings, notes)
    pieces: Iterable[str] = show_novel(texts, training_lines, notes)
  elif arguments.copies != 1:
    texts = write_copies(writer, length, arguments.copies, settings, notes)
    pieces = [BETWEEN_COPIES.join(before + text for text in texts)]
  else:
    pieces = itertools.chain([before], writer.stream(length, **settings))
  if lost := write_out(pieces, arguments.out):
    command_line.say(
      f"shown as ? because the output is in {sys.stdout.encoding}: "
      f"{name_symbols(lost, 'characters')}; set PYTHONIOENCODING=utf-8 to get "
      "them, or write to a file with --out."
    )


def read_prime(given: str, writer: TextWriter, strict: bool) -> str | bytes:
  """A prime of symbols that the network knows; says what is not as given.

  Characters that have a near one are replaced by it, see `near`; what else the
  vocabulary lacks is left out. Strict: both are refused.

  Raises:
    ValueError: if it cannot be decoded, or nothing is left.
  """
  prime: str | bytes
  prime, name = command_line.given_bytes(given, "--prime")
  codec = writer.codec
  alphabet = Alphabet(codec.symbols if codec.units == "characters" else ())
  by_character = codec.units == "characters"
  if codec.units != "bytes":
    prime = plain_text.decode(prime, name)
  if by_character and isinstance(prime, str):
    prime = compose(prime, alphabet)
  if strict and codec.unknown(prime):
    codec.refuse(codec.unknown(prime))
  if by_character and isinstance(prime, str):
    prime, replaced = replace_unknown(prime, alphabet)
    if replaced:
      command_line.say(f"in the prime {name_replaced(replaced)}")
  known, unknown = writer.split_known(prime)
  if unknown:
    command_line.say(
      "left out of the prime, as the vocabulary does not have them: "
      f"{name_symbols(unknown, codec.units)}"
    )
  return known


def load_training_lines(
  data: TextDataConfig, moved: Path | None, codec: TextCodec
) -> Iterable[str]:
  """The lines of the text that a checkpoint was trained on, as it sees them.

  Args:
    data: of the checkpoint.
    moved: where its text file lies now, or its folder of text files; None:
      where it lay.
    codec: its own.

  Raises:
    FileNotFoundError: if the text is not there.
    ValueError: if it cannot be read as lines, or is a folder, and the network
      was not trained on one.
  """
  from graves_jax.data.sources import text as load_text

  if moved is not None:
    if data.glob is None or not moved.is_dir():
      moved = require_text_file(moved, "--training-text")
    data = dataclasses.replace(data, path=str(moved))
  try:
    lines = load_text.load_training_lines(data)
  except FileNotFoundError:
    raise FileNotFoundError(
      f"{data.path}, the training text, is not there any more; say where it is "
      "with --training-text."
    ) from None
  if codec.units != "words":
    return lines
  return (codec.decode(codec.encode(line)) for line in lines)


def write_copies(
  writer: TextWriter,
  length: int,
  copies: int,
  settings: dict[str, Any],
  notes: Console,
) -> list[str]:
  with notes.status("Writing"):
    return writer.write(length, copies=copies, **settings)


def show_novel(
  texts: list[str], training_lines: Iterable[str], notes: Console
) -> Iterator[str]:
  """The samples' lines that are not in the training text; says how many."""
  with notes.status("Reading the training text"):
    lines, made = novel_lines(texts, training_lines)
  command_line.say(
    f"{len(lines):,} of {made:,} different lines are not in the training text.",
  )
  return (line + "\n" for line in lines)
