"""Inputs of the parsers of ink: valid documents whose bytes were broken, and
documents that are whole as such, of which every part may be anything."""

import json

from fuzz_inputs import ENTITIES, REMOTE, broken_bytes, lines_of_json
from hypothesis import strategies as st

_RARE = st.one_of(
  st.floats(-1e4, 1e4).map(lambda value: f"{value:.3g}"),
  # What a number may look like, what is none, and what is out of bounds.
  st.sampled_from(
    (
      "-.5",
      "1.",
      "+3",
      "1e3",
      "1E-9",
      "9e14",
      "3e-294",
      "1e999",
      "nan",
      "-",
      "1_0",
      "٣",
    )
  ),
)


@st.composite
def _numbers(draw) -> str:
  """A number as it may be written; one in forty is odd, or none at all."""
  if draw(st.integers(1, 40)) == 40:
    return draw(_RARE)
  return str(draw(st.integers(-99, 999)))


_NUMBERS = _numbers()


def _lists(least: int, most: int):
  """Numbers, parted in any way that SVG allows."""
  return st.tuples(
    st.sampled_from((" ", ",", " , ", "\n")),
    st.lists(_NUMBERS, min_size=least, max_size=most),
  ).map(lambda parts: parts[0].join(parts[1]))


def _nested(parts, name: str):
  """A strategy of elements of this name around some of the parts."""
  return st.lists(parts, max_size=4).map(
    lambda inside: f"<{name}>{''.join(inside)}</{name}>"
  )


_INK = b"""<?xml version="1.0"?><ink xmlns="http://www.w3.org/2003/InkML">
<traceFormat><channel name="X" type="decimal"/><channel name="Y"
orientation="-ve"/><intermittentChannels><channel name="T"/>
</intermittentChannels></traceFormat><annotation type="label">hi</annotation>
<trace>1 2 0, 3 4 10</trace><trace type="penDown" continuation="end">
1125 18432,'23'43,"7"-8,3-5,*-3,#1F !.5</trace></ink>"""


@st.composite
def _traces(draw) -> bytes:
  """Traces of any values, in channels of any order."""
  values = (
    "1",
    "-3",
    ".5",
    "*",
    "#1F",
    "'2",
    '"-1',
    "!4",
    " 7",
    "3e-294",
    "1e999",
    "T",
  )
  value = st.sampled_from((*values[:9] * 9, *values, "x", ""))
  point = st.lists(value, min_size=2, max_size=3).map(" ".join)
  traces = draw(st.lists(st.lists(point, max_size=6), max_size=3))
  names = draw(st.sampled_from(("XY", "YX", "XYT", "TYX", "XYX", "")))
  channels = "".join(f'<channel name="{name}"/>' for name in names)
  ends = draw(st.sampled_from(("", ' continuation="end"', ' type="penUp"')))
  body = "".join(f"<trace{ends}>{','.join(t)}</trace>" for t in traces)
  return (
    f"<ink><traceFormat>{channels}</traceFormat>"
    f'<annotation type="text">hi</annotation>{body}</ink>'
  ).encode()


inkml = st.one_of(
  broken_bytes(
    _INK, ENTITIES, REMOTE, b"<ink>" * 5000, b"<ink><trace>" + b"1 " * 9000
  ),
  _traces(),
)

_SVG = (
  b'<svg xmlns="http://www.w3.org/2000/svg"><title>ab</title>'
  b'<g transform="translate(3,4) rotate(30 1 2)"><path d="M1 2l3 4h5v6H7V8'
  b'c1 2 3 4 5 6s1 2 3 4q1 2 3 4t5 6a5 3 30 1 0 9 9z m1 1 2 2"/>'
  b'<polyline points="1,2 3,4 5,6" transform="matrix(1 0 .5 1 0 0)"/>'
  b'<line x1="1" y1="2" x2="3" y2="4"/></g></svg>'
)
# How many numbers a command of a path takes, and a transform.
_COMMANDS = dict(zip("MLHVCSQTAZ", (2, 2, 1, 1, 6, 4, 4, 2, 7, 0), strict=True))
_TRANSFORMS = {"matrix": 6, "translate": 2, "scale": 1, "rotate": 3}
_TRANSFORMS |= {"skewX": 1, "skewY": 1}


@st.composite
def _command(draw) -> str:
  """One of a path, mostly with as many numbers as it takes, or twice."""
  name = draw(st.sampled_from([*_COMMANDS, *map(str.lower, _COMMANDS)]))
  count = _COMMANDS[name.upper()]
  if name in "Aa":  # with flags, which may stick to what follows
    flags = draw(st.sampled_from((" 0 1 ", ",1,0,", " 01", " 1 0 -", " 2 1 ")))
    return f"{name}{draw(_lists(3, 3))}{flags}{draw(_lists(2, 2))}"
  count *= draw(st.sampled_from((1, 1, 1, 2)))
  if draw(st.integers(1, 99)) == 99:
    count = draw(st.integers(0, 9))
  return name + draw(_lists(count, count))


@st.composite
def _transforms(draw) -> str:
  """An attribute of any transforms; most often none."""
  names = draw(st.lists(st.sampled_from(list(_TRANSFORMS)), max_size=2))
  each = []
  for name in names:
    count = _TRANSFORMS[name]
    if draw(st.integers(1, 40)) == 40:
      name, count = draw(st.sampled_from(("turn", name))), count + 1
    each.append(f"{name}({draw(_lists(count, count))})")
  return f' transform="{" ".join(each)}"' if names else ""


@st.composite
def _shape(draw) -> str:
  """An element with ink, or one that should have none."""
  more = draw(_transforms()) + draw(
    st.sampled_from(("",) * 9 + (' display="none"', ' id="paper"', ' style=""'))
  )
  match draw(st.sampled_from(("path",) * 4 + ("polyline", "line", "other"))):
    case "path":
      data = "".join(draw(st.lists(_command(), max_size=9)))
      start = "" if draw(st.integers(1, 20)) == 20 else "M1 2"
      return f'<path d="{start}{data}"{more}/>'
    case "polyline":
      return f'<polyline points="{draw(_lists(0, 9))}"{more}/>'
    case "line":
      names = draw(st.lists(st.sampled_from(("x1", "x2", "y1")), unique=True))
      ends = "".join(f' {name}="{draw(_NUMBERS)}"' for name in names)
      return f"<line{ends}{more}/>"
  return draw(
    st.sampled_from(
      (
        '<use href="#a" xlink:href="file:///etc/passwd"/>',
        '<image href="http://localhost:9/a.svg"/>',
        '<style>@import url("http://localhost:9/a.css");</style>',
        '<script href="http://localhost:9/a.js">1</script>',
        '<?xml-stylesheet href="file:///etc/passwd"?>',
        "<text>a</text>&amp;",
        "<rect width='9' height='9'/>",
        "<title>other</title>",
      )
    )
  )


@st.composite
def _svg_document(draw) -> bytes:
  """A whole document of any shapes in groups within groups."""
  groups = st.recursive(
    _shape(),
    lambda parts: st.one_of(
      _nested(parts, "g"),
      _nested(parts, "defs"),
      _nested(parts, "svg"),
      st.tuples(_transforms(), parts).map(lambda x: f"<g{x[0]}>{x[1]}</g>"),
    ),
    max_leaves=6,
  )
  inside = "".join(draw(st.lists(groups, max_size=4)))
  title = draw(st.sampled_from(("<title>ab</title>",) * 5 + ("", "<title/>")))
  names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="x"'
  return f"<svg {names}>{title}{inside}</svg>".encode()


svg = st.one_of(
  broken_bytes(
    _SVG,
    ENTITIES,
    REMOTE,
    b"<svg>" * 5000,
    b'<svg><path d="M0 0' + b"z" * 200_000 + b'"/></svg>',
    b'<svg><path d="' + b"M0 0" * 50_000 + b'"/></svg>',
    b'<svg><title>a</title><path d="M0 0L9e14 9e14"/></svg>',
    b'<svg><g transform="' + b"scale(9e14)" * 99 + b'"><path d="M1 1 2 2"/>'
    b"</g></svg>",
  ),
  _svg_document(),
  _svg_document().flatmap(broken_bytes),
)

_XOURNAL = (
  b'<?xml version="1.0"?><xournal><page><layer>'
  b'<stroke tool="pen" width="1.4">1 2 3 4 5 6</stroke>'
  b'<stroke tool="eraser">1 2 3 4</stroke></layer></page></xournal>'
)


@st.composite
def _stroke(draw) -> str:
  """A stroke of any tool and numbers, mostly with a y for each x."""
  tool = draw(
    st.sampled_from(("",) * 3 + (' tool="pen"',) * 3 + (' tool="eraser"',))
  )
  numbers = draw(_lists(0, 9)).replace(",", " ")
  if len(numbers.split()) % 2 and draw(st.integers(0, 9)):
    numbers += " 7"
  width = draw(st.sampled_from(("", ' width="1.4 2 3"', ' width="x"')))
  return f"<stroke{tool}{width}>{numbers}</stroke>"


@st.composite
def _xournal_document(draw) -> bytes:
  """A whole document of any strokes, on pages with layers or without."""
  others = st.sampled_from(
    (
      "<text>a</text>",
      "<image>AAAA</image>",
      '<background type="pdf" filename="/etc/passwd"/>',
      '<stroke capStyle="round" fn="file:///etc/passwd">1 2<x/>3 4</stroke>',
      "<stroke>1 2<stroke>3 4</stroke>5 6</stroke>",
    )
  )
  parts = st.integers(0, 9).flatmap(lambda k: _stroke() if k else others)
  pages = st.lists(st.one_of(_nested(parts, "layer"), parts), max_size=4)
  inside = "".join(
    f"<page>{''.join(page)}</page>"
    for page in draw(st.lists(pages, max_size=3))
  )
  loose = draw(st.sampled_from(("",) * 9 + ("<stroke>1 2 3 4</stroke>",)))
  return f"<xournal><title>a</title>{loose}{inside}</xournal>".encode()


xournal = st.one_of(
  broken_bytes(
    _XOURNAL,
    ENTITIES,
    REMOTE,
    b"<xournal>" * 5000,
    b"<xournal><page><stroke>" + b"1 " * 300_000 + b"</stroke></page>"
    b"</xournal>",
  ),
  _xournal_document(),
  _xournal_document().flatmap(broken_bytes),
)

_DRAWINGS = (
  {"word": "hello", "drawing": [[[0, 3], [0, 9]], [[20, 22], [4, 9]]]},
  {"text": "a", "strokes": [[[0, 1, 2, 3, 4], [1, 0, 1, 2, 5]]]},
)


@st.composite
def _drawing(draw) -> bytes:
  """A file of drawings by column, whose columns are mostly of one length."""
  rare = st.one_of(
    st.floats(-1e4, 1e4),
    st.sampled_from((1e30, 10**400, -0.0, float("nan"), None, True, "1", [])),
  )
  common = st.integers(-99, 999)
  number = st.integers(1, 60).flatmap(lambda k: common if k > 1 else rare)
  rows = []
  for _ in range(draw(st.integers(1, 3))):
    strokes = []
    for _ in range(draw(st.integers(0, 4))):
      length, width = draw(st.integers(0, 6)), draw(st.integers(1, 5))
      column = st.lists(number, min_size=length, max_size=length)
      strokes.append([draw(column) for _ in range(width)])
      if draw(st.integers(0, 19)) == 0:
        strokes[-1][-1] += [1]
    keys = draw(
      st.sampled_from(("word drawing", "text strokes", "word strokes"))
    )
    rows.append(dict(zip(keys.split(), ("hi", strokes), strict=True)))
  return "\n".join(map(json.dumps, rows)).encode()


drawings = st.one_of(
  lines_of_json(*_DRAWINGS), _drawing(), _drawing().flatmap(broken_bytes)
)
