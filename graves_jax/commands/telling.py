"""Lines for the person at the keyboard, printed as they are."""

from rich.console import Console
from rich.text import Text


def tell(console: Console, text: str) -> None:
  """Prints a line in which nothing is markup, as [this] or :this: in the name
  of a file would be, and which no console wraps."""
  console.print(Text(text), soft_wrap=True)
