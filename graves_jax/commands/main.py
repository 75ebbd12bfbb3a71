"""The command graves-jax, which names one of those beside this file."""

import difflib
import importlib
import sys

from rich.console import Console
from rich.table import Table

import graves_jax
from graves_jax.commands import command_line

# Command -> what it does. Each is the function `main` of the module so named.
COMMANDS = {
  "sample": "writes with a trained network, by hand or in print",
  "train": "trains a network, or goes on training it",
  "evaluate": "scores a checkpoint: nats, bits, perplexity, error",
  "curves": "draws the learning curves of runs",
  "figures": "draws the paper's figures",
  "prepare": "makes data of IAM-OnDB, or of your own ink",
  "page": "makes one HTML file in which a network writes, offline",
  "tables": "writes the paper's tables beside our records of evaluations",
  "inspect": "makes one HTML file that shows what a network's units do",
  "export": "copies a run's best weights, to share them",
}


def main() -> None:
  """Runs the command that the first argument names."""
  command_line.run(run)


def run(argv: list[str]) -> None:
  """Runs a command.

  Args:
    argv: its name and its arguments.

  Raises:
    ValueError: if there is no such command; or as the command does.
  """
  name, *rest = argv or [""]
  if name in ("-h", "--help"):
    show_commands()
  elif name == "--version":
    print(f"graves_jax {graves_jax.__version__}")
  elif name in COMMANDS:
    module = importlib.import_module(f"graves_jax.commands.{name}")
    sys.argv[:2] = [f"graves-jax {name}"]  # what its help calls it
    module.main(rest)
  else:
    raise ValueError(what_is_known(name))


def what_is_known(name: str) -> str:
  """Says that there is no such command, and which ones there are."""
  known = ", ".join(COMMANDS)
  if not name:
    return f"name a command: {known}; graves-jax COMMAND --help tells more."
  near = difflib.get_close_matches(name, COMMANDS, n=1)
  meant = f"; did you mean {near[0]}?" if near else "."
  return f"there is no command {name}{meant} There are {known}."


def show_commands() -> None:
  """Prints the commands, and what each of them does."""
  table = Table(box=None, show_header=False, padding=(0, 2))
  for name, does in COMMANDS.items():
    table.add_row(f"graves-jax {name}", does)
  console = Console()
  console.print("LSTM networks that write (Graves, 2013).\n", highlight=False)
  console.print(table)
  console.print(
    '\nTo begin: graves-jax sample "dear reader"; graves-jax train hello.\n'
    "graves-jax COMMAND --help lists a command's options, graves-jax --version "
    "its version.",
    highlight=False,
  )
