"""Draws the paper's figures: graves-jax figures --out figures."""

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console

from graves_jax.commands import command_line, runtime
from graves_jax.commands.telling import tell
from graves_jax.config import DataConfig
from graves_jax.data.strokes import Line
from graves_jax.pretrained import HANDWRITING
from graves_jax.rendering.panels import check_figure_path
from graves_jax.sampling.seed import require_seed

if TYPE_CHECKING:  # They wait for JAX.
  from graves_jax.commands.paper_figures import Figure, Material
  from graves_jax.sampling.writer import HandwritingWriter

# Marks files that show ink of the user's data.
_REAL = "_real"
_WITHOUT = {
  "data": "--data.path, the user's own copy of IAM-OnDB or a stroke file",
  "prediction": "--prediction, a checkpoint of a prediction network; none "
  "ships, graves-jax train handwriting_prediction makes one",
  "runs": "--runs, folders of runs",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Data:
  """Lines that people wrote."""

  path: Path | None = None
  """A folder of IAM-OnDB's archives, or a stroke file: figures 9, 10, 15 to 17
  and 19 to 21 show its validation lines, blue. Their files end in _real: they
  show ink of people, and are not for publishing."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """Draws the figures of Graves (2013): 9 lines of the data, 10 densities over
  a word, 11 prediction samples, 13 the window over the text, 14 densities over
  a line, 15 16 17 unbiased samples, 18 a sweep over the bias, 19 samples of a
  slight bias, 20 primed samples, 21 primed and biased ones; and curves.

  graves-jax figures --only 13 18 --formats png svg
  """

  out: Path = Path("figures")
  """A folder."""
  only: tuple[str, ...] = ()
  """Figures to draw, such as 13 18 curves; by default all that can be drawn."""
  formats: tuple[Literal["png", "svg", "pdf"], ...] = ("png",)
  """png for the web, svg or pdf for papers."""
  data: Data = Data()
  checkpoint: Path = HANDWRITING
  """A run's folder, one checkpoint, or a name of weights that ship, of a
  synthesis network; by default handwriting. Given a prediction network, as
  --prediction."""
  prediction: Path | None = None
  """The same of a prediction network, for figures 10 and 11. Without it, figure
  10 is of the synthesis network."""
  runs: tuple[Path, ...] = ()
  """Folders of runs, for curves."""
  seed: int = 0
  """The same seed draws the same."""


def main(argv: list[str]) -> None:
  arguments, console = command_line.parse(Arguments, argv), Console()
  require_seed(arguments.seed)
  from graves_jax.commands.curves import read_curves
  from graves_jax.commands.paper_figures import FIGURES

  refuse_unknown(arguments, FIGURES)
  # Refuses before networks are opened what none of them would help; whether one
  # is a prediction network is known only then.
  choose(arguments, FIGURES, has_prediction=True)
  runtime.use_compilation_cache()
  writer, prediction = open_networks(arguments, console)
  chosen, left_out = choose(arguments, FIGURES, prediction is not None)
  files = {name: files_of(FIGURES[name], arguments) for name in chosen}
  for path in [path for paths in files.values() for path in paths]:
    check_figure_path(path)
  if "curves" in files:
    read_curves(arguments.runs)  # before minutes of other figures
  material = gather(arguments, writer, prediction, console)
  refused: dict[str, str] = {}
  for number, (name, paths) in enumerate(files.items(), start=1):
    figure, started = FIGURES[name], time.monotonic()
    about = f"Figure {name}" if name.isdecimal() else "Curves"
    with console.status(f"{about} ({number} of {len(files)}): {figure.title}"):
      try:
        save = figure.draw(material)
      except ValueError as error:
        if arguments.only:
          raise ValueError(f"--only {name}: {error}") from error
        refused[name] = str(error)
        continue
      for path in paths:
        save(path)
    seconds = time.monotonic() - started
    for path in paths:
      tell(console, f"{path}: {figure.title}, {seconds:.1f} s")
  for name, why in left_out.items():
    tell(console, f"Left out: {name}, which needs {why}.")
  for name, why in refused.items():
    tell(console, f"Left out: {name}: {why}")
  if refused.keys() == files.keys():
    raise ValueError("no figure can be drawn of this network and these data.")
  if "10" in files and "10" not in refused and prediction is None:
    tell(
      console,
      "Figure 10 is of the synthesis network, which knows the text; the "
      f"paper's needs {_WITHOUT['prediction']}.",
    )


def refuse_unknown(arguments: Arguments, figures: dict[str, "Figure"]) -> None:
  """Raises ValueError if a figure is named that there is not, or no format."""
  if unknown := [name for name in arguments.only if name not in figures]:
    raise ValueError(
      f"--only {unknown[0]}: there is no such figure; there are "
      f"{', '.join(figures)}."
    )
  if not arguments.formats:
    raise ValueError("--formats: name at least one of png, svg and pdf.")


def choose(
  arguments: Arguments, figures: dict[str, "Figure"], has_prediction: bool
) -> tuple[list[str], dict[str, str]]:
  """The figures to draw, and of those left out what each would need.

  Raises:
    ValueError: if one is named that cannot be drawn.
  """
  given = {
    "data": arguments.data.path is not None,
    "prediction": has_prediction,
    "runs": bool(arguments.runs),
  }
  missing = {
    name: _WITHOUT[figure.needs]
    for name, figure in figures.items()
    if figure.needs and not given[figure.needs]
  }
  for name in arguments.only:
    if name in missing:
      raise ValueError(f"--only {name} needs {missing[name]}.")
  if arguments.only:
    return list(dict.fromkeys(arguments.only)), {}
  return [name for name in figures if name not in missing], missing


def files_of(figure: "Figure", arguments: Arguments) -> list[Path]:
  """The files of a figure, one in each format."""
  is_real = figure.uses_real and arguments.data.path is not None
  stem = figure.stem + _REAL * is_real
  return [
    arguments.out / f"{stem}.{format}"
    for format in dict.fromkeys(arguments.formats)
  ]


def gather(
  arguments: Arguments,
  writer: "HandwritingWriter",
  prediction: "HandwritingWriter | None",
  console: Console,
) -> "Material":
  """Puts networks and data together."""
  from graves_jax.commands.page import styles_for
  from graves_jax.commands.paper_figures import Material

  return Material(
    writer=writer,
    styles=styles_for(writer),
    real=read_lines(arguments.data.path, console),
    prediction=prediction,
    runs=arguments.runs,
    seed=arguments.seed,
  )


def open_networks(
  arguments: Arguments, console: Console
) -> tuple["HandwritingWriter", "HandwritingWriter | None"]:
  """The synthesis network, and the prediction network if one is given.

  Raises:
    ValueError: if one is of the other kind, beside the other one.
  """
  writer, prediction = open_writer(arguments.checkpoint), None
  if arguments.prediction is not None:
    prediction = open_writer(arguments.prediction)
    if prediction.reads:
      raise ValueError(
        f"--prediction {arguments.prediction} holds a synthesis network; give "
        "it by --checkpoint."
      )
  if writer.reads:
    return writer, prediction
  holds = f"--checkpoint {arguments.checkpoint} holds a prediction network"
  if prediction is not None:
    raise ValueError(
      f"{holds}, as --prediction does; give a synthesis network, or leave "
      "it out."
    )
  tell(
    console,
    f"{holds}: figures 10 and 11 are of it; figures of a synthesis network are "
    "drawn with the weights that ship.",
  )
  return open_writer(HANDWRITING), writer


def open_writer(path: Path) -> "HandwritingWriter":
  from graves_jax.checkpoints.writers import load_writer

  return load_writer(command_line.find_checkpoint(path))


def read_lines(path: Path | None, console: Console) -> Sequence[Line]:
  """The validation lines of the user's data, if any are given."""
  if path is None:
    return []
  from graves_jax.commands.console import loading
  from graves_jax.data.sources.handwriting import load_split

  with loading(console) as progress:
    return load_split(DataConfig(path=str(path)), "validation", progress)
