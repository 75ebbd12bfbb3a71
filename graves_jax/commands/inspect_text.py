"""The part of graves-jax inspect that reads text."""

from typing import Any

from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands.console import loading
from graves_jax.commands.inspect import Arguments, most_kept, name_units
from graves_jax.config import TextDataConfig
from graves_jax.data.codec import END_OF_LINE, TextCodec
from graves_jax.data.sources.text import load_text_split
from graves_jax.data.sources.text_blocks import require_text_file
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
  symbols = ["\n" if s == END_OF_LINE else s for s in codec.symbols]
  shown = ShownText(
    *(codec.units, symbols, found.symbols),
    *(found.guesses, found.probabilities, found.bits),
  )
  which = "the validation text of its training"
  if arguments.text is not None:
    which = arguments.text.name
  colored = "tanh of its cell" if found.findings.gates else "its output"
  about = (
    f"{name_units(config.network.hidden)} read {which}. Shown are the first "
    f"{len(found.symbols):,} {codec.units} ({found.bits.mean():.2f} bits "
    f"each), in colors of one unit: {colored}, in 8 bits. What they follow, "
    f"and what gates do, is measured on {len(classes):,}."
  )
  return found.findings, shown, {"about": about}


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
    path = str(require_text_file(arguments.text, "--text"))
  with loading(console) as progress:
    try:
      split = load_text_split(data, codec, None, path, progress)
    except FileNotFoundError as error:
      if path is not None:
        raise
      raise FileNotFoundError(f"{error} Or give a text with --text.") from None
  start = 0
  if path is None and "\n" in codec.symbols:  # from its first whole line on
    is_end = split.classes[:_LONGEST_LINE] == codec.symbols.index("\n")
    start = int(is_end.argmax()) + 1 if is_end.any() else 0
  classes = split.classes[start : start + length]
  if len(classes) < 2:
    raise ValueError(
      f"the text has {len(classes)} {codec.units}; give one of 2 or more."
    )
  return classes


def language(arguments: Arguments, data: TextDataConfig) -> Language:
  """That of the text's file; the standard library is Python."""
  if arguments.text is not None:
    return language_of(arguments.text.name)
  if data.source == "text" and data.path is None:
    return "python"
  return language_of(data.glob or data.path or "")
