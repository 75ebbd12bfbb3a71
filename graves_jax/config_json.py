"""Configs as the plain values that a checkpoint's JSON holds, and back."""

import dataclasses
import types
import typing
from typing import Any, Literal, Union


def to_dict(config: Any) -> dict[str, Any]:
  """A config as plain values that JSON can hold."""
  return dataclasses.asdict(config)


def from_dict(values: dict[str, Any], kind: type) -> Any:
  """Rebuilds a config from `to_dict`'s values, checking names and types.

  A missing field was not there yet when the values were written: it takes its
  default, which for a new field must be what was done before there was one.

  Raises:
    ValueError: if a field is unknown, or of another type.
  """
  if not isinstance(values, dict):
    raise ValueError(f"{kind.__name__} must be a table, not {values!r}.")
  hints = typing.get_type_hints(kind)
  hints.pop("_LEAST", None)
  if unknown := sorted(values.keys() - hints.keys()):
    raise ValueError(
      f"{kind.__name__} has the unknown fields {unknown}; it was written by "
      "another version of graves_jax."
    )
  return kind(**{k: _typed(v, hints[k], k) for k, v in values.items()})


def _typed(value: Any, hint: Any, name: str) -> Any:
  if dataclasses.is_dataclass(hint):
    return from_dict(value, hint)
  origin, options = typing.get_origin(hint), typing.get_args(hint)
  if origin is tuple and isinstance(value, (list, tuple)):
    repeated = options[-1] is Ellipsis
    types_ = options[:1] * len(value) if repeated else options
    if len(types_) == len(value):
      return tuple(
        _typed(v, t, name) for v, t in zip(value, types_, strict=True)
      )
  elif origin is Literal:
    if value in options:
      return value
  elif origin in (Union, types.UnionType):
    if value is None and type(None) in options:
      return None
    inner = next(o for o in options if o is not type(None))
    return _typed(value, inner, name)
  elif hint is float and isinstance(value, (int, float)):
    return float(value)
  elif hint in (int, str) and type(value) is hint:
    return value
  raise ValueError(f"{name} (={value!r}) must be of type {hint}.")
