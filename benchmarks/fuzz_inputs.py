"""Inputs of every parser of outside data: junk, and valid ones broken."""

import copy
import gzip
import io
import json
import tarfile
import zipfile
from typing import Any

from hypothesis import strategies as st

_WORDS = (
  "",
  "a",
  "\x00",
  "\ud800",
  "\n",
  "../x",
  "é" * 99,
  "1e999",
  "__class__",
)
_NUMBERS = (0, -1, 1.5, 2**31, 10**9, 10**30, 10**400, -(10**9), 1e308, 5e-324)
_OTHERS = (None, True, float("nan"), float("inf"), -float("inf"), [], {}, [[]])


def _nested(depth: int) -> list:
  value: list = []
  for _ in range(depth):
    value = [value]
  return value


junk = st.one_of(
  # Copied, as what is drawn here may be broken further on.
  st.sampled_from(_WORDS + _NUMBERS + _OTHERS).map(copy.deepcopy),
  st.builds(_nested, st.integers(1, 400)),
  st.text(max_size=20),
  st.integers(),
  st.floats(),
  st.lists(st.integers(0, 3), max_size=5),
  st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


@st.composite
def broken_json(draw, *values: Any) -> Any:
  """One of the values, of which one to three parts are others, gone, or more;
  or junk altogether."""
  if draw(st.integers(0, 19)) == 0:
    return draw(junk)
  value = copy.deepcopy(draw(st.sampled_from(values)))
  for _ in range(draw(st.integers(0, 3))):
    holder = draw(st.sampled_from(_holders(value)))
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    key = draw(st.sampled_from(keys))
    match draw(st.integers(0, 5)):
      case 0:
        del holder[key]
      case 1 if isinstance(holder, dict):
        holder[draw(st.text(max_size=9))] = draw(junk)
      case 1:
        holder.append(draw(junk))
      case _:
        holder[key] = draw(junk)
    if not value:
      break
  return value


def _holders(value: Any) -> list:
  """Everything in a value of JSON that has parts."""
  found, waiting = [], [value]
  while waiting:
    value = waiting.pop()
    if isinstance(value, dict | list) and value:
      found.append(value)
      waiting += value.values() if isinstance(value, dict) else value
  return found


@st.composite
def broken_bytes(draw, *contents: bytes) -> bytes:
  """One of the contents after one to four edits; or junk altogether."""
  if draw(st.integers(0, 9)) == 0:
    return draw(st.binary(max_size=300))
  content = bytearray(draw(st.sampled_from(contents)))
  for _ in range(draw(st.integers(0, 4))):
    start = draw(st.integers(0, len(content)))
    end = min(start + draw(st.sampled_from((1, 1, 2, 8, 64))), len(content))
    match draw(st.integers(0, 4)):
      case 0:
        del content[start:end]
      case 1:
        content[start:start] = content[start:end]
      case 2:
        content[start:start] = draw(st.binary(max_size=12))
      case 3:
        del content[start:]
      case _ if start < len(content):
        content[start] ^= 1 << draw(st.integers(0, 7))
  return bytes(content)


def lines_of_json(*values: Any):
  """Files of JSON lines, broken in their values or in their bytes."""
  whole = "\n".join(map(json.dumps, values)).encode() + b"\n"
  rows = st.lists(broken_json(*values), max_size=4)
  return st.one_of(
    rows.map(lambda rows: "\n".join(map(json.dumps, rows)).encode()),
    broken_bytes(whole, b"[" * 5000, b"[" * 900 + b"]" * 900, b"9" * 5000),
  )


def gzipped(contents):
  """The same contents compressed; or compressed, then broken."""
  whole = contents.map(lambda content: gzip.compress(content, 1))
  return st.one_of(whole, whole.flatmap(broken_bytes))


_XML = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
<WhiteboardCaptureSession><StrokeSet><Stroke colour="black">
<Point x="895" y="992" time="1.5"/><Point x="896" y="990" time="1.51"/>
<Point x="899" y="980" time="1.9"/></Stroke><Stroke>
<Point x="5" y="5" time="2"/></Stroke></StrokeSet></WhiteboardCaptureSession>"""
ENTITIES = (
  b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
)
REMOTE = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


@st.composite
def _points(draw) -> bytes:
  """Strokes whose numbers are anything."""
  numbers = st.one_of(
    st.integers(-3, 3000),
    st.floats(),
    st.sampled_from(("", "1_0", "nan", "1e999", "٣", "&amp;", "x")),
  )
  rows = draw(st.lists(st.tuples(numbers, numbers, numbers), max_size=12))
  points = "".join(f'<Point x="{x}" y="{y}" time="{t}"/>' for x, y, t in rows)
  encoding = draw(st.sampled_from(("utf-8", "utf-7", "rot13", "zlib", "idna")))
  return (
    f'<?xml version="1.0" encoding="{encoding}"?><a><Stroke>{points}'
    f"</Stroke></a>"
  ).encode()


xml = st.one_of(
  broken_bytes(_XML, ENTITIES, REMOTE, b"<a>" * 5000, b"\xff\xfe<\x00a\x00"),
  _points(),
)
transcript = broken_bytes(
  b"OCR:\n\na  b\n\nCSR:\n\nA Move to stop\nMr. %% G\r\n"
)
form_list = broken_bytes(b"a01-000u\na01-003\n", b"../a\n", b"a" * 2_000_000)
text = broken_bytes(
  "the cat\nsat on the mät. \U0001f431\r\n".encode() * 9,
  b"a" * 30_000,
  b" \n" * 99,
  b"aa",
)
encoded_text = st.sampled_from(
  ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be", "latin-1")
).flatmap(
  lambda encoding: broken_bytes("Zo\u00eb said: yes.\r\n".encode(encoding) * 5)
)


@st.composite
def tar(draw) -> bytes:
  """Archives of members of any kind, whose headers are broken at times."""
  file = io.BytesIO()
  form = draw(st.sampled_from((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)))
  names = ("a/b.xml", "../b.xml", "/b.xml", "a\\..\\b.xml", "x" * 300, "c.xml")
  types = (
    *(tarfile.REGTYPE,) * 4,
    *(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE),
    *(tarfile.DIRTYPE, tarfile.GNUTYPE_SPARSE, b"L", b"x", b"g", b"?"),
  )
  with tarfile.open(fileobj=file, mode="w", format=form) as archive:
    for _ in range(draw(st.integers(0, 4))):
      info = tarfile.TarInfo(draw(st.sampled_from(names)))
      info.type = draw(st.sampled_from(types))
      info.linkname = draw(st.sampled_from(("", "/etc/passwd")))
      content = draw(st.binary(max_size=600))
      info.size = len(content)
      if form == tarfile.PAX_FORMAT:
        key = draw(st.sampled_from(("size", "GNU.sparse.map", "path", "a")))
        info.pax_headers = {
          key: str(draw(junk))[:99].encode("utf-8", "replace").decode()
        }
      archive.addfile(info, io.BytesIO(content))
  content = bytearray(file.getvalue())
  for _ in range(draw(st.integers(0, 2))):
    place = draw(st.integers(0, min(len(content) - 1, 4000)))
    new = draw(
      st.sampled_from((b"\xff" * 12, b"7" * 11, b"\x80" + b"\0" * 11, b"S"))
    )
    content[place : place + len(new)] = new
  return bytes(content)


def zip_of(name: str) -> bytes:
  """A .zip file with one small member."""
  file = io.BytesIO()
  with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr(name, b"<mediawiki> " * 40)
  return file.getvalue()
