"""Checks of a config's numbers."""

import dataclasses
import math
import typing

# Limits on what is counted: a damaged checkpoint then asks for no memory that
# nobody has.
MOST_WIDE = 2**16  # cells of a layer, mixtures, windows
_MOST_OF_ANY = 2**31 - 1
_MOST_LAYERS = 64


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranged:
  """Checks a config's numbers. All are finite; `_LEAST` and `_MOST` hold the
  least and, of whole numbers, the most that a field may be."""

  _LEAST: typing.ClassVar[dict[str, float]]
  _MOST: typing.ClassVar[dict[str, int]] = {}

  def __post_init__(self):
    for field in dataclasses.fields(self):
      name, values = field.name, getattr(self, field.name)
      several = values if isinstance(values, tuple) else (values,)
      if name in self._LEAST and not 1 <= len(several) <= _MOST_LAYERS:
        raise ValueError(
          f"{name} has {len(several)} numbers; give 1 to {_MOST_LAYERS}."
        )
      numbers = (v for v in several if isinstance(v, (int, float)))
      for value in numbers:
        self._check(name, value)

  def _check(self, name: str, value: float) -> None:
    least = self._LEAST.get(name, -math.inf)
    most = self._MOST.get(name, _MOST_OF_ANY)
    shown = f"{name} (={value})"
    if isinstance(value, int) and value > most:
      shown = shown if value < 2**64 else name
      raise ValueError(f"{shown} must be {most:,} or less.")
    if not value >= least:
      raise ValueError(f"{shown} must be {least:g} or more.")
    if not -math.inf < value < math.inf:
      raise ValueError(f"{shown} must be finite.")


def require_defaults(
  config: Ranged, names: tuple[str, ...], choice: str
) -> None:
  """Refuses values of fields that nothing reads beside a choice."""
  for field in dataclasses.fields(config):
    value = getattr(config, field.name)
    if field.name in names and value != field.default:
      raise ValueError(
        f"{field.name} (={value}) is not read with {choice}; leave it out."
      )


def require_below_1(config: Ranged, *names: str) -> None:
  for name in names:
    if getattr(config, name) >= 1:
      raise ValueError(f"{name} (={getattr(config, name)}) must be below 1.")
