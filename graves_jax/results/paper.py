"""What a table of the paper is, and which of our records belong where."""

import dataclasses
from collections.abc import Callable

from graves_jax.results.record import Record

NOISES = {
  "none": "no noise",
  "fixed": "weight noise",
  "adaptive": "adaptive weight noise",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
  """A row of one of the paper's tables.

  network: in words, in the table's columns of names.
  figures: the paper's, in the table's columns of figures.
  matches: whether a record of ours is of the same.
  command: what trains and scores it here.
  takes: how long that is known to take, or that it is not known.
  """

  network: tuple[str, ...]
  figures: tuple[str, ...]
  matches: Callable[[Record], bool]
  command: str
  takes: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
  """One of the paper's tables.

  title: its number, and what it is of.
  about: sentences on its units.
  names, columns: heads of the columns that name a network, and of figures.
  rows: in the paper's order.
  ours: a record's figures, in the same columns.
  """

  title: str
  about: str
  names: tuple[str, ...]
  columns: tuple[str, ...]
  rows: tuple[Row, ...]
  ours: Callable[[Record], tuple[str, ...]]


def noise_of(record: Record) -> str:
  """The strongest noise that any stage of the weights was trained with."""
  kinds = {stage.noise for stage in record.ancestry}
  kinds.add(record.config.noise.kind)
  return next(kind for kind in reversed(NOISES) if kind in kinds)


def decimals(value: float | None, digits: int) -> str:
  """A number, or a dash for none."""
  return "–" if value is None else f"{value:.{digits}f}"


_OPTIMIZERS = {
  "graves_rmsprop": "Graves' RMSProp (Eqs. 38 to 41)",
  "muon": "Muon",
  "adam": "Adam",
  "sgd": "SGD",
  "rmsprop": "RMSProp",
}


def how(record: Record) -> str:
  """In what the last stage's training differs from the paper's, in words."""
  config = record.config
  network, data = config.network, config.data
  shares = {
    "dropout": getattr(network, "dropout", 0),
    "recurrent dropout": getattr(network, "recurrent_dropout", 0),
    "lines stretched by up to": getattr(data, "scale_range", 0),
    "slanted by up to": getattr(data, "slant_range", 0),
    "lines with rare characters repeated, rare_share": getattr(
      data, "rare_share", 0
    ),
  }
  said = [_OPTIMIZERS.get(config.optimizer.name, config.optimizer.name)]
  if getattr(data, "crop_schedule", ()):
    said.append("starts of lines first")
  said += [f"{what} {share:g}" for what, share in shares.items() if share]
  if config.noise.complexity_share != 1:
    said.append(f"{config.noise.complexity_share:g} of the complexity")
  if config.training.average is not None:
    said.append("averaged weights")
  if record.ancestry:
    said.append(f"stage {len(record.ancestry) + 1}")
  return ", ".join(said)


def recorded(run: str, name: str) -> str:
  """Arguments that have a run's evaluation recorded."""
  return f"--checkpoint {run} --record docs/results/{name}.json"
