"""Whose hand graves-jax sample writes in: --hand, --style, and copies."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from graves_jax.commands.own_ink import make_ready
from graves_jax.commands.sample_arguments import Arguments, HandwritingOptions
from graves_jax.commands.telling import tell
from graves_jax.config import DataConfig
from graves_jax.data.sources.hands import find_hand, load_hands
from graves_jax.data.strokes import Line
from graves_jax.pretrained import HANDWRITING
from graves_jax.sampling.writer import HandwritingWriter

ANY_HAND = "any"


def load_styles(
  arguments: Arguments,
  writer: HandwritingWriter,
  data: DataConfig,
  console: Console,
) -> list[Line]:
  """What to go on from: a style or hand for all copies, or one for each in
  turn; none for what comes of the seed.

  Copies of the weights that ship are in all of the hands.
  `arguments.checkpoint` must be a folder, as `find_checkpoint` returns it.
  """
  given = arguments.for_handwriting
  ships = arguments.checkpoint.resolve() == HANDWRITING.resolve()
  if not 1 <= arguments.copies <= 1000:
    raise ValueError(f"copies (={arguments.copies}) must be from 1 to 1,000.")
  if given.hand is None:
    style = load_style(given, writer, data, console)
    if style or given.style or arguments.copies == 1 or not ships:
      return [style] if style else []
    hands = load_hands()
    names = ", ".join(itertools.islice(hands, arguments.copies))
    _say(console, "In the hands", [f"{names}; --hand NAME writes in one."])
    return list(hands.values())
  if given.style is not None or given.style_text is not None:
    raise ValueError(
      "--hand and --style are two ways to say whose hand; leave one out."
    )
  if given.hand == ANY_HAND:
    return []
  try:
    hand = find_hand(given.hand)
    if not writer.reads:
      raise ValueError("a prediction network writes in no given hand.")
  except ValueError as error:
    raise ValueError(f"--hand: {error}") from None
  return [hand if ships else hand_of_others(hand, writer)]


def hand_of_others(hand: Line, writer: HandwritingWriter) -> Line:
  """A hand as weights are shown it that did not make it up.

  Raises:
    ValueError: if they find it unlikely, or do not know its letters.
  """
  refused = (
    f"--hand: these weights cannot go on from the hand {hand.name}, which "
    "others wrote; give --hand any, or --style with ink of their data."
  )
  try:
    ready = make_ready(hand, writer)
  except ValueError:
    raise ValueError(refused) from None
  if ready.line is None or ready.is_doubted:
    raise ValueError(refused)
  return ready.line


def load_style(
  options: HandwritingOptions,
  writer: HandwritingWriter,
  data: DataConfig,
  console: Console,
) -> Line | None:
  """The line that --style names, ready to prime a network.

  IAM-OnDB's lines, which lie where `data` has them, stay as they are; other
  ink is fitted. What was changed, and doubts about the ink, go to the console.
  """
  given = options.style
  if given is None:
    if options.style_text is not None:
      raise ValueError("--style-text is the text of --style; give that too.")
    if options.style_data is not None:
      raise ValueError(
        "--style-data is where the lines of --style lie; give that too."
      )
    return None
  if not writer.reads:
    raise ValueError(
      "--style: a prediction network takes no style; give a synthesis network."
    )
  line, is_recorded = find_style(given, options, data)
  try:
    with console.status("Reading the style"):
      ready = make_ready(line, writer, is_recorded=is_recorded)
  except ValueError as error:
    raise ValueError(f"--style {given}: {error}") from None
  said = [*ready.said, "It is not used."] if ready.line is None else ready.said
  _say(console, f"--style {given}", said)
  return ready.line


def find_style(
  style: str, options: HandwritingOptions, data: DataConfig
) -> tuple[Line, bool]:
  """The line that --style names, and whether IAM-OnDB has it."""
  from graves_jax.data.sources.iam_ondb import prepared as iam_ondb
  from graves_jax.data.sources.ink_file import read_ink

  name, _, number = style.rpartition(":")
  if not number.isdecimal():
    name, number = style, "0"
  is_recorded = name in iam_ondb.SPLITS
  if is_recorded:
    archives = options.style_data or Path(data.path or "").expanduser()
    if not (options.style_data or (data.path and archives.is_dir())):
      raise ValueError(
        f"--style {style} is a line of IAM-OnDB; name the folder of "
        "its archives with --style-data."
      )
    lines = iam_ondb.load(archives, name, data.prepared_dir)
  else:
    path = Path(name).expanduser()
    if not path.is_file():
      raise FileNotFoundError(
        f"--style: there is no file {name!r}; name a file of ink, or a line of "
        "IAM-OnDB such as testset_v:7."
      )
    lines = read_ink(path, options.style_text)
  if int(number) >= len(lines):
    raise ValueError(
      f"--style {style}: {name} has the lines 0 to {len(lines) - 1}."
    )
  line = lines[int(number)]
  if is_recorded and options.style_text is not None:
    line = line._replace(text=options.style_text)
  return line, is_recorded


def _say(console: Console, of: str, sentences: Sequence[str]) -> None:
  for sentence in sentences:
    tell(console, f"{of}: {sentence}")
