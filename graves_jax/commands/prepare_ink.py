"""The part of graves-jax prepare that reads one's own ink."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.commands import command_line
from graves_jax.commands.own_ink import make_ready
from graves_jax.commands.telling import tell
from graves_jax.data.sources.ink_file import read_ink
from graves_jax.data.sources.stroke_file import write_stroke_file
from graves_jax.data.strokes import Line
from graves_jax.rendering.drawing import Drawing
from graves_jax.rendering.layout import grid
from graves_jax.rendering.png import write_png
from graves_jax.rendering.sheet import sheet_around
from graves_jax.sampling.transcript import fit_text, name_replaced
from graves_jax.sampling.writer import HandwritingWriter

_MOST_DRAWN = 16
_MOST_BELOW = 4  # lines drawn above one another
_CAPTION = 60  # characters


def prepare_ink(
  paths: Sequence[Path],
  texts: Sequence[str],
  out: Path,
  checkpoint: Path,
  console: Console,
) -> None:
  """Makes a stroke file of files of ink, and a picture of what was understood.

  Args:
    paths: files of ink, of any format that --style reads.
    texts: what each says; none at all where the files say it.
    out: the stroke file; the picture lies beside it, named .png.
    checkpoint: whose size and density the ink is fitted to.
    console: told of what was changed, and of doubts.

  Raises:
    ValueError, OSError: names the file, and what is wrong with it.
  """
  if texts and len(texts) != len(paths):
    raise ValueError(
      f"--text: {len(texts)} texts for {len(paths)} files; give one for each, "
      "or none where the files say it."
    )
  if out.resolve() in {path.resolve() for path in paths}:
    raise ValueError(f"--out (={out}) is what is read; give another name.")
  unpacked = out.with_suffix("") if out.suffix.lower() == ".gz" else out
  picture = unpacked.with_suffix(".png")
  for path in (out, picture):
    if path.exists():
      raise FileExistsError(f"{path} exists already; give --out another name.")
  restored = restore_checkpoint(command_line.find_checkpoint(checkpoint))
  is_of_ink = restored.metadata.kind == "handwriting"
  writer = HandwritingWriter.from_checkpoint(restored) if is_of_ink else None
  if writer is None or not writer.reads:
    raise ValueError(
      f"--checkpoint: {checkpoint} holds no synthesis network, which is needed "
      "to read ink with its text; give one, or leave --checkpoint out."
    )
  lines: list[Line] = []
  for place, path in enumerate(paths):
    text = texts[place] if texts else None
    lines += _ready_lines(path, text, writer, console)
  # Of another file's name, so that two files can be put together.
  name = "".join(c if c.isprintable() else "-" for c in picture.stem)
  lines = [x._replace(name=f"{name}-{k}") for k, x in enumerate(lines, 1)]
  # The data first: the picture takes longer, and may be interrupted.
  write_stroke_file(out, in_splits(lines))
  with console.status("Writing the same lines"):
    draw_beside(picture, lines, writer)
  points = sum(len(line.points) + 1 for line in lines)
  many = len(lines) > 1
  tell(
    console,
    f"{out}: {len(lines)} line{'s' * many}, {points:,} points; {picture} shows "
    f"{'each' if many else 'it'} beside the same text by the network and by "
    "the network in that hand",
  )


def in_splits(lines: Sequence[Line]) -> dict[str, list[Line]]:
  """Holds an eighth of several lines out, at least one, to validate on."""
  held_out = max(1, len(lines) // 8) if len(lines) > 1 else 0
  first = len(lines) - held_out
  return {"train": list(lines[:first]), "validation": list(lines[first:])}


def draw_beside(
  path: Path, lines: Sequence[Line], writer: HandwritingWriter
) -> None:
  """Draws lines beside the same texts as the network writes them: by itself,
  and after that line."""
  drawn = lines[:_MOST_DRAWN]
  texts = [line.text for line in drawn]
  own = writer.write(texts, bias=1.0, attempts=3)
  primed = writer.write_with_pens(texts, drawn, pens=1, bias=1.0)
  page, captions = [], []
  for line, alone, (after,) in zip(drawn, own, primed, strict=True):
    page += [line.points, after.line.points, alone.line.points]
    captions += [
      f"your ink: {line.text[:_CAPTION]}",
      "the network in this hand",
      "the network by itself",
    ]
  columns = 1 if len(drawn) <= _MOST_BELOW else 3
  sheet = sheet_around(*grid(page, captions, columns=columns))
  write_png(path, [sheet], Drawing(text="\n".join(texts)))


def _ready_lines(
  path: Path, text: str | None, writer: HandwritingWriter, console: Console
) -> list[Line]:
  lines, which = [], f"{path}"
  try:
    if text is not None:
      text = _known(text, writer, which)
    found = read_ink(path, text)
    for number, line in enumerate(found):
      which = f"{path}:{number}" if len(found) > 1 else which
      line = line._replace(text=_known(line.text, writer, which))
      ready = make_ready(line, writer)
      if ready.line is None:
        raise ValueError(ready.said[0])
      lines.append(ready.line)
      for sentence in ready.said:
        tell(console, f"{which}: {_by_this_name(sentence)}")
  except ValueError as error:
    said = _by_this_name(str(error))
    prefix = "" if said.startswith(str(path)) else f"{which}: "
    raise ValueError(prefix + said) from None
  return lines


def _known(text: str, writer: HandwritingWriter, which: str) -> str:
  """A text with near characters in place of unknown ones, in one line."""
  text, replaced = fit_text(text, writer.alphabet)
  if replaced:
    command_line.say(f"{which}: {name_replaced(replaced)}")
  return " ".join(text.split())


def _by_this_name(said: str) -> str:
  """What is said of --style-text, which is called --text here."""
  return said.replace("--style-text", "--text")
