"""The part of graves-jax inspect that reads text."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands.console import loading
from graves_jax.commands.inspect import Arguments, most_kept, name_units
from graves_jax.config import TextDataConfig
from graves_jax.data.codec import END_OF_LINE, TextCodec, split_symbols
from graves_jax.data.sources import penn_treebank
from graves_jax.data.sources.text import is_corpus, load_text_split
from graves_jax.data.sources.text_blocks import (
  Progress,
  byte_blocks,
  character_blocks,
  require_text_file,
  word_blocks,
)
from graves_jax.inspection import text as inspection
from graves_jax.inspection.survey import Findings
from graves_jax.inspection.text_properties import Language, language_of
from graves_jax.rendering.inside_page import ShownText
from graves_jax.sampling.text import TextWriter

LENGTH = 10_000
_LONGEST_LINE = 1000  # whose end is looked for


def inspect_text(
  arguments: Arguments, restored: Restored, console: Console
) -> tuple[Findings, ShownText, dict[str, str]]:
  """Reads the text that the arguments name.

  Returns:
    What was found, what the page shows, and what it says of it.

  Raises:
    ValueError, OSError: if the text cannot be read, or has other symbols.
  """
  config, codec = restored.metadata.of_text()
  writer = TextWriter.from_checkpoint(restored)
  keep = most_kept(arguments, sum(config.network.hidden))
  length = LENGTH if arguments.length is None else arguments.length
  classes = load_classes(arguments, config.data, codec, length, console)
  with loading(console, "Reading") as progress:
    found = inspection.inspect_text(
      writer, classes, language(arguments, config.data), keep, progress
    )
  shown = ShownText(
    *(codec.units, written_symbols(codec), found.symbols),
    *(found.guesses, found.probabilities, found.bits),
  )
  which = "the validation text of its training"
  if arguments.text is not None:
    which = arguments.text.name
  colored, gates = "its output", ""
  if found.findings.gates:
    colored, gates = "tanh of its cell", ", and what gates do,"
  about = (
    f"{name_units(config.network.hidden)} read {which}. Shown are the first "
    f"{len(found.symbols):,} {codec.units} ({found.bits.mean():.2f} bits "
    f"each), in colors of one unit: {colored}, in 8 bits. What units follow"
    f"{gates} is measured on the first {len(classes):,} {codec.units}."
  )
  return found.findings, shown, {"about": about}


def written_symbols(codec: TextCodec) -> list[str]:
  """The symbols as the page writes them: the number of a byte that is no
  character of its own."""
  if codec.units != "bytes":
    return ["\n" if s == END_OF_LINE else s for s in codec.symbols]
  return [
    s if s in "\t\n\f\r" or " " <= s <= "~" else f"\\x{ord(s):02X}"
    for s in codec.symbols
  ]


def load_classes(
  arguments: Arguments,
  data: TextDataConfig,
  codec: TextCodec,
  length: int,
  console: Console,
) -> Any:
  """The first classes of --text, or of the validation text."""
  path = None
  if arguments.text is not None:
    path = require_text_file(arguments.text, "--text")
  with loading(console) as progress:
    if path is None:
      classes = start_of_validation(data, codec, length, progress)
    elif is_corpus(data.source, str(path)):
      split = load_text_split(data, codec, None, str(path), progress)
      classes = split.classes[:length]
    else:
      classes = start_of_file(path, data, codec, length)
  if len(classes) < 2:
    raise ValueError(
      f"the text has {len(classes)} {codec.units}; give one of 2 or more."
    )
  return classes


def start_of_validation(
  data: TextDataConfig, codec: TextCodec, length: int, progress: Progress
) -> Any:
  """Its first classes, from its first whole line on."""
  try:
    split = load_text_split(data, codec, progress=progress)
  except FileNotFoundError as error:
    raise FileNotFoundError(f"{error} Or give a text with --text.") from None
  start = 0
  if "\n" in codec.symbols:
    is_end = split.classes[:_LONGEST_LINE] == codec.symbols.index("\n")
    start = int(is_end.argmax()) + 1 if is_end.any() else 0
  return split.classes[start : start + length]


def start_of_file(
  path: Path, data: TextDataConfig, codec: TextCodec, length: int
) -> np.ndarray:
  """The classes of a file's first symbols; the rest may have any other."""
  if data.source == "penn_treebank" and codec.units == "characters":
    text = "".join(character_blocks(path))
    spelled = penn_treebank.spell(text, codec.units, data.convention)
    return codec.encode(spelled[:length])
  readers: dict[str, Callable[[Path], Iterator[Any]]] = {
    "bytes": byte_blocks,
    "characters": character_blocks,
    "words": word_blocks,
  }
  classes, missing = [np.zeros(0, np.int32)], length
  for block in readers[codec.units](path):
    own = block[:missing]
    if codec.units == "words":
      own = " ".join(split_symbols(block, "words")[:missing])
    classes.append(codec.encode(own))
    missing -= len(classes[-1])
    if not missing:
      break
  return np.concatenate(classes)


def language(arguments: Arguments, data: TextDataConfig) -> Language:
  """That of the text's file; the standard library is Python."""
  if arguments.text is not None:
    return language_of(arguments.text.name)
  if data.source == "text" and data.path is None:
    return "python"
  return language_of(data.glob or data.path or "")
