"""Makes a page in which a network writes: graves-jax page page.html."""

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro
from rich.console import Console

from graves_jax.commands import command_line
from graves_jax.commands.notices import iam_notice
from graves_jax.commands.telling import tell
from graves_jax.data.strokes import Alphabet, Line
from graves_jax.pretrained import HANDWRITING
from graves_jax.rendering.files import check_writable
from graves_jax.rendering.writing_page import (
  PageNetwork,
  Replacements,
  write_writing_page,
)
from graves_jax.sampling.transcript import near, substitute

if TYPE_CHECKING:  # It waits for JAX.
  from graves_jax.sampling.writer import HandwritingWriter

# All that has one: Unicode's first plane, without surrogates, and letters of
# mathematics.
_CHARACTERS = (
  range(0xD800),
  range(0xE000, 0x10000),
  range(0x1D400, 0x1D800),
)


def main(argv: list[str]) -> None:
  command_line.call(page, argv)


def page(
  out: tyro.conf.Positional[Path],
  checkpoint: Path = HANDWRITING,
  weights: Literal["int8", "float32"] = "int8",
) -> None:
  """Makes one HTML file that holds a network of handwriting: open it in any
  browser, type, and watch it write. It needs no server and no network.

  Args:
    out: an .html file.
    checkpoint: a run's folder (its best checkpoint is taken), one checkpoint,
      or a name of weights that ship, of a synthesis network; by default
      handwriting.
    weights: of 8 bits with a scale for each unit, or as they are, in a file
      four times as large.
  """
  check_writable(out, (".html",))
  from graves_jax.checkpoints.writers import load_writer

  checkpoint, console = command_line.find_checkpoint(checkpoint), Console()
  with console.status("Reading the weights"):
    writer = load_writer(checkpoint)
  if not writer.reads:
    raise ValueError(
      f"{checkpoint} holds a prediction network, which writes no given text; "
      "give --checkpoint a synthesis network."
    )
  with console.status("Writing the page"):
    size = write_writing_page(
      out,
      PageNetwork(
        writer.params["params"],
        writer.alphabet,
        writer.normalization,
        writer.sigma_floor,
        writer.points_per_character,
      ),
      styles=styles_for(writer),
      replacements=replacements_for(writer.alphabet),
      notice=iam_notice(checkpoint, "The weights in this page were"),
      weights=weights,
    )
  tell(console, f"{out}: {size / 1e6:.1f} MB")


def styles_for(writer: "HandwritingWriter") -> list[Line]:
  """The hands that ship, as a network's own ink is; those it can read."""
  from graves_jax.data.sources.hands import load_hands
  from graves_jax.sampling.style import fit_style

  fitted = []
  for line in load_hands().values():
    if writer.alphabet.unknown(line.text):
      continue
    style = fit_style(line, writer.normalization, writer.points_per_character)
    fitted.append(style.line)
  return fitted


def replacements_for(alphabet: Alphabet) -> Replacements:
  """What is written for every other character, where there is something."""
  near_ones, offered = {}, {}
  for character in map(chr, itertools.chain(*_CHARACTERS)):
    if character in alphabet.characters:
      continue
    other = near(character, alphabet)
    if other is not None:
      near_ones[character] = other
    elif other := substitute(character, alphabet):
      offered[character] = other
  return Replacements(near_ones, offered)
