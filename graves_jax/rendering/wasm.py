"""WebAssembly: its text form, as far as the page needs it, to its binary form.

A module has at most one memory, and functions without imports; expressions
are folded, `(f32x4.add (local.get $a) (local.get $b))`, and the only blocks are
loops. https://webassembly.github.io/spec/core/ has both forms.
"""

import re
import struct
from collections.abc import Iterator
from typing import Any

_VALUES = {"i32": 0x7F, "f32": 0x7D, "v128": 0x7B}
_EXPORTED = {"func": 0, "memory": 2}
# Instruction -> its bytes; those with a prefix have their number after it.
_PLAIN = {
  "i32.lt_u": b"\x49",
  "i32.add": b"\x6a",
  "i32.sub": b"\x6b",
  "i32.shl": b"\x74",
  "f32.add": b"\x92",
  "f32x4.splat": b"\xfd\x13",
  "f32x4.add": b"\xfd\xe4\x01",
  "f32x4.mul": b"\xfd\xe6\x01",
}
_MEMORY = {"v128.load": (b"\xfd\x00", 4), "f32.store": (b"\x38", 2)}
_NAMED = {"local.get": b"\x20", "local.set": b"\x21"}
_EXTRACT_LANE = b"\xfd\x1f"
_DECLARATIONS = {"export", "param", "result", "local"}
_VOID = b"\x40"
_END = b"\x0b"


def assemble(source: str) -> bytes:
  """Assembles a module.

  >>> assemble("(module (memory 1))")[:4]
  b'\\x00asm'

  Args:
    source: the module in text form.

  Raises:
    ValueError: if it has something that is not among what is known here.
  """
  (module,) = _parse(source)
  fields = module[1:]
  functions = [field for field in fields if field[0] == "func"]
  names = [f[1] if isinstance(f[1], str) else "" for f in functions]
  types, bodies, exports = [], [], []
  for number, function in enumerate(functions):
    types.append(_type(function))
    bodies.append(_body(function, names))
    exports += _exports(function, "func", number)
  memories = [field for field in fields if field[0] == "memory"]
  for number, memory in enumerate(memories):
    exports += _exports(memory, "memory", number)
  indices = [_unsigned(number) for number in range(len(functions))]
  sizes = [b"\x00" + _unsigned(int(memory[-1])) for memory in memories]
  sections = ((1, types), (3, indices), (5, sizes), (7, exports), (10, bodies))
  return b"\x00asm\x01\x00\x00\x00" + b"".join(
    bytes([number]) + _sized(_vector(items)) for number, items in sections
  )


def _parse(source: str) -> list[Any]:
  """Nested lists of words, and of strings with their quotes."""
  source = re.sub(r";;.*", "", source)
  stack: list[list[Any]] = [[]]
  for word in re.findall(r'[()]|"[^"]*"|[^\s()"]+', source):
    if word == "(":
      stack.append([])
    elif word == ")":
      inner = stack.pop()
      stack[-1].append(inner)
    else:
      stack[-1].append(word)
  return stack[0]


def _declared(function: list[Any], what: str) -> list[list[str]]:
  return [part for part in function if part[0] == what]


def _type(function: list[Any]) -> bytes:
  params = [bytes([_VALUES[p[-1]]]) for p in _declared(function, "param")]
  results = [bytes([_VALUES[p[-1]]]) for p in _declared(function, "result")]
  return b"\x60" + _vector(params) + _vector(results)


def _exports(field: list[Any], kind: str, number: int) -> list[bytes]:
  return [
    _sized(part[1].strip('"').encode())
    + bytes([_EXPORTED[kind]])
    + _unsigned(number)
    for part in field
    if part[0] == "export"
  ]


def _body(function: list[Any], names: list[str]) -> bytes:
  params, own = _declared(function, "param"), _declared(function, "local")
  places = {part[1]: place for place, part in enumerate(params + own)}
  code = b"".join(
    piece
    for part in function[1:]
    if isinstance(part, list) and part[0] not in _DECLARATIONS
    for piece in _instructions(part, places, names, [])
  )
  groups = [_unsigned(1) + bytes([_VALUES[part[-1]]]) for part in own]
  return _sized(_vector(groups) + code + _END)


def _instructions(
  expression: list[Any],
  places: dict[str, int],
  functions: list[str],
  loops: list[str],
) -> Iterator[bytes]:
  """The bytes of a folded expression: its operands', then its own."""
  name, *rest = expression
  words = [part for part in rest if isinstance(part, str)]
  inner = loops if name != "loop" else [*loops, words[0]]
  if name == "loop":
    yield b"\x03" + _VOID
  for part in rest:
    if not isinstance(part, str):
      yield from _instructions(part, places, functions, inner)
  if name in _PLAIN:
    yield _PLAIN[name]
  elif name in _MEMORY:
    code, alignment = _MEMORY[name]
    offset = int(words[0].removeprefix("offset=")) if words else 0
    yield code + _unsigned(alignment) + _unsigned(offset)
  elif name in _NAMED:
    yield _NAMED[name] + _unsigned(places[words[0]])
  elif name == "i32.const":
    yield b"\x41" + _signed(int(words[0]))
  elif name == "f32.const":
    yield b"\x43" + struct.pack("<f", float(words[0]))
  elif name == "f32x4.extract_lane":
    yield _EXTRACT_LANE + _unsigned(int(words[0]))
  elif name == "br_if":
    yield b"\x0d" + _unsigned(loops[::-1].index(words[0]))
  elif name == "call":
    yield b"\x10" + _unsigned(functions.index(words[0]))
  elif name == "loop":
    yield _END
  else:
    raise ValueError(f"{name} is not an instruction that is known here.")


def _vector(items: list[bytes]) -> bytes:
  return _unsigned(len(items)) + b"".join(items)


def _sized(content: bytes) -> bytes:
  return _unsigned(len(content)) + content


def _unsigned(number: int) -> bytes:
  """A number in LEB128: seven bits a byte, the lowest first."""
  rest, low = number >> 7, number & 0x7F
  return bytes([low | 0x80]) + _unsigned(rest) if rest else bytes([low])


def _signed(number: int) -> bytes:
  """A number from -64 to 8,191 in signed LEB128."""
  if -64 <= number < 64:
    return bytes([number & 0x7F])
  return bytes([number & 0x7F | 0x80]) + _signed(number >> 7)
