"""Configs as the plain values that a checkpoint's JSON holds, and back."""

import dataclasses
import reprlib
import types
import typing
from typing import Any, Literal, Union

from graves_jax.config.optimizers import OptimizerConfig, ScheduleConfig
from graves_jax.config.tagged import member

# The numbers of all optimizers and schedules, when they were one table.
_FLAT = {
  "momentum",
  "decay",
  "epsilon",
  "matrix_momentum",
  "warmup_steps",
  "descent_share",
  "final_share",
}


def to_dict(config: Any) -> dict[str, Any]:
  """A config as plain values that JSON can hold."""
  return dataclasses.asdict(config)


def from_dict(values: object, kind: type) -> Any:
  """Rebuilds a config from `to_dict`'s values, checking names and types.

  A missing field was not there yet when the values were written: it takes its
  default, which for a new field must be what was done before there was one.

  Raises:
    ValueError: if a field is unknown, of another type, or missing and without
      a default.
  """
  if not isinstance(values, dict):
    raise ValueError(
      f"{kind.__name__} must be a table, not {reprlib.repr(values)}."
    )
  hints = typing.get_type_hints(kind)
  fields = {field.name: field for field in dataclasses.fields(kind)}
  if unknown := sorted(map(str, values.keys() - fields.keys())):
    raise ValueError(
      f"{kind.__name__} has the unknown fields {reprlib.repr(unknown)}; it was "
      "written by another version of graves_jax."
    )
  missing = dataclasses.MISSING
  needed = {name for name, f in fields.items() if f.default is missing}
  if absent := sorted(needed - values.keys()):
    raise ValueError(f"{kind.__name__} lacks the fields {absent}.")
  typed = {k: _typed(v, hints[k], k) for k, v in values.items()}
  return kind(**{k: v for k, v in typed.items() if fields[k].init})


def _from_flat(values: Any) -> Any:
  """The table of an optimizer as it is written today.

  Runs of before wrote one table for all optimizers, the schedule's name and
  numbers among theirs. Numbers that the optimizer or the schedule did not read
  are left out.
  """
  if not isinstance(values, dict) or not isinstance(
    values.get("schedule"), str
  ):
    return values
  optimizer, schedule = (
    {field.name for field in dataclasses.fields(member(union, name, where))}
    for union, name, where in (
      (OptimizerConfig, values.get("name"), "optimizer.name"),
      (ScheduleConfig, values["schedule"], "optimizer.schedule"),
    )
  )
  own = {k: v for k, v in values.items() if k in optimizer or k not in _FLAT}
  numbers = {k: v for k, v in values.items() if k in schedule & _FLAT}
  return own | {"schedule": {"name": values["schedule"], **numbers}}


def _of_union(values: Any, union: Any, name: str) -> Any:
  """A dataclass of a union, the one that the values' name tells."""
  if union == OptimizerConfig:
    values = _from_flat(values)
  if not isinstance(values, dict):
    raise ValueError(f"{name} must be a table, not {reprlib.repr(values)}.")
  return from_dict(values, member(union, values.get("name"), f"{name}.name"))


def _typed(value: Any, hint: Any, name: str) -> Any:
  if hint is Any:
    return value
  if isinstance(hint, type) and dataclasses.is_dataclass(hint):
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
    if all(map(dataclasses.is_dataclass, options)):
      return _of_union(value, hint, name)
    if value is None and type(None) in options:
      return None
    inner = next(o for o in options if o is not type(None))
    return _typed(value, inner, name)
  elif origin is dict and isinstance(value, dict):
    for number in value.values():
      _typed(number, options[1], name)
    return value  # whole numbers stay whole
  elif hint is float and type(value) in (int, float):
    # A whole number beyond every float has no business here either.
    if type(value) is float or abs(value) < 2**1023:
      return float(value)
  elif hint in (bool, int, str) and type(value) is hint:
    return value
  shown = hint.__name__ if isinstance(hint, type) else str(hint)
  raise ValueError(
    f"{reprlib.repr(name)} (={reprlib.repr(value)}) must be of type {shown}."
  )
