"""Unions of dataclasses that a field `name` tells apart, and their members."""

import dataclasses
import reprlib
import typing
from typing import Any


def member(union: Any, name: object, field: str) -> type:
  """The dataclass of a union whose instances have this name.

  Args:
    union: such as OptimizerConfig.
    name: such as "adam".
    field: where the name was given, for the message.

  Raises:
    ValueError: if there is none.
  """
  members = {kind.name: kind for kind in typing.get_args(union)}
  if not isinstance(name, str) or name not in members:
    raise ValueError(
      f"{field} (={reprlib.repr(name)}) must be one of {', '.join(members)}."
    )
  return members[name]


def turned_into(kind: type, config: Any) -> Any:
  """A config of another class: it keeps the fields that both classes inherit
  from the same ones, all others have their defaults."""
  if type(config) is kind:
    return config
  bases = [base for base in kind.__mro__ if isinstance(config, base)]
  kept = {
    field.name
    for base in filter(dataclasses.is_dataclass, bases)
    for field in dataclasses.fields(base)
    if field.init
  }
  return kind(**{name: getattr(config, name) for name in kept})
