"""What a module that XLA compiled for a card launches, and what it reads and
writes, told from its text.

A launch is an operation that is left after fusion: a fused kernel, a call of a
library, a copy. What is moved is counted as if no cache helped: every launch
reads its operands, a slice of one where that is all it takes, and writes what
it makes. Loops count as often as they run.
"""

import re
from typing import NamedTuple

# Operations that launch nothing of their own.
_FREE = {
  *("parameter", "constant", "tuple", "get-tuple-element", "bitcast"),
  *("fusion-done", "copy-done", "after-all", "while"),
}
_BYTES = {
  **dict.fromkeys(("pred", "s8", "u8"), 1),
  **dict.fromkeys(("bf16", "f16", "s16", "u16"), 2),
  **dict.fromkeys(("f32", "s32", "u32"), 4),
  **dict.fromkeys(("f64", "s64", "u64"), 8),
}
_ARRAY = re.compile(rf"\b({'|'.join(_BYTES)})\[([\d,]*)\]")
_OPERATION = re.compile(
  r"\s*(ROOT )?%?([\w.\-]+) = (.*?)([a-z][a-z\-]*)\((.*)$"
)
_WORKSPACE = re.compile(r"s8\[\d+\]")  # of a library's call


class Operation(NamedTuple):
  """Of a computation: whether it is what is returned, its name, the type of
  what it makes, its kind, names of its operands, and the line."""

  is_root: bool
  name: str
  made: str
  kind: str
  operands: list[str]
  line: str

  def named(self, attribute: str) -> str | None:
    """The computation that an attribute names."""
    found = re.search(rf"{attribute}=%?([\w.\-]+)", self.line)
    return found[1] if found else None


class Module:
  """The computations of a compiled module."""

  def __init__(self, text: str):
    self.computations: dict[str, dict[str, Operation]] = {}
    for block in re.split(r"\n\s*\n", text):
      if head := re.match(r"\s*(ENTRY )?%?(\S+) \(", block):
        self.computations[head[2]] = _operations(block)
        if head[1]:
          self.entry = head[2]

  def launches(self) -> int:
    """Counts launches."""
    return sum(times for _, _, times in self._launched(self.entry, 1))

  def moved_bytes(self) -> int:
    """Bytes that launches read and write."""
    return sum(
      times * self._moved(operation, others)
      for operation, others, times in self._launched(self.entry, 1)
    )

  def _launched(self, computation, times):
    """Yields what is launched, the operations beside it, and how often."""
    operations = self.computations[computation]
    for operation in operations.values():
      if operation.kind not in _FREE:
        yield operation, operations, times
      if operation.kind in ("call", "conditional"):
        raise ValueError(f"what a {operation.kind} launches is not counted.")
      if operation.kind == "while":
        count = re.search(r'"known_trip_count":\{"n":"(\d+)"', operation.line)
        turns = int(count[1]) if count else 1
        yield from self._launched(operation.named("body"), times * turns)

  def _moved(self, operation, others):
    if fused := operation.named("calls"):
      return _moved_by_fusion(self.computations[fused])
    made = _size(_WORKSPACE.sub("", operation.made))
    return made + sum(_size(others[x].made) for x in operation.operands)


def _operations(block: str) -> dict[str, Operation]:
  found = {}
  for line in block.splitlines()[1:]:
    if match := _OPERATION.match(line):
      root, name, made, kind, rest = match.groups()
      operands = re.findall(r"%([\w.\-]+)", rest[: rest.find(")")])
      found[name] = Operation(bool(root), name, made, kind, operands, line)
  return found


def _moved_by_fusion(operations: dict[str, Operation]) -> int:
  users: dict[str, list[tuple[Operation, str]]] = {x: [] for x in operations}
  for operation in operations.values():
    for name in operation.operands:
      users[name].append((operation, name))

  def used_by(name):
    return [
      x
      for user in users[name]
      for x in (used_by(user[0].name) if user[0].kind == "bitcast" else [user])
    ]

  def read(parameter):
    total, whole = 0, _size(parameter.made)
    for user, name in used_by(parameter.name):
      if user.kind in ("dynamic-slice", "slice"):
        parts = [x for x, _ in used_by(user.name)]
        are_slices = parts and all(x.kind == "slice" for x in parts)
        total += sum(_size(x.made) for x in (parts if are_slices else [user]))
      elif user.kind != "dynamic-update-slice" or user.operands[0] != name:
        return whole
    return min(total, whole)

  def written(name):
    operation = operations[name]
    if operation.kind == "bitcast":
      return written(operation.operands[0])
    if operation.kind == "dynamic-update-slice":
      return _size(operations[operation.operands[1]].made)
    return _size(operation.made)

  root = next(x for x in operations.values() if x.is_root)
  results = root.operands if root.kind == "tuple" else [root.name]
  parameters = [x for x in operations.values() if x.kind == "parameter"]
  return sum(map(read, parameters)) + sum(map(written, results))


def _size(made: str) -> int:
  """Bytes of arrays of these types."""
  total = 0
  for kind, dimensions in _ARRAY.findall(made):
    size = _BYTES[kind]
    for dimension in filter(None, dimensions.split(",")):
      size *= int(dimension)
    total += size
  return total
