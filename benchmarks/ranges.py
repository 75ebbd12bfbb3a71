"""Checks the numbers on a benchmark's command line."""

from typing import Any


def require_least(arguments: Any, **least: int) -> None:
  """Raises ValueError if a named argument is, or holds, less than its least.

  An argument that may be given several times must be given once.
  """
  for name, bound in least.items():
    value = getattr(arguments, name)
    values = value if isinstance(value, tuple) else (value,)
    if not values or min(values) < bound:
      raise ValueError(f"{name} (={value}) must be {bound} or more.")
